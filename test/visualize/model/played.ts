/** Simulated runs as feeds. */
import type { FeedEvent, FeedHeader } from '../../../src/feed/events.ts';
import type { Evidence } from '../../../src/simulation/history.ts';
import { play, type Scenario } from '../../../src/simulation/scenario.ts';
import { traceEventsOf } from '../../../src/simulation/trace/lines.ts';
import { GroupModel } from '../../../visualize/model/group-model.ts';
import type { GroupView, ShardView } from '../../../visualize/model/view.ts';
import { hop } from '../../simulation/host.ts';

export interface Played {
  readonly header: FeedHeader;
  readonly events: readonly FeedEvent[];
  readonly evidence: Evidence;
}

export async function played(scenario: Scenario): Promise<Played> {
  const evidence = await play(scenario, { hop });
  const { app } = evidence;
  const header = { kind: 'trace', version: 1, source: 'simulation', app, scenario } as const;
  return { header, events: [...traceEventsOf(evidence, [])], evidence };
}

/** A model that has heard a feed up to an instant. */
export function fed(
  { header, events }: Pick<Played, 'header' | 'events'>,
  untilMs = Infinity,
): GroupModel {
  const model = new GroupModel(header);
  for (const event of events) {
    if (event.atMs > untilMs) break;
    model.apply(event);
  }
  return model;
}

export const shardsOf = (view: GroupView): readonly ShardView[] =>
  view.streams.flatMap(({ shards }) => shards);
