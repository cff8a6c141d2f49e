/** Hash-key ranges as Kinesis writes them: decimals of 128-bit numbers. */

/** Both ends included. */
export interface HashRange {
  readonly start: string;
  readonly end: string;
}

/** 2^128 − 1, the highest hash key. */
const MAX_HASH_KEY = 2n ** 128n - 1n;

const DECIMAL = /^[0-9]{1,39}$/;

/** Orders decimals by their value without parsing them: the shorter is the smaller. */
export function compareDecimals(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Whether ranges cover all hash keys, each exactly once. */
export function isTiling(ranges: readonly HashRange[]): boolean {
  if (ranges.some(({ start, end }) => !DECIMAL.test(start) || !DECIMAL.test(end))) return false;
  const sorted = ranges
    .map(({ start, end }) => ({ start: BigInt(start), end: BigInt(end) }))
    .sort((a, b) => (a.start < b.start ? -1 : 1));
  let next = 0n;
  for (const { start, end } of sorted) {
    if (start !== next || end < start) return false;
    next = end + 1n;
  }
  return next === MAX_HASH_KEY + 1n;
}

/** Whether two ranges have a hash key in common. */
export function overlap(a: HashRange, b: HashRange): boolean {
  return compareDecimals(a.start, b.end) <= 0 && compareDecimals(b.start, a.end) <= 0;
}

interface Orderable {
  readonly shardId: string;
  readonly startHash: string;
}

const compareIds = (a: string, b: string): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};

/** A comparison of shards: by start of the hash range, then id; or by id alone. */
export function byOrder(order: 'hash' | 'id'): (a: Orderable, b: Orderable) => number {
  return order === 'id'
    ? (a, b) => compareIds(a.shardId, b.shardId)
    : (a, b) => compareDecimals(a.startHash, b.startHash) || compareIds(a.shardId, b.shardId);
}
