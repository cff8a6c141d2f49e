/** Clients of one group on one table and one region, in virtual time, with what producers and operators do. */
import type { StateStore, Stream } from '../machines/ports.ts';
import { PROFILES } from '../options.ts';
import { compareDecimals } from '../machines/rules/hash-ranges.ts';
import { MemoryKinesis } from '../services/memory/kinesis.ts';
import { SeededRandom } from '../services/memory/seeded-random.ts';
import type { StoreFaults } from '../services/memory/state-store.ts';
import type { StreamFaults } from '../services/memory/stream.ts';
import { MemoryTable } from '../services/memory/table.ts';
import { EventQueueClock } from './event-queue-clock.ts';
import { Recorder, type Evidence } from './history.ts';
import { PROFILE, SimulatedProcess, type ProcessSetting } from './simulated-process.ts';

const APP = 'simulated';
const STREAM = 'orders';

export interface ClusterOptions {
  readonly seed: number;
  /** Lets the microtasks drain between two events: a turn of the host's event loop. */
  readonly hop: () => Promise<void>;
  /** Shards that the stream begins with. */
  readonly shards: number;
  readonly start: 'TRIM_HORIZON' | 'LATEST';
  /** Until {@link Cluster.quiet}. */
  readonly storeFaults: StoreFaults;
  readonly streamFaults: StreamFaults;
  /** How far the rate of a process's monotonic clock may be from the true one, as a share. */
  readonly clockError: number;
  /** Partition keys of the producer. */
  readonly keys: number;
  /** What stands between the clients and their services. */
  readonly wrapStore: (store: StateStore) => StateStore;
  readonly wrapStream: (stream: Stream) => Stream;
}

/** More than this many open shards are not split further. */
const MAX_OPEN_SHARDS = 12;
/** Delays stay when the faults end: no network answers at once. */
const CALM = {
  requestMs: { minMs: 1, maxMs: 10 },
  answerMs: { minMs: 1, maxMs: 10 },
} as const;

/** Slots of odd numbers have static client ids. */
const isStatic = (slot: number): boolean => slot % 2 === 1;

