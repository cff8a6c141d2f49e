import type { Clock } from '../../machines/ports.ts';

/** Waits. Resolves false where the signal aborts first. */
export function pause(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (signal?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (slept: boolean): void => {
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve(slept);
    };
    const abort = (): void => end(false);
    const timer = clock.setTimeout(() => end(true), delayMs);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
