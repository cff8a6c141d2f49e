/** A clock that moves only when told to. */
import type { Clock } from '../../machines/ports.ts';

interface Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/** 2025-01-01T00:00:00Z: a date that nobody takes for a real reading. */
const DEFAULT_START_MS = 1_735_689_600_000;

/**
 * Time for tests: stands still until `advance`. Timers fire in the order of their instants, and each
 * sees the clock at its own instant.
 *
 * @example
 * const clock = new ManualClock();
 * clock.setTimeout(() => console.log('two seconds later'), 2_000);
 * clock.advance(2_000);
 */
export class ManualClock implements Clock {
  readonly #timers = new Set<Timer>();
  #nowMs = 0;
  #epochMs: number;

  /** @param wallMs milliseconds since the Unix epoch that it starts at. @default 2025-01-01 */
  constructor(wallMs: number = DEFAULT_START_MS) {
    this.#epochMs = wallMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#epochMs + this.#nowMs;
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer as Timer);
  }

  /** Lets time pass and fires what falls due, timers set meanwhile included. */
  advance(durationMs: number): void {
    const endMs = this.#nowMs + durationMs;
    for (;;) {
      const next = this.#earliest();
      if (next === null || next.dueMs > endMs) break;
      this.#timers.delete(next);
      this.#nowMs = next.dueMs;
      next.callback();
    }
    this.#nowMs = endMs;
  }

  /** Moves the wall clock alone, as an operator or a time server does. */
  jumpWall(byMs: number): void {
    this.#epochMs += byMs;
  }

  /** Timers that are set. */
  pending(): number {
    return this.#timers.size;
  }

  /** Of two for one instant the one set first. */
  #earliest(): Timer | null {
    let earliest: Timer | null = null;
    for (const timer of this.#timers) {
      if (earliest === null || timer.dueMs < earliest.dueMs) earliest = timer;
    }
    return earliest;
  }
}
