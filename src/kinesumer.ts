/**
 * Ports in, client out: wires the machines, the delivery and the ports. Free of node:* and of the AWS SDK, so that
 * the simulation runs this very file.
 */
import type { InspectionEvent } from 'xstate';
import { KinesumerError } from './errors.ts';
import { Events, type EventName, type Listener } from './kinesumer/events.ts';
import { leftUndone, type CloseReport } from './kinesumer/finishing.ts';
import { Life } from './kinesumer/life.ts';
import { snapshotOf, type ClientSnapshot } from './kinesumer/snapshot.ts';
import { tellNotice } from './kinesumer/telling.ts';
import { callUser, harmlessInspect, harmlessLog } from './kinesumer/user-code.ts';
import { PageOfClient, Watchers, type ClientInside, type OpenPage } from './kinesumer/watching.ts';
import type { Clock, Log, Random, ShardRef, StateStore, Stream } from './machines/ports.ts';
import {
  parseCloseOptions,
  parseConsumeOptions,
  parseRunOptions,
  parseStreams,
  type CloseOptions,
  type Config,
  type ConsumeOptions,
  type InspectOptions,
  type OptionParts,
  type ParsedCloseOptions,
  type RunOptions,
} from './options.ts';
import type { ShardBatch } from './services/delivery/batch.ts';
import { Breather } from './services/delivery/breather.ts';
import { ByteBudget } from './services/delivery/budget.ts';
import type { RecordDecoder } from './services/delivery/decode.ts';
import { DeliveryDesk } from './services/delivery/delivery.ts';
import { DeliveryGate } from './services/delivery/gate.ts';
import { HandlerSink, type Handler } from './services/delivery/handler-sink.ts';
import { RecordIterator } from './services/delivery/iterator-sink.ts';
import type { ShardRecord } from './services/delivery/record.ts';
import type { DeliveryEvent } from './services/delivery/sink.ts';

export type { CloseReport } from './kinesumer/finishing.ts';

/** What a client stands on. */
export interface KinesumerPorts<T> {
  readonly config: Config;
  readonly store: StateStore;
  readonly stream: Stream;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** null: records have no value. */
  readonly decoder: RecordDecoder<T> | null;
  readonly inspect: ((event: InspectionEvent) => void) | undefined;
  /** Opens the live page of a client. @default there is none */
  readonly openPage?: (client: Kinesumer<T>, options: unknown) => Promise<OpenPage>;
}

const noPage = (): Promise<OpenPage> =>
  Promise.reject(new KinesumerError('InvalidOption', 'This client was made without a live page'));

export interface HandlerParts<T> extends OptionParts {
  readonly record: ShardRecord<T>;
  readonly batch: ShardBatch<T>;
}

/**
 * One member of a group. Made by `createKinesumer`; joins the group on the first `consume` or `run`.
 *
 * @example
 * for await (const record of client.consume(['orders'])) handle(record.json());
 */
export class Kinesumer<T = unknown> implements AsyncDisposable {
  readonly #ports: KinesumerPorts<T>;
  readonly #events: Events;
  readonly #watchers: Watchers;
  readonly #page = new PageOfClient();
  readonly #gate: DeliveryGate;
  readonly #budget: ByteBudget;
  readonly #breather: Breather;
  readonly #desk: DeliveryDesk;
  readonly #life: Life;

