import type { Clock } from '../../src/machines/ports.ts';

/** The time of one client, until it dies: then no timer of it fires any more, as after kill -9. */
export class MortalClock implements Clock {
  readonly #inner: Clock;
  readonly #timers = new Set<unknown>();
  #life: 'alive' | 'dead' = 'alive';

  constructor(inner: Clock) {
    this.#inner = inner;
  }

  monotonicMs(): number {
    return this.#inner.monotonicMs();
  }

  wallMs(): number {
    return this.#inner.wallMs();
  }

  setTimeout(callback: () => void, delayMs: number): unknown {
    if (this.#life === 'dead') return null;
    const timer = this.#inner.setTimeout(() => {
      this.#timers.delete(timer);
      callback();
    }, delayMs);
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: unknown): void {
    this.#timers.delete(timer);
    this.#inner.clearTimeout(timer);
  }

  die(): void {
    this.#life = 'dead';
    for (const timer of this.#timers) this.#inner.clearTimeout(timer);
    this.#timers.clear();
  }
}
