/** The time in which a group that was left in peace has nothing to do but to live on. */
import { SHARD_END } from '../../machines/rules/positions.ts';
import type { Evidence } from '../history.ts';
import { boundsOf, calmOf } from './calm.ts';
import { secondTtlMs } from './deaths.ts';
import { shardWritesOf } from './evidence.ts';
import { once } from './once.ts';

export interface Rest {
  /** Every shard is where the plan has it, and none ends, since the time of L3. */
  readonly settledFromMs: number;
  /** And nothing was delivered or completed, since two commit intervals. */
  readonly idleFromMs: number;
}

/** Judged by what comes to the group from outside, never by what it does of itself. Null: no quiet phase. */
export const restOf = once((evidence): Rest | null => {
  const calm = calmOf(evidence);
  if (calm === null) return null;
  const { targetMs, commitMs } = boundsOf(evidence.pace);
  const lastMs = Math.max(calm.togetherFromMs, lastEndMs(evidence));
  // a late request costs units, whatever becomes of it
  const settledFromMs = Math.max(lastMs + targetMs + secondTtlMs(evidence), calm.stragglersUntilMs);
  const work = evidence.events.findLast(
    ({ kind }) => kind === 'delivered' || kind === 'completed' || kind === 'put',
  );
  const lastWorkMs = (work?.atMs ?? 0) + commitMs;
  const idleFromMs = Math.max(settledFromMs, lastWorkMs);
  return { settledFromMs, idleFromMs };
});

/** Children of an ended shard come into the plan, and others move. */
const lastEndMs = (evidence: Evidence): number =>
  shardWritesOf(evidence).findLast((write) => write.after.position === SHARD_END)?.atMs ?? 0;
