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
  readonly owner: ProcessClock | null;
  readonly callback: () => void;
  state: 'set' | 'cleared';
}

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
    return this.schedule(callback, delayMs, null);
  }

  clearTimeout(timer: unknown): void {
    if (timer !== null && timer !== undefined) (timer as Timer).state = 'cleared';
  }

  /** The clock of a new process. */
  process(skew: ClockSkew = {}): ProcessClock {
    return new ProcessClock(this, skew);
  }

  /** A timer of a process, in true milliseconds; null: of nobody. */
  schedule(callback: () => void, delayMs: number, owner: ProcessClock | null): unknown {
    const timer: Timer = {
      atMs: this.#nowMs + Math.max(0, delayMs),
      tieBreak: this.#random.next('tie-break'),
      sequence: this.#sequence++,
      owner,
      callback,
      state: 'set',
    };
    this.#queue.push(timer);
    return timer;
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
      else next.owner.admit(next.callback);
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
  readonly #wallOffsetMs: number;
  readonly #originMs: number;
  readonly #rate: number;
  readonly #bornMs: number;
  readonly #held: (() => void)[] = [];
  #state: 'running' | 'paused' | 'dead' = 'running';

  constructor(queue: EventQueueClock, skew: ClockSkew) {
    this.#queue = queue;
    this.#wallOffsetMs = skew.wallOffsetMs ?? 0;
    this.#originMs = skew.monotonicOriginMs ?? 0;
    this.#rate = skew.rate ?? 1;
    this.#bornMs = queue.monotonicMs();
  }

  monotonicMs(): number {
    return this.#originMs + (this.#queue.monotonicMs() - this.#bornMs) * this.#rate;
  }

  /** The rate is left out: wall clocks are set right by time servers. */
  wallMs(): number {
    return this.#queue.wallMs() + this.#wallOffsetMs;
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    return this.#queue.schedule(callback, delayMs / this.#rate, this);
  }

  clearTimeout(timer: unknown): void {
    this.#queue.clearTimeout(timer);
  }

  state(): 'running' | 'paused' | 'dead' {
    return this.#state;
  }

  /** Runs something inside the process: now, once it is resumed, or never. */
  admit(callback: () => void): void {
    if (this.#state === 'running') callback();
    else if (this.#state === 'paused') this.#held.push(callback);
  }

  /** Stops the process; its clocks go on, as after a SIGSTOP. */
  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** What came meanwhile is let in, each in a turn of its own. */
  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    for (const callback of this.#held.splice(0)) this.#queue.schedule(callback, 0, this);
  }

  /** Nothing of the process runs any more. */
  kill(): void {
    this.#state = 'dead';
    this.#held.length = 0;
  }
}
