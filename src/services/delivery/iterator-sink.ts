import type { KinesumerError } from '../../errors.ts';
import type { DeliverOutcome } from '../../machines/ports.ts';
import type { Breather } from './breather.ts';
import type { Decoded, RecordDecoder } from './decode.ts';
import type { DeliveryGate } from './gate.ts';
import { ShardRecord } from './record.ts';
import { DELIVERED, INTERRUPTED, type Handover, type Sink } from './sink.ts';
import { isThenable } from './thenable.ts';

export interface RecordIteratorOptions<T> {
  /** `auto`: a record is completed when the next one is asked for; `manual`: only marks complete. */
  readonly marking: 'auto' | 'manual';
  /** null: records have no value. */
  readonly decoder: RecordDecoder<T> | null;
  readonly gate: DeliveryGate;
  readonly breather: Breather;
  /** The loop was left: drain every lane, commit, release, leave. The loop's end waits for it. Called once. */
  readonly onReturn: () => Promise<void>;
}

/** A shard's batch that waits for its turn or has it. */
interface Turn<T> {
  readonly handover: Handover;
  readonly resolve: (outcome: DeliverOutcome) => void;
  /** Index of the first record that was neither answered nor skipped. */
  next: number;
  /** That record where it is decoded and only waits for the gate. */
  prepared: ShardRecord<T> | null;
}

interface Call<T> {
  readonly resolve: (result: IteratorResult<ShardRecord<T>, undefined>) => void;
  readonly reject: (error: KinesumerError) => void;
}

type Life =
  | { readonly kind: 'live' }
  /** The error waits for the call that it is told to. */
  | { readonly kind: 'failing'; readonly error: KinesumerError }
  | { readonly kind: 'returned'; readonly left: Promise<void> }
  | { readonly kind: 'over' };

/**
 * Ends every lane in one loop over all shards: batch by batch in turn, record by record within a batch.
 *
 * Written by hand because an async generator costs twice as much for each record. A record counts as
 * in the user's hands from the answer that carries it to the next call of `next()`.
 */
