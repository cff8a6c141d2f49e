/** Groups of real processes on one pair of local servers: each test has streams and an application of its own. */
import { afterAll, afterEach, expect, vi } from 'vitest';
import { startGroup, type Consumer, type ConsumerGroup } from '../../../dev/group.ts';
import { balance, isSound, type Ledger } from '../../../dev/ledger.ts';
import { ledgerText } from '../../../dev/ledger-text.ts';
import { createStream, startLocalCluster, type LocalCluster } from '../../../dev/local-cluster.ts';
import { startProducer, type Producer } from '../../../dev/producer.ts';
import type { ConsumerConfig } from '../../../dev/reports.ts';
import type { CloseReport } from '../../../src/index.ts';
import { PROFILES } from '../../../src/options.ts';

/** Little enough for a local Kinesis that answers about 100 calls a second to two files at once. */
const RECORDS_PER_SECOND = 40;
const KEYS = 20;
const PRODUCE_INTERVAL_MS = 500;
const SETTLE_TIMEOUT_MS = 45_000;
const TEST_TIMEOUT_MS = 150_000;

export interface WorldOptions {
  /** Shards of each stream. */
  readonly streams: Readonly<Record<string, number>>;
  /** Streams that get records from the start. @default all */
  readonly produced?: readonly string[];
  readonly config?: Partial<ConsumerConfig>;
}

/** One group under load. */
export class FaultWorld {
  readonly group: ConsumerGroup;
  readonly cluster: LocalCluster;
  readonly streams: readonly string[];
  readonly startedAtMs = Date.now();
  readonly #producers: Producer[] = [];

  constructor(
    cluster: LocalCluster,
    options: WorldOptions,
    names: Readonly<Record<string, string>>,
  ) {
    this.cluster = cluster;
    this.streams = Object.values(names);
    this.group = startGroup({
      config: {
        app: this.streams.join('-'),
        streams: this.streams,
        kinesisEndpoint: cluster.kinesis.endpoint,
        dynamodbEndpoint: cluster.dynamo.endpoint,
        ...options.config,
      },
    });
    const produced = options.produced ?? Object.keys(names);
    this.produce(produced.map((name) => names[name] ?? name));
  }

  produce(streams: readonly string[]): Producer {
    const producer = startProducer({
      endpoint: this.cluster.kinesis.endpoint,
      streams,
      ratePerSecond: RECORDS_PER_SECOND,
      keys: KEYS,
      intervalMs: PRODUCE_INTERVAL_MS,
    });
    this.#producers.push(producer);
    return producer;
  }

  /** Waits until each of these consumers owns so many shards and has been handed records. */
  async shared(consumers: readonly Consumer[], counts: readonly number[]): Promise<void> {
    await this.group.until(`shards: ${counts.join(', ')}`, () =>
      consumers.every(
        ({ history }, index) =>
          history.owned().length === counts[index] && history.deliveries.length > 0,
      ),
    );
  }

  /** Waits until records put from now on come through. */
  async goesOn(): Promise<void> {
    const before = this.accepted().length;
    await this.group.until('new records', () => {
      const seen = this.#delivered();
      const fresh = this.accepted().slice(before);
      return (
        fresh.length > KEYS &&
        fresh
          .slice(0, KEYS)
          .every(({ stream, shardId, sequenceNumber }) =>
            seen.has(`${stream}/${shardId}/${sequenceNumber}`),
          )
      );
    });
  }

  accepted(): Producer['accepted'] {
    return this.#producers.flatMap(({ accepted }) => accepted);
  }

