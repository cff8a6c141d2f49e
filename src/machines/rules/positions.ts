/**
 * Positions in a shard, as strings that sort like the records do, so that the store itself can refuse
 * a commit that goes backwards. A sequence number is a decimal of varying length, far beyond what a
 * DynamoDB number holds: it is prefixed by its length, and the subsequence number is padded.
 *
 *     !NOT_STARTED                        before the first record
 *     0564959…0002.0000000007             after user record 7 of an aggregate
 *     0564959…0002.~                      after the whole record
 *     ~SHARD_END                          after the last record of a closed shard
 */
import { invariant } from '../../errors.ts';

/** Nothing of the shard is completed. Lower than every other position. */
export const NOT_STARTED = '!NOT_STARTED';

/** All of a closed shard is completed; final. Higher than every other position. */
export const SHARD_END = '~SHARD_END';

/** Where a stream starts for a group that is new to it. Instants are ms since the epoch, by Kinesis' clock. */
export type StreamStart =
  { readonly kind: 'trimHorizon' } | { readonly kind: 'atTimestamp'; readonly timestampMs: number };

/** Where an iterator starts; the same shape as in the stream port. */
export type ReadFrom =
  | { readonly kind: 'trimHorizon' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'at'; readonly sequenceNumber: string }
  | { readonly kind: 'after'; readonly sequenceNumber: string }
  | { readonly kind: 'atTimestamp'; readonly timestampMs: number };

/** What a position says. */
export type ParsedPosition =
  | { readonly kind: 'notStarted' }
  | { readonly kind: 'shardEnd' }
  /** `subsequenceNumber` null: the whole record is completed, with all user records of an aggregate. */
  | {
      readonly kind: 'after';
      readonly sequenceNumber: string;
      readonly subsequenceNumber: number | null;
    }
  | { readonly kind: 'invalid' };

const LENGTH_DIGITS = 3;
const SUBSEQUENCE_DIGITS = 10;
/** Sorts after every digit. */
const WHOLE_RECORD = '~';
const MAX_SUBSEQUENCE_NUMBER = 10 ** SUBSEQUENCE_DIGITS - 1;

const SEQUENCE_NUMBER = /^(?:0|[1-9][0-9]{0,998})$/;
const POSITION = /^([0-9]{3})(0|[1-9][0-9]{0,998})\.([0-9]{10}|~)$/;

/** Whether a text is a sequence number: a decimal of at most 999 digits without leading zeros. */
export function isSequenceNumber(text: string): boolean {
  return SEQUENCE_NUMBER.test(text);
}

/**
 * The position after a record.
 *
 * @param sequenceNumber a decimal without leading zeros, at most 999 digits.
 * @param subsequenceNumber index of a user record in its aggregate, 0 … 9,999,999,999; null: the whole record.
 * @throws KinesumerError `InvariantBroken` for anything else: items of the store are checked when they are read.
 */
export function positionOf(sequenceNumber: string, subsequenceNumber: number | null): string {
  invariant(isSequenceNumber(sequenceNumber), 'sequence-number', { sequenceNumber });
  const length = String(sequenceNumber.length).padStart(LENGTH_DIGITS, '0');
  if (subsequenceNumber === null) return `${length}${sequenceNumber}.${WHOLE_RECORD}`;
  invariant(
    Number.isInteger(subsequenceNumber) &&
      subsequenceNumber >= 0 &&
      subsequenceNumber <= MAX_SUBSEQUENCE_NUMBER,
    'subsequence-number',
    { subsequenceNumber },
  );
  const padded = String(subsequenceNumber).padStart(SUBSEQUENCE_DIGITS, '0');
  return `${length}${sequenceNumber}.${padded}`;
}

/** Takes a position apart; `invalid` for what no version of this library wrote. */
export function parsePosition(position: string): ParsedPosition {
  if (position === NOT_STARTED) return { kind: 'notStarted' };
  if (position === SHARD_END) return { kind: 'shardEnd' };
  const [, length, sequenceNumber, subsequence] = POSITION.exec(position) ?? [];
  if (length === undefined || sequenceNumber === undefined || subsequence === undefined) {
    return { kind: 'invalid' };
  }
  if (Number(length) !== sequenceNumber.length) return { kind: 'invalid' };
  return {
    kind: 'after',
    sequenceNumber,
    subsequenceNumber: subsequence === WHOLE_RECORD ? null : Number(subsequence),
  };
}

/** Negative, 0 or positive, as `a` is before, at or after `b`. The order in which the store compares them too. */
export function comparePositions(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The later of two positions. */
export function maxPosition(a: string, b: string): string {
  return a >= b ? a : b;
}

/** Whether a record comes after a position, that is: is not completed by it. */
export function isAfter(
  position: string,
  sequenceNumber: string,
  subsequenceNumber: number | null,
): boolean {
  return positionOf(sequenceNumber, subsequenceNumber) > position;
}

/**
 * Where to open the iterator of a shard that stands at a position. Inside an aggregate it opens AT the record,
 * since Kinesis knows no subsequences: the reader drops what is not {@link isAfter} the position.
 *
 * @param start where the shard starts when nothing of it is completed.
 * @throws KinesumerError `InvariantBroken` at SHARD_END or for an invalid position: there is nothing to read.
 */
export function resumeFrom(position: string, start: StreamStart): ReadFrom {
  const parsed = parsePosition(position);
  if (parsed.kind === 'notStarted') return start;
  invariant(parsed.kind === 'after', 'position-to-resume', { position });
  return {
    kind: parsed.subsequenceNumber === null ? 'after' : 'at',
    sequenceNumber: parsed.sequenceNumber,
  };
}
