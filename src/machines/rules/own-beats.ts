/**
 * What an observer's own heartbeats vouch for. Silence of others counts only over time in which they were written:
 * an observer that cannot write may be the one that is cut off, and after an outage of the table all are unmoved.
 */

/** The newest row of own heartbeats in which none was missed, by their sendings on the monotonic clock. */
export interface OwnBeats {
  readonly firstMs: number;
  readonly lastMs: number;
}

interface Rhythm {
  readonly heartbeatIntervalMs: number;
  readonly ttlMs: number;
}

/** A while of the observer's monotonic clock. */
export interface Vouched {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A heartbeat is sent up to a tenth later than its period … */
const LATEST_SEND = 1.1;
/** … after the answer to the one before, which is given up after this. */
const ANSWER_MS = 1_000;

/** What sums of fractions of milliseconds may be off by. */
const ROUNDING_MS = 1e-3;

/** However slow the answers: two sendings further apart than this have a missed heartbeat between them. */
const longestGapMs = ({ heartbeatIntervalMs }: Rhythm): number =>
  heartbeatIntervalMs * LATEST_SEND + ANSWER_MS;

export const beatsFrom = (sentMs: number): OwnBeats => ({ firstMs: sentMs, lastMs: sentMs });

/** One more was answered. */
export const withBeat = (beats: OwnBeats, sentMs: number, rhythm: Rhythm): OwnBeats =>
  sentMs - beats.lastMs <= longestGapMs(rhythm) + ROUNDING_MS
    ? { firstMs: beats.firstMs, lastMs: sentMs }
    : beatsFrom(sentMs);

/**
 * The last one vouches for what comes after it, too, but for no more than the rest of the TTL: the last heartbeat of
 * another that lives may have been written a longest gap before it.
 */
export function vouchedBy({ firstMs, lastMs }: OwnBeats, rhythm: Rhythm): Vouched {
  const gapMs = longestGapMs(rhythm);
  const trustMs = Math.max(0, Math.min(gapMs, rhythm.ttlMs - gapMs));
  return { fromMs: firstMs, untilMs: lastMs + trustMs };
}
