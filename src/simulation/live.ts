/** A group in virtual time that goes on for as long as somebody looks at it: stepped from outside, changed by hand. */
import type { FeedEvent, Unplaced } from '../feed/events.ts';
import type { Kinesumer } from '../kinesumer.ts';
import type { ListedShard } from '../machines/ports.ts';
import type { ProfileName } from '../options.ts';
import { actorSource } from '../services/inspector/actor-feed.ts';
import { FeedHub } from '../services/inspector/hub.ts';
import type { Subscription } from '../services/inspector/subscription.ts';
import type { Action } from './action.ts';
import { APP, Cluster, type KinesisSetting } from './cluster.ts';
import type { HistoryEvent } from './history.ts';
import type { HandlerTime } from './simulated-handler.ts';
import { TraceTeller } from './trace/lines.ts';
import { climateOf, type Weather } from './weather.ts';

export interface LiveOptions {
  readonly seed: number;
  /** Lets the microtasks drain: a turn of the host's event loop. */
  readonly hop: () => Promise<void>;
  /** Clients that join at the beginning, in the slots from 0. */
  readonly clients: number;
  /** Shards that each stream begins with. */
  readonly shards: number;
  /** Streams that there are from the beginning. @default one, `orders` */
  readonly streams?: readonly string[];
  /** Rhythm of all clients. @default 'fast' */
  readonly profile?: ProfileName;
  /** How the ways to the services are. @default 'calm' */
  readonly weather?: Weather;
  /** Of producers, over all streams; may be less than 1. @default 10 */
  readonly recordsPerSecond?: number;
  /** Partition keys of each stream. @default four for each shard */
  readonly keys?: number;
  /** Shards of a stream that are open at once at most. @default 500 */
  readonly maxOpenShards?: number;
  /** How Kinesis is. @default records and closed shards stay for 10 minutes, so that memory is bounded */
  readonly kinesis?: KinesisSetting;
  /** How long a handler call takes; Infinity: it never comes back. @default up to 300 ms, half of them none */
  readonly handlerMs?: HandlerTime;
}

export interface LiveProcess {
  /** What an action names it by. */
  readonly slot: number;
  readonly clientId: string;
  readonly state: 'running' | 'leaving';
}

const FIRST_STREAM = 'orders';
const RECORDS_PER_SECOND = 10;
const KEYS_PER_SHARD = 4;
const MAX_OPEN_SHARDS = 500;
const RETENTION_MS = 600_000;
/** Between two clients that join at the beginning. */
const JOIN_EVERY_MS = 50;
/** Between two turns of the producer. */
const PUT_EVERY_MS = 100;
const WALL_SKEW_MS = 600_000;

/**
 * A simulated group that can be stepped. The same options and the same calls at the same virtual instants give the
 * same events.
 *
 * @example
 * const hop = () => new Promise<void>((resolve) => setImmediate(resolve));
 * const group = new LiveGroup({ seed: 7, clients: 3, shards: 8, hop });
 * const reader = group.follow();
 * await group.advance(10_000);
 * group.perform({ kind: 'crash', slot: 1 });
 * await group.advance(10_000);
 * for (const line of reader.take()) console.log(line.kind);
 */
export class LiveGroup {
  readonly #hub: FeedHub;
  readonly #cluster: Cluster;
  readonly #teller = new TraceTeller(APP);
  /** What ends the watch over the statecharts of each process. */
  readonly #watches = new Map<string, () => void>();
  #recordsPerSecond: number;
  /** What the producer is behind, in records. */
  #owed = 0;

