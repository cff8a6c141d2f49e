/** The consumptions of one client, one after another, and its end. */
import type { InspectionEvent } from 'xstate';
import { KinesumerError } from '../errors.ts';
import type { CloseRequest } from '../machines/client.ts';
import type { Notice } from '../machines/notices.ts';
import type { Budget, Gate, ShardRef } from '../machines/ports.ts';
import type { World } from '../machines/steps/step.ts';
import { parseCloseOptions, type Config, type ParsedCloseOptions } from '../options.ts';
import type { DeliveryDesk } from '../services/delivery/delivery.ts';
import type { Sink } from '../services/delivery/sink.ts';
import { Consumption, type ClientActor, type ConsumptionEnd } from './consumption.ts';
import { Closing, type CloseReport } from './finishing.ts';

/** What goes through all consumptions of a client. */
export interface LifeParts {
  readonly config: Config;
  readonly world: World;
  readonly desk: DeliveryDesk;
  readonly budget: Budget;
  readonly gate: Gate;
  readonly inspect: ((event: InspectionEvent) => void) | undefined;
  readonly tell: (notice: Notice) => void;
  /** A consumption begins; its root statechart is not started yet. */
  readonly began: (actor: ClientActor) => void;
  /** A consumption failed and its user had left already. */
  readonly failedUnheard: (failure: KinesumerError) => void;
  /** The last consumption is over: what else the client holds is let go. */
  readonly closed: (report: CloseReport) => CloseReport | Promise<CloseReport>;
}

/** The user's end of a consumption. */
export interface ActiveSink {
  /** false: the user has left already and does not hear of the failure. */
  finish(failure: KinesumerError | null): boolean;
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'consuming'; readonly consumption: Consumption }
  | {
      readonly kind: 'closing';
      readonly report: Promise<CloseReport>;
      readonly closing: Closing;
      /** Its handlers may still finish and commit; null: it is over. */
      readonly consumption: Consumption | null;
    };

export class Life {
  readonly #parts: LifeParts;
  #state: State = { kind: 'idle' };
  #nonces: readonly string[] = [];
  /** Another process took the clientId over: this one never registers again. */
  #replaced: KinesumerError | null = null;
  /** Shards taken from their handlers at the drain timeout of a close. */
  #cutOff: readonly ShardRef[] = [];

  constructor(parts: LifeParts) {
    this.#parts = parts;
  }

  state(): State['kind'] {
    return this.#state.kind;
  }

  /** The consumption that goes on or drains. */
  current(): Consumption | null {
    return this.#state.kind === 'idle' ? null : this.#state.consumption;
  }

  /** @throws KinesumerError `ClientClosed`, `NotConsuming` */
  consuming(): Consumption {
    if (this.#state.kind === 'consuming') return this.#state.consumption;
    throw this.#state.kind === 'closing'
      ? new KinesumerError('ClientClosed', 'The client is closed')
      : new KinesumerError(
          'NotConsuming',
          'There is no consumption: call consume() or run() first',
        );
  }

  /**
   * Begins a consumption, which ends with the signal.
   *
   * @throws KinesumerError `ClientClosed`, `AlreadyConsuming`, or `SessionReplaced` of an earlier one
   */
  begin(
    streams: readonly string[],
    signal: AbortSignal | undefined,
    sink: Sink,
    active: ActiveSink,
  ): void {
    if (this.#state.kind === 'closing') {
      throw new KinesumerError('ClientClosed', 'The client is closed; create a new one');
    }
    if (this.#replaced !== null) throw this.#replaced;
    if (this.#state.kind === 'consuming') {
      throw new KinesumerError(
        'AlreadyConsuming',
        'consume() or run() is on; leave that one first',
      );
    }
    const { config, world, desk, budget, gate, inspect, tell, began } = this.#parts;
    desk.attach(sink);
    const consumption = new Consumption({
      config,
      streams,
      world,
      delivery: desk,
      budget,
      gate,
      ownNonces: this.#nonces,
      tell: (notice) => {
        if (notice.kind === 'error') this.#noteCutOff(notice.error);
        tell(notice);
      },
      inspect,
    });
    this.#state = { kind: 'consuming', consumption };
    const stop = (): void => void this.leave();
    signal?.addEventListener('abort', stop, { once: true });
    void consumption.ended.then((end) => {
      signal?.removeEventListener('abort', stop);
      this.#ended(consumption, end, active);
    });
    began(consumption.actor());
    consumption.start();
    if (signal?.aborted === true) stop();
  }

  /** Ends the consumption, not the client. */
  async leave(): Promise<void> {
    if (this.#state.kind === 'closing') {
      await this.#state.report;
      return;
    }
    if (this.#state.kind !== 'consuming') return;
    const { consumption } = this.#state;
    const parsed = parseCloseOptions(undefined, this.#parts.config.drainTimeoutMs);
    const closing = this.#closing(consumption, this.#request(parsed));
    closing.begin();
    await closing.report;
  }

  /** Ends the client, once; called again it gives the same report, and may cut the handlers off. */
  close(options: ParsedCloseOptions): Promise<CloseReport> {
    const request = this.#request(options);
    if (this.#state.kind === 'closing') {
      if (options.abort) this.#state.closing.abort(request);
      return this.#state.report;
    }
    const consumption = this.#state.kind === 'consuming' ? this.#state.consumption : null;
    const closing = this.#closing(consumption, request);
    const report = closing.report.then((outcome) => this.#parts.closed(outcome));
    this.#state = { kind: 'closing', report, closing, consumption };
    closing.begin();
    return report;
  }

  #request({ abort, leave, timeoutMs }: ParsedCloseOptions): CloseRequest {
    return {
      manner: abort ? 'abort' : 'drain',
      place: this.#parts.config.membership === 'static' && !leave ? 'stay' : 'leave',
      deadlineMs: timeoutMs,
    };
  }

  #closing(consumption: Consumption | null, request: CloseRequest): Closing {
    const { world, desk } = this.#parts;
    return new Closing({
      consumption,
      request,
      clock: world.clock,
      busy: () => desk.busy(),
      cutOff: () => this.#cutOff,
    });
  }

  #ended(consumption: Consumption, end: ConsumptionEnd, sink: ActiveSink): void {
    const { desk, failedUnheard } = this.#parts;
    this.#nonces = end.nonces;
    desk.detach();
    if (this.#state.kind === 'consuming' && this.#state.consumption === consumption) {
      this.#state = { kind: 'idle' };
    }
    if (this.#state.kind === 'closing') this.#state = { ...this.#state, consumption: null };
    if (end.failure?.code === 'SessionReplaced') this.#replaced = end.failure;
    if (end.failure !== null && !sink.finish(end.failure)) failedUnheard(end.failure);
    else if (end.failure === null) sink.finish(null);
  }

  #noteCutOff({ code, stream, shardId }: KinesumerError): void {
    if (code !== 'DrainTimeout' || this.#state.kind !== 'closing') return;
    if (stream === undefined || shardId === undefined) return;
    this.#cutOff = [...this.#cutOff, { stream, shardId }];
  }
}
