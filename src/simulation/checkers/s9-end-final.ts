import { SHARD_END } from '../../machines/rules/positions.ts';
import { shardWritesOf, type Checker } from './evidence.ts';

/** S9: SHARD_END is final: nothing is written to the item of an ended shard, and it has no owner. */
export const endFinal: Checker = (evidence) =>
  shardWritesOf(evidence).flatMap((write) => {
    const fault =
      write.before.position === SHARD_END
        ? 'was written after its end'
        : write.after.position === SHARD_END && write.after.owner !== null
          ? 'ended and kept its owner'
          : null;
    return fault === null
      ? []
      : [
          {
            invariant: 'S9',
            order: write.order,
            message: `${write.shard} ${fault}, by ${write.process}`,
          },
        ];
  });
