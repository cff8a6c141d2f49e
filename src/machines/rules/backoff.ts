/** Delays before another try, and jitter on periods. Chance comes in as a number. */

export interface Backoff {
  /** 0 after the first failure, 1 after the second, … */
  readonly attempt: number;
  readonly baseMs: number;
  readonly capMs: number;
  /** In [0, 1). */
  readonly random: number;
}

/** Beyond this many doublings every sensible cap is reached; keeps the power finite. */
const MAX_DOUBLINGS = 52;

/** Exponential backoff with full jitter: 0 … min(cap, base · 2^attempt), evenly spread. */
export function fullJitter({ attempt, baseMs, capMs, random }: Backoff): number {
  const doublings = Math.min(Math.max(0, attempt), MAX_DOUBLINGS);
  return random * Math.min(capMs, baseMs * 2 ** doublings);
}

/**
 * A period with jitter, so that clients started together drift apart. Only for send periods: a jittered TTL or
 * self-fence would void the relation between them.
 *
 * @param fraction 0.1 spreads over ±10 %.
 * @param random in [0, 1).
 */
export function jittered(periodMs: number, fraction: number, random: number): number {
  return periodMs * (1 + fraction * (2 * random - 1));
}
