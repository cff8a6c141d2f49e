import type { Clock, Gate } from '../../machines/ports.ts';
import { Waiters } from './waiters.ts';

/**
 * Opens for `selfFenceMs` after the sending of each answered heartbeat (invariant D5).
 *
 * Two clocks are asked because each fails in its own way: the monotonic one stands still while the
 * machine is suspended, the wall clock jumps. The longer elapsed time counts. A wall clock that was
 * set back counts as no time; one set far ahead shuts the gate until the next heartbeat is answered.
 */
export class DeliveryGate implements Gate {
  readonly #clock: Clock;
  readonly #selfFenceMs: number;
  readonly #opened = new Waiters();
  /** Sending of the last answered heartbeat; -Infinity: none since the gate was shut. */
  #sentMonotonicMs = -Infinity;
  #sentWallMs = -Infinity;
  #lookedAtMs = -Infinity;

  /** @param selfFenceMs how long after its sending an answered heartbeat is trusted; below the session's TTL. */
  constructor(clock: Clock, selfFenceMs: number) {
    this.#clock = clock;
    this.#selfFenceMs = selfFenceMs;
  }

  extend(sentMonotonicMs: number, sentWallMs: number): void {
    // Answers may overtake each other: only the latest sending counts.
    if (sentMonotonicMs < this.#sentMonotonicMs) return;
    this.#sentMonotonicMs = sentMonotonicMs;
    this.#sentWallMs = sentWallMs;
    if (this.isOpen()) this.#opened.wakeAll();
  }

  isOpen(): boolean {
    this.#lookedAtMs = this.#clock.monotonicMs();
    return (
      this.#lookedAtMs - this.#sentMonotonicMs < this.#selfFenceMs &&
      this.#clock.wallMs() - this.#sentWallMs < this.#selfFenceMs
    );
  }

  shut(): void {
    this.#sentMonotonicMs = -Infinity;
    this.#sentWallMs = -Infinity;
  }

  /** What the monotonic clock said at the last {@link isOpen}: spares the caller a second reading per record. */
  lookedAtMs(): number {
    return this.#lookedAtMs;
  }

  /** Resolves when the gate is open or the signal aborts; ask {@link isOpen} in the turn of the delivery itself. */
  async whenOpen(signal?: AbortSignal): Promise<void> {
    while (!this.isOpen() && signal?.aborted !== true) await this.#opened.wait(signal);
  }
}
