/** One process of a simulated cluster: a real client on memory ports, and all that may happen to it. */
import type { KinesumerError } from '../errors.ts';
import { Kinesumer } from '../kinesumer.ts';
import type { Clock, Log, Random, StateStore, Stream } from '../machines/ports.ts';
import {
  DEFAULTS,
  parseOptions,
  PROFILES,
  type AssignorName,
  type CloseOptions,
  type ProfileName,
} from '../options.ts';
import type { MemoryKinesis } from '../services/memory/kinesis.ts';
import { MemoryStateStore, type StoreFaults } from '../services/memory/state-store.ts';
import { MemoryStream, type StreamFaults } from '../services/memory/stream.ts';
import type { MemoryTable } from '../services/memory/table.ts';
import type { HandlerManner, Service } from './action.ts';
import type { ClientSetup } from './client-setup.ts';
import { noteEvents } from './client-events.ts';
import type { ClockSkew, EventQueueClock, ProcessClock } from './event-queue-clock.ts';
import { GoClient } from './go/client.ts';
import type { ProcessEvent, Recorder } from './history.ts';
import type { Batch, Peer, Protocol } from './peer.ts';
import { heartbeatsNoted, storeOfProcess, streamOfProcess } from './process-ports.ts';
import { MAX_SLOW_HANDLER_MS, SimulatedHandler, type HandlerTime } from './simulated-handler.ts';

/** How often a process reads a shard that has nothing new, and commits: most of a run is spent on these. */
export interface Rhythm {
  readonly scanIntervalMs: number;
  readonly commitIntervalMs: number;
}

export interface ProcessSetting {
  readonly slot: number;
  /** Unique in the cluster. */
  readonly name: string;
  readonly clientId: string;
  readonly membership: 'static' | 'dynamic';
  readonly protocol: Protocol;
  readonly app: string;
  readonly profile: ProfileName;
  readonly streams: readonly string[];
  readonly start: 'TRIM_HORIZON' | 'LATEST';
  readonly commits: 'byItself' | 'byHand';
  readonly assignor: AssignorName;
  readonly assignorTolerance: number;
  readonly storeFaults: StoreFaults;
  readonly streamFaults: StreamFaults;
  readonly wrapStore: (store: StateStore) => StateStore;
  readonly wrapStream: (stream: Stream) => Stream;
  readonly wrapClock: (clock: Clock) => Clock;
  readonly setup: ClientSetup;
  /** In place of that of the setup. */
  readonly handlerMs?: HandlerTime;
  /** @default the one that the checkers take for given */
  readonly rhythm?: Rhythm;
  readonly skew: ClockSkew;
  readonly random: Random;
  readonly queue: EventQueueClock;
  readonly table: MemoryTable;
  readonly kinesis: MemoryKinesis;
  readonly recorder: Recorder;
  /** Hears what its statecharts do. */
  readonly inspect?: (event: unknown) => void;
  /** Gets its client before it starts. */
  readonly onClient?: (client: Kinesumer) => void;
  /** Told once it is gone by an error of its own. */
  readonly onFailed: (code: string) => void;
}

const DRAIN_TIMEOUT_MS = 5_000;
const SCAN_LIMIT = 20;
/** Reads are slower than by default: most of a run would be spent on empty ones. */
const RHYTHM: Rhythm = { scanIntervalMs: 600, commitIntervalMs: 1_000 };

/** What of a process bounds the time in which its group settles. */
export function processPaceOf({
  drainTimeoutMs = DRAIN_TIMEOUT_MS,
  commitIntervalMs = RHYTHM.commitIntervalMs,
  handlerMs = 0,
}: ClientSetup) {
  return {
    scanIntervalMs: RHYTHM.scanIntervalMs,
    commitIntervalMs,
    drainTimeoutMs,
    closeTimeoutMs: drainTimeoutMs + DEFAULTS.closeMarginMs,
    handlerMs: Math.max(handlerMs, MAX_SLOW_HANDLER_MS),
  };
}

