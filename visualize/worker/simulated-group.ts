/** The page's end of a simulated group. */
import type { FeedLine } from '../../src/feed/events.ts';
import { PAUSE_MS } from './chaos.ts';
import type { Beginning, Conditions, FromWorker, GroupAction, ToWorker } from './messages.ts';

export interface SimulatedGroupOptions {
  /**
   * Gets what happened; once it returns, more may come. At each beginning the first line is a header.
   *
   * @param at virtual time, and the speed that was reached
   */
  readonly onLines: (
    lines: readonly FeedLine[],
    at: { readonly nowMs: number; readonly speed: number },
  ) => void;
  /** It has ended by an error of its own. */
  readonly onFailed: (message: string) => void;
}

/**
 * A group that is simulated in a worker.
 *
 * @example
 * const group = new SimulatedGroup({ onLines, onFailed });
 * group.begin({ seed: 1, profile: 'fast', clients: 3, shards: 8, recordsPerSecond: 20, faults: 0, chaos: 0, speed: 1 });
 * group.act({ kind: 'kill', clientId: 'c1' });
 * group.change({ speed: 10 });
 */
export class SimulatedGroup {
  /** After which a client that was paused goes on by itself, in virtual time. */
  static readonly pauseMs = PAUSE_MS;
  readonly #worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });

  constructor({ onLines, onFailed }: SimulatedGroupOptions) {
    this.#worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === 'failed') {
        onFailed(data.message);
        return;
      }
      onLines(data.lines, data);
      this.#send({ kind: 'shown' });
    });
    this.#worker.addEventListener('error', ({ message }) => onFailed(message));
  }

  /** Begins anew; what was there is gone. */
  begin(beginning: Beginning): void {
    this.#send({ kind: 'begin', beginning });
  }

  change(to: Partial<Conditions>): void {
    this.#send({ kind: 'change', to });
  }

  act(action: GroupAction): void {
    this.#send({ kind: 'act', action });
  }

  /** Ends it for good. */
  close(): void {
    this.#worker.terminate();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}
