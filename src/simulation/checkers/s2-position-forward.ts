import { comparePositions, NOT_STARTED } from '../../machines/rules/positions.ts';
import { shardWritesOf, type Checker } from './evidence.ts';

/** S2: a shard's position never goes back, but by a foreign write. */
export const positionForward: Checker = (evidence) =>
  shardWritesOf(evidence).flatMap((write) => {
    const before = write.before.position ?? NOT_STARTED;
    const after = write.after.position ?? '';
    const skipped = write.kind === 'foreign' || write.kind === 'tidy';
    return skipped || comparePositions(after, before) >= 0
      ? []
      : [
          {
            invariant: 'S2',
            order: write.order,
            message: `${write.shard}: ${before} -> ${after} by ${write.process}`,
          },
        ];
  });
