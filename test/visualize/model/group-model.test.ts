import { describe, expect, it } from 'vitest';
import type { FeedEvent } from '../../../src/feed/events.ts';
import { clientIdOf, Group } from '../../../src/simulation/checkers/group.ts';
import { generationsOf } from '../../../src/simulation/checkers/plans.ts';
import { swarm } from '../../../src/simulation/swarm.ts';
import { GroupModel } from '../../../visualize/model/group-model.ts';
import type { GroupView } from '../../../visualize/model/view.ts';
import { at, scenario } from '../../simulation/host.ts';
import { played, shardsOf, type Played } from './played.ts';

/** A plan is made and published within it. */
const PLANNING_MS = 1_000;

const eventful = scenario({
  script: [
    at(0, 'join', 0),
    at(0.5, 'join', 1),
    at(2, 'put', 60),
    at(5, 'join', 2),
    at(8, 'split', 1),
    at(11, 'pause', 1, 6),
    at(14, 'crash', 0),
    at(18, 'merge', 0),
    at(19, 'restart', 2),
    at(20, 'put', 60),
  ],
});

/** Feeds a run and looks at the view after each event that `kinds` names. */
function following(
  { header, events }: Played,
  kinds: readonly FeedEvent['kind'][],
  look: (view: GroupView, event: FeedEvent) => void,
): GroupView {
  const model = new GroupModel(header);
  for (const event of events) {
    model.apply(event);
    if (kinds.includes(event.kind)) look(model.view(event.atMs), event);
  }
  return model.view(events.at(-1)?.atMs ?? 0);
}

describe('the model of a simulated group', () => {
  it('has for each shard the owner and the gap that the checkers see', async () => {
    for (const each of [eventful, swarm(11)]) {
      const run = await played(each);
      const group = new Group(run.evidence);
      const history = run.evidence.events[Symbol.iterator]();
      const wrong: unknown[] = [];
      let looks = 0;
      let gaps = 0;
      following(run, ['shard', 'member', 'process', 'map', 'generation'], (view, event) => {
        for (let next = history.next(); next.done !== true; next = history.next()) {
          group.apply(next.value);
          if (next.value.order >= Number(event.order)) break;
        }
        for (const shard of shardsOf(view)) {
          const name = `${shard.stream}/${shard.shardId}`;
          const owner = group.ownerOf(name);
          const gap = group.isActive(name) && !group.isLive(owner);
          if (shard.owner !== clientIdOf(owner) || shard.unread !== gap) {
            wrong.push({ order: event.order, shard, owner, gap });
          }
          looks += 1;
          if (gap) gaps += 1;
        }
      });
      expect(wrong.slice(0, 3)).toEqual([]);
      expect(looks).toBeGreaterThan(100);
      expect(gaps).toBeGreaterThan(0);
    }
  });

  it('has the targets of each generation, which cover all shards that are to be read', async () => {
    const run = await played(eventful);
    const generations = generationsOf(run.evidence);
    expect(generations.length).toBeGreaterThan(4);
    following(run, ['generation'], (view, event) => {
      const truth = generations.find(({ head }) => head.event.order === event.order);
      expect(view.generation?.number).toBe(truth?.head.generation);
      expect(view.generation?.leader).toBe(clientIdOf(truth?.head.leader ?? null));
      const shown = shardsOf(view).flatMap(({ stream, shardId, target }) =>
        target === null ? [] : [[`${stream}/${shardId}`, target] as const],
      );
      expect(new Map(shown)).toEqual(truth?.targets);
      // what became readable while the plan was made is the next generation's
      const uncovered = shardsOf(view).filter(
        ({ state, target, unreadSinceMs }) =>
          state === 'active' &&
          target === null &&
          (unreadSinceMs === null || event.atMs - unreadSinceMs > PLANNING_MS),
      );
      expect(uncovered).toEqual([]);
    });
  });
});
