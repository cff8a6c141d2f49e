/** Real actors on ports in memory, in time that only the test moves. */
import { createActor, fromCallback, setup, type AnyActorLogic, type AnyActorRef } from 'xstate';
import { KinesumerError } from '../../src/errors.ts';
import { Lanes } from '../../src/kinesumer/lanes.ts';
import { provideReader, withParts, type Parts } from '../../src/kinesumer/machines.ts';
import type { Notice } from '../../src/machines/notices.ts';
import type {
  Item,
  Key,
  StateStore,
  Stream,
  Write,
  WriteAnswer,
} from '../../src/machines/ports.ts';
import { clientKey, checkpointKey } from '../../src/machines/rules/keys.ts';
import type { World } from '../../src/machines/steps/step.ts';
import { parseOptions } from '../../src/options.ts';
import type { ShardBatch } from '../../src/services/delivery/batch.ts';
import { Breather } from '../../src/services/delivery/breather.ts';
import { ByteBudget } from '../../src/services/delivery/budget.ts';
import { DeliveryDesk } from '../../src/services/delivery/delivery.ts';
import { DeliveryGate } from '../../src/services/delivery/gate.ts';
import { HandlerSink } from '../../src/services/delivery/handler-sink.ts';
import {
  ManualClock,
  MemoryKinesis,
  MemoryStateStore,
  MemoryStream,
  MemoryTable,
  SeededRandom,
} from '../../src/services/memory/index.ts';
import { CREATED_AT_MS, ME, STREAM, shardId } from './group.ts';

export const APP = 'live';
const STEP_MS = 10;
const PATIENCE_MS = 120_000;

/** One turn of the event loop: everything that can go on without time passing has gone on. */
export const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Holds back what the test tells it to, until the test lets it go. */
class Hold {
  #waiting: (() => void)[] = [];
  #held: 'open' | 'shut' = 'open';

  shut(): void {
    this.#held = 'shut';
  }

