import type { Timings } from './config.ts';

/** Error of a host's clock rate that the timings must bear, in percent. In whole numbers, so that edges are exact. */
const CLOCK_ERROR_PERCENT = 10;

/** Heartbeats are sent up to this much later or earlier, so that clients do not fall into step. */
const JITTER_PERCENT = 10;

/**
 * A session must stop delivering before any other may take it for dead, though its own clock is slow and the
 * other's fast by the error that is to be borne.
 */
export const selfFenceBelowTtl = ({ selfFenceMs, ttlMs }: Timings): boolean =>
  selfFenceMs * (100 + CLOCK_ERROR_PERCENT) <= ttlMs * (100 - CLOCK_ERROR_PERCENT);

/** One lost heartbeat must not cost the session. */
export const heartbeatTwicePerTtl = ({ heartbeatIntervalMs, ttlMs }: Timings): boolean =>
  2 * heartbeatIntervalMs <= ttlMs;

/** Deliveries would stop between two heartbeats that are both answered at once. */
export const heartbeatWithinSelfFence = ({ heartbeatIntervalMs, selfFenceMs }: Timings): boolean =>
  heartbeatIntervalMs * (100 + JITTER_PERCENT) < selfFenceMs * 100;

/** A client stops its heartbeats when it has not read the head within the last TTL. */
export const pollTwicePerTtl = ({ pollIntervalMs, ttlMs }: Timings): boolean =>
  2 * pollIntervalMs <= ttlMs;

/** One commit of a shard is over before the next is due. */
export const commitTimeoutWithinInterval = (commit: {
  readonly intervalMs: number;
  readonly timeoutMs: number;
}): boolean => commit.timeoutMs <= commit.intervalMs;

/** The plain split has no shards to spare. */
export const toleranceOnlyWhenSticky = (plan: {
  readonly assignor: string;
  readonly assignorTolerance: number;
}): boolean => plan.assignor === 'sticky-range' || plan.assignorTolerance === 0;