  /** Stops the load, waits for the last record, and closes everybody. */
  async settle(): Promise<readonly (CloseReport | null)[]> {
    for (const producer of this.#producers) await producer.stop();
    await this.caughtUp();
    return Promise.all(this.group.alive().map((consumer) => consumer.close()));
  }

  /** What was delivered and committed, held against what was produced. */
  ledger(): Ledger {
    return balance({
      produced: this.accepted(),
      doubtful: this.#producers.flatMap(({ doubtful }) => doubtful),
      histories: this.group.histories(),
    });
  }

  /** Waits until all that was accepted so far was delivered. */
  async caughtUp(): Promise<void> {
    const produced = this.accepted();
    await this.group.until(
      'the last record',
      () => {
        const seen = this.#delivered();
        return produced.every(({ stream, shardId, sequenceNumber }) =>
          seen.has(`${stream}/${shardId}/${sequenceNumber}`),
        );
      },
      SETTLE_TIMEOUT_MS,
    );
  }

  async end(): Promise<void> {
    for (const producer of this.#producers) await producer.stop();
    await this.group.end();
  }

  #delivered(): Set<string> {
    return new Set(
      this.group
        .histories()
        .flatMap(({ deliveries }) =>
          deliveries.map(
            ({ stream, shardId, sequenceNumber }) => `${stream}/${shardId}/${sequenceNumber}`,
          ),
        ),
    );
  }
}

/** Ends the load and the group; nothing may be missing, out of order, or taken back. */
export async function expectSound(world: FaultWorld): Promise<Ledger> {
  const reports = await world.settle();
  expect(reports.map((report) => report?.outcome)).toEqual(reports.map(() => 'closed'));
  const ledger = world.ledger();
  expect(ledger.produced).toBeGreaterThan(0);
  expect(isSound(ledger), ledgerText(ledger, world.startedAtMs)).toBe(true);
  return ledger;
}

/**
 * D4: what came twice was first handed to one of these, which crashed, was paused, or was replaced before it had
 * committed it. With none, nothing may come twice.
 */
export function expectDuplicatesOnlyAfter(ledger: Ledger, victims: readonly Consumer[]): void {
  const names = new Set(victims.map(({ name }) => name));
  const unexcused = ledger.duplicated.filter(({ deliveries }) =>
    deliveries.slice(0, -1).some(({ consumer }) => !names.has(consumer)),
  );
  expect(unexcused).toEqual([]);
}

/**
 * D4 and D6 for a static id that was taken over alive: what came twice came once to each of the two, and to the older
 * one last only while it could still trust a heartbeat that was answered before.
 */
export function expectDuplicatesOnlyAround(
  ledger: Ledger,
  takeover: { readonly older: Consumer; readonly younger: Consumer },
): void {
  const { older, younger } = takeover;
  const readyMs = younger.history.ready[0]?.atMs ?? Number.NaN;
  const { profile } = older.config;
  const { selfFenceMs } = typeof profile === 'string' ? PROFILES[profile] : profile;
  const trustedUntilMs = readyMs + selfFenceMs;
  const unexcused = ledger.duplicated.filter(({ deliveries }) => {
    const names = deliveries.map(({ consumer }) => consumer);
    const last = deliveries.at(-1);
    const onceEach = names.length === 2 && new Set(names).size === 2;
    const inTime = last?.consumer === younger.name || (last?.atMs ?? Infinity) < trustedUntilMs;
    return !(onceEach && inTime);
  });
  expect(unexcused).toEqual([]);
}

/** The consumer that leads by the account of the newest generation. */
export function leaderOf(group: ConsumerGroup): Consumer | undefined {
  const snapshots = group.alive().flatMap(({ history }) => history.snapshot ?? []);
  const newest = snapshots.toSorted((a, b) => (b.generation ?? 0) - (a.generation ?? 0))[0];
  return group.alive().find(({ history }) => history.snapshot?.session === newest?.leader);
}

export const sessionsOf = ({ history }: Consumer): readonly string[] =>
  history.ready.map(({ session }) => session);

export const codesOf = ({ history }: Consumer): readonly string[] =>
  history.errors.map(({ error }) => error.code);

/** Call in the body of the test file. Starts the servers, ends them with the file, and each world with its test. */
export async function useFaultWorlds() {
  // each wait has a limit of its own, and says what it waited for
  vi.setConfig({ testTimeout: TEST_TIMEOUT_MS });
  const cluster = await startLocalCluster({ streams: [] });
  const worlds: FaultWorld[] = [];
  let made = 0;
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.end();
  });
  afterAll(() => cluster.stop());
  return {
    cluster,
    async make(options: WorldOptions): Promise<FaultWorld> {
      made += 1;
      const names: Record<string, string> = {};
      for (const [name, shards] of Object.entries(options.streams)) {
        const unique = `${name}-${made}`;
        names[name] = unique;
        await createStream(cluster.kinesisClient, unique, shards);
      }
      const world = new FaultWorld(cluster, options, names);
      worlds.push(world);
      return world;
    },
  };
}
