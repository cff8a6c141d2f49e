/**
 * Virtual time for many processes: a queue of events, run one after the other. Between two of them the microtasks
 * drain, so that each event runs to its end before the next one begins, and the same seed gives the same run.
 */
import { invariant } from '../errors.ts';
import type { Clock, Random } from '../machines/ports.ts';
import { DeadlineHeap, type Deadline } from './deadline-heap.ts';

/** 2025-01-01T00:00:00Z. */
const DEFAULT_EPOCH_MS = 1_735_689_600_000;
/** Events at one instant after which nothing but a loop of zero delays explains them. */
const MAX_EVENTS_PER_INSTANT = 100_000;

export interface EventQueueOptions {
  /** Lets the microtasks drain: a turn of the host's event loop, such as a `setImmediate`. */
  readonly hop: () => Promise<void>;
  /** Decides which of the events of one instant comes first. */
  readonly random: Random;
  /** Wall time at the start, ms since the Unix epoch. @default 2025-01-01 */
  readonly epochMs?: number;
}

/** How a process's clocks differ from the true ones. */
export interface ClockSkew {
  /** Its wall clock minus the true one. @default 0 */
  readonly wallOffsetMs?: number;
  /** Its monotonic clock at the start. @default 0 */
  readonly monotonicOriginMs?: number;
  /** Its milliseconds per true millisecond. @default 1 */
  readonly rate?: number;
}

interface Timer extends Deadline {
  /** Moves on where its owner's machine slept meanwhile. */
  atMs: number;
  readonly owner: ProcessClock | null;
  /** When it falls due by its owner's monotonic clock; null: as soon as it is let in. */
  readonly dueMs: number | null;
  readonly callback: () => void;
  state: 'set' | 'cleared';
}

/** Less than this is the rounding of a rate, ms. */
const EARLY_MS = 1e-3;

/** True time, and the clocks of the processes. Its own timers belong to nobody and always fire. */
export class EventQueueClock implements Clock {
  readonly #hop: () => Promise<void>;
  readonly #random: Random;
  readonly #epochMs: number;
  readonly #queue = new DeadlineHeap<Timer>();
  #nowMs = 0;
  #sequence = 0;

  constructor(options: EventQueueOptions) {
    this.#hop = options.hop;
    this.#random = options.random;
    this.#epochMs = options.epochMs ?? DEFAULT_EPOCH_MS;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#epochMs + this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    return this.schedule(callback, delayMs);
  }

  clearTimeout(timer: unknown): void {
    if (timer !== null && timer !== undefined) (timer as Timer).state = 'cleared';
  }

  /** The clock of a new process. */
  process(skew: ClockSkew = {}): ProcessClock {
    return new ProcessClock(this, skew);
  }

