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

/**
 * For each range the indexes of the others that have a hash key in common with it, ascending. Both are walked in the
 * order of their starts, since to compare all with all stands still for seconds at thousands of shards.
 */
export function overlapping(
  ranges: readonly HashRange[],
  others: readonly HashRange[],
): readonly (readonly number[])[] {
  const found = ranges.map((): number[] => []);
  const left = byStart(ranges);
  const right = byStart(others);
  let nextLeft = 0;
  let nextRight = 0;
  // Of two that overlap, the one that starts first finds the other among those that start within it.
  for (;;) {
    const range = left[nextLeft];
    const other = right[nextRight];
    if (range === undefined || other === undefined) break;
    if (compareDecimals(range.start, other.start) <= 0) {
      for (const { index } of startingWithin(range, right, nextRight)) {
        found[range.index]?.push(index);
      }
      nextLeft += 1;
    } else {
      for (const { index } of startingWithin(other, left, nextLeft)) {
        found[index]?.push(other.index);
      }
      nextRight += 1;
    }
  }
  for (const indexes of found) indexes.sort((a, b) => a - b);
  return found;
}

interface Indexed extends HashRange {
  readonly index: number;
}

const byStart = (ranges: readonly HashRange[]): Indexed[] =>
  ranges
    .map(({ start, end }, index) => ({ start, end, index }))
    .sort((a, b) => compareDecimals(a.start, b.start));

function* startingWithin(
  { end }: HashRange,
  sorted: readonly Indexed[],
  from: number,
): Generator<Indexed> {
  for (let at = from; ; at += 1) {
    const one = sorted[at];
    if (one === undefined || compareDecimals(one.start, end) > 0) return;
    yield one;
  }
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
