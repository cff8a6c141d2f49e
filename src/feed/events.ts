/**
 * The one vocabulary of what happens in a group: the lines of a trace and the messages of the live page, from whatever
 * source. Plain data that JSON can carry, without record data. The shapes are in schema/trace.schema.json.
 */
import type { TableEvent } from '../machines/rules/table-events.ts';
import type { ActorFeedEvent } from './actor-events.ts';
import type { Placed } from './placed.ts';
import type { ProcessFeedEvent } from './process-events.ts';
import type { StreamFeedEvent } from './stream-events.ts';

export type { ActorEvent, ActorGoneEvent, ChartEvent, StateEvent } from './actor-events.ts';
export type { Placed } from './placed.ts';
export type { FlowEvent, NoticeEvent, ProcessEvent, ProcessFeedEvent } from './process-events.ts';

/** The first line, or message. */
export interface FeedHeader {
  readonly kind: 'trace';
  /** Of this layout. */
  readonly version: 1;
  readonly source: 'simulation' | 'table' | 'process';
  readonly app: string;
  /** What was played, so that it can be played again; null: it was no simulation. */
  readonly scenario: object | null;
  /** Wall time of the beginning, ms since the Unix epoch, where it has one. */
  readonly epochMs?: number;
}

/** A change of the table; a feed that begins later tells what stands as if it had changed then. */
export type TableFeedEvent = Placed &
  TableEvent & {
    /** The process that wrote it; null: something that is no member of the group, or not known. */
    readonly by: string | null;
  };

/**
 * Whoever reads the table for the feed cannot (`lost`), or can again: in between nothing that the table says was heard,
 * so that silence of a member means nothing.
 */
export interface TableReadEvent extends Placed {
  readonly kind: 'table';
  readonly what: 'lost' | 'back';
  /** `Code: message` of the first request that failed. */
  readonly detail?: string;
}

/** Something that must not have happened. */
export interface ViolationEvent extends Omit<Placed, 'order'> {
  readonly kind: 'violation';
  /** Behind which event it is shown; null: at the end. */
  readonly order: number | null;
  readonly invariant: string;
  readonly message: string;
}

/**
 * Whoever reads this was too slow: so many events before this one were left out. What stands is told again behind it;
 * an actor that is not told again has ended.
 */
export interface DroppedEvent extends Placed {
  readonly kind: 'dropped';
  readonly count: number;
}

export type FeedEvent =
  | TableFeedEvent
  | ProcessFeedEvent
  | StreamFeedEvent
  | ActorFeedEvent
  | TableReadEvent
  | ViolationEvent
  | DroppedEvent;

/** As it is before its place is known. */
export type Unplaced<Event extends FeedEvent> = Event extends FeedEvent
  ? Omit<Event, 'atMs' | 'order'>
  : never;

/** A line of a trace, or an element of a live page's message. */
export type FeedLine = FeedHeader | FeedEvent;
