/** Everything that happened in a simulated cluster, in one order: what the checkers judge. Plain data. */
import type { Item, ListedShard, Write } from '../machines/ports.ts';

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
    'started' | 'leaving' | 'left' | 'crashed' | 'failed' | 'paused' | 'resumed' | 'cut';
  /** Code of the error that ended it. */
  readonly code?: string;
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
  readonly parents: readonly string[];
  readonly children: readonly string[];
}

/** Faults end and producers stop: from here on the group has to settle. */
interface QuietEvent extends Happened {
  readonly kind: 'quiet';
}

export type HistoryEvent =
  | WriteEvent
  | PutEvent
  | DeliveredEvent
  | CompletedEvent
  | ProcessEvent
  | NoticeEvent
  | ReshardEvent
  | QuietEvent;

type Unordered<Event> = Event extends Happened ? Omit<Event, keyof Happened> : never;

/** A run, once it is over. */
export interface Evidence {
  readonly app: string;
  readonly events: readonly HistoryEvent[];
  /** Every shard that each stream ever had, as Kinesis lists them at the end. */
  readonly shards: Readonly<Record<string, readonly ListedShard[]>>;
  /** What stands in the table at the end. */
  readonly items: readonly Item[];
  /** Processes that live at the end, leaving ones not counted. */
  readonly live: readonly string[];
  /** True time for which a session may trust an answered heartbeat, by the slowest clock. */
  readonly trustMs: number;
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