  open(): void {
    this.#held = 'open';
    for (const go of this.#waiting.splice(0)) go();
  }

  count(): number {
    return this.#waiting.length;
  }

  async pass(): Promise<void> {
    if (this.#held === 'shut') await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

const unanswered = (): WriteAnswer => ({
  kind: 'unanswered',
  error: new KinesumerError('StoreUnanswered', 'the answer was lost'),
});

export interface LiveOptions {
  readonly shards?: number;
  readonly marking?: 'auto' | 'manual';
  readonly drainTimeoutMs?: number;
  /** How long each way to the store takes. */
  readonly storeDelayMs?: number;
}

/** What one client's actors stand on. */
export class LiveWorld {
  readonly clock = new ManualClock(CREATED_AT_MS);
  readonly table = new MemoryTable({ clock: this.clock });
  readonly kinesis = new MemoryKinesis({ clock: this.clock });
  readonly notices: Notice[] = [];
  /** Every message of the actor under test to its parent. */
  readonly reports: { readonly type: string }[] = [];
  readonly handled: string[] = [];
  readonly writes = new Hold();
  readonly fetches = new Hold();
  /** The way to Kinesis, to be cut. */
  readonly stream: MemoryStream;
  readonly budget = new ByteBudget(64 * 1024 * 1024);
  readonly parts: Parts;
  readonly desk: DeliveryDesk;
  /** What the user's code does with a batch. */
  handler: (batch: ShardBatch<undefined>) => unknown = () => {};
  /** Whether a write's answer is lost; it is applied all the same. */
  loses: (write: Write) => boolean = () => false;
  /** Whether a write is applied only once `late` is opened, and never answered. */
  delays: (write: Write) => boolean = () => false;
  readonly late = new Hold();
  onNotice: (notice: Notice) => void = () => {};

  constructor({
    shards = 1,
    marking = 'auto',
    drainTimeoutMs = 20_000,
    storeDelayMs = 0,
  }: LiveOptions = {}) {
    const { clock, kinesis, table } = this;
    const random = new SeededRandom(1);
    kinesis.createStream(STREAM, shards);
    this.stream = new MemoryStream({ kinesis, clock, random });
    const way = { minMs: storeDelayMs, maxMs: storeDelayMs };
    const faults = storeDelayMs === 0 ? {} : { requestMs: way, answerMs: way };
    const world: World = {
      app: APP,
      store: this.#store(new MemoryStateStore({ table, clock, random, faults })),
      stream: this.#stream(this.stream),
      clock,
      random,
    };
    const { config } = parseOptions(
      { app: APP, start: 'TRIM_HORIZON', drainTimeoutMs },
      () => ME.clientId,
    );
    const gate = new DeliveryGate(clock, 24 * 3_600_000);
    gate.extend(clock.monotonicMs(), clock.wallMs());
    const desk: DeliveryDesk = new DeliveryDesk({
      gate,
      budget: this.budget,
      tell: () => {},
      askCommit: (shard) => lanes.askCommit(shard),
    });
    const lanes = new Lanes(desk);
    this.desk = desk;
    desk.attach(
      new HandlerSink<undefined>({
        handler: {
          kind: 'eachBatch',
          call: (batch) => {
            this.handled.push(...batch.records.map((record) => record.text()));
            return this.handler(batch);
          },
        },
        marking,
        decoder: null,
        gate,
        breather: new Breather(clock),
      }),
    );
    this.parts = {
      config,
      world,
      lanes,
      identities: world.stream,
      budget: this.budget,
      gate,
      commitSlots: new ByteBudget(32),
      tell: (notice) => {
        this.notices.push(notice);
        this.onNotice(notice);
      },
      refreshed: () => {},
    };
  }

  /** Starts an actor as the child of one that notes what it is told. */
  start<L extends AnyActorLogic>(logic: L, input: unknown): AnyActorRef {
    const parent = setup({ actors: { child: logic as AnyActorLogic } }).createMachine({
      invoke: { id: 'child', src: 'child', input },
      on: {
        '*': {
          actions: ({ event }) => {
            if (!event.type.startsWith('xstate.')) this.reports.push(event);
          },
        },
      },
    });
    const actor = withParts(this.parts, createActor(parent, { clock: this.clock }));
    actor.start();
    return actor.getSnapshot().children['child'] ?? createActor(fromCallback(() => {}));
  }

  reader(): ReturnType<typeof provideReader> {
    return provideReader();
  }

  put(text: string): void {
    this.kinesis.putRecord({ stream: STREAM, partitionKey: 'k', data: text });
  }

  shard(n = 0): Item | null {
    return this.table.get(checkpointKey(APP, STREAM, shardId(n)));
  }

  client(): Item | null {
    return this.table.get(clientKey(APP, ME.clientId));
  }

  errors(): string[] {
    return this.notices.flatMap((notice) => (notice.kind === 'error' ? [notice.error.code] : []));
  }

  /** Lets time pass until the condition holds. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const endMs = this.clock.monotonicMs() + PATIENCE_MS;
    for (;;) {
      await turn();
      if (holds()) return;
      if (this.clock.monotonicMs() > endMs) throw new Error(`never came: ${what}`);
      this.clock.advance(STEP_MS);
    }
  }

  /** Lets time pass. */
  async pass(durationMs: number): Promise<void> {
    const endMs = this.clock.monotonicMs() + durationMs;
    await this.until(`${durationMs} ms`, () => this.clock.monotonicMs() >= endMs);
  }

  #store(store: StateStore): StateStore {
    return {
      open: (options) => store.open(options),
      read: (keys: readonly Key[], options) => store.read(keys, options),
      query: (pk, options) => store.query(pk, options),
      write: async (write, options) => {
        await this.writes.pass();
        if (this.delays(write)) {
          void this.late.pass().then(() => store.write(write, options));
          return unanswered();
        }
        const lost = this.loses(write);
        const answer = await store.write(write, options);
        return lost ? unanswered() : answer;
      },
      usage: () => store.usage(),
      close: () => store.close(),
    };
  }

  #stream(stream: Stream): Stream {
    return {
      describe: (name, options) => stream.describe(name, options),
      listShards: (name, options) => stream.listShards(name, options),
      openIterator: (shard, from, options) => stream.openIterator(shard, from, options),
      fetch: async (...args) => {
        const answer = await stream.fetch(...args);
        await this.fetches.pass();
        return answer;
      },
      close: () => stream.close(),
    };
  }
}
