import type { Clock } from '../../machines/ports.ts';

const MAX_STRETCH_MS = 50;

type Stretch =
  | { readonly kind: 'rested' }
  | { readonly kind: 'working'; readonly sinceMs: number; readonly rested: Promise<void> };

const RESTED: Stretch = { kind: 'rested' };

/**
 * Lets the event loop turn when synchronous user code keeps it for long.
 *
 * Records at hand are handed over without a turn of the event loop between them; ten thousand of them
 * with a slow synchronous handler would hold back the heartbeat and cost the session.
 */
export class Breather {
  readonly #clock: Clock;
  #stretch: Stretch = RESTED;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * To be called before each record. A promise: await it first, the event loop is due; null: go on.
   *
   * @param nowMs a fresh reading of the monotonic clock; by default one is taken
   */
  breath(nowMs: number = this.#clock.monotonicMs()): Promise<void> | null {
    if (this.#stretch.kind === 'rested') {
      this.#stretch = { kind: 'working', sinceMs: nowMs, rested: this.#nextTurn() };
      return null;
    }
    return nowMs - this.#stretch.sinceMs < MAX_STRETCH_MS ? null : this.#stretch.rested;
  }

  #nextTurn(): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimeout(() => {
        this.#stretch = RESTED;
        resolve();
      }, 0);
    });
  }
}
