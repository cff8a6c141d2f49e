import { KinesumerError } from '../errors.ts';
import type { CloseRequest } from '../machines/client.ts';
import type { Clock } from '../machines/ports.ts';
import type { Consumption } from './consumption.ts';

/** Closes a consumption and waits for its end, at most until the deadline. */
export async function finish(
  consumption: Consumption,
  request: CloseRequest,
  clock: Clock,
): Promise<'closed' | 'aborted' | 'timedOut'> {
  const deadlineAtMs = clock.monotonicMs() + request.deadlineMs;
  let timer: unknown;
  const deadline = new Promise<'timedOut'>((resolve) => {
    timer = clock.setTimeout(() => resolve('timedOut'), request.deadlineMs);
  });
  consumption.close(request);
  const first = await Promise.race([consumption.ended.then(() => 'ended' as const), deadline]);
  clock.clearTimeout(timer);
  if (first === 'ended') {
    if (request.manner === 'abort') return 'aborted';
    // the statechart has the same deadline and may have been faster
    return clock.monotonicMs() < deadlineAtMs ? 'closed' : 'timedOut';
  }
  consumption.stop(
    new KinesumerError('CloseTimeout', 'The client was closed before its handlers had finished'),
  );
  await consumption.ended;
  return 'timedOut';
}
