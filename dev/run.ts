/** One run of the dev command: servers, group, producer, and what there is to see of them. */
import { setTimeout as wait } from 'node:timers/promises';
import { PROFILES } from '../src/options.ts';
import { Actions } from './actions.ts';
import type { DevOptions } from './arguments.ts';
import { chaosSchedule } from './chaos.ts';
import { startGroup, type Consumer, type ConsumerGroup } from './group.ts';
import { LivePage } from './page/live-page.ts';
import { balance, type Ledger } from './ledger.ts';
import { startLocalCluster, type LocalCluster } from './local-cluster.ts';
import { startProducer, type Producer } from './producer.ts';
import { Rate } from './rate.ts';
import type { Report } from './reports.ts';
import { listShards, type StreamShard } from './resharding.ts';
import { shortShardId, type Picture } from './screen/picture.ts';
import { pictureOf } from './run-picture.ts';
import { seededRandom } from './seeded-random.ts';
import { watchTable, type TableWatch } from './table-watch.ts';
import { Tally } from './tally.ts';

const APP = 'dev';
const STREAM = 'orders';

const WATCH_INTERVAL_MS = 500;
const LIST_INTERVAL_MS = 2_000;
/** Between two reads of a shard: the local Kinesis answers about 100 calls a second in all. */
const SCAN_INTERVAL_MS = 500;
const SETTLE_LIMIT_MS = 60_000;
const CATCH_UP_LIMIT_MS = 60_000;
const CLOSE_TIMEOUT_MS = 15_000;
/** A freeze of the chaos lasts this many TTLs: the session must have been given up. */
const FREEZE_TTLS = 1.4;
const KEPT_EVENTS = 200;

export interface RunEvent {
  readonly atMs: number;
  readonly text: string;
}

export interface Outcome {
  readonly ledger: Ledger;
  /** Clients that ended by a fatal error, and why. */
  readonly failed: readonly { readonly name: string; readonly why: string }[];
  /** Errors that the clients told, by code. */
  readonly errors: ReadonlyMap<string, number>;
}

export interface RunOptions extends DevOptions {
  /** Called with each event as it happens. */
  readonly onEvent: (event: RunEvent) => void;
  /** Aborting it ends the phases before `finish` early. */
  readonly signal: AbortSignal;
}

export class DevRun {
  readonly app = APP;
  readonly stream = STREAM;
  readonly cluster: LocalCluster;
  readonly group: ConsumerGroup;
  readonly actions: Actions;
  readonly startedAtMs = Date.now();
  readonly tally = new Tally();
  readonly events: RunEvent[] = [];
  readonly rates = new Map<Consumer, Rate>();
  readonly options: RunOptions;
  readonly #producer: Producer;
  readonly #watch: TableWatch;
  readonly #startedMs = performance.now();
  readonly #listing: NodeJS.Timeout;
  #shards: readonly StreamShard[] = [];
  #phase: () => string = () => 'starting';
  #page: LivePage | null = null;

  /** Starts the servers, the group and the producer. */
  static async start(options: RunOptions): Promise<DevRun> {
    const cluster = await startLocalCluster({
      streams: [{ name: STREAM, shards: options.shards }],
    });
    const run = new DevRun(options, cluster);
    try {
      await run.#openPage();
    } catch (error) {
      await run.end();
      throw error;
    }
    return run;
  }

