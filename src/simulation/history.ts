/** Everything that happened in a simulated cluster, in one order: what the checkers judge. Plain data. */
import type { Item, ListedShard, Write } from '../machines/ports.ts';
import type { ProfileName } from '../options.ts';
import type { Action, HandlerManner } from './action.ts';

interface Happened {
  /** Place in the one order of all events, from 0. */
  readonly order: number;
  /** True time. */
  readonly atMs: number;
}

/** A write that the table applied. */
export interface WriteEvent extends Happened {
  readonly kind: 'write';
  /** Who sent it; null: an operator. */
  readonly process: string | null;
  readonly before: Item | null;
  readonly after: Item | null;
  readonly write: Write;
}

/** A producer's record; `n` counts the records of its key from 1. */
export interface PutEvent extends Happened {
  readonly kind: 'put';
  readonly stream: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly key: string;
  readonly n: number;
  readonly arrivalMs: number;
}

/** A record entered the handler of a process. */
export interface DeliveredEvent extends Happened {
  readonly kind: 'delivered';
  readonly process: string;
  /** The handler call that it came with. */
  readonly call: number;
  readonly stream: string;
  readonly shardId: string;
  readonly fence: number;
  readonly sequenceNumber: string;
  readonly key: string;
  readonly n: number;
}

/** A handler call was through. */
interface CompletedEvent extends Happened {
  readonly kind: 'completed';
  readonly process: string;
  readonly call: number;
}

/** A turn in the life of a process. */
export interface ProcessEvent extends Happened {
  readonly kind: 'process';
  readonly process: string;
  readonly clientId: string;
  readonly what:
    | 'started'
    | 'leaving'
    | 'left'
    | 'crashed'
    | 'failed'
    | 'paused'
    | 'resumed'
    /** Its way to a service is down or bad for a while. */
    | 'cut';
  /** Code of the error that ended it. */
  readonly code?: string;
  /** When what was cut off is let through again, in true time. */
  readonly untilMs?: number;
}

/** What a client told. */
interface NoticeEvent extends Happened {
  readonly kind: 'notice';
  readonly process: string;
  readonly name: 'ready' | 'leader' | 'rebalance' | 'shardStart' | 'shardEnd' | 'commit' | 'error';
  /** `stream/shardId` where it is about a shard. */
  readonly shard?: string;
  readonly fence?: number;
  readonly detail?: string;
}

/** The streams were resharded by an operator. */
interface ReshardEvent extends Happened {
  readonly kind: 'reshard';
  readonly stream: string;
  readonly parents: readonly string[];
  readonly children: readonly string[];
}

/** What the table charged a process so far, and the rhythm for which that is judged. */
export interface UsageEvent extends Happened {
  readonly kind: 'usage';
  readonly process: string;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly heartbeatIntervalMs: number;
  readonly pollIntervalMs: number;
}

/** Faults end and producers stop: from here on the group has to settle. */
interface QuietEvent extends Happened {
  readonly kind: 'quiet';
}

/** What a process is, told before it starts. */
export interface SetupEvent extends Happened {
  readonly kind: 'setup';
  readonly process: string;
  readonly clientId: string;
  readonly slot: number;
  readonly profile: ProfileName;
  readonly streams: readonly string[];
  /** True time for which it may trust an answered heartbeat, by its own clock. */
  readonly trustMs: number;
}

/** A process was told to consume other streams; `code`: it refused and goes on with the old ones. */
interface RefreshedEvent extends Happened {
  readonly kind: 'refreshed';
  readonly process: string;
  readonly streams: readonly string[];
  readonly code?: string;
}

/** The handler of a process behaves otherwise from now on. */
export interface HandlerEvent extends Happened {
  readonly kind: 'handler';
  readonly process: string;
  readonly manner: HandlerManner;
}

/** A handler call threw: nothing of it was completed. */
interface ThrewEvent extends Happened {
  readonly kind: 'threw';
  readonly process: string;
  readonly call: number;
}

