/** Which stream has a name now, for many readers at once: one question serves all who asked before it was sent. */
import type { Clock, DescribeAnswer, Stream } from '../machines/ports.ts';

/** Readers of one stream begin side by side: those who come a moment later share the next question. */
const STREAM_SPACING_MS = 250;
/** DescribeStreamSummary is allowed 20 times a second and account (Kinesis API Reference, DescribeStreamSummary). */
const SPACING_MS = 50;

export class StreamIdentities {
  readonly #stream: Stream;
  readonly #clock: Clock;
  /** Questions not sent yet. */
  readonly #waiting = new Map<string, Promise<DescribeAnswer>>();
  readonly #timers = new Set<unknown>();
  readonly #sendMs = new Map<string, number>();
  #lastSendMs = Number.NEGATIVE_INFINITY;
  #state: 'open' | 'closed' = 'open';

  constructor(stream: Stream, clock: Clock) {
    this.#stream = stream;
    this.#clock = clock;
  }

  /** The answer to a question that is sent after this call; not settled where `close` came first. */
  describe(stream: string): Promise<DescribeAnswer> {
    if (this.#state === 'closed') return unanswered();
    const waiting = this.#waiting.get(stream);
    if (waiting !== undefined) return waiting;
    const asked = this.#turnOf(stream).then(() => {
      this.#waiting.delete(stream);
      // Kinesis is asked nothing for a client that is gone
      return this.#state === 'open' ? this.#stream.describe(stream) : unanswered();
    });
    this.#waiting.set(stream, asked);
    return asked;
  }

  /** Nobody waits for an answer any more. */
  close(): void {
    this.#state = 'closed';
    for (const timer of this.#timers) this.#clock.clearTimeout(timer);
    this.#timers.clear();
  }

  async #turnOf(stream: string): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const sameMs = this.#sendMs.get(stream) ?? Number.NEGATIVE_INFINITY;
    const sendMs = Math.max(nowMs, this.#lastSendMs + SPACING_MS, sameMs + STREAM_SPACING_MS);
    this.#lastSendMs = sendMs;
    this.#sendMs.set(stream, sendMs);
    if (sendMs === nowMs) return;
    await new Promise<void>((resolve) => {
      const timer = this.#clock.setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, sendMs - nowMs);
      this.#timers.add(timer);
    });
  }
}

const unanswered = (): Promise<DescribeAnswer> => new Promise(() => {});
