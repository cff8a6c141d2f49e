/**
 * What the machines need from the world. One adapter per port lives in `services/`;
 * the memory adapters pass the same contract suites as the real ones.
 *
 * Expected outcomes are values with a `kind`; a promise of a port rejects only for a broken contract.
 */
import type { KinesumerError } from '../errors.ts';

// ---------------------------------------------------------------- time, chance, words

/** Time. The only source of it: no other file reads a clock or sets a timer. */
export interface Clock {
  /** Milliseconds that never go back; the origin is arbitrary. May stand still while the machine is suspended. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch; may jump. */
  wallMs(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** Chance. Each draw says what it is for, so that a simulated run can be compared draw by draw. */
export interface Random {
  /** A number in [0, 1). */
  next(reason: string): number;
  /** A fresh 128-bit identifier in lower-case hex. */
  id(reason: string): string;
}

/** The part of pino's logger that is used; `console` fits too. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

// ---------------------------------------------------------------- failures of both ports

/** A request that brought no result. */
export type Failure =
  /** Refused for its rate; was not applied. */
  | { readonly kind: 'throttled'; readonly error: KinesumerError }
  /** No answer, or one that says nothing: it may have been applied, now or later. */
  | { readonly kind: 'unanswered'; readonly error: KinesumerError }
  /** Refused for good (missing table, permission, malformed): was not applied. */
  | { readonly kind: 'failed'; readonly error: KinesumerError };

// ---------------------------------------------------------------- the state store

export type AttributeValue =
  | string
  | number
  | boolean
  | null
  | readonly AttributeValue[]
  | { readonly [name: string]: AttributeValue };

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/** One item; `pk` and `sk` are always there. */
export type Item = Readonly<Record<string, AttributeValue>> & Key;

/**
 * One clause of a condition. A comparison with an absent attribute, or between types, is false.
 * `absent` on `pk` means that the item does not exist. Strings compare by their UTF-8 bytes.
 */
export type Clause =
  | { readonly attribute: string; readonly op: 'absent' | 'present' }
  | {
      readonly attribute: string;
      readonly op: '=' | '<' | '<=' | '>' | '>=';
      readonly value: string | number;
    };

/** A conditional write of one item. All clauses of `when` must hold at the instant of the write. */
export type Write =
  | { readonly kind: 'put'; readonly item: Item; readonly when: readonly Clause[] }
  | {
      readonly kind: 'update';
      readonly key: Key;
      readonly set: Readonly<Record<string, AttributeValue>>;
      /** Numbers to add; an absent attribute counts as 0. */
      readonly add?: Readonly<Record<string, number>>;
      readonly remove?: readonly string[];
      readonly when: readonly Clause[];
    }
  | { readonly kind: 'delete'; readonly key: Key; readonly when: readonly Clause[] };

export type WriteAnswer =
  /** Applied; `item` is what stands now (null after a delete). */
  | { readonly kind: 'applied'; readonly item: Item | null }
  /**
   * A clause did not hold; nothing was written. `item` is what stood then (null: no item),
   * or undefined where the server does not tell: read it again.
   */
  | { readonly kind: 'refused'; readonly item: Item | null | undefined }
  | Failure;

export interface RequestOptions {
  readonly signal?: AbortSignal;
}

export interface ReadOptions extends RequestOptions {
  /** true: a strong read; false: eventually consistent, may be stale and go back. */
  readonly consistent: boolean;
}

export type ReadAnswer =
  /** In the order of the keys; null where there is no item. */
  { readonly kind: 'items'; readonly items: readonly (Item | null)[] } | Failure;

export type QueryAnswer =
  /** All items of the partition by ascending `sk`. */
  { readonly kind: 'items'; readonly items: readonly Item[] } | Failure;

/** What the store has charged so far, in DynamoDB capacity units. */
export interface StoreUsage {
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly requests: number;
  /** Requests that were refused for their rate and brought nothing. */
  readonly throttled: number;
}

/** The table that all clients of all applications share. */
export interface StateStore {
  /** Checks that the table is there and has the right shape, creating it where the adapter was told to. */
  open(options?: RequestOptions): Promise<{ readonly kind: 'ready' } | Failure>;
  read(keys: readonly Key[], options: ReadOptions): Promise<ReadAnswer>;
  query(pk: string, options: ReadOptions): Promise<QueryAnswer>;
  write(write: Write, options?: RequestOptions): Promise<WriteAnswer>;
  usage(): StoreUsage;
  close(): void;
}

// ---------------------------------------------------------------- the stream

/** A shard as Kinesis lists it. */
export interface ListedShard {
  readonly shardId: string;
  readonly parentShardId: string | null;
  readonly adjacentParentShardId: string | null;
  /** Decimal, 0 … 2^128 − 1. */
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  /** Whether the shard takes no more records (it was split or merged). */
  readonly closed: boolean;
}

export type ListAnswer =
  | {
      readonly kind: 'listed';
      /** Every shard within the retention, open and closed. */
      readonly shards: readonly ListedShard[];
      /** StreamCreationTimestamp, ms since the epoch. */
      readonly createdAtMs: number;
      /** The service's own clock when it answered (the `Date` header), ms since the epoch. */
      readonly serverNowMs: number;
    }
  /** ResourceNotFoundException: no stream of this name. */
  | { readonly kind: 'missing'; readonly error: KinesumerError }
  /** The stream is being created: it has no shards yet. */
  | { readonly kind: 'creating'; readonly error: KinesumerError }
  | Failure;

export type DescribeAnswer =
  /** StreamCreationTimestamp, ms since the epoch: tells a stream from a later one of its name. */
  | { readonly kind: 'described'; readonly createdAtMs: number }
  | Exclude<ListAnswer, { readonly kind: 'listed' }>;

/** Where an iterator starts. */
export type ReadFrom =
  | { readonly kind: 'trimHorizon' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'at'; readonly sequenceNumber: string }
  | { readonly kind: 'after'; readonly sequenceNumber: string }
  | { readonly kind: 'atTimestamp'; readonly timestampMs: number };

export type IteratorAnswer =
  | { readonly kind: 'iterator'; readonly iterator: string }
  /** ResourceNotFoundException: the shard passed its retention, or the stream is gone. */
  | { readonly kind: 'gone'; readonly error: KinesumerError }
  | Failure;

/** One record as fetched. Fields may be decoded lazily: read each once. */
export interface FetchedRecord {
  readonly sequenceNumber: string;
  /** Index of a user record inside a KPL aggregate; null where the record is not aggregated. */
  readonly subsequenceNumber: number | null;
  readonly partitionKey: string;
  readonly explicitHashKey: string | null;
  readonly approximateArrivalMs: number;
  readonly data: Uint8Array;
}

export interface FetchedBatch {
  /** Ascending by (sequenceNumber, subsequenceNumber). */
  readonly records: readonly FetchedRecord[];
  /** Bytes that the batch holds in memory (data and partition keys). */
  readonly bytes: number;
  readonly millisBehindLatest: number;
}

export type FetchAnswer =
  | {
      readonly kind: 'batch';
      readonly batch: FetchedBatch;
      /** null: the shard is closed and read to its end. */
      readonly nextIterator: string | null;
      /** Ids of the children, given with the last answer of a closed shard; empty before. */
      readonly childShardIds: readonly string[];
    }
  /** ExpiredIteratorException: open a new one after the last record fetched. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'gone'; readonly error: KinesumerError }
  | Failure;

export interface ShardRef {
  readonly stream: string;
  readonly shardId: string;
}

/** Kinesis as far as a consumer by polling needs it. */
export interface Stream {
  /** Which stream has this name now: DescribeStreamSummary. */
  describe(stream: string, options?: RequestOptions): Promise<DescribeAnswer>;
  listShards(stream: string, options?: RequestOptions): Promise<ListAnswer>;
  openIterator(shard: ShardRef, from: ReadFrom, options?: RequestOptions): Promise<IteratorAnswer>;
  /** @param limit 1 … 10,000 records (the limit of GetRecords). */
  fetch(
    shard: ShardRef,
    iterator: string,
    limit: number,
    options?: RequestOptions,
  ): Promise<FetchAnswer>;
  close(): void;
}

// ---------------------------------------------------------------- delivery

/** A shard as owned under one fence. */
export interface OwnedShard extends ShardRef {
  readonly fence: number;
  /** The committed position at the acquire (see rules/positions). */
  readonly position: string;
}

export type DeliverOutcome =
  /** The user's code is through with everything handed over. */
  | { readonly kind: 'delivered' }
  /** Drained or aborted before the end of the batch; the rest was dropped unseen. */
  | { readonly kind: 'interrupted' }
  /** The user's code threw. */
  | { readonly kind: 'failed'; readonly error: KinesumerError };

/** The way of one owned shard's records to the user's code. One per reader, never shared. */
export interface Lane {
  /** Puts a fetched batch behind the ones not yet delivered. */
  push(batch: FetchedBatch): void;
  /** Batches pushed and not yet taken by `deliver`. */
  pending(): number;
  /** Hands the oldest pushed batch over, waiting while the gate is shut; resolves when the user's code is through. */
  deliver(): Promise<DeliverOutcome>;
  /** Stops at the next boundary: what is with the user's code finishes, the rest is dropped unseen. */
  drain(): void;
  /** Aborts the handler's signal, drops the rest, resolves a running `deliver` at once, frees the memory. Idempotent. */
  abort(reason: KinesumerError): void;
  /** Position of the completed contiguous prefix (the acquired one at first). */
  completed(): string;
  /** Position that the store is known to hold. */
  committed(): string;
  /** Tells the lane that the store now holds `position`. */
  noteCommitted(position: string): void;
  /** Whether every record handed over is completed (with manual marks: marked). */
  settled(): boolean;
  /** Resolves once `settled()`; rejects never. */
  whenSettled(signal: AbortSignal): Promise<void>;
  /** Asks for a commit of what is completed; resolves when it stands in the store, rejects when the shard is lost. */
  commit(): Promise<void>;
  /** Called on each clean → dirty change, in its own turn. Set once by the reader. */
  onDirty(callback: () => void): void;
}

/** Opens the way of an owned shard to the user's code. */
export interface Delivery {
  open(shard: OwnedShard): Lane;
}

/** Shuts deliveries off when the session may have been expelled (invariant D5). */
export interface Gate {
  /** A heartbeat of this session sent at these instants was answered. */
  extend(sentMonotonicMs: number, sentWallMs: number): void;
  /** Whether a delivery may start in this very turn. */
  isOpen(): boolean;
  /** The session is gone: shut until the next `extend` of a new session. */
  shut(): void;
}

/** Bounds the bytes of records in memory over all shards of a client. */
export interface Budget {
  /** Waits for room and takes it. Resolves false when the signal aborts first. First come, first served. */
  reserve(bytes: number, signal: AbortSignal): Promise<boolean>;
  /** Takes bytes without waiting (an answer may be larger than what was reserved for it). */
  take(bytes: number): void;
  give(bytes: number): void;
  /** Bytes taken now. */
  usedBytes(): number;
}
