/** What a client tells its user: typed events, and errors that are never dropped silently. */
import { errorLike, type KinesumerError } from '../errors.ts';
import type { ShardEndReason } from '../machines/notices.ts';
import type { Log, ShardRef } from '../machines/ports.ts';

/** Every event and what its listeners are given. Never record data. */
export interface KinesumerEvents {
  /** Registered: the first heartbeat was answered. */
  readonly ready: { readonly session: string };
  /** This client leads its group from now on. */
  readonly leader: { readonly session: string; readonly generation: number };
  /** A new generation stands. Shards gained are read once their owner has given them back. */
  readonly rebalance: {
    readonly generation: number;
    readonly gained: readonly ShardRef[];
    readonly lost: readonly ShardRef[];
  };
  /** A shard was acquired under this fence and is read from behind `position`. */
  readonly shardStart: ShardRef & { readonly fence: number; readonly position: string };
  /**
   * A shard is not read here any more. `closed`: read to its end · `moved`: given to another member ·
   * `lost`: taken by the fence · `lapsed`: passed its retention · `shutdown` · `error`.
   */
  readonly shardEnd: ShardRef & { readonly fence: number; readonly reason: ShardEndReason };
  /** One answer of Kinesis, also an empty one. */
  readonly batch: ShardRef & {
    readonly fence: number;
    readonly records: number;
    readonly bytes: number;
    readonly millisBehindLatest: number;
  };
  /** The store holds this position. */
  readonly commit: ShardRef & { readonly fence: number; readonly position: string };
  /** Something went wrong; `error.next` says what the library does about it. */
  readonly error: KinesumerError;
  /** The client is closed. */
  readonly close: { readonly app: string; readonly clientId: string };
}

export type EventName = keyof KinesumerEvents;
export type Listener<Name extends EventName> = (event: KinesumerEvents[Name]) => void;

/** Errors kept for an `errors()` loop that is slower than they come; older ones are logged. */
const MAX_WAITING_ERRORS = 1_000;

interface ErrorFeed {
  readonly waiting: KinesumerError[];
  wake: () => void;
}

export class Events {
  readonly #log: Log;
  readonly #listeners = new Map<EventName, Set<(event: never) => void>>();
  readonly #feeds = new Set<ErrorFeed>();
  readonly #end = new AbortController();

  constructor(log: Log) {
    this.#log = log;
  }

  on<Name extends EventName>(name: Name, listener: Listener<Name>): void {
    const listeners = this.#listeners.get(name) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(name, listeners);
  }

  off<Name extends EventName>(name: Name, listener: Listener<Name>): void {
    this.#listeners.get(name)?.delete(listener);
  }

  emit<Name extends EventName>(name: Name, event: KinesumerEvents[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])] as Listener<Name>[]) {
      try {
        listener(event);
      } catch (error) {
        // a listener's fault must not stop the protocol
        this.#log.error({ event: name, error }, 'An event listener threw');
      }
    }
  }

  /** To the listeners and the `errors()` loops; to the log where there is neither. */
  error(error: KinesumerError): void {
    const heard = (this.#listeners.get('error')?.size ?? 0) > 0 || this.#feeds.size > 0;
    for (const feed of this.#feeds) {
      feed.waiting.push(error);
      if (feed.waiting.length > MAX_WAITING_ERRORS) this.#logged(feed.waiting.shift());
      feed.wake();
    }
    this.emit('error', error);
    if (!heard) this.#logged(error);
  }

  /** Every error from now on, until the client is closed. */
  async *errors(): AsyncGenerator<KinesumerError, void, void> {
    const feed: ErrorFeed = { waiting: [], wake: () => {} };
    this.#feeds.add(feed);
    try {
      while (true) {
        const error = feed.waiting.shift();
        if (error !== undefined) yield error;
        else if (this.#end.signal.aborted) return;
        else await this.#next(feed);
      }
    } finally {
      this.#feeds.delete(feed);
      for (const error of feed.waiting) this.#logged(error);
    }
  }

  /** Ends the `errors()` loops. */
  close(): void {
    this.#end.abort();
    for (const feed of this.#feeds) feed.wake();
  }

  #next(feed: ErrorFeed): Promise<void> {
    return new Promise((resolve) => {
      feed.wake = resolve;
    });
  }

  #logged(error: KinesumerError | undefined): void {
    if (error === undefined) return;
    const { code, stream, shardId, next } = error;
    const fields = { code, stream, shardId, next, error: loggable(error) };
    if (error.retryable || next === 'goesOn') this.#log.warn(fields, error.message);
    else this.#log.error(fields, error.message);
  }
}

/** What a decoder or a schema threw may quote the record. */
const loggable = (error: KinesumerError): KinesumerError =>
  error.code === 'DecodeFailed' ? errorLike(error, error.code, error.message) : error;
