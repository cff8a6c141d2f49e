/** One process of a simulated cluster: a real client on memory ports, and a handler that notes what it is given. */
import type { KinesumerError } from '../errors.ts';
import { Kinesumer, type HandlerParts } from '../kinesumer.ts';
import type { Log, Random, StateStore, Stream } from '../machines/ports.ts';
import { parseOptions, type CloseOptions } from '../options.ts';
import type { MemoryKinesis } from '../services/memory/kinesis.ts';
import { MemoryStateStore, type StoreFaults } from '../services/memory/state-store.ts';
import { MemoryStream, type StreamFaults } from '../services/memory/stream.ts';
import type { MemoryTable } from '../services/memory/table.ts';
import type { ClockSkew, EventQueueClock, ProcessClock } from './event-queue-clock.ts';
import type { ProcessEvent, Recorder } from './history.ts';
import { storeOfProcess, streamOfProcess } from './process-ports.ts';

export interface ProcessSetting {
  readonly slot: number;
  /** Unique in the cluster. */
  readonly name: string;
  readonly clientId: string;
  readonly membership: 'static' | 'dynamic';
  readonly app: string;
  readonly stream: string;
  readonly start: 'TRIM_HORIZON' | 'LATEST';
  readonly storeFaults: StoreFaults;
  readonly streamFaults: StreamFaults;
  readonly wrapStore: (store: StateStore) => StateStore;
  readonly wrapStream: (stream: Stream) => Stream;
  readonly skew: ClockSkew;
  readonly random: Random;
  readonly queue: EventQueueClock;
  readonly table: MemoryTable;
  readonly kinesis: MemoryKinesis;
  readonly recorder: Recorder;
}

/** The rhythm of the clients: the fastest, so that runs are short. */
export const PROFILE = 'fast';
/** Longest handler call, ms; well below the drain timeout. */
const MAX_HANDLER_MS = 300;
const DRAIN_TIMEOUT_MS = 5_000;
const COMMIT_INTERVAL_MS = 1_000;
/** Slower than by default: most of a run would be spent on empty reads. */
const SCAN_INTERVAL_MS = 600;

const ignore = (): void => {};
/** Errors are heard as events. */
const SILENT: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

type Batch = HandlerParts<unknown>['batch'];

export class SimulatedProcess {
  readonly slot: number;
  readonly name: string;
  readonly #setting: ProcessSetting;
  readonly #clock: ProcessClock;
  readonly #store: MemoryStateStore;
  readonly #stream: MemoryStream;
  readonly #client: Kinesumer;
  #calls = 0;
  #state: 'running' | 'leaving' | 'gone' = 'running';

  constructor(setting: ProcessSetting) {
    const { name, queue, random, table, kinesis } = setting;
    this.slot = setting.slot;
    this.name = name;
    this.#setting = setting;
    this.#clock = queue.process(setting.skew);
    const network = { clock: queue, random };
    this.#store = new MemoryStateStore({ table, name, ...network, faults: setting.storeFaults });
    this.#stream = new MemoryStream({ kinesis, ...network, faults: setting.streamFaults });
    const { config } = parseOptions(
      {
        app: setting.app,
        ...(setting.membership === 'static' ? { clientId: setting.clientId } : {}),
        profile: PROFILE,
        start: setting.start,
        drainTimeoutMs: DRAIN_TIMEOUT_MS,
        commit: { intervalMs: COMMIT_INTERVAL_MS },
        scanLimit: 20,
        scanIntervalMs: SCAN_INTERVAL_MS,
      },
      () => setting.clientId,
    );
    this.#client = new Kinesumer({
      config,
      store: storeOfProcess(this.#clock, setting.wrapStore(this.#store)),
      stream: streamOfProcess(this.#clock, setting.wrapStream(this.#stream)),
      clock: this.#clock,
      random,
      log: SILENT,
      decoder: null,
      inspect: undefined,
    });
  }

  state(): 'running' | 'leaving' | 'gone' {
    return this.#state;
  }

