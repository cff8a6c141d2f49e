/** A group on ports in memory, in virtual time: what the tests of the public face stand on. */
import { afterEach } from 'vitest';
import { Kinesumer } from '../../src/kinesumer.ts';
import type { HandlerParts } from '../../src/kinesumer.ts';
import type { Item, Log } from '../../src/machines/ports.ts';
import { parseOptions, type KinesumerOptions } from '../../src/options.ts';
import { createDecoder } from '../../src/services/delivery/decode.ts';
import { checkpointKey, clientsPk } from '../../src/machines/rules/keys.ts';
import { positionOf } from '../../src/machines/rules/positions.ts';
import {
  ManualClock,
  MemoryKinesis,
  MemoryStateStore,
  MemoryStream,
  MemoryTable,
  SeededRandom,
} from '../../src/services/memory/index.ts';

/** Virtual time that passes in one turn of the event loop: less than any timer of the protocol. */
const STEP_MS = 10;
/** Virtual time after which a condition counts as never coming true. */
const PATIENCE_MS = 180_000;

export const APP = 'face';
export const SHARD_1 = 'shardId-000000000000';
export const SHARD_2 = 'shardId-000000000001';

/** The first and the last hash key: in a stream of two shards, one for each. */
const HASH_KEYS = { [SHARD_1]: '0', [SHARD_2]: String(2n ** 128n - 1n) } as const;
export type OneOfTwoShards = keyof typeof HASH_KEYS;

export type FaceOptions<T> = Partial<KinesumerOptions<T, HandlerParts<T> & Aws>>;
interface Aws {
  readonly kinesis: object;
  readonly dynamodb: object;
}

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly fields: object;
  readonly message: string;
}

/** One client with the ports that it stands on. */
export interface Member<T = unknown> {
  readonly client: Kinesumer<T>;
  readonly store: MemoryStateStore;
  readonly stream: MemoryStream;
}

interface Waiter {
  readonly holds: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly what: string;
  readonly untilMs: number;
}

/** Opened at the start of a test; ends with it. */
export class FaceWorld {
  readonly clock = new ManualClock();
  readonly table = new MemoryTable({ clock: this.clock });
  readonly kinesis = new MemoryKinesis({ clock: this.clock });
  readonly logged: LogLine[] = [];
  readonly #waiters = new Set<Waiter>();
  #members = 0;
  #turn: NodeJS.Immediate | null = null;

  constructor() {
    const turn = (): void => {
      this.#check();
      this.clock.advance(STEP_MS);
      this.#turn = setImmediate(turn);
    };
    this.#turn = setImmediate(turn);
  }

  end(): void {
    if (this.#turn !== null) clearImmediate(this.#turn);
  }

  /** A client of the group; it takes streams from their beginning unless told otherwise. */
  member<T = unknown>(options: FaceOptions<T> = {}): Member<T> {
    const { clock, table, kinesis } = this;
    this.#members += 1;
    const name = `member-${this.#members}`;
    const random = new SeededRandom(this.#members);
    const parsed = parseOptions(
      { app: APP, profile: 'fast', start: 'TRIM_HORIZON', ...options },
      () => random.id('client id'),
    );
    const store = new MemoryStateStore({ table, clock, name, random });
    const stream = new MemoryStream({ kinesis, clock, random });
    const client = new Kinesumer<T>({
      config: parsed.config,
      store,
      stream,
      clock,
      random,
      log: parsed.logger ?? this.#log(),
      decoder: createDecoder<T>(parsed.decoding as Parameters<typeof createDecoder<T>>[0]),
      inspect: undefined,
    });
    return { client, store, stream };
  }

  /** A stream of two shards, with so many records for each. */
  twoShards(stream: string, records = 0): void {
    this.kinesis.createStream(stream, 2);
    this.put(stream, SHARD_1, records);
    this.put(stream, SHARD_2, records);
  }

  /** Puts records `from` … `from + count - 1` on one of two shards; their text is their number. */
  put(stream: string, shardId: OneOfTwoShards, count: number, from = 1): void {
    for (let number = from; number < from + count; number += 1) {
      this.kinesis.putRecord({
        stream,
        partitionKey: `key-${number}`,
        explicitHashKey: HASH_KEYS[shardId],
        data: String(number),
      });
    }
  }

  /** Position of the n-th record of a shard, counted from 1. */
  positionOf(stream: string, shardId: string, number: number): string {
    const record = this.kinesis.records(stream).get(shardId)?.[number - 1];
    if (record === undefined) throw new Error(`${shardId} has no record ${number}`);
    return positionOf(record.sequenceNumber, null);
  }

  /** What the group's table says of a shard. */
  checkpoint(stream: string, shardId: string): Item | null {
    return this.table.get(checkpointKey(APP, stream, shardId));
  }

  /** Items of the group's clients. */
  registered(): Item[] {
    return this.table.partition(clientsPk(APP)).flatMap(({ item }) => item ?? []);
  }

  /** Resolves once the condition holds, looked at in every turn; rejects after minutes of virtual time. */
  until(what: string, holds: () => boolean, patienceMs = PATIENCE_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const untilMs = this.clock.monotonicMs() + patienceMs;
      this.#waiters.add({ holds, resolve, reject, what, untilMs });
    });
  }

  /** Lets virtual time pass. */
  pass(durationMs: number): Promise<void> {
    const endMs = this.clock.monotonicMs() + durationMs;
    return this.until(
      `${durationMs} ms`,
      () => this.clock.monotonicMs() >= endMs,
      durationMs + 1_000,
    );
  }

  #log(): Log {
    const at =
      (level: LogLine['level']) =>
      (fields: object, message: string): void =>
        void this.logged.push({ level, fields, message });
    return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  }

  #check(): void {
    for (const waiter of this.#waiters) {
      let outcome: 'holds' | 'waits' | Error;
      try {
        outcome = waiter.holds() ? 'holds' : 'waits';
      } catch (error) {
        outcome = error instanceof Error ? error : new Error(String(error));
      }
      if (outcome === 'waits' && this.clock.monotonicMs() > waiter.untilMs) {
        outcome = new Error(`never came: ${waiter.what}`);
      }
      if (outcome === 'waits') continue;
      this.#waiters.delete(waiter);
      if (outcome === 'holds') waiter.resolve();
      else waiter.reject(outcome);
    }
  }
}

const worlds: FaceWorld[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.end();
});

/** A world that ends with the test. */
export function faceWorld(): FaceWorld {
  const world = new FaceWorld();
  worlds.push(world);
  return world;
}

/** A promise and what settles it. */
export function deferred<T = void>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
} {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((onResolve) => {
    resolve = onResolve;
  });
  return { promise, resolve };
}

export const numberOf = (record: { text(): string }): number => Number(record.text());

/** 1 … n */
export const numbersTo = (n: number): number[] =>
  Array.from({ length: n }, (_, index) => index + 1);
