import { shardWritesOf, type Checker } from './evidence.ts';

/** S1: a shard's fence never decreases; +1 per acquire, and only then. */
export const fenceMonotone: Checker = (evidence) =>
  shardWritesOf(evidence).flatMap((write) => {
    const before = write.before.fence ?? 0;
    const after = write.after.fence ?? 0;
    const expected = write.kind === 'acquire' ? before + 1 : before;
    return after === expected || write.kind === 'tidy'
      ? []
      : [
          {
            invariant: 'S1',
            order: write.order,
            message: `${write.shard}: fence ${before} -> ${after} by ${write.process} (${write.kind})`,
          },
        ];
  });
