import { PROFILES, SECOND, type AssignorName, type ProfileName } from './config.ts';

const MEBIBYTE = 1_024 * 1_024;

/** What holds where an option is not given. The README's table is tested against it. */
export const DEFAULTS = {
  table: { name: 'kinesumer-state-store', create: false },
  scanLimit: 2_000,
  scanTimeoutMs: 2 * SECOND,
  scanIntervalMs: 250,
  start: 'LATEST',
  commit: { auto: true, intervalMs: 5 * SECOND, timeoutMs: 2 * SECOND },
  assignor: 'sticky-range' satisfies AssignorName,
  assignorTolerance: 0,
  profile: 'default' satisfies ProfileName,
  drainTimeoutMs: 20 * SECOND,
  /** What `close()` takes besides the drain, where it is not told: the last commits and the farewell. */
  closeMarginMs: 5 * SECOND,
  highWaterMarkBytes: 128 * MEBIBYTE,
  onDecodeError: 'fail',
} as const;

interface Range {
  readonly min: number;
  readonly max: number;
  readonly unit: 'ms' | 'records' | 'bytes' | 'shards';
}

const ms = (min: number, max: number): Range => ({ min, max, unit: 'ms' });
const HOUR = 3_600 * SECOND;

/** Whole numbers, both ends included. */
export const RANGES = {
  /** GetRecords gives at most 10,000 records a call (Kinesis API reference, GetRecords, `Limit`). */
  scanLimit: { min: 1, max: 10_000, unit: 'records' },
  scanTimeoutMs: ms(100, 60 * SECOND),
  /** A shard takes 5 GetRecords a second from all its readers together (Kinesis quotas). */
  scanIntervalMs: ms(200, 60 * SECOND),
  commitIntervalMs: ms(100, 300 * SECOND),
  commitTimeoutMs: ms(100, 60 * SECOND),
  assignorTolerance: { min: 0, max: 10_000, unit: 'shards' },
  drainTimeoutMs: ms(0, HOUR),
  closeTimeoutMs: ms(0, HOUR),
  /**
   * One GetRecords answer holds up to 10 MB (Kinesis quotas): room for a stuck handler's batch, the one behind it and
   * the read of another shard.
   */
  highWaterMarkBytes: { min: 30 * MEBIBYTE, max: 65_536 * MEBIBYTE, unit: 'bytes' },
  timingMs: ms(10, HOUR),
} as const satisfies Record<string, Range>;

/** Lengths of names, in characters; the stream's is Kinesis' own (API reference, `StreamName`). */
export const LENGTHS = {
  app: 128,
  clientId: 256,
  streams: 1_000,
  tableNameMin: 3,
  tableName: 255,
} as const;

export const PROFILE_NAMES = Object.keys(PROFILES) as readonly ProfileName[];
export const ASSIGNORS = ['sticky-range', 'range'] as const satisfies readonly AssignorName[];
export const DECODE_ERROR_CHOICES = ['fail', 'skip', 'raw'] as const;

export type { Range };
