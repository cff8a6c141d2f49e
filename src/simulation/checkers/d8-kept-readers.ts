import type { Evidence } from '../history.ts';
import { groupBy, type Checker, type Violation } from './evidence.ts';
import { generationsOf, type Generation } from './plans.ts';

/**
 * D8: a shard that each generation gives to one session sees no stop of its reader: no reader ends as `moved` if all
 * generations that its client took, from the one under which it began, give its client that shard.
 */
export const keptReaders: Checker = (evidence) => {
  const published = groupBy(generationsOf(evidence), ({ head }) => String(head.generation));
  const clientIds = clientIdsOf(evidence);
  /** The generation that each process took last. */
  const taken = new Map<string, Generation>();
  /** Live readers, by process and shard, with the generations that were taken under them. */
  const readers = new Map<string, Map<string, (Generation | undefined)[]>>();
  const violations: Violation[] = [];
  for (const event of evidence.events) {
    if (event.kind !== 'notice') continue;
    const { process, name, shard = '', order } = event;
    const own = readers.get(process) ?? new Map<string, (Generation | undefined)[]>();
    readers.set(process, own);
    switch (name) {
      case 'ready':
        own.clear();
        break;
      case 'rebalance': {
        // a number comes again where an operator removed the head
        const same = published.get(event.detail ?? '') ?? [];
        const generation = same.findLast(({ head }) => head.event.order < order);
        if (generation !== undefined) taken.set(process, generation);
        for (const generations of own.values()) generations.push(generation);
        break;
      }
      case 'shardStart':
        own.set(shard, [taken.get(process)]);
        break;
      case 'shardEnd': {
        const generations = own.get(shard) ?? [];
        own.delete(shard);
        const clientId = clientIds.get(process);
        const kept = generations.every((generation) => generation?.targets.get(shard) === clientId);
        if (event.detail !== 'moved' || !kept || generations.length === 0) break;
        const numbers = generations.map((generation) => generation?.head.generation);
        violations.push({
          invariant: 'D8',
          order,
          message: `${process} stopped ${shard}, which the generations ${numbers.join(', ')} give it`,
        });
        break;
      }
      default:
    }
  }
  return violations;
};

function clientIdsOf(evidence: Evidence): ReadonlyMap<string, string> {
  return new Map(
    evidence.events.flatMap((event) =>
      event.kind === 'process' ? [[event.process, event.clientId] as const] : [],
    ),
  );
}
