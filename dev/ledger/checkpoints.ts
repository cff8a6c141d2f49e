import { groupedBy } from './grouped.ts';
import { comparePositions } from '../../src/machines/rules/positions.ts';
import type { Commit, LedgerHistory, ShardStart } from '../ledger.ts';

/** `next` stands after `before` in the life of the shard and names an earlier position. */
export interface CheckpointFault {
  readonly before: Commit | ShardStart;
  readonly next: Commit | ShardStart;
}

/**
 * Invariants S2 and D3, as far as the consumers saw them. The life of a shard is ordered by fence, and within a fence
 * by its one owner's account: a clock would not do, since an owner may tell of a commit long after it was written.
 */
export function judgeCheckpoints(histories: readonly LedgerHistory[]): readonly CheckpointFault[] {
  const points = histories.flatMap(({ starts, commits }) => [...starts, ...commits]);
  const byShard = groupedBy(points, ({ stream, shardId }) => `${stream}/${shardId}`);
  return [...byShard.values()].flatMap((ofShard) => {
    const faults: CheckpointFault[] = [];
    let highest: Commit | ShardStart | null = null;
    // Stable: starts stand before commits, commits in their order.
    for (const point of ofShard.toSorted((a, b) => a.fence - b.fence)) {
      if (highest !== null && comparePositions(point.position, highest.position) < 0) {
        faults.push({ before: highest, next: point });
      } else {
        highest = point;
      }
    }
    return faults;
  });
}
