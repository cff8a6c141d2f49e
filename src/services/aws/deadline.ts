import { setMaxListeners } from 'node:events';
import type { Clock } from '../../machines/ports.ts';

/** Of the time for which the process was kept busy past a deadline, what a request gets back. */
const MAX_GIVEN_BACK_MS = 100;

/** No answer within the time given; named as the SDK names its own. */
class DeadlineError extends Error {
  override readonly name = 'TimeoutError';
}

/** The caller gave up; named as the SDK names its own. */
class AbandonedError extends Error {
  override readonly name = 'AbortError';
}

/**
 * Fires at the deadline, but not before an answer that has come in was heard.
 *
 * Code that keeps the event loop busy past a deadline makes the timer late, and Node fires what is due before it reads
 * the sockets: an answer that arrived long ago would lose against the clock, and heartbeats and commits would count as
 * unanswered though they were carried out. So the deadline fires by a second timer, always: one that is set while
 * timers fire waits for a turn of the event loop, in which the sockets are read. What takes more than one turn (a
 * connection that was being opened, the rest of a large answer) gets back some of the time that the first timer was
 * late by; a limited part, so that a request ends also where the event loop is never free.
 *
 * @returns stops it
 */
function atDeadline(clock: Clock, timeoutMs: number, fire: () => void): () => void {
  const dueMs = clock.monotonicMs() + timeoutMs;
  let timer = clock.setTimeout(() => {
    const lateMs = Math.max(0, clock.monotonicMs() - dueMs);
    timer = clock.setTimeout(fire, Math.min(lateMs, MAX_GIVEN_BACK_MS));
  }, timeoutMs);
  return () => clock.clearTimeout(timer);
}

/**
 * Sends one request that ends at its deadline whatever hangs: the credentials' provider, the wait for
 * a socket, the connection, the headers or the body. The signal closes the socket; the race settles
 * also where the SDK does not listen to it.
 *
 * @param timeoutMs - The timer starts with the call.
 * @param callers - Each of them may give the request up.
 * @throws what `send` rejects with, or an error named `TimeoutError` or `AbortError`.
 */
export async function withDeadline<Output>(
  clock: Clock,
  timeoutMs: number,
  callers: readonly (AbortSignal | undefined)[],
  send: (signal: AbortSignal) => Promise<Output>,
): Promise<Output> {
  if (callers.some((caller) => caller?.aborted)) {
    throw new AbandonedError('aborted before it was sent');
  }
  const controller = new AbortController();
  let abandon = (): void => {};
  let stop = (): void => {};
  const cut = new Promise<never>((_, reject) => {
    const end = (error: Error): void => {
      reject(error);
      controller.abort(error);
    };
    abandon = () => end(new AbandonedError('aborted by the caller'));
    stop = atDeadline(clock, timeoutMs, () =>
      end(new DeadlineError(`no answer within ${timeoutMs} ms`)),
    );
  });
  for (const caller of callers) caller?.addEventListener('abort', abandon, { once: true });
  try {
    return await Promise.race([send(controller.signal), cut]);
  } finally {
    stop();
    for (const caller of callers) caller?.removeEventListener('abort', abandon);
  }
}

/** Ends all that an adapter has under way, however many requests that are. */
export function closingController(): AbortController {
  const controller = new AbortController();
  // Node warns of more than ten listeners as of a leak.
  setMaxListeners(0, controller.signal);
  return controller;
}
