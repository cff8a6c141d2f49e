/** Server-sent events of a reader, as fast as the other end takes them and no faster than a human sees. */
import type { Clock } from '../../machines/ports.ts';

/** Somebody who takes what has happened. */
export interface Taker<Line> {
  readonly closed: boolean;
  /** Whether there is more to take at once. */
  readonly pending: boolean;
  take(): readonly Line[];
  ready(): Promise<void>;
  close(): void;
}

/** Ten times a second. */
const FLUSH_INTERVAL_MS = 100;
/** So that a connection that is dead is found to be, and no proxy takes an idle one for dead. */
const KEEP_ALIVE_MS = 15_000;

const COMMENT = ':\n\n';

/** One message: its data must have no line ends, as JSON has none. */
export const message = (data: string): string => `data: ${data}\n\n`;

/**
 * Takes only when the other end wants more: for one that stands still nothing is taken, and the reader bounds what
 * waits.
 *
 * @param write makes the messages of what was taken
 */
export function eventStream<Line>(
  taker: Taker<Line>,
  clock: Clock,
  write: (lines: readonly Line[]) => string,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let nextMs = 0;
  const next = async (): Promise<string | null> => {
    for (;;) {
      const woken = taker.pending || (await within(KEEP_ALIVE_MS, taker.ready(), clock));
      if (taker.closed) return null;
      if (!woken) return COMMENT;
      await pause(nextMs - clock.monotonicMs(), clock);
      const lines = taker.take();
      // what is left of a large answer is not to wait
      nextMs = clock.monotonicMs() + (taker.pending ? 0 : FLUSH_INTERVAL_MS);
      if (lines.length > 0) return write(lines);
      // closed meanwhile, or what it was woken for is not to be told yet
      if (taker.closed) return null;
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const text = await orClose(next, taker);
        if (text !== null) controller.enqueue(encoder.encode(text));
        else if (taker.closed) end(controller);
      },
      cancel: () => taker.close(),
    },
    { highWaterMark: 0 },
  );
}

/** Whoever cannot be told what there is, is told no more: nothing is read for it either. */
async function orClose<Text>(next: () => Promise<Text>, taker: Taker<unknown>): Promise<Text> {
  try {
    return await next();
  } catch (error) {
    taker.close();
    throw error;
  }
}

/** It may have been cancelled, and is closed then. */
function end(controller: ReadableStreamDefaultController): void {
  try {
    controller.close();
  } catch {
    // nobody is there any more
  }
}

/** @returns whether it was settled within the time */
function within(ms: number, settled: Promise<void>, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(false), ms);
    void settled.then(() => {
      clock.clearTimeout(timer);
      resolve(true);
    });
  });
}

const pause = (ms: number, clock: Clock): Promise<void> =>
  ms <= 0
    ? Promise.resolve()
    : new Promise((resolve) => void clock.setTimeout(() => resolve(), ms));
