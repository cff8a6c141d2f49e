/** What the client's methods are given. */
import { DEFAULTS, RANGES } from './defaults.ts';
import { abortSignal, aFunction, fields, flag, refuse, wholeNumber } from './fields.ts';
import { parseStreams } from './names.ts';

export interface ParsedConsumeOptions {
  readonly streams: readonly string[];
  readonly signal: AbortSignal | undefined;
}

/** The user's handler; the kind says what it takes. */
export type ParsedHandler =
  | { readonly kind: 'eachBatch'; readonly handle: (batch: unknown) => unknown }
  | {
      readonly kind: 'eachRecord';
      readonly handle: (record: unknown, context: { readonly signal: AbortSignal }) => unknown;
    };

export interface ParsedRunOptions {
  readonly streams: readonly string[];
  readonly handler: ParsedHandler;
  readonly signal: AbortSignal | undefined;
}

export interface ParsedCloseOptions {
  readonly timeoutMs: number;
  readonly abort: boolean;
  readonly leave: boolean;
}

const NO_STREAMS = 'must be given here or to createKinesumer';

function streamsOr(given: unknown, fallback: readonly string[]): readonly string[] {
  if (given !== undefined) return parseStreams(given);
  return fallback.length > 0 ? fallback : refuse('streams', NO_STREAMS, given);
}

/**
 * @param streams what `consume` was given first
 * @param input what it was given second
 * @param fallback the streams given to `createKinesumer`
 * @throws KinesumerError `InvalidOption`
 */
export function parseConsumeOptions(
  streams: unknown,
  input: unknown,
  fallback: readonly string[],
): ParsedConsumeOptions {
  const given = input === undefined ? {} : fields('', input, ['signal']);
  return Object.freeze({
    streams: streamsOr(streams, fallback),
    signal: abortSignal('signal', given.signal),
  });
}

/**
 * @param fallback the streams given to `createKinesumer`
 * @throws KinesumerError `InvalidOption`
 */
export function parseRunOptions(input: unknown, fallback: readonly string[]): ParsedRunOptions {
  const given = fields('', input, ['streams', 'eachBatch', 'eachRecord', 'signal']);
  return Object.freeze({
    streams: streamsOr(given.streams, fallback),
    handler: Object.freeze(parseHandler(given.eachBatch, given.eachRecord)),
    signal: abortSignal('signal', given.signal),
  });
}

function parseHandler(batch: unknown, record: unknown): ParsedHandler {
  const eachBatch = aFunction<(batch: unknown) => unknown>('eachBatch', batch);
  const eachRecord = aFunction<
    (record: unknown, context: { readonly signal: AbortSignal }) => unknown
  >('eachRecord', record);
  if (eachBatch !== undefined && eachRecord !== undefined) {
    return refuse('eachRecord', 'must not be given together with eachBatch', record);
  }
  if (eachBatch !== undefined) return { kind: 'eachBatch', handle: eachBatch };
  if (eachRecord !== undefined) return { kind: 'eachRecord', handle: eachRecord };
  return refuse('eachBatch', 'or eachRecord must be given', batch);
}

/**
 * @param drainTimeoutMs the client's: without a timeout, `close` takes that and 5 s
 * @throws KinesumerError `InvalidOption`
 */
export function parseCloseOptions(input: unknown, drainTimeoutMs: number): ParsedCloseOptions {
  const given = input === undefined ? {} : fields('', input, ['timeoutMs', 'abort', 'leave']);
  return Object.freeze({
    timeoutMs: wholeNumber(
      'timeoutMs',
      given.timeoutMs,
      RANGES.closeTimeoutMs,
      drainTimeoutMs + DEFAULTS.closeMarginMs,
    ),
    abort: flag('abort', given.abort, false),
    leave: flag('leave', given.leave, false),
  });
}
