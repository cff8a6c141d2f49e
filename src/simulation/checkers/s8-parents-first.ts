import { SHARD_END } from '../../machines/rules/positions.ts';
import { mapsOf, shardWritesOf, type Checker, type Violation } from './evidence.ts';

/**
 * S8: a shard is first acquired only after all its parents ended. Where the group starts at LATEST, the shards of the
 * first listing have nobody to wait for.
 */
export const parentsFirst: Checker = (evidence) => {
  const ended = new Set<string>();
  const violations: Violation[] = [];
  const firstMaps = new Map(
    mapsOf(evidence)
      .toReversed()
      .map(({ map }) => [map.stream, map]),
  );
  for (const write of shardWritesOf(evidence)) {
    if (write.after.position === SHARD_END) ended.add(write.shard);
    if (write.kind !== 'acquire' || write.before.fence !== null) continue;
    const { stream, shardId } = write;
    const first = firstMaps.get(stream);
    const passed = new Set(
      first?.shards.filter((shard) => shard.ended).map((shard) => shard.shardId),
    );
    const startsAfter = first?.start.kind === 'atTimestamp';
    if (startsAfter && first?.shards.some((shard) => shard.shardId === shardId)) continue;
    const listed = evidence.shards[stream]?.find((shard) => shard.shardId === shardId);
    for (const parent of [listed?.parentShardId, listed?.adjacentParentShardId]) {
      if (typeof parent !== 'string' || passed.has(parent)) continue;
      if (ended.has(`${stream}/${parent}`)) continue;
      violations.push({
        invariant: 'S8',
        order: write.order,
        message: `${write.shard} was acquired by ${write.process} before its parent ${parent} ended`,
      });
    }
  }
  return violations;
};