  /**
   * A timer in true milliseconds.
   *
   * @param owner the process that it belongs to; null: nobody
   * @param dueMs when the owner's monotonic clock has to be there; null: it does not matter
   */
  schedule(
    callback: () => void,
    delayMs: number,
    owner: ProcessClock | null = null,
    dueMs: number | null = null,
  ): unknown {
    const timer: Timer = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      tieBreak: this.#random.next('tie-break'),
      sequence: this.#sequence++,
      owner,
      dueMs,
      callback,
      state: 'set',
    };
    this.#queue.push(timer);
    return timer;
  }

  /** Sets a timer anew that was not due yet by its owner's clock. */
  again(timer: Timer, delayMs: number): void {
    timer.atMs = this.#nowMs + Math.max(0, delayMs);
    this.#queue.push(timer);
  }

  /**
   * Runs every event up to an instant, each after the microtasks of the one before.
   *
   * @throws what an event throws; KinesumerError `InvariantBroken` where time does not move on
   */
  async runUntil(untilMs: number): Promise<void> {
    let atInstant = 0;
    await this.#hop();
    for (;;) {
      const next = this.#queue.peek();
      if (next === undefined || next.atMs > untilMs) break;
      this.#queue.pop();
      if (next.state === 'cleared') continue;
      atInstant = next.atMs > this.#nowMs ? 0 : atInstant + 1;
      invariant(atInstant < MAX_EVENTS_PER_INSTANT, 'time-moves-on', { atMs: this.#nowMs });
      this.#nowMs = next.atMs;
      if (next.owner === null) next.callback();
      else next.owner.ring(next);
      await this.#hop();
    }
    this.#nowMs = untilMs;
  }
}

/**
 * The clocks of one process, which can be stopped and killed. Whatever enters the process from outside goes through
 * {@link admit}, so that a stopped one hears it later and a dead one never.
 */
export class ProcessClock implements Clock {
  readonly #queue: EventQueueClock;
  readonly #originMs: number;
  readonly #rate: number;
  readonly #bornMs: number;
  readonly #held: (() => void)[] = [];
  /** Timers that fell due by true time while the machine slept. */
  readonly #asleep: Timer[] = [];
  #wallOffsetMs: number;
  #state: 'running' | 'paused' | 'suspended' | 'dead' = 'running';
  /** True time that the monotonic clock missed, and since when it stands still. */
  #missedMs = 0;
  #suspendedAtMs = 0;

  constructor(queue: EventQueueClock, skew: ClockSkew) {
    this.#queue = queue;
    this.#wallOffsetMs = skew.wallOffsetMs ?? 0;
    this.#originMs = skew.monotonicOriginMs ?? 0;
    this.#rate = skew.rate ?? 1;
    this.#bornMs = queue.monotonicMs();
  }

  monotonicMs(): number {
    const nowMs = this.#state === 'suspended' ? this.#suspendedAtMs : this.#queue.monotonicMs();
    return this.#originMs + (nowMs - this.#bornMs - this.#missedMs) * this.#rate;
  }

  /** The rate is left out: wall clocks are set right by time servers. */
  wallMs(): number {
    return this.#queue.wallMs() + this.#wallOffsetMs;
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    const waitMs = Math.max(0, delayMs);
    const dueMs = this.monotonicMs() + waitMs;
    return this.#queue.schedule(callback, waitMs / this.#rate, this, dueMs);
  }

  clearTimeout(timer: unknown): void {
    this.#queue.clearTimeout(timer);
  }

  state(): 'running' | 'paused' | 'suspended' | 'dead' {
    return this.#state;
  }

  /** Runs something inside the process: now, once it is resumed, or never. */
  admit(callback: () => void): void {
    if (this.#state === 'running') callback();
    else if (this.#state !== 'dead') this.#held.push(callback);
  }

  /** Fires a timer of the process, or sets it anew where the machine slept meanwhile. */
  ring(timer: Timer): void {
    const earlyMs = timer.dueMs === null ? 0 : timer.dueMs - this.monotonicMs();
    if (earlyMs <= EARLY_MS) {
      // what is held may be cleared by what is let in before it
      this.admit(() => {
        if (timer.state === 'set') timer.callback();
      });
    } else if (this.#state === 'suspended') this.#asleep.push(timer);
    else this.#queue.again(timer, earlyMs / this.#rate);
  }

  /** Moves the wall clock alone, as an operator or a time server does. */
  jumpWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Stops the process; its clocks go on, as after a SIGSTOP. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** Stops the process and its monotonic clock, as a machine that sleeps does; the wall clock goes on. */
  suspend(): void {
    if (this.#state !== 'running') return;
    this.#state = 'suspended';
    this.#suspendedAtMs = this.#queue.monotonicMs();
  }

  /** Ends a pause or a suspension. What came meanwhile is let in, each in a turn of its own. */
  resume(): void {
    if (this.#state !== 'paused' && this.#state !== 'suspended') return;
    if (this.#state === 'suspended') {
      this.#missedMs += this.#queue.monotonicMs() - this.#suspendedAtMs;
    }
    this.#state = 'running';
    for (const timer of this.#asleep.splice(0)) this.ring(timer);
    for (const callback of this.#held.splice(0)) this.#queue.schedule(callback, 0, this);
  }

  /** Nothing of the process runs any more. */
  kill(): void {
    this.#state = 'dead';
    this.#held.length = 0;
    this.#asleep.length = 0;
  }
}
