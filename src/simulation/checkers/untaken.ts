/** Which acquires may be in doubt for good. */
import type { Evidence } from '../history.ts';
import { Group } from './group.ts';
import { once } from './once.ts';
import { generationsOf } from './plans.ts';

/** The shards that somebody who lives owns at the end, or that are not to be read. */
const isTakenOf = once((evidence): ((shard: string) => boolean) => {
  const group = new Group(evidence);
  for (const event of evidence.events) group.apply(event);
  return (shard) => !group.isActive(shard) || group.isLive(group.readerOf(shard));
});

const startsOf = once((evidence) =>
  evidence.events.flatMap((event) =>
    event.kind === 'process' && event.what === 'started' ? [event] : [],
  ),
);

/**
 * How many shards some plan gave to a process while it ran, and nobody who lives took: it may have asked for them
 * without an answer.
 */
export function untakenOf(evidence: Evidence, process: string): number {
  const start = startsOf(evidence).find((event) => event.process === process);
  if (start === undefined) return 0;
  const given = new Set<string>();
  const generations = generationsOf(evidence);
  for (const [index, { targets }] of generations.entries()) {
    // a generation stands until the next one
    const next = generations[index + 1];
    if (next !== undefined && next.head.event.order < start.order) continue;
    for (const [shard, clientId] of targets) if (clientId === start.clientId) given.add(shard);
  }
  const isTaken = isTakenOf(evidence);
  return [...given].filter((shard) => !isTaken(shard)).length;
}
