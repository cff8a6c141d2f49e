/** Everything that happened in a simulated cluster, in one order: what the checkers judge. Plain data. */
import type { Placed } from '../feed/placed.ts';
import type { ProcessFeedEvent } from '../feed/process-events.ts';
import type { ActionEvent, StreamFeedEvent } from '../feed/stream-events.ts';
import type { Item, ListedShard, Write } from '../machines/ports.ts';
import type { Action } from './action.ts';

export type { DeliveredEvent, ProcessEvent, UsageEvent } from '../feed/process-events.ts';
export type { PutEvent } from '../feed/stream-events.ts';

/** A write that the table applied. */
export interface WriteEvent extends Placed {
  readonly kind: 'write';
  /** Who sent it; null: an operator. */
  readonly process: string | null;
  readonly before: Item | null;
  readonly after: Item | null;
  readonly write: Write;
}

/** A step of the script, told before it is carried out. */
interface ScriptEvent extends ActionEvent {
  readonly action: Action;
}

/** All of a feed's events but those of running statecharts, with the table's writes as they were made. */
export type HistoryEvent =
  | WriteEvent
  | Exclude<ProcessFeedEvent, { readonly kind: 'flow' }>
  | Exclude<StreamFeedEvent, { readonly kind: 'action' }>
  | ScriptEvent;

type Unordered<Event> = Event extends Placed ? Omit<Event, keyof Placed> : never;

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
  readonly #keep: (event: HistoryEvent) => void;
  #order = 0;

  /**
   * @param nowMs true time
   * @param take gets each event as it happens, and none is kept. @default all are kept
   */
  constructor(nowMs: () => number, take: ((event: HistoryEvent) => void) | null = null) {
    this.#nowMs = nowMs;
    this.#keep = take ?? ((event) => void this.#events.push(event));
  }

  get events(): readonly HistoryEvent[] {
    return this.#events;
  }

  note(event: Unordered<HistoryEvent>): void {
    this.#keep({ ...event, order: this.#order++, atMs: this.#nowMs() });
  }
}

/** A run as text, the same for the same run. */
export function traceOf(evidence: Evidence): string {
  return evidence.events.map((event) => JSON.stringify(event)).join('\n');
}
