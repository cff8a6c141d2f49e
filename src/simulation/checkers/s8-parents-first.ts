import { SHARD_END } from '../../machines/rules/positions.ts';
import { firstMapsOf, shardWritesOf, type Checker, type Violation } from './evidence.ts';
import { lineageOf } from './group.ts';

/**
 * S8: a shard is first acquired only after all its parents ended. Where the group starts at LATEST, the shards of the
 * first listing have nobody to wait for.
 */
export const parentsFirst: Checker = (evidence) => {
  const { parents, passed } = lineageOf(evidence);
  const ended = new Set<string>();
  const violations: Violation[] = [];
  for (const write of shardWritesOf(evidence)) {
    if (write.after.position === SHARD_END) ended.add(write.shard);
    if (write.kind !== 'acquire' || write.before.fence !== null) continue;
    const { stream, shardId } = write;
    const firsts = firstMapsOf(evidence).get(stream) ?? [];
    const atTip = firsts.some(
      ({ map }) =>
        map.start.kind === 'atTimestamp' && map.shards.some((shard) => shard.shardId === shardId),
    );
    if (atTip) continue;
    // parents that are not listed any more passed their retention
    for (const parent of parents.get(write.shard) ?? []) {
      if (passed.has(parent) || ended.has(parent)) continue;
      violations.push({
        invariant: 'S8',
        order: write.order,
        message: `${write.shard} was acquired by ${write.process} before its parent ${parent.slice(stream.length + 1)} ended`,
      });
    }
  }
  return violations;
};