/** The write that follows is an operator's (`erased`), or that of a writer that knows no fences (`foreign`). */
export interface IntrusionEvent extends Happened {
  readonly kind: 'erased' | 'foreign';
  readonly pk: string;
  readonly sk: string;
}

/** Records of a stream, and its closed shards, passed the retention, whether they were read or not. */
export interface LapsedEvent extends Happened {
  readonly kind: 'lapsed';
  readonly stream: string;
  /** What arrived before this instant of Kinesis' clock is gone. */
  readonly beforeMs: number;
}

/** An operator created a stream, or deleted it with its records. */
export interface StreamEvent extends Happened {
  readonly kind: 'stream';
  readonly what: 'created' | 'deleted';
  readonly stream: string;
  /** Tells it from another one of its name. */
  readonly createdAtMs: number;
}

/** A step of the script, told before it is carried out. */
interface ActionEvent extends Happened {
  readonly kind: 'action';
  readonly action: Action;
}

/** How often each fault of the ways to the services struck in the whole run. */
export interface InjectedEvent extends Happened {
  readonly kind: 'injected';
  readonly counts: Readonly<Record<string, number>>;
}

export type HistoryEvent =
  | WriteEvent
  | PutEvent
  | DeliveredEvent
  | CompletedEvent
  | ProcessEvent
  | NoticeEvent
  | ReshardEvent
  | QuietEvent
  | SetupEvent
  | RefreshedEvent
  | HandlerEvent
  | ThrewEvent
  | IntrusionEvent
  | LapsedEvent
  | StreamEvent
  | UsageEvent
  | ActionEvent
  | InjectedEvent;

type Unordered<Event> = Event extends Happened ? Omit<Event, keyof Happened> : never;

/**
 * The slowest rhythm of the group's clients, and the world as it is once the faults have ended: what the bounds of the
 * liveness checkers stand on.
 */
export interface Pace {
  readonly heartbeatIntervalMs: number;
  readonly ttlMs: number;
  readonly pollIntervalMs: number;
  readonly commitIntervalMs: number;
  readonly drainTimeoutMs: number;
  /** In which `close()` has to end. */
  readonly closeTimeoutMs: number;
  readonly scanIntervalMs: number;
  /** The longest handler call, of those that end. */
  readonly handlerMs: number;
  /** A request and its answer. */
  readonly roundTripMs: number;
  /** After which a client takes a request for unanswered. */
  readonly requestTimeoutMs: number;
  /** For how long after the faults' end a request of before may still be carried out. */
  readonly stragglerMs: number;
  /** How old an eventual read could be while there were faults. */
  readonly staleMs: number;
  /** By how much the rate of a clock may be off, as a share. */
  readonly clockError: number;
}

/** A run, once it is over. */
export interface Evidence {
  readonly app: string;
  readonly events: readonly HistoryEvent[];
  /** Every shard that each stream ever had, as Kinesis lists them at the end, or listed them when it was deleted. */
  readonly shards: Readonly<Record<string, readonly ListedShard[]>>;
  /** What stands in the table at the end. */
  readonly items: readonly Item[];
  /** Processes that live at the end, leaving ones not counted. */
  readonly live: readonly string[];
  /** True time for which a session may trust an answered heartbeat, by the slowest rhythm and clock. */
  readonly trustMs: number;
  readonly pace: Pace;
  /** True time at the end. */
  readonly endMs: number;
}

/** Takes the events down. */
export class Recorder {
  readonly #nowMs: () => number;
  readonly #events: HistoryEvent[] = [];

  /** @param nowMs true time */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  note(event: Unordered<HistoryEvent>): void {
    this.#events.push({ ...event, order: this.#events.length, atMs: this.#nowMs() });
  }
}

/** A run as text, the same for the same run. */
export function traceOf(evidence: Evidence): string {
  return evidence.events.map((event) => JSON.stringify(event)).join('\n');
}
