import { parsePosition } from '../../src/machines/rules/positions.ts';

/** Decimals of any length, without leading zeros. Negative, 0 or positive. */
export function compareSequenceNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * Whether a record is behind a position, so still to be delivered from there; null: the position does not tell
 * (nothing was committed, and the group's start decides).
 */
export function isBehind(sequenceNumber: string, position: string): boolean | null {
  const parsed = parsePosition(position);
  switch (parsed.kind) {
    case 'notStarted':
    case 'invalid':
      return null;
    case 'shardEnd':
      return false;
    case 'after':
      return compareSequenceNumbers(sequenceNumber, parsed.sequenceNumber) > 0;
  }
}
