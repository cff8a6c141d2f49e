import { invariant, KinesumerError } from '../../errors.ts';
import type {
  Budget,
  DeliverOutcome,
  FetchedBatch,
  FetchedRecord,
  Lane,
  OwnedShard,
} from '../../machines/ports.ts';
import { comparePositions, isAfter, positionOf } from '../../machines/rules/positions.ts';
import type { DeliveryGate } from './gate.ts';
import type { MarkHabit } from './mark-habit.ts';
import { Progress } from './progress.ts';
import type { RecordPosition } from './record.ts';
import {
  DELIVERED,
  INTERRUPTED,
  type DeliveryEvent,
  type Handover,
  type LanePhase,
  type Sink,
  type SinkLane,
} from './sink.ts';

/** What a lane needs from its client. */
export interface LaneDeps {
  readonly sink: Sink;
  readonly gate: DeliveryGate;
  /** That of the client. */
  readonly habit: MarkHabit;
  /** Each pushed batch counts `batch.bytes`, taken by the reader; the lane gives them back exactly once. */
  readonly budget: Budget;
  /** Must not throw. */
  readonly tell: (event: DeliveryEvent) => void;
  /** Asks for a commit of this shard at once; that it stands is heard through `noteCommitted`. */
  readonly askCommit: (shard: OwnedShard) => void;
  /** The lane is closed for good. */
  readonly onClosed: (lane: ShardLane) => void;
}

interface PendingBatch {
  readonly records: readonly FetchedRecord[];
  readonly firstOrdinal: number;
  readonly bytes: number;
  readonly millisBehindLatest: number;
}

interface RunningDelivery {
  readonly handover: Handover;
  readonly bytes: number;
  readonly resolve: (outcome: DeliverOutcome) => void;
}

const PHASES_AFTER = {
  open: ['paused', 'draining', 'closed'],
  paused: ['open', 'draining', 'closed'],
  draining: ['closed'],
  closed: [],
} as const satisfies Record<LanePhase, readonly LanePhase[]>;

/** The way of one owned shard's records to the user's code, in order and without gaps (invariant D2). */
export class ShardLane implements Lane, SinkLane {
  readonly stream: string;
  readonly shardId: string;
  readonly fence: number;
  readonly #shard: OwnedShard;
  readonly #deps: LaneDeps;
  readonly #progress: Progress;
  readonly #pending: PendingBatch[] = [];
  #phase: LanePhase;
  #running: RunningDelivery | null = null;
  /** Position of the last record pushed: a record at or before it was seen already. */
  #pushedTo: string;
  #pushedOrdinal = 0;
  /** The first record of the call that is on; null: none is. */
  #calledFrom: number | null = null;
  #closeReason: KinesumerError | null = null;
  #abort: AbortController | null = null;
  /** Aborts at the next change of phase; made only while somebody waits for one. */
  #phaseEnd: AbortController | null = null;

  constructor(shard: OwnedShard, phase: 'open' | 'paused', deps: LaneDeps) {
    this.stream = shard.stream;
    this.shardId = shard.shardId;
    this.fence = shard.fence;
    this.#shard = shard;
    this.#phase = phase;
    this.#deps = deps;
    this.#progress = new Progress(shard.position);
    this.#pushedTo = shard.position;
  }

  // -------------------------------------------------------------- for the reader

