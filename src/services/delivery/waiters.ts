/** Those who wait for something to change. Each looks again after it was woken, so a wake too many does no harm. */
export class Waiters {
  readonly #wakers = new Set<() => void>();

  /** Resolves at the next {@link wakeAll} or when the signal aborts; the caller looks which it was. Never rejects. */
  wait(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakers.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakers.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  wakeAll(): void {
    if (this.#wakers.size === 0) return;
    for (const wake of this.#wakers) wake();
  }

  /** How many wait now. */
  count(): number {
    return this.#wakers.size;
  }
}
