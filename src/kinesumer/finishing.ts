/** How a consumption is ended from outside, and what there is to say of it. */
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

export interface ClosingParts {
  /** null: there is none, and nothing to wait for. */
  readonly consumption: Consumption | null;
  readonly request: CloseRequest;
  readonly clock: Clock;
  /** Shards whose handlers are at work. */
  readonly busy: () => readonly ShardRef[];
  /** Shards taken from their handlers at the drain timeout. */
  readonly cutOff: () => readonly ShardRef[];
}

interface Deadline {
  readonly atMs: number;
  readonly timers: readonly unknown[];
}

/** Closes a consumption and waits for its end, at most until the deadline. */
export class Closing {
  readonly report: Promise<CloseReport>;
  readonly #parts: ClosingParts;
  #manner: CloseRequest['manner'];
  #deadline: Deadline | null = null;
  #end: 'byItself' | 'byDeadline' = 'byItself';
  /** Shards whose handlers were at work when they were cut off. */
  #unfinished: readonly ShardRef[] = [];
  #resolve: (report: CloseReport) => void = () => {};

  constructor(parts: ClosingParts) {
    this.#parts = parts;
    this.#manner = parts.request.manner;
    this.report = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Called once. Apart from the making, because listeners of the user run in here, and may close once more. */
  begin(): void {
    const { consumption, request } = this.#parts;
    if (consumption === null) {
      this.#resolve({ outcome: 'closed', unfinished: [] });
      return;
    }
    void consumption.ended.then(() => this.#resolve(this.#reported()));
    this.#arm(consumption, request.deadlineMs);
    this.#send(consumption, request);
  }

  /** A second thought: whoever waits no longer may cut the handlers off, and by an earlier deadline. */
  abort(request: CloseRequest): void {
    const { consumption } = this.#parts;
    if (consumption === null) return;
    this.#arm(consumption, request.deadlineMs);
    if (this.#manner === 'drain') this.#send(consumption, request);
  }

  #send(consumption: Consumption, request: CloseRequest): void {
    this.#manner = request.manner;
    if (request.manner === 'abort') this.#noteBusy();
    consumption.close(request);
  }

  #noteBusy(): void {
    this.#unfinished = [...this.#unfinished, ...this.#parts.busy()];
  }

  /** The earlier deadline holds. */
  #arm(consumption: Consumption, inMs: number): void {
    const { clock } = this.#parts;
    const atMs = clock.monotonicMs() + inMs;
    if (this.#deadline !== null && this.#deadline.atMs <= atMs) return;
    this.#disarm();
    const timers = [
      // at the deadline itself the lanes may be gone already: the statechart has one, too
      clock.setTimeout(() => this.#noteBusy(), Math.max(0, inMs - 1)),
      clock.setTimeout(() => {
        this.#end = 'byDeadline';
        consumption.stop(
          new KinesumerError(
            'CloseTimeout',
            'The client was closed before its handlers had finished',
          ),
        );
      }, inMs),
    ];
    this.#deadline = { atMs, timers };
  }

  #disarm(): void {
    for (const timer of this.#deadline?.timers ?? []) this.#parts.clock.clearTimeout(timer);
  }

  #reported(): CloseReport {
    this.#disarm();
    const unfinished = [...this.#unfinished, ...this.#parts.cutOff()];
    return { outcome: this.#outcome(unfinished), unfinished };
  }

  #outcome(unfinished: readonly ShardRef[]): CloseReport['outcome'] {
    if (this.#end === 'byDeadline') return 'timedOut';
    if (this.#manner === 'abort') return 'aborted';
    const { clock } = this.#parts;
    // the deadline of the statechart may have been faster
    const isLate = this.#deadline !== null && clock.monotonicMs() >= this.#deadline.atMs;
    return isLate || unfinished.length > 0 ? 'timedOut' : 'closed';
  }
}

export const leftUndone = ({ unfinished }: CloseReport): KinesumerError =>
  new KinesumerError(
    'CloseTimeout',
    unfinished.length > 0
      ? `close() left work undone: the handlers of ${unfinished.length} shards were not through in time`
      : 'close() left work undone: the store had not taken the last commits and the farewell in time',
  );
