/**
 * How fast one shard is polled and how much memory a read reserves. The limits are those of GetRecords, shared by
 * all pollers of a shard: 5 transactions per second, 2 MB per second, 10 MB per answer
 * (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetRecords.html).
 */

const KIB = 1_024;
const MIB = 1_024 * KIB;

/** 5 reads per second and shard. */
const MIN_READ_DELAY_MS = 200;
/** Bytes that one shard serves per second. */
const SHARD_BYTES_PER_SECOND = 2 * MIB;
/** The largest answer of GetRecords. */
export const MAX_ANSWER_BYTES = 10 * MIB;
const MIN_RESERVED_BYTES = 16 * KIB;
/** An answer at the tip is rarely more than this many times the one before … */
const GROWTH_RESERVED = 4;
/**
 * … unless more time has passed since. A shard takes 1 MiB a second
 * (https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html).
 */
const GROWTH_BYTES_PER_MS = MIB / 1_000;
/** The longest wait at the tip of an idle shard, unless the scan interval is longer. */
const MAX_IDLE_DELAY_MS = 1_000;
const IDLE_GROWTH = 1.5;

export interface LastRead {
  /** Records in the answer. */
  readonly records: number;
  readonly bytes: number;
  /** 0: at the tip. */
  readonly millisBehindLatest: number;
  /** Consecutive answers without records, this one included. */
  readonly emptyReads: number;
  readonly scanIntervalMs: number;
}

/**
 * How long to wait after an answer before the next read, in ms; never under 200. Behind the tip an empty answer
 * says nothing (Kinesis skips over gaps so), so only empty reads at the tip slow the pace.
 */
export function nextReadDelayMs(read: LastRead): number {
  const baseMs = Math.max(MIN_READ_DELAY_MS, read.scanIntervalMs);
  if (read.millisBehindLatest <= 0 && read.records === 0) {
    const idleMs = baseMs * IDLE_GROWTH ** Math.max(0, read.emptyReads);
    return Math.min(idleMs, Math.max(MAX_IDLE_DELAY_MS, baseMs));
  }
  return Math.max(baseMs, (read.bytes / SHARD_BYTES_PER_SECOND) * 1_000);
}

export interface ReadForecast {
  /** Bytes of the last answer; null: none yet. */
  readonly lastBytes: number | null;
  /** Of the last answer; null: none yet. */
  readonly millisBehindLatest: number | null;
  /** Time since the last answer. */
  readonly sinceMs: number;
}

/**
 * How much memory to reserve before a read: the largest answer when behind or unknown, else 16 KiB … 10 MiB by the
 * last one and by what can have come since.
 */
export function reserveBytes({ lastBytes, millisBehindLatest, sinceMs }: ReadForecast): number {
  if (lastBytes === null || millisBehindLatest === null || millisBehindLatest > 0) {
    return MAX_ANSWER_BYTES;
  }
  const byTheLast = lastBytes * GROWTH_RESERVED;
  // whole bytes: what is taken is given back to the last one
  const byTime = Math.ceil(Math.max(0, sinceMs) * GROWTH_BYTES_PER_MS);
  return Math.min(MAX_ANSWER_BYTES, Math.max(MIN_RESERVED_BYTES, byTheLast, byTime));
}
