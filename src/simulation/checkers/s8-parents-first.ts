import { SHARD_END } from '../../machines/rules/positions.ts';
import type { Evidence } from '../history.ts';
import {
  firstMapsOf,
  shardWritesOf,
  type Checker,
  type ShardWrite,
  type Violation,
} from './evidence.ts';
import { lineageOf } from './group.ts';
import { lifeOf, nameOfLife, recordsKey, recordsKeys } from './records.ts';

/**
 * S8: a shard is first acquired only after all its parents ended. Where the group starts at LATEST, the shards of the
 * first listing have nobody to wait for. A shard is one of the stream that the group's map was about then: where that was
 * deleted and made anew, another one may have its name.
 */
export const parentsFirst: Checker = (evidence) => {
  const { passed } = lineageOf(evidence);
  const ended = new Set<string>();
  /** Those whose item says so, whatever stream it is about. */
  const endedItems = new Set<string>();
  const violations: Violation[] = [];
  for (const write of shardWritesOf(evidence)) {
    const key = recordsKey(evidence, write);
    const life = key.slice(0, key.lastIndexOf('/'));
    if (write.after.position === SHARD_END) ended.add(key);
    if (write.after.position === SHARD_END) endedItems.add(write.shard);
    else if (write.kind === 'foreign') endedItems.delete(write.shard);
    if (write.kind !== 'acquire' || write.before.fence !== null) continue;
    const { stream, shardId } = write;
    const firsts = firstMapsOf(evidence).get(stream) ?? [];
    const atTip = firsts.some(
      ({ map }) =>
        map.start.kind === 'atTimestamp' && map.shards.some((shard) => shard.shardId === shardId),
    );
    if (atTip) continue;
    // parents that are not listed any more passed their retention
    for (const parent of parentsOf(evidence, write, key)) {
      const shardIdOfParent = parent.slice(parent.lastIndexOf('/') + 1);
      const isEnded = ended.has(`${life}/${shardIdOfParent}`) || endedItems.has(parent);
      if (passed.has(parent) || isEnded) continue;
      violations.push({
        invariant: 'S8',
        order: write.order,
        message: `${write.shard} was acquired by ${write.process} before its parent ${shardIdOfParent} ended`,
      });
    }
  }
  return violations;
};

/** The parents of a shard by `stream/shardId`; of a stream that was deleted since, as it was resharded. */
function parentsOf(
  evidence: Evidence,
  { stream, shardId, shard }: ShardWrite,
  key: string,
): readonly string[] {
  const newest = recordsKeys(evidence, { stream, shardId }).at(-1) ?? key;
  if (key === newest) return lineageOf(evidence).parents.get(shard) ?? [];
  return evidence.events.flatMap((event) => {
    if (event.kind !== 'reshard' || event.stream !== stream) return [];
    const name = `${nameOfLife(stream, lifeOf(evidence, event))}/${shardId}`;
    const isChild = name === key && event.children.includes(shardId);
    return isChild ? event.parents.map((parent) => `${stream}/${parent}`) : [];
  });
}
