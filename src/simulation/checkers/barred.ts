/** Who reads nothing of a stream, whatever a plan says, because it was made anew under the same name. */
import type { Evidence, HistoryEvent } from '../history.ts';
import { Sessions } from './evidence.ts';
import { Group, type Change } from './group.ts';
import { once } from './once.ts';
import { generationsOf } from './plans.ts';
import { isNewestLife } from './records.ts';

const TOLD = 'StreamRecreated: ';
const NO_TARGETS: ReadonlyMap<string, string> = new Map();

/**
 * Where in the history a session was barred from a stream, by `session stream`: it told that the stream was made anew,
 * which it had been. That lasts as long as the session.
 */
const barsOf = once((evidence): ReadonlyMap<string, number> => {
  const bars = new Map<string, number>();
  const remade = new Set<string>();
  const sessions = new Sessions(evidence.app);
  const current = new Map<string, string>();
  for (const event of evidence.events) {
    if (event.kind === 'stream' && event.what === 'deleted') remade.add(event.stream);
    if (event.kind === 'write') {
      const { before, after } = sessions.apply(event) ?? { before: null, after: null };
      if (after !== null && after !== before && event.process !== null) {
        current.set(event.process, after);
      }
    }
    if (event.kind !== 'notice' || event.detail?.startsWith(TOLD) !== true) continue;
    const [stream = ''] = event.detail.slice(TOLD.length).split(' ');
    const name = `${current.get(event.process)} ${stream}`;
    if (remade.has(stream) && !bars.has(name)) bars.set(name, event.order);
  }
  return bars;
});

/** Whom the plan gives each shard, and whether that one is barred from its stream, as the history goes on. */
export class Bars {
  readonly #evidence: Evidence;
  readonly #targetsAt: ReadonlyMap<number, ReadonlyMap<string, string>>;
  readonly #running = new Map<string, string | null>();
  #targets = NO_TARGETS;
  #order = 0;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    this.#targetsAt = new Map(
      generationsOf(evidence).map(({ head, targets }) => [head.event.order, targets]),
    );
  }

  /** @param change what the event made of the group */
  apply({ order }: HistoryEvent, group: Group, change: Change): void {
    this.#order = order;
    if (change === 'head') this.#targets = this.#targetsAt.get(order) ?? NO_TARGETS;
    if (change !== 'members') return;
    this.#running.clear();
    for (const { clientId, session } of group.running()) this.#running.set(clientId, session);
  }

  /** The shards that the plan gives away. */
  get targets(): ReadonlyMap<string, string> {
    return this.#targets;
  }

  /** The session of a client that runs, with its first answered heartbeat. */
  sessionOf(clientId: string): string | null {
    return this.#running.get(clientId) ?? null;
  }

  holds(shard: string): boolean {
    const session = this.sessionOf(this.#targets.get(shard) ?? '');
    const stream = shard.slice(0, shard.lastIndexOf('/'));
    return (barsOf(this.#evidence).get(`${session} ${stream}`) ?? Infinity) <= this.#order;
  }
}

/** The shards that are nobody's at the end, because whom the plan gives them is barred from their stream. */
export const barredShards = once((evidence): readonly string[] => {
  if (barsOf(evidence).size === 0) return [];
  const group = new Group(evidence);
  const bars = new Bars(evidence);
  for (const event of evidence.events) bars.apply(event, group, group.apply(event));
  return [...bars.targets.keys()].filter((shard) => {
    const stream = shard.slice(0, shard.lastIndexOf('/'));
    return bars.holds(shard) && isNewestLife(evidence, stream);
  });
});
