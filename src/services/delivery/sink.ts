import type { KinesumerError } from '../../errors.ts';
import type { DeliverOutcome, FetchedRecord } from '../../machines/ports.ts';
import type { BatchHome } from './batch.ts';
import type { RecordPosition } from './record.ts';

/**
 * - `open`: hands records out
 * - `paused`: hands out nothing new; what is with the user's code goes on
 * - `draining`: as paused, and what was not handed out is dropped
 * - `closed`: the shard is lost or released; marks are refused
 */
export type LanePhase = 'open' | 'paused' | 'draining' | 'closed';

/** A lane as a sink sees it. */
export interface SinkLane extends BatchHome {
  phase(): LanePhase;
  /** Whether a delivery may start in this very turn: the lane is open and so is the gate (invariant D5). */
  mayHandOut(): boolean;
  /** Waits until a delivery may start (`go`; ask {@link mayHandOut} again in its own turn) or none will any more (`stop`). */
  whenMayHandOut(): Promise<'go' | 'stop'>;
  /** These records are with the user's code from now on, in one call; `last` where it is another than `first`. */
  handOut(first: number, last?: number): void;
  /** The library's own mark: like `mark`, but silent where the lane is closed. */
  complete(ordinal: number, at: RecordPosition): void;
  /** The record does not fit its schema and the user wants it passed over. */
  skip(ordinal: number, at: RecordPosition, error: KinesumerError): void;
  /** Ordinal of the last record of the completed prefix. */
  completedOrdinal(): number;
}

/** One fetched batch on its way to the user's code. */
export interface Handover {
  readonly lane: SinkLane;
  /** At least one, none delivered before. */
  readonly records: readonly FetchedRecord[];
  /** Ordinal of `records[0]`; the others follow without a gap. */
  readonly firstOrdinal: number;
  readonly millisBehindLatest: number;
}

/** Where the lanes of one consumption end: `run`'s handler or `consume`'s iterator. */
export interface Sink {
  /**
   * Who completes what is handed out. `auto`: the sink, before `deliver` resolves, or never.
   * `manual`: the user, at any time. `over`: nobody any more, the user has left.
   */
  marking(): 'auto' | 'manual' | 'over';
  /** Resolves when the user's code is through with the batch; rejects never. At most one at a time for each lane. */
  deliver(handover: Handover): Promise<DeliverOutcome>;
  /** The lane of a batch that is being delivered has entered another phase. */
  phaseChanged(handover: Handover): void;
}

/** What the delivery tells the client: for its events and its log. Holds no record data. */
export type DeliveryEvent =
  | {
      readonly kind: 'batch';
      readonly stream: string;
      readonly shardId: string;
      readonly fence: number;
      /** Records of the batch, skipped ones too, whether or not all were handed out. */
      readonly records: number;
      readonly bytes: number;
      readonly millisBehindLatest: number;
      readonly outcome: DeliverOutcome['kind'];
    }
  | { readonly kind: 'recordSkipped'; readonly error: KinesumerError }
  | { readonly kind: 'markRefused'; readonly error: KinesumerError };

/** Whether a lane will hand out nothing any more. */
export function stops(lane: SinkLane): boolean {
  const phase = lane.phase();
  return phase === 'draining' || phase === 'closed';
}

export const DELIVERED: DeliverOutcome = { kind: 'delivered' };
export const INTERRUPTED: DeliverOutcome = { kind: 'interrupted' };
