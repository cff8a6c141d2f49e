import type { Clock } from '../../machines/ports.ts';

/** No answer within the time given; named as the SDK names its own. */
class DeadlineError extends Error {
  override readonly name = 'TimeoutError';
}

/** The caller gave up; named as the SDK names its own. */
class AbandonedError extends Error {
  override readonly name = 'AbortError';
}

/**
 * Sends one request that ends at its deadline whatever hangs: the credentials' provider, the wait for
 * a socket, the connection, the headers or the body. The signal closes the socket; the race settles
 * also where the SDK does not listen to it.
 *
 * @param timeoutMs - The timer starts with the call.
 * @throws what `send` rejects with, or an error named `TimeoutError` or `AbortError`.
 */
export async function withDeadline<Output>(
  clock: Clock,
  timeoutMs: number,
  caller: AbortSignal | undefined,
  send: (signal: AbortSignal) => Promise<Output>,
): Promise<Output> {
  if (caller?.aborted) throw new AbandonedError('aborted before it was sent');
  const controller = new AbortController();
  let abandon = (): void => {};
  let timer: unknown;
  const cut = new Promise<never>((_, reject) => {
    const end = (error: Error): void => {
      reject(error);
      controller.abort(error);
    };
    abandon = () => end(new AbandonedError('aborted by the caller'));
    timer = clock.setTimeout(
      () => end(new DeadlineError(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  caller?.addEventListener('abort', abandon, { once: true });
  try {
    return await Promise.race([send(controller.signal), cut]);
  } finally {
    clock.clearTimeout(timer);
    caller?.removeEventListener('abort', abandon);
  }
}