  private constructor(options: RunOptions, cluster: LocalCluster) {
    this.options = options;
    this.cluster = cluster;
    this.group = startGroup({
      config: {
        app: APP,
        streams: [STREAM],
        kinesisEndpoint: cluster.kinesis.endpoint,
        dynamodbEndpoint: cluster.dynamo.endpoint,
        profile: options.profile,
        scanIntervalMs: SCAN_INTERVAL_MS,
        handlerDelayMs: options.handlerMs,
      },
      onReport: (consumer, report) => this.#heard(consumer, report),
      onLife: (consumer) => this.#lifeChanged(consumer),
    });
    this.#watch = watchTable(cluster.store, APP, STREAM, WATCH_INTERVAL_MS);
    this.actions = new Actions({
      group: this.group,
      kinesis: cluster.kinesisClient,
      stream: STREAM,
      // A stream of chance of its own: what is done to whom must not change when it is done.
      random: seededRandom(options.seed + 1),
      leader: () => this.group.alive().find((consumer) => this.leads(consumer)),
      say: (text) => this.say(text),
      freezeMs: PROFILES[options.profile].ttlMs * FREEZE_TTLS,
      clients: options.clients,
    });
    for (let n = 0; n < options.clients; n += 1) this.group.start();
    this.#producer = startProducer({
      endpoint: cluster.kinesis.endpoint,
      streams: [STREAM],
      ratePerSecond: options.rate,
      keys: Math.max(100, Math.ceil(options.rate / 2)),
      onAccepted: (records) => this.tally.accepted(records),
      onRefused: (reason) => this.say(`producer: ${reason}`),
    });
    this.#listing = setInterval(() => void this.#list(), LIST_INTERVAL_MS);
    void this.#list();
  }

  get elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  leads(consumer: Consumer): boolean {
    const { leader } = this.#watch.now;
    return leader !== null && consumer.history.started?.clientId === leader;
  }

  say(text: string): void {
    const event = { atMs: this.elapsedMs, text: text.replaceAll(/\s+/g, ' ') };
    this.events.push(event);
    if (this.events.length > KEPT_EVENTS) this.events.shift();
    this.options.onEvent(event);
  }

  /** Of the live page, with its token. */
  get pageUrl(): string {
    return this.#page?.url ?? '';
  }

  /** Waits until every shard is owned. */
  async untilDealtOut(): Promise<void> {
    this.#phase = () => 'joining';
    const { clients, shards } = this.options;
    const held = (consumer: Consumer): number => consumer.history.owned().length;
    const dealt = this.group.until(
      'every shard has an owner and every client its share',
      () =>
        this.group.alive().reduce((sum, consumer) => sum + held(consumer), 0) >= shards &&
        this.group.alive().filter((consumer) => held(consumer) > 0).length >=
          Math.min(clients, shards),
      SETTLE_LIMIT_MS,
    );
    await Promise.race([dealt, aborted(this.options.signal)]);
    this.#phase = () => 'running';
  }

  /** Goes on until the time of the options is over, with the chaos if asked for. */
  async run(): Promise<void> {
    const { durationMs, chaos, signal } = this.options;
    const startMs = this.elapsedMs;
    const limit = durationMs ?? Number.POSITIVE_INFINITY;
    const leftMs = (): number => limit - (this.elapsedMs - startMs);
    const name = chaos ? 'chaos' : 'running';
    this.#phase = () =>
      durationMs === null ? name : `${name}, ${Math.ceil(leftMs() / 1_000)}s left`;
    if (chaos) await this.#chaos(startMs, durationMs);
    while (leftMs() > 0 && !signal.aborted) {
      await wait(Math.min(leftMs(), 60_000), undefined, { signal }).catch(() => {});
    }
  }

  /** Stops the producer, waits until all is delivered, closes the clients, and draws the balance. */
  async finish(): Promise<Outcome> {
    this.#phase = () => 'catching up';
    this.say('the producer stops');
    await this.#producer.stop();
    await this.actions.settle();
    await this.group
      .until('all is delivered', () => this.tally.outstanding() === 0, CATCH_UP_LIMIT_MS)
      .catch(() => this.say(`not caught up within ${CATCH_UP_LIMIT_MS / 1_000} s`));
    this.#phase = () => 'closing';
    await Promise.all(
      this.group.alive().map((consumer) => consumer.close({ timeoutMs: CLOSE_TIMEOUT_MS })),
    );
    const histories = this.group.histories();
    const errors = new Map<string, number>();
    for (const { error } of histories.flatMap((history) => history.errors)) {
      errors.set(error.code, (errors.get(error.code) ?? 0) + 1);
    }
    return {
      ledger: balance({
        produced: this.#producer.accepted,
        doubtful: this.#producer.doubtful,
        histories,
      }),
      failed: this.group.consumers.flatMap(({ name, life, history, stderr }) =>
        life.kind === 'ended' && life.signal === null && life.code !== 0
          ? [{ name, why: history.over?.error?.message ?? stderr.trim() }]
          : [],
      ),
      errors,
    };
  }

  /** Leaves nothing behind, whatever state the run is in. Idempotent. */
  async end(): Promise<void> {
    clearInterval(this.#listing);
    await this.#page?.close();
    await Promise.all([this.group.end(), this.#producer.stop(), this.#watch.stop()]);
    await this.cluster.stop();
  }

  picture(chosen: Consumer | undefined): Picture {
    return pictureOf({
      run: this,
      table: this.#watch.now,
      shards: this.#shards,
      phase: this.#phase(),
      chosen,
    });
  }

  /** Without a duration: one round of 30 s after the other. */
  async #chaos(startMs: number, durationMs: number | null): Promise<void> {
    const { seed, signal } = this.options;
    for (let round = 0; !signal.aborted; round += 1) {
      const roundMs = durationMs ?? 30_000;
      for (const { atMs, action } of chaosSchedule(seed + round, roundMs)) {
        const restMs = startMs + round * roundMs + atMs - this.elapsedMs;
        await wait(Math.max(0, restMs), undefined, { signal }).catch(() => {});
        if (signal.aborted) return;
        await this.actions.perform(action);
      }
      if (durationMs !== null) return;
    }
  }

  async #openPage(): Promise<void> {
    const { group, actions, cluster, options } = this;
    const { store } = cluster;
    this.#page = await LivePage.open({ app: APP, store, group, actions, port: options.port });
  }

  #heard(consumer: Consumer, report: Report): void {
    this.#page?.heard(consumer, report);
    switch (report.kind) {
      case 'deliveries':
        this.tally.handedOver(report);
        this.#rateOf(consumer).add(report.records.length, performance.now());
        break;
      case 'leader':
        this.say(`${consumer.name} leads, generation ${report.generation}`);
        break;
      case 'rebalance':
        if (report.gained.length + report.lost.length > 0) {
          this.say(
            `${consumer.name} generation ${report.generation}:` +
              `${idsOf(' +', report.gained)}${idsOf(' -', report.lost)}`,
          );
        }
        break;
      case 'error':
        this.say(`${consumer.name} ${report.error.code}: ${report.error.message}`);
        break;
      case 'over':
        if (report.error !== null) this.say(`${consumer.name} failed: ${report.error.message}`);
        break;
      default:
    }
  }

  #lifeChanged(consumer: Consumer): void {
    this.#page?.lived(consumer);
    const { name, life, stderr } = consumer;
    if (life.kind !== 'ended' || life.signal === 'SIGKILL' || life.code === 0) return;
    this.say(`${name} ended (${life.signal ?? life.code}): ${stderr.trim().split('\n').at(-1)}`);
  }

  #rateOf(consumer: Consumer): Rate {
    const rate = this.rates.get(consumer) ?? new Rate();
    this.rates.set(consumer, rate);
    return rate;
  }

  async #list(): Promise<void> {
    try {
      this.#shards = await listShards(this.cluster.kinesisClient, STREAM);
    } catch {
      // Only a picture hangs on it; the next one may succeed.
    }
  }
}

const idsOf = (sign: string, shards: readonly { readonly shardId: string }[]): string =>
  shards.map(({ shardId }) => sign + shortShardId(shardId)).join('');

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
