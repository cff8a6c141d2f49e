/** The rhythm of a member, by the time to live that its item states: what bounds the times in sentences. */

export interface Rhythm {
  readonly heartbeatMs: number;
  readonly pollMs: number;
}

/** Those of the profiles; a test compares them. */
const PROFILES: ReadonlyMap<number, Rhythm> = new Map([
  [9_000, { heartbeatMs: 3_000, pollMs: 1_000 }],
  [4_000, { heartbeatMs: 1_000, pollMs: 500 }],
  [10_000, { heartbeatMs: 5_000, pollMs: 5_000 }],
]);

/** Own timings: two heartbeats and two polls have to fit into the time to live. */
const rhythmOf = (ttlMs: number): Rhythm =>
  PROFILES.get(ttlMs) ?? { heartbeatMs: ttlMs / 2, pollMs: ttlMs / 2 };

/** Room for requests and their answers. */
const REQUESTS_MS = 1_000;

/** From the last heartbeat of a session that died to where others have its shards, at most. */
export function takenWithinMs(ttlMs: number): number {
  const { heartbeatMs, pollMs } = rhythmOf(ttlMs);
  return ttlMs + 2 * heartbeatMs + 3 * pollMs + REQUESTS_MS;
}

/** From the end of a session to where others have its shards, at most. */
export const movedWithinMs = (ttlMs: number): number => 3 * rhythmOf(ttlMs).pollMs + REQUESTS_MS;