  constructor(ports: KinesumerPorts<T>) {
    const { config, clock } = ports;
    const log = harmlessLog(ports.log);
    this.#ports = { ...ports, log, inspect: harmlessInspect(ports.inspect, log) };
    this.#watchers = new Watchers(log);
    this.#events = new Events(log, (name, event) => this.#watchers.told(name, event));
    this.#gate = new DeliveryGate(clock, config.timings.selfFenceMs);
    this.#budget = new ByteBudget(config.highWaterMarkBytes);
    this.#breather = new Breather(clock);
    this.#desk = new DeliveryDesk({
      gate: this.#gate,
      budget: this.#budget,
      tell: (event) => this.#tellDelivery(event),
      askCommit: (shard) => this.#life.current()?.askCommit(shard),
    });
    const { store, stream, random } = ports;
    this.#life = new Life({
      config,
      world: { app: config.app, store, stream, clock, random },
      desk: this.#desk,
      budget: this.#budget,
      gate: this.#gate,
      inspect: this.#ports.inspect,
      tell: (notice) => tellNotice(this.#events, log, notice),
      began: (actor) => this.#watchers.began(actor),
      failedUnheard: (failure) => this.#events.error(failure),
      closed: (report) => this.#closed(report),
    });
  }

  get app(): string {
    return this.#ports.config.app;
  }

  get clientId(): string {
    return this.#ports.config.clientId;
  }

  /**
   * The records of this client's shards in one loop, in order within each shard. A record is marked when the loop asks
   * for the next one. Leaving the loop drains, commits, releases and leaves the group; consuming again joins again.
   * To stop from within, `break`, and close after the loop: an `await client.close()` in its body waits for itself.
   *
   * @param streams names or ARNs; by default those given to `createKinesumer`
   * @throws KinesumerError (from the loop) `AlreadyConsuming`, `ClientClosed`, `InvalidOption`, or the fatal error
   *   that ended the consumption
   */
  consume(streams?: readonly string[], options?: ConsumeOptions): RecordIterator<T> {
    const iterator = new RecordIterator<T>({
      marking: this.#marking(),
      decoder: this.#ports.decoder,
      gate: this.#gate,
      breather: this.#breather,
      onReturn: () => this.#life.leave(),
    });
    try {
      const parsed = parseConsumeOptions(streams, options, this.#ports.config.streams);
      this.#life.begin(parsed.streams, parsed.signal, iterator, {
        finish: (failure) => {
          if (failure !== null) return iterator.fail(failure);
          iterator.finish();
          return true;
        },
      });
    } catch (error) {
      iterator.fail(asError(error));
    }
    return iterator;
  }

  /**
   * Hands the records of this client's shards to a handler: shards at the same time, in order within each shard.
   * Resolves when the client was closed or the signal aborted. To stop from within a handler, call
   * `void client.close()` and return: an `await client.close()` there waits for the handler that it stands in.
   *
   * @throws KinesumerError `HandlerFailed` (its cause is what the handler threw), `AlreadyConsuming`, `ClientClosed`,
   *   `InvalidOption`, or another fatal error
   */
  async run(options: RunOptions<HandlerParts<T>>): Promise<void> {
    const parsed = parseRunOptions(options, this.#ports.config.streams);
    const { handler } = parsed;
    const sink = new HandlerSink<T>({
      // the parser has seen a function of this kind; its argument is what this sink gives it
      handler: { kind: handler.kind, call: handler.handle } as Handler<T>,
      marking: this.#marking(),
      decoder: this.#ports.decoder,
      gate: this.#gate,
      breather: this.#breather,
    });
    await new Promise<void>((resolve, reject) => {
      this.#life.begin(parsed.streams, parsed.signal, sink, {
        finish: (failure) => {
          if (failure === null) resolve();
          else reject(failure);
          return true;
        },
      });
    });
  }

  /**
   * Consumes other streams from now on; shards of streams that stay are not touched.
   *
   * @throws KinesumerError `NotConsuming`, `InvalidOption`, `StreamMissing` and others: the old streams go on
   */
  async refresh(streams: readonly string[]): Promise<void> {
    await this.#life.consuming().refresh(parseStreams(streams));
  }

  /**
   * Everything of the record's shard up to and including it is done.
   *
   * @throws KinesumerError `MarkRefused`: its shard is not owned any more
   */
  markRecord(record: ShardRecord<T>): void {
    this.#desk.markRecord(record);
  }

  /**
   * Commits the marks of all shards; resolves when they stand in the store.
   *
   * @throws KinesumerError why a shard was lost, where that came first; `NotConsuming`
   */
  async commit(): Promise<void> {
    await (this.#life.current() ?? this.#life.consuming()).commitAll();
  }

  /** Fetches and hands out nothing new of these shards; without an argument of any, also of those gained later. */
  pause(shards?: readonly ShardRef[]): void {
    const consumption = this.#life.consuming();
    this.#desk.pause(shards);
    consumption.pause(shards ?? 'all');
  }

  resume(shards?: readonly ShardRef[]): void {
    const consumption = this.#life.consuming();
    this.#desk.resume(shards);
    consumption.resume(shards ?? 'all');
  }

  /** Every error from this call on as a loop; without it and without an `'error'` listener they are logged. */
  errors(): AsyncGenerator<KinesumerError, void, void> {
    return this.#events.errors();
  }

  on<Name extends EventName>(name: Name, listener: Listener<Name>): this {
    this.#events.on(name, listener);
    return this;
  }

  off<Name extends EventName>(name: Name, listener: Listener<Name>): this {
    this.#events.off(name, listener);
    return this;
  }

  once<Name extends EventName>(name: Name, listener: Listener<Name>): this {
    this.#events.once(name, listener);
    return this;
  }

  /** Every statechart, shard, position and lag as plain JSON. No record data. */
  snapshot(): ClientSnapshot {
    const { config, store } = this.#ports;
    return snapshotOf({
      app: config.app,
      clientId: config.clientId,
      streams: config.streams,
      actor: this.#life.current()?.actor() ?? null,
      lanes: this.#desk.snapshot(),
      store: store.usage(),
    });
  }

  /**
   * Opens a page that shows this client and its group live, on this machine only; closed with the client. While the
   * page is looked at, the state table is read for it; otherwise it costs nothing.
   *
   * @throws KinesumerError `InvalidOption`, `PortUnavailable`, `ClientClosed`
   *
   * @example
   * const { url } = await client.inspect({ port: 4444 });
   * console.log(`Open ${url}`);
   */
  inspect(options?: InspectOptions): Promise<OpenPage> {
    if (this.#life.state() === 'closing') {
      return Promise.reject(new KinesumerError('ClientClosed', 'The client is closed'));
    }
    const { openPage = noPage } = this.#ports;
    return this.#page.open(() => openPage(this, options));
  }

  /** For inspectors: what this client stands on, and a way to look on. */
  inside(): ClientInside {
    const { store, clock } = this.#ports;
    return {
      store,
      clock,
      watch: (watcher) => this.#watchers.add(watcher, this.#life.current()?.actor() ?? null),
    };
  }

  /**
   * Stops, drains, commits, leaves; leaves no timer and no socket behind. Ends within `timeoutMs` (default: the drain
   * timeout and 5 s) also when the store is down. Called again it gives the same report; with `abort` it then cuts off
   * the handlers that are still at work, and its deadline holds where it is the earlier one. Rejects only for a wrong
   * option; of a port that cannot be closed an error is told.
   *
   * Never await it within a loop over the records or within a handler: it waits for the record in hand to be done, for
   * as long as the drain timeout, and that record then comes again. From there call `void client.close()` and return,
   * or `break`.
   *
   * @throws KinesumerError `InvalidOption`
   */
  close(options?: CloseOptions): Promise<CloseReport> {
    let parsed: ParsedCloseOptions;
    try {
      parsed = parseCloseOptions(options, this.#ports.config.drainTimeoutMs);
    } catch (error) {
      return Promise.reject(asError(error));
    }
    return this.#life.close(parsed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // ---------------------------------------------------------------- inside

  #marking(): 'auto' | 'manual' {
    return this.#ports.config.commit.auto ? 'auto' : 'manual';
  }

  #closed(report: CloseReport): CloseReport | Promise<CloseReport> {
    if (report.outcome === 'timedOut') this.#events.error(leftUndone(report));
    const { store, stream } = this.#ports;
    this.#letGo('state store', () => store.close());
    this.#letGo('stream', () => stream.close());
    this.#events.emit('close', { app: this.app, clientId: this.clientId });
    this.#events.close();
    return this.#page.close()?.then(() => report) ?? report;
  }

  /** A port of the user's own may throw here, or reject: the client is closed all the same, and says what it was. */
  #letGo(port: string, close: () => unknown): void {
    callUser(close, (cause) => {
      const message = `The ${port} could not be closed`;
      this.#events.error(new KinesumerError('InvariantBroken', message, { cause }));
    });
  }

  #tellDelivery(event: DeliveryEvent): void {
    // fetched batches are told by the reader; here only what went wrong on the way to the user's code
    if (event.kind !== 'batch') this.#events.error(event.error);
  }
}

const asError = (error: unknown): KinesumerError =>
  error instanceof KinesumerError
    ? error
    : new KinesumerError('InvariantBroken', 'A call could not be carried out', { cause: error });