export class RecordIterator<T>
  implements Sink, AsyncIterableIterator<ShardRecord<T>, undefined, void>
{
  readonly #options: RecordIteratorOptions<T>;
  /** In the order of their arrival; a lane has one at most, so this order is a round robin. */
  readonly #turns = new Map<Handover, Turn<T>>();
  #current: Turn<T> | null = null;
  /** The turn of the record in the user's hands: its last answered one. */
  #held: Turn<T> | null = null;
  /** Calls of `next()` that wait for a record. */
  readonly #calls: Call<T>[] = [];
  /** `waiting`: for the gate, a decoder or the event loop; the end of the wait pumps. */
  #flow: 'free' | 'waiting' = 'free';
  #life: Life = { kind: 'live' };

  constructor(options: RecordIteratorOptions<T>) {
    this.#options = options;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  // -------------------------------------------------------------- for the user's loop

  /**
   * The next record. With automatic marks the call completes the record before it, so a caller that
   * works on several records at once needs manual marks. Calls are answered in their order.
   *
   * @throws KinesumerError the fatal error that ended the consumption, once
   */
  next(): Promise<IteratorResult<ShardRecord<T>, undefined>> {
    if (this.#calls.length === 0) {
      this.#letGo();
      if (this.#life.kind === 'live') {
        const record = this.#take();
        if (record !== null) return Promise.resolve({ done: false, value: record });
      }
    }
    return new Promise((resolve, reject) => {
      this.#calls.push({ resolve, reject });
      if (this.#life.kind !== 'live') this.#answerEnd();
    });
  }

  /**
   * Leaves the loop (`break`, `return` and `throw` in a `for await` come here): the record in hand stays
   * unmarked unless the user marked it. Resolves when the client has left the group.
   *
   * @throws KinesumerError a fatal error that no call of `next()` was told yet
   */
  async return(): Promise<IteratorResult<ShardRecord<T>, undefined>> {
    switch (this.#life.kind) {
      case 'live':
        await this.#leave();
        break;
      case 'returned':
        await this.#life.left;
        break;
      case 'failing': {
        const { error } = this.#life;
        this.#life = { kind: 'over' };
        throw error;
      }
      case 'over':
        break;
    }
    return { done: true, value: undefined };
  }

  /** As {@link return}, then rejects with `error`. */
  async throw(error?: unknown): Promise<IteratorResult<ShardRecord<T>, undefined>> {
    await this.return();
    throw error;
  }

  // -------------------------------------------------------------- for the client

  /** Ends the loop: waiting calls and later ones are answered `done`. */
  finish(): void {
    if (this.#life.kind !== 'live') return;
    this.#life = { kind: 'over' };
    this.#answerEnd();
  }

  /** Ends the loop with an error: the first waiting call, else the next one, rejects with it. */
  fail(error: KinesumerError): boolean {
    if (this.#life.kind !== 'live') return false;
    this.#life = { kind: 'failing', error };
    this.#answerEnd();
    return true;
  }

  // -------------------------------------------------------------- for the lanes

  marking(): 'auto' | 'manual' | 'over' {
    return this.#life.kind === 'returned' ? 'over' : this.#options.marking;
  }

  deliver(handover: Handover): Promise<DeliverOutcome> {
    return new Promise((resolve) => {
      this.#turns.set(handover, { handover, resolve, next: 0, prepared: null });
      this.#pump();
    });
  }

  phaseChanged(handover: Handover): void {
    const turn = this.#turns.get(handover);
    if (turn === undefined) return;
    switch (handover.lane.phase()) {
      case 'open':
        this.#pump();
        break;
      case 'paused':
        break;
      case 'draining':
        if (this.#held !== turn) this.#close(turn, INTERRUPTED);
        break;
      case 'closed':
        this.#close(turn, INTERRUPTED);
        break;
    }
  }

  // -------------------------------------------------------------- inside

  /** Answers waiting calls while there are records that may be handed out. */
  #pump(): void {
    while (this.#calls.length > 0 && this.#life.kind === 'live') {
      // For calls that waited together: each asks for the record after that of the call before it.
      this.#letGo();
      const record = this.#take();
      if (record === null) return;
      this.#calls.shift()?.resolve({ done: false, value: record });
    }
  }

  /** The user asked for the next record: the one in hand is done. */
  #letGo(): void {
    const turn = this.#held;
    if (turn === null) return;
    this.#held = null;
    const { lane, records, firstOrdinal } = turn.handover;
    const source = records[turn.next - 1];
    if (this.#options.marking === 'auto' && source !== undefined) {
      lane.complete(firstOrdinal + turn.next - 1, source);
    }
    if (turn.next === records.length) this.#close(turn, DELIVERED);
    else if (lane.phase() === 'draining') this.#close(turn, INTERRUPTED);
  }

  /** The next record that may be answered in this very turn of the event loop; null: none, and what is missing pumps. */
  #take(): ShardRecord<T> | null {
    const { gate, breather, decoder } = this.#options;
    while (this.#flow === 'free') {
      const turn = this.#pick();
      if (turn === null) return null;
      if (turn.next === turn.handover.records.length) {
        this.#close(turn, DELIVERED);
        continue;
      }
      if (!gate.isOpen()) {
        this.#waitFor(gate.whenOpen());
        return null;
      }
      const rest = breather.breath(gate.lookedAtMs());
      if (rest !== null) {
        this.#waitFor(rest);
        return null;
      }
      const record = turn.prepared ?? this.#prepare(turn);
      // A decoder takes time: after it the gate is asked once more for this very turn.
      if (record === null || (decoder !== null && !gate.isOpen())) continue;
      turn.prepared = null;
      turn.handover.lane.handOut(turn.handover.firstOrdinal + turn.next);
      turn.next += 1;
      this.#held = turn;
      return record;
    }
    return null;
  }

  /** The turn that is on, or the oldest whose lane is open. */
  #pick(): Turn<T> | null {
    if (this.#current !== null && this.#current.handover.lane.phase() === 'open') {
      return this.#current;
    }
    for (const turn of this.#turns.values()) {
      if (turn.handover.lane.phase() === 'open') {
        this.#current = turn;
        return turn;
      }
    }
    return null;
  }

  /** Makes and decodes the turn's next record; null where it is skipped, failed, or not there yet. */
  #prepare(turn: Turn<T>): ShardRecord<T> | null {
    const { lane, records, firstOrdinal } = turn.handover;
    const source = records[turn.next];
    if (source === undefined) return null;
    const record = new ShardRecord<T>(lane, source, firstOrdinal + turn.next);
    const { decoder } = this.#options;
    if (decoder === null) return this.#keep(turn, record);
    const decoded = decoder.decode(record);
    if (!isThenable(decoded)) return this.#judge(turn, record, decoded);
    this.#waitFor(decoded.then((late) => void this.#judge(turn, record, late)));
    return null;
  }

  #judge(turn: Turn<T>, record: ShardRecord<T>, decoded: Decoded): ShardRecord<T> | null {
    // The lane may have gone while a decoder was at work.
    if (!this.#turns.has(turn.handover)) return null;
    if (decoded.kind === 'ready') return this.#keep(turn, record);
    if (decoded.kind === 'failed') {
      this.#close(turn, decoded);
      return null;
    }
    const { lane, records, firstOrdinal } = turn.handover;
    const source = records[turn.next];
    if (source !== undefined) lane.skip(firstOrdinal + turn.next, source, decoded.error);
    turn.next += 1;
    return null;
  }

  #keep(turn: Turn<T>, record: ShardRecord<T>): ShardRecord<T> {
    turn.prepared = record;
    return record;
  }

  #waitFor(ready: Promise<void>): void {
    this.#flow = 'waiting';
    const go = (): void => {
      this.#flow = 'free';
      this.#pump();
    };
    void ready.then(go);
  }

  #close(turn: Turn<T>, outcome: DeliverOutcome): void {
    this.#turns.delete(turn.handover);
    if (this.#current === turn) this.#current = null;
    turn.resolve(outcome);
  }

  async #leave(): Promise<void> {
    const held = this.#held;
    this.#held = null;
    let resolveLeft = (): void => {};
    const left = new Promise<void>((resolve) => {
      resolveLeft = resolve;
    });
    this.#life = { kind: 'returned', left };
    // Undelivered turns stay until their lanes drain: an answer now would have their readers push on.
    if (held !== null && held.handover.lane.phase() === 'draining') this.#close(held, INTERRUPTED);
    this.#answerEnd();
    try {
      await this.#options.onReturn();
    } finally {
      resolveLeft();
    }
  }

  /** Answers the waiting calls of an iteration that is over. */
  #answerEnd(): void {
    for (const call of this.#calls.splice(0)) {
      if (this.#life.kind === 'failing') {
        const { error } = this.#life;
        this.#life = { kind: 'over' };
        call.reject(error);
      } else {
        call.resolve({ done: true, value: undefined });
      }
    }
  }
}
