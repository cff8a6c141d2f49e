/** What a client tells its user: typed events, and errors that are never dropped silently. */
import { errorLike, type KinesumerError } from '../errors.ts';
import type { ShardEndReason } from '../machines/notices.ts';
import type { Log, ShardRef } from '../machines/ports.ts';
import { callUser } from './user-code.ts';

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
/** What it returns is not looked at, but for a promise: what that rejects with is logged, as is what it throws. */
export type Listener<Name extends EventName> = (event: KinesumerEvents[Name]) => unknown;

/** Errors kept for an `errors()` loop that is slower than they come; older ones are logged. */
const MAX_WAITING_ERRORS = 1_000;

interface ErrorFeed {
  readonly waiting: KinesumerError[];
  /** Whether anybody has asked for an error yet. */
  loop: 'notBegun' | 'begun';
  wake: () => void;
}

export class Events {
  readonly #log: Log;
  /** Hears all before any listener does. */
  readonly #onEvent: <Name extends EventName>(name: Name, event: KinesumerEvents[Name]) => void;
  /** How often each listener is called. */
  readonly #listeners = new Map<EventName, Map<(event: never) => void, 'always' | 'once'>>();
  readonly #feeds = new Set<ErrorFeed>();
  readonly #end = new AbortController();

  constructor(
    log: Log,
    onEvent: <Name extends EventName>(name: Name, event: KinesumerEvents[Name]) => void = () => {},
  ) {
    this.#log = log;
    this.#onEvent = onEvent;
  }

  on<Name extends EventName>(name: Name, listener: Listener<Name>): void {
    this.#of(name).set(listener, 'always');
  }

  once<Name extends EventName>(name: Name, listener: Listener<Name>): void {
    const listeners = this.#of(name);
    if (!listeners.has(listener)) listeners.set(listener, 'once');
  }

  off<Name extends EventName>(name: Name, listener: Listener<Name>): void {
    this.#listeners.get(name)?.delete(listener);
  }

  emit<Name extends EventName>(name: Name, event: KinesumerEvents[Name]): void {
    this.#onEvent(name, event);
    const listeners = [...this.#of(name)] as [Listener<Name>, 'always' | 'once'][];
    for (const [listener, calls] of listeners) {
      if (calls === 'once') this.off(name, listener);
      callUser(
        () => listener(event),
        (error) => this.#log.error({ event: name, error }, 'An event listener threw'),
      );
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

  /** Every error from the call on, until the client is closed. */
  errors(): AsyncGenerator<KinesumerError, void, void> {
    const loop = this.#loop();
    // up to where it waits to be asked: from here on it hears, and leaving it takes it off again
    void loop.next();
    return loop as AsyncGenerator<KinesumerError, void, void>;
  }

  async *#loop(): AsyncGenerator<KinesumerError | undefined, void, void> {
    const feed: ErrorFeed = { waiting: [], loop: 'notBegun', wake: () => {} };
    if (!this.#end.signal.aborted) this.#feeds.add(feed);
    try {
      yield;
      feed.loop = 'begun';
      while (true) {
        const error = feed.waiting.shift();
        if (error !== undefined) yield error;
        else if (this.#end.signal.aborted) return;
        else await this.#next(feed);
      }
    } finally {
      this.#giveUp(feed);
    }
  }

  /** Ends the `errors()` loops. */
  close(): void {
    this.#end.abort();
    for (const feed of this.#feeds) {
      if (feed.loop === 'begun') feed.wake();
      else this.#giveUp(feed);
    }
  }

  /** Nobody takes these any more. */
  #giveUp(feed: ErrorFeed): void {
    this.#feeds.delete(feed);
    for (const error of feed.waiting.splice(0)) this.#logged(error);
  }

  #of(name: EventName): Map<(event: never) => void, 'always' | 'once'> {
    const listeners = this.#listeners.get(name) ?? new Map<(event: never) => void, 'always'>();
    this.#listeners.set(name, listeners);
    return listeners;
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
