import { KinesumerError } from '../errors.ts';
import type { CloseRequest } from '../machines/client.ts';
import type { Clock, ShardRef } from '../machines/ports.ts';
import type { Consumption } from './consumption.ts';

/** What `close()` did. */
export interface CloseReport {
  /** `closed`: drained, committed and left · `aborted`: as asked · `timedOut`: the deadline came first. */
  readonly outcome: 'closed' | 'aborted' | 'timedOut';
  /** Shards whose handlers had not finished; their last records will be delivered again elsewhere. */
  readonly unfinished: readonly ShardRef[];
}

export const NOTHING_TO_CLOSE: CloseReport = { outcome: 'closed', unfinished: [] };

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

interface ClosingParts {
  readonly clock: Clock;
  /** Shards whose handlers are at work. */
  readonly busy: () => readonly ShardRef[];
  /** Shards taken from their handlers at the drain timeout. */
  readonly cutOff: () => readonly ShardRef[];
}

/** The same at the close of a client, which says whose handlers were not through. */
export async function closeFor(
  consumption: Consumption,
  request: CloseRequest,
  { clock, busy, cutOff }: ClosingParts,
): Promise<CloseReport> {
  let unfinished: readonly ShardRef[] = [];
  // at the deadline itself the lanes are gone already
  const watch = clock.setTimeout(
    () => {
      unfinished = busy();
    },
    Math.max(0, request.deadlineMs - 1),
  );
  if (request.manner === 'abort') unfinished = busy();
  const outcome = await finish(consumption, request, clock);
  clock.clearTimeout(watch);
  unfinished = [...unfinished, ...cutOff()];
  return {
    outcome: outcome === 'closed' && unfinished.length > 0 ? 'timedOut' : outcome,
    unfinished,
  };
}

export const leftUndone = ({ unfinished }: CloseReport): KinesumerError =>
  new KinesumerError(
    'CloseTimeout',
    `close() left work undone: the handlers of ${unfinished.length} shards were not through in time`,
  );