  push(batch: FetchedBatch): void {
    if (this.#stops()) {
      this.#deps.budget.give(batch.bytes);
      return;
    }
    const records = this.#unseen(batch.records);
    this.#pending.push({
      records,
      firstOrdinal: this.#pushedOrdinal + 1,
      bytes: batch.bytes,
      millisBehindLatest: batch.millisBehindLatest,
    });
    this.#pushedOrdinal += records.length;
    const last = records.at(-1);
    if (last !== undefined) {
      this.#pushedTo = positionOf(last.sequenceNumber, last.subsequenceNumber);
    }
  }

  pending(): number {
    return this.#pending.length;
  }

  deliver(): Promise<DeliverOutcome> {
    invariant(this.#running === null, 'D9', { shardId: this.shardId, fence: this.fence });
    const batch = this.#pending.shift();
    if (batch === undefined) return Promise.resolve(this.#stops() ? INTERRUPTED : DELIVERED);
    if (batch.records.length === 0) {
      this.#deps.budget.give(batch.bytes);
      return Promise.resolve(DELIVERED);
    }
    const { records, firstOrdinal, bytes, millisBehindLatest } = batch;
    const handover: Handover = { lane: this, records, firstOrdinal, millisBehindLatest };
    return new Promise((resolve) => {
      this.#running = { handover, bytes, resolve };
      this.#deps.sink.deliver(handover).then(
        (outcome) => this.#finish(handover, outcome),
        (cause: unknown) => this.#finish(handover, { kind: 'failed', error: this.#fault(cause) }),
      );
    });
  }

  drain(): void {
    this.#enter('draining');
  }

  abort(reason: KinesumerError): void {
    if (this.#phase === 'closed') return;
    this.#closeReason = reason;
    this.#enter('closed');
    this.#progress.close(reason);
    const running = this.#running;
    if (running !== null) this.#finish(running.handover, INTERRUPTED);
    this.#deps.onClosed(this);
    // Last: listeners of the user run in here and see a lane that is closed through and through.
    this.#abort?.abort(reason);
  }

  completed(): string {
    return this.#progress.completed();
  }

  committed(): string {
    return this.#progress.committed();
  }

  noteCommitted(position: string): void {
    this.#progress.noteCommitted(position);
  }

  settled(): boolean {
    return this.#progress.settled();
  }

  /** Resolves also when the signal aborts or nobody can complete the rest any more: ask `settled()` then. */
  async whenSettled(signal: AbortSignal): Promise<void> {
    while (!this.settled() && !signal.aborted && this.#mayStillSettle()) {
      await this.#progress.whenMoved(signal);
    }
  }

  onDirty(callback: () => void): void {
    this.#progress.onDirty(callback);
  }

  // -------------------------------------------------------------- for the desk

  /** Hands out nothing new until {@link resume}. */
  pause(): void {
    if (this.#phase === 'open') this.#enter('paused');
  }

  resume(): void {
    if (this.#phase === 'paused') this.#enter('open');
  }

  /** Whether a batch is with the sink. */
  activity(): 'idle' | 'delivering' {
    return this.#running === null ? 'idle' : 'delivering';
  }

  /** Records pushed and not completed. */
  backlog(): number {
    return this.#pushedOrdinal - this.#progress.completedOrdinal();
  }

  // -------------------------------------------------------------- for the sink, the records and the batches

  phase(): LanePhase {
    return this.#phase;
  }

  mayHandOut(): boolean {
    return this.#phase === 'open' && this.#deps.gate.isOpen();
  }

  async whenMayHandOut(): Promise<'go' | 'stop'> {
    while (!this.#stops()) {
      const phaseEnd = this.#whenPhaseEnds();
      if (this.#phase === 'open') {
        if (this.#deps.gate.isOpen()) return 'go';
        await this.#deps.gate.whenOpen(phaseEnd);
      } else {
        await new Promise<void>((resolve) => {
          phaseEnd.addEventListener('abort', () => resolve(), { once: true });
        });
      }
    }
    return 'stop';
  }

  handOut(first: number, last = first): void {
    this.#calledFrom = first;
    this.#progress.handOut(last);
  }

  complete(ordinal: number, at: RecordPosition): void {
    this.#progress.complete(ordinal, at);
  }

  skip(ordinal: number, at: RecordPosition, error: KinesumerError): void {
    if (this.#phase === 'closed') return;
    this.#progress.skip(ordinal, at);
    this.#deps.tell({ kind: 'recordSkipped', error });
  }

  completedOrdinal(): number {
    return this.#progress.completedOrdinal();
  }

  mark(ordinal: number, at: RecordPosition): void {
    if (this.#phase === 'closed') {
      throw this.refuse('the shard is not owned under this fence any more', at.sequenceNumber);
    }
    if (ordinal > this.#progress.handedOut()) {
      throw this.refuse('the record was not handed out yet', at.sequenceNumber);
    }
    const isWithin = this.#calledFrom !== null && ordinal >= this.#calledFrom;
    this.#deps.habit.note(isWithin ? 'within' : 'later');
    this.#progress.complete(ordinal, at);
  }

  refuse(why: string, sequenceNumber: string | undefined): KinesumerError {
    const error = new KinesumerError(
      'MarkRefused',
      `A mark for shard ${this.shardId} of ${this.stream} (fence ${this.fence}) was refused: ${why}.`,
      { ...this.#where(), sequenceNumber, cause: this.#closeReason ?? undefined },
    );
    this.#deps.tell({ kind: 'markRefused', error });
    return error;
  }

  signal(): AbortSignal {
    if (this.#abort === null) {
      this.#abort = new AbortController();
      if (this.#closeReason !== null) this.#abort.abort(this.#closeReason);
    }
    return this.#abort.signal;
  }

  async commit(): Promise<void> {
    const position = this.#progress.completed();
    // A mark made in this very turn is told in a microtask: a reader asked before would find nothing to commit.
    await Promise.resolve();
    if (this.#phase !== 'closed' && comparePositions(position, this.#progress.committed()) > 0) {
      this.#deps.askCommit(this.#shard);
    }
    await this.#progress.whenCommitted(position);
  }

  // -------------------------------------------------------------- inside

  #where(): { readonly stream: string; readonly shardId: string } {
    return { stream: this.stream, shardId: this.shardId };
  }

  #stops(): boolean {
    return this.#phase === 'draining' || this.#phase === 'closed';
  }

  #enter(phase: LanePhase): void {
    const allowed: readonly LanePhase[] = PHASES_AFTER[this.#phase];
    if (!allowed.includes(phase)) return;
    this.#phase = phase;
    if (this.#stops()) {
      for (const batch of this.#pending.splice(0)) this.#deps.budget.give(batch.bytes);
    }
    this.#phaseEnd?.abort();
    this.#phaseEnd = null;
    if (this.#running !== null) this.#deps.sink.phaseChanged(this.#running.handover);
    this.#progress.nudge();
  }

  #whenPhaseEnds(): AbortSignal {
    this.#phaseEnd ??= new AbortController();
    return this.#phaseEnd.signal;
  }

  /** Ends a delivery once: an aborted handler may return after its batch was given up. */
  #finish(handover: Handover, outcome: DeliverOutcome): void {
    const running = this.#running;
    if (running === null || running.handover !== handover) return;
    this.#running = null;
    this.#calledFrom = null;
    this.#deps.budget.give(running.bytes);
    // Makes the position now: the record that it stands on would keep the whole batch in memory.
    this.#progress.completed();
    this.#deps.tell({
      kind: 'batch',
      ...this.#where(),
      fence: this.fence,
      records: handover.records.length,
      bytes: running.bytes,
      millisBehindLatest: handover.millisBehindLatest,
      outcome: outcome.kind,
    });
    this.#progress.nudge();
    running.resolve(outcome);
  }

  #mayStillSettle(): boolean {
    if (this.#phase === 'closed') return false;
    if (this.#phase !== 'draining' || this.#running !== null) return true;
    return this.#deps.sink.marking() === 'manual' && this.#deps.habit.mayMarkLater();
  }

  /** Drops what was pushed before, as after a resume inside an aggregate. */
  #unseen(records: readonly FetchedRecord[]): readonly FetchedRecord[] {
    const first = records.findIndex((record) =>
      isAfter(this.#pushedTo, record.sequenceNumber, record.subsequenceNumber),
    );
    if (first === 0) return records;
    return first < 0 ? [] : records.slice(first);
  }

  #fault(cause: unknown): KinesumerError {
    return cause instanceof KinesumerError
      ? cause
      : new KinesumerError('InvariantBroken', 'A sink rejected.', { ...this.#where(), cause });
  }
}
