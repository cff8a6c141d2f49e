/** Waiting, and asking again, as the AWS SDK for Go does below the library. */
import type { Clock } from '../../machines/ports.ts';

const FIRST_RETRY_MS = 50;

/** @param stop ends it early */
export function sleep(clock: Clock, delayMs: number, stop?: AbortSignal): Promise<void> {
  if (stop?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clock.clearTimeout(timer);
      stop?.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.setTimeout(end, delayMs);
    stop?.addEventListener('abort', end);
  });
}

/** Sends a request again and again until it has an answer or its time is over. */
export async function insist<Answer extends { readonly kind: string }>(
  clock: Clock,
  forMs: number,
  send: () => Promise<Answer>,
): Promise<Answer> {
  const untilMs = clock.monotonicMs() + forMs;
  for (let pauseMs = FIRST_RETRY_MS; ; pauseMs *= 2) {
    const answer = await send();
    const again = answer.kind === 'throttled' || answer.kind === 'unanswered';
    if (!again || clock.monotonicMs() + pauseMs >= untilMs) return answer;
    await sleep(clock, pauseMs);
  }
}