  start(): void {
    this.#note('started');
    this.#listen();
    const { stream } = this.#setting;
    this.#client
      .run({ streams: [stream], eachBatch: (batch: Batch) => this.#handle(batch) })
      .catch((error: KinesumerError) => {
        if (this.#state === 'gone') return;
        this.#state = 'gone';
        this.#note('failed', error.code);
      });
  }

  /** Resolves once it is gone; never where it dies on the way. */
  async leave(options: CloseOptions): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'leaving';
    this.#note('leaving');
    const { outcome } = await this.#client.close(options);
    if (this.state() === 'gone') return;
    this.#state = 'gone';
    if (outcome === 'closed') this.#note('left');
    else this.#note('failed', 'CloseTimeout');
  }

  crash(): void {
    if (this.#state === 'gone') return;
    this.#clock.kill();
    this.#state = 'gone';
    this.#note('crashed');
  }

  pause(): void {
    if (this.#state === 'gone') return;
    this.#clock.pause();
    this.#note('paused');
  }

  resume(): void {
    if (this.#clock.state() !== 'paused') return;
    this.#note('resumed');
    this.#clock.resume();
  }

  /** Nothing goes to the table or comes from it for a while. */
  cut(forMs: number): void {
    if (this.#state === 'gone') return;
    this.#note('cut');
    this.#store.cut(this.#setting.queue.monotonicMs() + forMs);
  }

  setFaults(faults: Pick<ProcessSetting, 'storeFaults' | 'streamFaults'>): void {
    this.#store.setFaults(faults.storeFaults);
    this.#stream.setFaults(faults.streamFaults);
  }

  async #handle(batch: Batch): Promise<void> {
    const { recorder, random } = this.#setting;
    const { stream, shardId, fence } = batch;
    const call = this.#calls++;
    for (const record of batch.records) {
      const { sequenceNumber, partitionKey: key } = record;
      const n = Number(record.text());
      const where = { stream, shardId, fence, sequenceNumber };
      recorder.note({ kind: 'delivered', process: this.name, call, ...where, key, n });
    }
    // half of the calls are through at once
    const delayMs = Math.max(0, (random.next('handler') * 2 - 1) * MAX_HANDLER_MS);
    if (delayMs > 0) await new Promise<void>((done) => this.#clock.setTimeout(done, delayMs));
    recorder.note({ kind: 'completed', process: this.name, call });
  }

  #listen(): void {
    const { recorder } = this.#setting;
    const process = this.name;
    const shardOf = (at: { stream: string; shardId: string }): string =>
      `${at.stream}/${at.shardId}`;
    this.#client
      .on('ready', ({ session }) =>
        recorder.note({ kind: 'notice', process, name: 'ready', detail: session }),
      )
      .on('leader', ({ generation }) =>
        recorder.note({ kind: 'notice', process, name: 'leader', detail: String(generation) }),
      )
      .on('rebalance', ({ generation }) =>
        recorder.note({ kind: 'notice', process, name: 'rebalance', detail: String(generation) }),
      )
      .on('error', (error) =>
        recorder.note({
          kind: 'notice',
          process,
          name: 'error',
          detail: `${error.code}: ${error.message}`,
        }),
      )
      .on('shardStart', (start) => {
        const { fence, position } = start;
        const name = 'shardStart';
        recorder.note({
          kind: 'notice',
          process,
          name,
          shard: shardOf(start),
          fence,
          detail: position,
        });
      })
      .on('shardEnd', (end) => {
        const { fence, reason } = end;
        const name = 'shardEnd';
        recorder.note({
          kind: 'notice',
          process,
          name,
          shard: shardOf(end),
          fence,
          detail: reason,
        });
      })
      .on('commit', (commit) => {
        const { fence, position } = commit;
        const name = 'commit';
        recorder.note({
          kind: 'notice',
          process,
          name,
          shard: shardOf(commit),
          fence,
          detail: position,
        });
      });
  }

  #note(what: ProcessEvent['what'], code?: string): void {
    const { recorder, clientId } = this.#setting;
    const event = { kind: 'process', process: this.name, clientId, what } as const;
    recorder.note(code === undefined ? event : { ...event, code });
  }
}