  constructor(options: LiveOptions) {
    const { seed, hop, clients, shards, profile, handlerMs } = options;
    const { streams = [FIRST_STREAM] } = options;
    this.#recordsPerSecond = options.recordsPerSecond ?? RECORDS_PER_SECOND;
    this.#hub = new FeedHub({
      header: () => ({ source: 'simulation', app: APP, scenario: null }),
      nowMs: () => this.nowMs,
    });
    this.#cluster = new Cluster({
      seed,
      hop,
      streams,
      shards,
      protocol: 'kinesumer',
      start: 'TRIM_HORIZON',
      quietAtMs: Number.POSITIVE_INFINITY,
      climate: climateOf(options.weather ?? 'calm'),
      members: [],
      ...(profile === undefined ? {} : { profile }),
      wallSkewMs: WALL_SKEW_MS,
      keys: options.keys ?? KEYS_PER_SHARD * shards,
      maxOpenShards: options.maxOpenShards ?? MAX_OPEN_SHARDS,
      kinesis: { retentionMs: RETENTION_MS, ...options.kinesis },
      wrapStore: (way) => way,
      wrapStream: (way) => way,
      wrapClock: (way) => way,
      ...(handlerMs === undefined ? {} : { handlerMs }),
      draws: null,
      take: (event) => this.#tell(event),
      onClient: (process, client) => this.#watch(process, client),
    });
    const { clock } = this.#cluster;
    for (let slot = 0; slot < clients; slot += 1) {
      clock.setTimeout(() => this.perform({ kind: 'join', slot }), slot * JOIN_EVERY_MS);
    }
    this.#produce();
  }

  /** Virtual time, ms since the beginning. */
  get nowMs(): number {
    // what is told while the cluster is made is told at the beginning
    return this.#cluster?.clock.monotonicMs() ?? 0;
  }

  /** Processes that are not gone, in the order of their start. */
  get processes(): readonly LiveProcess[] {
    return this.#cluster.processes().map((process) => ({
      slot: process.slot,
      clientId: process.clientId,
      state: process.state() === 'leaving' ? 'leaving' : 'running',
    }));
  }

  /** Open shards of a stream by their hash ranges: an action's `pick` is the place in this list. */
  openShards(stream: string): readonly ListedShard[] {
    return this.#cluster.region.open(stream);
  }

  /** Lets so much virtual time pass. One call at a time. */
  async advance(forMs: number): Promise<void> {
    await this.#cluster.clock.runUntil(this.nowMs + forMs);
    this.#cluster.forgetGone();
  }

  /** Does something to the group, now. */
  perform(action: Action): void {
    this.#cluster.perform(action);
  }

  /** How the ways to the services are from now on. */
  setWeather(weather: Weather): void {
    this.#cluster.setClimate(climateOf(weather));
  }

  /** What producers put from now on, over all streams. */
  setRate(recordsPerSecond: number): void {
    this.#recordsPerSecond = recordsPerSecond;
  }

  /**
   * A reader of what happens from now on, and of what stands; it takes when it likes, and is told less where it is too
   * slow. Statecharts are told of only while somebody reads. Has to be closed.
   */
  follow(): Subscription {
    return this.#hub.subscribe();
  }

  #tell(event: HistoryEvent): void {
    const told = this.#teller.told(event);
    if (told === null) return;
    const { atMs: _, order: __, ...unplaced } = told;
    this.#hub.publish(unplaced as Unplaced<FeedEvent>);
    if (told.kind !== 'process') return;
    if (told.what === 'crashed' || told.what === 'left' || told.what === 'failed') {
      this.#watches.get(told.process)?.();
      this.#watches.delete(told.process);
    }
  }

  #watch(process: string, client: Kinesumer): void {
    client.inside().watch({
      began: (root) => {
        this.#watches.get(process)?.();
        this.#watches.set(process, this.#hub.source(actorSource(this.#hub, root, process)));
      },
      told: () => {},
    });
  }

  #produce(): void {
    this.#owed += (this.#recordsPerSecond * PUT_EVERY_MS) / 1_000;
    const records = Math.floor(this.#owed);
    this.#owed -= records;
    this.#cluster.region.put(records);
    this.#cluster.clock.setTimeout(() => this.#produce(), PUT_EVERY_MS);
  }
}
