/** What the library does by itself after an error of a code. */
type NextStep =
  | 'rejects' // the call that caused it rejects; nothing else changes
  | 'retries' // tried again with backoff; no action needed
  | 'stopsShard' // the reader of that shard stops; the others go on
  | 'goesOn' // nothing: it is told, and all goes on
  | 'rejoins' // drops uncommitted work and registers as a new session
  | 'leaves'; // drains, commits, leaves the group; consume() or run() rejects

interface ErrorRule {
  readonly retryable: boolean;
  readonly next: NextStep;
  readonly about: string;
}

const rule = (retryable: boolean, next: NextStep, about: string): ErrorRule => ({
  retryable,
  next,
  about,
});

/**
 * Every error code, whether trying again can help, and what the library does next.
 * The README's table is made from this one and tested against it.
 */
export const ERROR_RULES = {
  InvalidOption: rule(false, 'rejects', 'An option has the wrong shape or is out of range.'),
  AlreadyConsuming: rule(false, 'rejects', 'One consumption at a time: consume() or run() is on.'),
  NotConsuming: rule(false, 'rejects', 'The call needs a running consume() or run().'),
  ClientClosed: rule(false, 'rejects', 'The client was closed; create a new one.'),
  TableMissing: rule(false, 'rejects', 'The state table does not exist.'),
  TableShape: rule(false, 'rejects', 'The state table has another key schema than needed.'),
  CredentialsMissing: rule(true, 'retries', 'No AWS credentials could be had, or they expired.'),
  AccessDenied: rule(false, 'leaves', 'The AWS identity lacks a permission.'),
  StoreRejected: rule(false, 'leaves', 'The state store refused a request as malformed.'),
  StoreThrottled: rule(true, 'retries', 'The state store throttled a request.'),
  StoreUnanswered: rule(true, 'retries', 'The state store did not answer in time.'),
  StreamMissing: rule(true, 'retries', 'The stream does not exist (any more).'),
  StreamCreating: rule(true, 'retries', 'The stream is still being created.'),
  StreamRecreated: rule(false, 'stopsShard', 'Another stream now has this name: reset its state.'),
  StreamRejected: rule(false, 'leaves', 'Kinesis refused a request as malformed.'),
  StreamThrottled: rule(true, 'retries', 'Kinesis throttled a request.'),
  StreamUnanswered: rule(true, 'retries', 'Kinesis did not answer in time.'),
  ListingIncomplete: rule(true, 'retries', 'The listed shards do not tile the hash-key space.'),
  ItemCorrupted: rule(true, 'retries', 'An item of the state table cannot be understood.'),
  ForeignWrite: rule(true, 'stopsShard', 'Something else wrote or deleted a checkpoint.'),
  GoGroupAlive: rule(true, 'retries', 'A Go kinesumer client of this app is running.'),
  SessionLost: rule(true, 'rejoins', 'The group expelled this session for its silence.'),
  SessionReplaced: rule(false, 'leaves', 'Another process registered with this clientId.'),
  DataLapsed: rule(false, 'stopsShard', 'A shard passed its retention before it was read whole.'),
  HandlerFailed: rule(false, 'leaves', 'The handler threw; the shard stands at its last mark.'),
  DecodeFailed: rule(false, 'leaves', 'A record does not fit the schema.'),
  RecordSkipped: rule(false, 'goesOn', 'A record that did not decode was passed over.'),
  MarkRefused: rule(false, 'rejects', 'A mark for a record whose shard is not owned any more.'),
  CommitFailed: rule(true, 'retries', 'A commit was not answered in time; it is tried again.'),
  CommitLost: rule(false, 'stopsShard', 'The fence refused a commit: the shard has a new owner.'),
  DrainTimeout: rule(false, 'stopsShard', 'A handler did not finish within the drain timeout.'),
  CloseTimeout: rule(false, 'leaves', 'close() ended at its deadline with work left undone.'),
  PortUnavailable: rule(
    false,
    'rejects',
    'The live page cannot listen on the port that it was given.',
  ),
  InvariantBroken: rule(false, 'leaves', 'A fault in the library itself; please report it.'),
} as const satisfies Record<string, ErrorRule>;

/** One of the keys of {@link ERROR_RULES}. */
export type ErrorCode = keyof typeof ERROR_RULES;

/** Where an error happened and why. */
export interface ErrorDetails {
  readonly stream?: string | undefined;
  readonly shardId?: string | undefined;
  readonly sequenceNumber?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The one error class of the library.
 *
 * @example
 * try { await client.run({ streams, eachBatch }) }
 * catch (error) { if (error instanceof KinesumerError && error.code === 'HandlerFailed') throw error.cause }
 */
export class KinesumerError extends Error {
  override readonly name = 'KinesumerError';
  readonly code: ErrorCode;
  /** Whether trying the same again can succeed. */
  readonly retryable: boolean;
  /** What the library does by itself now. */
  readonly next: NextStep;
  readonly stream?: string;
  readonly shardId?: string;
  readonly sequenceNumber?: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    const { retryable, next } = ERROR_RULES[code];
    this.code = code;
    this.retryable = retryable;
    this.next = next;
    if (details.stream !== undefined) this.stream = details.stream;
    if (details.shardId !== undefined) this.shardId = details.shardId;
    if (details.sequenceNumber !== undefined) this.sequenceNumber = details.sequenceNumber;
  }
}

/** An error about the same place, without what caused it. */
export function errorLike(
  { stream, shardId, sequenceNumber }: KinesumerError,
  code: ErrorCode,
  message: string,
): KinesumerError {
  return new KinesumerError(code, message, {
    ...(stream === undefined ? {} : { stream }),
    ...(shardId === undefined ? {} : { shardId }),
    ...(sequenceNumber === undefined ? {} : { sequenceNumber }),
  });
}

/**
 * States what cannot be false. On in production: a broken invariant stops the client before it can do harm.
 *
 * @throws KinesumerError `InvariantBroken`, naming the invariant of SPEC.md.
 */
export function invariant(
  condition: boolean,
  id: string,
  details: Readonly<Record<string, unknown>> = {},
): asserts condition {
  if (!condition) {
    throw new KinesumerError('InvariantBroken', `${id}: ${JSON.stringify(details)}`);
  }
}
