/** A group of real clients in this process, on ports in memory and on the system's clock. */
import { Kinesumer } from '../../src/kinesumer.ts';
import type { StateStore } from '../../src/machines/ports.ts';
import { headKey } from '../../src/machines/rules/keys.ts';
import { parseSession } from '../../src/machines/rules/sessions.ts';
import { parseOptions, type ProfileName } from '../../src/options.ts';
import {
  MemoryKinesis,
  MemoryStateStore,
  MemoryStream,
  MemoryTable,
} from '../../src/services/memory/index.ts';
import { systemClock } from '../../src/services/system/clock.ts';
import { silentLog } from '../../src/services/system/log.ts';
import { systemRandom } from '../../src/services/system/random.ts';
import { FetchLog } from './fetch-log.ts';
import { MortalClock } from './mortal-clock.ts';

const SECOND_MS = 1_000;
/** One way of a request or of an answer, drawn evenly: a region's own network and the service. */
export const STORE_WAY = { minMs: 1, maxMs: 6 } as const;
export const STREAM_WAY = { minMs: 2, maxMs: 12 } as const;
const SCAN_INTERVAL_MS = 250;
/** Records older than this are dropped, so that a long run stays small. */
const RETENTION_MS = 60 * SECOND_MS;
const LOOK_MS = 20;
const STREAM = 'orders';

export const clock = systemClock();
const random = systemRandom();

export interface GroupOptions {
  readonly app: string;
  readonly profile: ProfileName;
  readonly shards: number;
  /** Makes the store of a new client. @default one in memory, on the group's table, with delays */
  readonly openStore?: () => StateStore;
  /** Called with each batch. @default nothing */
  readonly handle?: (batch: {
    readonly shardId: string;
    readonly records: { readonly length: number };
  }) => unknown;
}

export class Member {
  readonly name: string;
  readonly store: StateStore;
  /** Fences of the shards that it owns, by shard id. */
  readonly owned = new Map<string, number>();
  readonly #client: Kinesumer;
  readonly #end: () => void;

  constructor(name: string, client: Kinesumer, store: StateStore, end: () => void) {
    this.name = name;
    this.store = store;
    this.#client = client;
    this.#end = end;
    client
      .on('shardStart', ({ shardId, fence }) => this.owned.set(shardId, fence))
      .on('shardEnd', ({ shardId }) => this.owned.delete(shardId));
  }

  get clientId(): string {
    return this.#client.clientId;
  }

  async leave(): Promise<void> {
    await this.#client.close();
  }

  /** As after kill -9: nothing of it happens any more, nobody is told. */
  crash(): void {
    this.#end();
  }

  async abort(): Promise<void> {
    await this.#client.close({ abort: true });
  }
}

export class Group {
  readonly fetches = new FetchLog(SCAN_INTERVAL_MS, 2 * STREAM_WAY.maxMs);
  readonly table = new MemoryTable({ clock });
  readonly app: string;
  readonly shardIds: readonly string[];
  /** Errors told by its clients, by code. */
  readonly errors = new Map<string, number>();
  readonly #options: GroupOptions;
  readonly #kinesis = new MemoryKinesis({ clock, retentionMs: RETENTION_MS });
  readonly #hashKeys: readonly string[];
  #members: readonly Member[] = [];
  #joined = 0;
  #producer: NodeJS.Timeout | null = null;

  constructor(options: GroupOptions) {
    this.#options = options;
    this.app = options.app;
    this.#kinesis.createStream(STREAM, options.shards);
    const listed = this.#kinesis.listShards(STREAM);
    if (listed.kind !== 'listed') throw listed.error;
    this.shardIds = listed.shards.map((shard) => shard.shardId);
    this.#hashKeys = listed.shards.map((shard) => shard.startingHashKey);
  }

  /** Members that neither left nor crashed. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** The member that is the leader now. */
  leader(): Member | undefined {
    const leader = this.table.get(headKey(this.app))?.['leader'];
    const session = typeof leader === 'string' ? parseSession(leader) : null;
    return this.#members.find((member) => member.clientId === session?.clientId);
  }

  join(): Member {
    this.#joined += 1;
    const name = `client-${this.#joined}`;
    const mortal = new MortalClock(clock);
    const { app, profile } = this.#options;
    const { config } = parseOptions(
      { app, profile, start: 'TRIM_HORIZON', scanIntervalMs: SCAN_INTERVAL_MS },
      () => random.id('client id'),
    );
    const stream = new MemoryStream({
      kinesis: this.#kinesis,
      clock: mortal,
      random,
      faults: { requestMs: STREAM_WAY, answerMs: STREAM_WAY },
    });
    const memory = new MemoryStateStore({
      table: this.table,
      name,
      clock: mortal,
      random,
      faults: { requestMs: STORE_WAY, answerMs: STORE_WAY },
    });
    const store = this.#options.openStore?.() ?? memory;
    const client = new Kinesumer({
      config,
      store,
      stream,
      clock: mortal,
      random,
      log: silentLog,
      decoder: null,
      inspect: undefined,
    });
    const member = new Member(name, client, store, () => {
      this.#forget(member);
      mortal.die();
      memory.cut();
      stream.cut();
    });
    client
      .on('batch', (batch) => this.fetches.note(name, batch, performance.now()))
      .on('error', ({ code }) => this.errors.set(code, (this.errors.get(code) ?? 0) + 1));
    this.#members = [...this.#members, member];
    void client
      .run({ streams: [STREAM], eachBatch: (batch) => this.#options.handle?.(batch) })
      .catch((error: unknown) => this.errors.set(String(error), 1));
    return member;
  }

  async leave(member: Member): Promise<void> {
    this.#forget(member);
    await member.leave();
  }

  /** Every shard is read by one member under its newest fence, and no member has two more than another. */
  isBalanced(): boolean {
    const sizes = this.#members.map((member) => member.owned.size);
    if (sizes.length === 0 || Math.max(...sizes) - Math.min(...sizes) > 1) return false;
    return this.shardIds.every((shardId) => {
      const owners = this.#members.filter((member) => member.owned.has(shardId));
      const [owner] = owners;
      if (owner === undefined || owners.length > 1) return false;
      const last = this.fetches.last(shardId);
      return last?.owner === owner.name && last.fence === owner.owned.get(shardId);
    });
  }

  /** Puts a record of 100 bytes into each shard, again and again. */
  produceEvery(intervalMs: number): void {
    const data = new Uint8Array(100);
    this.#producer = setInterval(() => {
      for (const explicitHashKey of this.#hashKeys) {
        this.#kinesis.putRecord({ stream: STREAM, partitionKey: 'key', explicitHashKey, data });
      }
    }, intervalMs);
  }

  async end(): Promise<void> {
    if (this.#producer !== null) clearInterval(this.#producer);
    await Promise.all(this.#members.map((member) => member.abort()));
  }

  #forget(member: Member): void {
    this.#members = this.#members.filter((other) => other !== member);
  }
}

export const pass = (durationMs: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, durationMs);
  });

/** Resolves once the condition holds. @throws Error when it does not within the patience. */
export async function until(
  what: string,
  holds: () => boolean,
  patienceMs = 60 * SECOND_MS,
): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`never came within ${patienceMs} ms: ${what}`);
    await pass(LOOK_MS);
  }
}