export class Cluster {
  readonly clock: EventQueueClock;
  readonly #options: ClusterOptions;
  readonly #seeds: SeededRandom;
  readonly #producer: SeededRandom;
  readonly #recorder: Recorder;
  readonly #table: MemoryTable;
  readonly #kinesis: MemoryKinesis;
  readonly #processes: SimulatedProcess[] = [];
  readonly #counters = new Map<string, number>();
  #weather: Pick<ProcessSetting, 'storeFaults' | 'streamFaults'>;

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.#seeds = new SeededRandom(options.seed);
    this.#producer = this.#fork('producer');
    this.clock = new EventQueueClock({ hop: options.hop, random: this.#fork('clock') });
    this.#recorder = new Recorder(() => this.clock.monotonicMs());
    this.#table = new MemoryTable({ clock: this.clock });
    this.#table.onWrite(({ before, after, write, client }) =>
      this.#recorder.note({ kind: 'write', process: client, before, after, write }),
    );
    this.#kinesis = new MemoryKinesis({ clock: this.clock });
    this.#kinesis.createStream(STREAM, options.shards);
    this.#weather = {
      storeFaults: { ...CALM, ...options.storeFaults },
      streamFaults: { ...CALM, ...options.streamFaults },
    };
  }

  // -------------------------------------------------------------- processes

  /** Starts a process in a slot that has none. */
  join(slot: number): void {
    if (this.#in(slot) === undefined) this.#start(slot);
  }

  #start(slot: number): void {
    const incarnation = this.#processes.filter((process) => process.slot === slot).length + 1;
    const random = this.#fork('process');
    const process = new SimulatedProcess({
      slot,
      name: `c${slot}#${incarnation}`,
      clientId: isStatic(slot) ? `c${slot}` : `c${slot}-${incarnation}`,
      membership: isStatic(slot) ? 'static' : 'dynamic',
      app: APP,
      stream: STREAM,
      start: this.#options.start,
      ...this.#weather,
      wrapStore: this.#options.wrapStore,
      wrapStream: this.#options.wrapStream,
      skew: {
        wallOffsetMs: Math.floor((random.next('wall') - 0.5) * 600_000),
        monotonicOriginMs: Math.floor(random.next('origin') * 1_000_000),
        rate: 1 + (random.next('rate') * 2 - 1) * this.#options.clockError,
      },
      random,
      queue: this.clock,
      table: this.#table,
      kinesis: this.#kinesis,
      recorder: this.#recorder,
    });
    this.#processes.push(process);
    process.start();
  }

  /** Lets the process of a slot drain and leave the group. */
  leave(slot: number): void {
    void this.#in(slot)?.leave({ leave: true });
  }

  /** Kills the process of a slot: nothing of it runs on. What it had sent still arrives. */
  crash(slot: number): void {
    this.#in(slot)?.crash();
  }

  /** Closes the process of a slot as a deployment does, and starts its successor. */
  restart(slot: number): void {
    const process = this.#in(slot);
    if (process === undefined) this.join(slot);
    else void process.leave({}).then(() => this.join(slot));
  }

  /** Starts a successor beside the process of a slot with a static client id, as a deployment without pause does. */
  replace(slot: number): void {
    if (isStatic(slot)) this.#start(slot);
  }

  /** Stops the process of a slot for a while, as a suspended machine or a long collection of garbage does. */
  pause(slot: number, forMs: number): void {
    const process = this.#in(slot);
    process?.pause();
    this.clock.setTimeout(() => process?.resume(), forMs);
  }

  /** Cuts the process of a slot off from the table for a while. */
  cut(slot: number, forMs: number): void {
    this.#in(slot)?.cut(forMs);
  }

  /** Whether a process runs in any slot and is not leaving. */
  hasRunning(): boolean {
    return this.#processes.some((process) => process.state() === 'running');
  }

  #in(slot: number): SimulatedProcess | undefined {
    return this.#processes.findLast(
      (process) => process.slot === slot && process.state() !== 'gone',
    );
  }

  // -------------------------------------------------------------- producers and operators

  /** Puts records of random keys; each carries its key's counter. */
  put(records: number): void {
    for (let record = 0; record < records; record++) {
      const key = `k${Math.floor(this.#producer.next('key') * this.#options.keys)}`;
      const n = (this.#counters.get(key) ?? 0) + 1;
      this.#counters.set(key, n);
      const put = this.#kinesis.putRecord({
        stream: STREAM,
        partitionKey: key,
        data: String(n),
      });
      const arrivalMs = this.#kinesis.nowMs();
      this.#recorder.note({ kind: 'put', stream: STREAM, ...put, key, n, arrivalMs });
    }
  }

  /** Splits one of the open shards. */
  split(pick: number): void {
    const open = this.#open();
    const shard = open[pick % open.length];
    if (shard === undefined || open.length >= MAX_OPEN_SHARDS) return;
    const children = this.#kinesis.splitShard(STREAM, shard.shardId);
    this.#recorder.note({ kind: 'reshard', parents: [shard.shardId], children });
  }

  /** Merges one pair of neighbours. */
  merge(pick: number): void {
    const open = this.#open();
    if (open.length < 2) return;
    const at = pick % (open.length - 1);
    const parents = open.slice(at, at + 2).map((shard) => shard.shardId);
    const child = this.#kinesis.mergeShards(STREAM, parents[0] ?? '', parents[1] ?? '');
    this.#recorder.note({ kind: 'reshard', parents, children: [child] });
  }

  /** Ends the faults. */
  quiet(): void {
    this.#recorder.note({ kind: 'quiet' });
    this.#weather = { storeFaults: CALM, streamFaults: CALM };
    for (const process of this.#processes) process.setFaults(this.#weather);
  }

  /** What happened so far. */
  evidence(): Evidence {
    return {
      app: APP,
      events: this.#recorder.events,
      shards: { [STREAM]: this.#listed() },
      items: this.#table.items(),
      live: this.#processes.filter((p) => p.state() === 'running').map((p) => p.name),
      trustMs: PROFILES[PROFILE].selfFenceMs / (1 - this.#options.clockError),
      endMs: this.clock.monotonicMs(),
    };
  }

  #listed() {
    const listing = this.#kinesis.listShards(STREAM);
    return listing.kind === 'listed' ? listing.shards : [];
  }

  /** Open shards by their hash ranges. */
  #open() {
    return this.#listed()
      .filter((shard) => !shard.closed)
      .sort((a, b) => compareDecimals(a.startingHashKey, b.startingHashKey));
  }

  /** Chance of its own for each part, so that one more draw in one does not change the others. */
  #fork(reason: string): SeededRandom {
    return new SeededRandom(Math.floor(this.#seeds.next(reason) * 2 ** 32));
  }
}
