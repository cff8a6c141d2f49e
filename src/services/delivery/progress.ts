import type { KinesumerError } from '../../errors.ts';
import { comparePositions, positionOf } from '../../machines/rules/positions.ts';
import type { RecordPosition } from './record.ts';
import { Waiters } from './waiters.ts';

/** Records that were skipped one after another while a record before them was not completed. */
interface SkippedRun {
  readonly first: number;
  last: number;
  end: RecordPosition;
}

type Liveness =
  { readonly kind: 'open' } | { readonly kind: 'closed'; readonly reason: KinesumerError };

/**
 * How far one lane has come. Records are counted from 1 in the order of the shard (their ordinal);
 * a completion covers everything up to its record, so the completed prefix is one number that never
 * goes down. Positions are strings that cost more than a record's whole way through the lane: they are
 * made when the store needs one.
 */
export class Progress {
  #handedOut = 0;
  #completed = 0;
  /** The last completed record where its position was not made yet. */
  #completedRecord: RecordPosition | null = null;
  #completedPosition: string;
  #committedPosition: string;
  /** Ascending, each behind an uncompleted record. */
  #skipped: SkippedRun[] = [];
  #state: 'clean' | 'dirty' = 'clean';
  #liveness: Liveness = { kind: 'open' };
  #onDirty: (() => void) | null = null;
  readonly #committedWaiters = new Waiters();
  readonly #settledWaiters = new Waiters();

  /** @param acquired the committed position at the acquire */
  constructor(acquired: string) {
    this.#completedPosition = acquired;
    this.#committedPosition = acquired;
  }

  /** The records up to this ordinal are with the user's code. */
  handOut(ordinal: number): void {
    if (ordinal > this.#handedOut) this.#handedOut = ordinal;
  }

  handedOut(): number {
    return this.#handedOut;
  }

  /** Ordinal up to which everything is completed. */
  completedOrdinal(): number {
    return this.#completed;
  }

  /** Everything up to this record is done. Moves forward only; nothing once closed. */
  complete(ordinal: number, at: RecordPosition): void {
    if (ordinal <= this.#completed || this.#liveness.kind === 'closed') return;
    this.#completed = ordinal;
    this.#completedRecord = at;
    if (this.#skipped.length > 0) this.#passSkipped();
    if (this.#state === 'clean') this.#soil();
    if (this.#completed === this.#handedOut) this.#settledWaiters.wakeAll();
  }

  /** This record is not for the user's code: it is done as soon as everything before it is. */
  skip(ordinal: number, at: RecordPosition): void {
    if (this.#liveness.kind === 'closed') return;
    this.handOut(ordinal);
    const last = this.#skipped.at(-1);
    // Its fields are read now: a reference would keep the whole answer that it came in.
    const end = { sequenceNumber: at.sequenceNumber, subsequenceNumber: at.subsequenceNumber };
    if (ordinal === this.#completed + 1) {
      this.complete(ordinal, end);
    } else if (last !== undefined && last.last === ordinal - 1) {
      last.last = ordinal;
      last.end = end;
    } else {
      this.#skipped.push({ first: ordinal, last: ordinal, end });
    }
  }

  /** Position of the completed prefix. */
  completed(): string {
    const record = this.#completedRecord;
    if (record !== null) {
      this.#completedPosition = positionOf(record.sequenceNumber, record.subsequenceNumber);
      this.#completedRecord = null;
    }
    return this.#completedPosition;
  }

  /** Position that the store is known to hold. */
  committed(): string {
    return this.#committedPosition;
  }

  /** The store holds `position`. A lower one than known is an answer that was overtaken. */
  noteCommitted(position: string): void {
    if (comparePositions(position, this.#committedPosition) <= 0) return;
    this.#committedPosition = position;
    if (!this.#ahead()) this.#state = 'clean';
    this.#committedWaiters.wakeAll();
  }

  /** Resolves when the store holds `position` or a later one; rejects with the reason of a close or abort that came first. */
  async whenCommitted(position: string, signal?: AbortSignal): Promise<void> {
    while (comparePositions(this.#committedPosition, position) < 0) {
      if (this.#liveness.kind === 'closed') throw this.#liveness.reason;
      signal?.throwIfAborted();
      await this.#committedWaiters.wait(signal);
    }
  }

  /** Whether every record handed out is completed. */
  settled(): boolean {
    return this.#completed >= this.#handedOut;
  }

  /** Resolves when something that bears on {@link settled} happened. */
  whenMoved(signal: AbortSignal): Promise<void> {
    return this.#settledWaiters.wait(signal);
  }

  /** Wakes those who wait for a settlement, for a reason that is not in here. */
  nudge(): void {
    this.#settledWaiters.wakeAll();
  }

  /** Called in a microtask of its own after each clean → dirty change, so never inside the user's `mark()`. */
  onDirty(callback: () => void): void {
    this.#onDirty = callback;
  }

  /** Nothing is completed any more. */
  close(reason: KinesumerError): void {
    if (this.#liveness.kind === 'closed') return;
    this.#liveness = { kind: 'closed', reason };
    this.completed();
    this.#committedWaiters.wakeAll();
    this.#settledWaiters.wakeAll();
  }

  #ahead(): boolean {
    return comparePositions(this.completed(), this.#committedPosition) > 0;
  }

  #soil(): void {
    if (!this.#ahead()) return;
    this.#state = 'dirty';
    queueMicrotask(() => {
      if (this.#liveness.kind === 'open') this.#onDirty?.();
    });
  }

  /** Moves over the skipped records that the last completion reached. */
  #passSkipped(): void {
    let passed = 0;
    for (const run of this.#skipped) {
      if (run.first > this.#completed + 1) break;
      passed += 1;
      if (run.last > this.#completed) {
        this.#completed = run.last;
        this.#completedRecord = run.end;
      }
    }
    this.#skipped.splice(0, passed);
  }
}