const ignore = (): void => {};
/** Errors are heard as events. */
const SILENT: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export class SimulatedProcess {
  readonly slot: number;
  readonly name: string;
  readonly #setting: ProcessSetting;
  readonly #clock: ProcessClock;
  readonly #store: MemoryStateStore;
  readonly #stream: MemoryStream;
  readonly #handler: SimulatedHandler;
  readonly #client: Peer;
  /** What of a client another protocol does not have. */
  readonly #user: Pick<Kinesumer, 'pause' | 'resume' | 'commit'> | null;
  /** What it consumes for sure, and what it was told to consume last: it may be refused. */
  #streams: { readonly accepted: readonly string[]; readonly asked: readonly string[] };
  #reading: 'open' | 'paused' = 'open';
  #state: 'running' | 'leaving' | 'gone' = 'running';

  constructor(setting: ProcessSetting) {
    const { name, queue, random, table, kinesis } = setting;
    this.slot = setting.slot;
    this.name = name;
    this.#setting = setting;
    this.#streams = { accepted: setting.streams, asked: setting.streams };
    this.#clock = queue.process(setting.skew);
    const { handlerMs } = setting.setup;
    const given = handlerMs === undefined ? {} : { handlerMs: () => handlerMs };
    this.#handler = new SimulatedHandler({ ...given, ...setting, clock: this.#clock });
    const network = { clock: queue, random };
    this.#store = new MemoryStateStore({ table, name, ...network, faults: setting.storeFaults });
    this.#stream = new MemoryStream({ kinesis, ...network, faults: setting.streamFaults });
    const { drainTimeoutMs, ...pace } = processPaceOf(setting.setup);
    const { scanIntervalMs, commitIntervalMs } = setting.rhythm ?? pace;
    const scan = { scanLimit: SCAN_LIMIT, scanIntervalMs };
    const { config } = parseOptions(
      {
        app: setting.app,
        ...(setting.membership === 'static' ? { clientId: setting.clientId } : {}),
        profile: setting.profile,
        start: setting.start,
        assignor: setting.assignor,
        assignorTolerance: setting.assignorTolerance,
        drainTimeoutMs,
        commit: { auto: setting.commits === 'byItself', intervalMs: commitIntervalMs },
        ...scan,
      },
      () => setting.clientId,
    );
    const { app, recorder } = setting;
    // below what a test puts between: that may believe in other answers
    const store = heartbeatsNoted(this.#store, { app, process: name, clock: queue, recorder });
    const ports = {
      store: storeOfProcess(this.#clock, setting.wrapStore(store)),
      stream: streamOfProcess(this.#clock, setting.wrapStream(this.#stream)),
      clock: setting.wrapClock(this.#clock),
    };
    if (setting.protocol === 'go') {
      this.#user = null;
      // its ids are never used again
      this.#client = new GoClient({
        ...ports,
        ...scan,
        app,
        clientId: name,
        tell: (what, { stream, shardId }, fence) => {
          const shard = `${stream}/${shardId}`;
          const event = { kind: 'notice', process: name, name: what, shard, fence } as const;
          recorder.note({ ...event, detail: 'moved' });
        },
      });
      return;
    }
    const client = new Kinesumer({
      ...ports,
      config,
      random,
      log: SILENT,
      decoder: null,
      inspect: setting.inspect,
    });
    const handler = this.#handler;
    noteEvents(client, { process: name, recorder, committed: (shard) => handler.committed(shard) });
    setting.onClient?.(client);
    this.#client = client;
    this.#user = client;
  }

  state(): 'running' | 'leaving' | 'gone' {
    return this.#state;
  }

  get clientId(): string {
    return this.#setting.clientId;
  }

  get profile(): ProfileName {
    return this.#setting.profile;
  }

  /** How far the rate of its clock is off, as a share. */
  get clockError(): number {
    return Math.abs(1 - (this.#setting.skew.rate ?? 1));
  }

  /** Whether it consumes a stream, whatever becomes of the streams that it was told to consume last. */
  reads(stream: string): boolean {
    const { accepted, asked } = this.#streams;
    return accepted.includes(stream) && asked.includes(stream);
  }

  /** True time for which it may trust an answered heartbeat. */
  get trustMs(): number {
    const { profile, skew } = this.#setting;
    return PROFILES[profile].selfFenceMs / (skew.rate ?? 1);
  }

  /** How often each fault of its ways to the services struck. */
  injected(): readonly (readonly [string, number])[] {
    const named = (service: Service, counts: object): readonly (readonly [string, number])[] =>
      Object.entries(counts).map(([fault, count]) => [`${service}.${fault}`, Number(count)]);
    return [...named('store', this.#store.injected()), ...named('stream', this.#stream.injected())];
  }

  start(): void {
    const { recorder, clientId, slot, profile, streams, commits } = this.#setting;
    const { name: process, trustMs } = this;
    const setup = { process, clientId, slot, profile, streams, trustMs };
    recorder.note({ kind: 'setup', ...setup, ...(commits === 'byHand' ? { commits } : {}) });
    this.#note('started');
    this.#client
      .run({ streams, eachBatch: (batch: Batch) => this.#handler.take(batch) })
      .catch((error: KinesumerError) => {
        if (this.#state === 'gone') return;
        this.#state = 'gone';
        this.#note('failed', { code: error.code });
        this.#setting.onFailed(error.code);
      });
  }

  /** Consumes other streams from now on. */
  refresh(streams: readonly string[]): void {
    if (this.#state !== 'running') return;
    const { recorder } = this.#setting;
    const event = { kind: 'refreshed', process: this.name, streams } as const;
    recorder.note(event);
    this.#streams = { ...this.#streams, asked: streams };
    this.#client.refresh(streams).then(
      () => void (this.#streams = { ...this.#streams, accepted: streams }),
      (error: KinesumerError) => {
        const { accepted, asked } = this.#streams;
        if (asked === streams) this.#streams = { accepted, asked: accepted };
        recorder.note({ ...event, code: error.code });
      },
    );
  }

  /** Fetches and hands out nothing new. */
  pauseReading(): void {
    if (this.#state !== 'running') return;
    this.#reading = 'paused';
    this.#user?.pause();
  }

  resumeReading(): void {
    if (this.#state !== 'running' || this.#reading === 'open') return;
    this.#reading = 'open';
    this.#user?.resume();
  }

  /** The user's code commits. */
  commit(): void {
    if (this.#state === 'gone') return;
    // what it is told where the shard is lost, the events tell too
    this.#user?.commit().catch(() => {});
  }

  /** Resolves once it is gone; never where it dies on the way. */
  async leave(options: CloseOptions): Promise<void> {
    // who leaves already may yet be told to abort
    if (this.#state === 'leaving' && options.abort === true) void this.#client.close(options);
    if (this.#state !== 'running') return;
    this.#state = 'leaving';
    this.#note('leaving');
    const { outcome } = await this.#client.close(options);
    if (this.state() === 'gone') return;
    this.#state = 'gone';
    if (outcome !== 'timedOut') this.#note('left');
    else this.#note('failed', { code: 'CloseTimeout' });
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

  /** As {@link pause}, and its monotonic clock stands still too. */
  suspend(): void {
    if (this.#state === 'gone') return;
    this.#clock.suspend();
    this.#note('paused');
  }

  resume(): void {
    const state = this.#clock.state();
    if (state !== 'paused' && state !== 'suspended') return;
    this.#note('resumed');
    this.#clock.resume();
  }

  jumpWall(byMs: number): void {
    this.#clock.jumpWall(byMs);
  }

  /** Nothing goes to a service or comes from it until an instant of true time. */
  cut(service: Service, untilMs: number): void {
    if (this.#state === 'gone') return;
    this.#note('cut', { untilMs });
    if (service === 'store') this.#store.cut(untilMs);
    else this.#stream.cut(untilMs);
  }

  /** Ends all that was done to the process and its ways. */
  mend(): void {
    this.resume();
    this.#store.restore();
    this.#stream.restore();
    this.behave('prompt');
    this.resumeReading();
  }

  /** Makes the handler behave otherwise from now on. */
  behave(manner: HandlerManner): void {
    if (this.#state !== 'gone') this.#handler.behave(manner);
  }

  /** @param untilMs where they may keep it from its work, as an outage does: until when */
  setFaults(store: StoreFaults, stream: StreamFaults, untilMs?: number): void {
    if (this.#state === 'gone') return;
    if (untilMs !== undefined) this.#note('cut', { untilMs });
    this.#store.setFaults(store);
    this.#stream.setFaults(stream);
  }

  /** Notes what the table charged it so far. */
  meter(): void {
    if (this.#state === 'gone') return;
    const { readUnits, writeUnits } = this.#store.usage();
    const { recorder, profile } = this.#setting;
    const { heartbeatIntervalMs, pollIntervalMs } = PROFILES[profile];
    const rhythm = { heartbeatIntervalMs, pollIntervalMs };
    recorder.note({ kind: 'usage', process: this.name, readUnits, writeUnits, ...rhythm });
  }

  #note(
    what: ProcessEvent['what'],
    more: { readonly code?: string; readonly untilMs?: number } = {},
  ): void {
    const { recorder, clientId } = this.#setting;
    recorder.note({ kind: 'process', process: this.name, clientId, what, ...more });
  }
}
