import { shardWritesOf, type Checker } from './evidence.ts';

/**
 * S1: a shard's fence never decreases; +1 per acquire, and only then. After a foreign write it may begin anew, and an
 * acquire passes every fence that its client saw before.
 */
export const fenceMonotone: Checker = (evidence) =>
  shardWritesOf(evidence).flatMap((write) => {
    const before = write.before.fence ?? 0;
    const after = write.after.fence ?? 0;
    const right =
      write.kind !== 'acquire'
        ? after === before
        : write.epoch === 0
          ? after === before + 1
          : after > before;
    return right || write.kind === 'foreign' || write.kind === 'tidy'
      ? []
      : [
          {
            invariant: 'S1',
            order: write.order,
            message: `${write.shard}: fence ${before} -> ${after} by ${write.process} (${write.kind})`,
          },
        ];
  });
