import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePositions } from '../../src/machines/rules/positions.ts';
import type { RecordIterator } from '../../src/services/delivery/iterator-sink.ts';
import type { ShardLane } from '../../src/services/delivery/lane.ts';
import type { ShardRecord } from '../../src/services/delivery/record.ts';
import {
  BATCH_BYTES,
  batchOf,
  deferred,
  handlerWorld,
  iteratorWorld,
  lost,
  positionAt,
  quiet,
  type Deferred,
  type World,
} from '../services/delivery/delivery-world.ts';

const SHARDS = ['a', 'b'] as const;
type ShardId = (typeof SHARDS)[number];
type Style = 'eachBatch' | 'eachRecord' | 'iterator';
type Marking = 'auto' | 'manual';

/** Every fifth record cannot be decoded and is skipped; every third is decoded later. */
const isPoison = (number: number): boolean => number % 5 === 0;
const decode = (data: Uint8Array): number | Promise<number> => {
  const number = Number(new TextDecoder().decode(data));
  if (isPoison(number)) throw new Error('poison');
  return number % 3 === 0 ? Promise.resolve(number) : number;
};

const KINDS = [
  'push',
  'push',
  'user',
  'user',
  'user',
  'userFails',
  'mark',
  'drain',
  'abort',
  'pause',
  'resume',
  'shut',
  'heartbeat',
  'heartbeat',
] as const;

interface Step {
  readonly kind: (typeof KINDS)[number];
  readonly shardId: ShardId;
  readonly amount: number;
  readonly after: 'settle' | 'go on';
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...KINDS),
    shardId: fc.constantFrom(...SHARDS),
    amount: fc.integer({ min: 1, max: 6 }),
    after: fc.constantFrom('settle' as const, 'go on' as const),
  }),
  { maxLength: 60 },
);

/** One shard as its reader and the user see it: the judge of what the lane does. */
interface Shard {
  lane: ShardLane;
  fence: number;
  reader: 'reads' | 'stopped';
  pushed: number;
  /** Last record that reached the user under this fence, or the acquired one. */
  seen: number;
  /** Last record that the user is through with. */
  done: number;
  records: ShardRecord<number>[];
  /** Handlers that have not returned. */
  handlers: { readonly end: Deferred<void>; readonly last: number; readonly fence: number }[];
}

class Rig {
  readonly #world: World;
  readonly #iterator: RecordIterator<number> | null;
  readonly #marking: Marking;
  readonly #shards = new Map<ShardId, Shard>();
  /** The record that the loop holds. */
  #held: { readonly shardId: ShardId; readonly number: number; readonly fence: number } | null =
    null;
  #loop: 'works' | 'waits' = 'works';
  readonly broken: string[] = [];

  constructor(style: Style, marking: Marking) {
    this.#marking = marking;
    const settings = { marking, decode, onDecodeError: 'skip' } as const;
    if (style === 'iterator') {
      const made = iteratorWorld<number>(settings);
      this.#world = made;
      this.#iterator = made.iterator;
    } else {
      this.#iterator = null;
      this.#world =
        style === 'eachBatch'
          ? handlerWorld<number>(
              { kind: style, call: (batch) => this.#handle(batch.records) },
              settings,
            )
          : handlerWorld<number>(
              { kind: style, call: (record) => this.#handle([record]) },
              settings,
            );
    }
    for (const shardId of SHARDS) this.#acquire(shardId, 0, 1);
  }

  async run(step: Step): Promise<void> {
    const shard = this.#shard(step.shardId);
    const { gate, desk } = this.#world;
    const ref = [{ stream: 'orders', shardId: step.shardId }];
    switch (step.kind) {
      case 'push':
        if (shard.reader === 'stopped') break;
        // Sometimes overlaps what was pushed before, as a new iterator inside an aggregate does.
        this.#world.push(
          shard.lane,
          batchOf(
            Math.max(1, shard.pushed + 1 - (step.amount % 3)),
            shard.pushed + step.amount,
            String,
          ),
        );
        shard.pushed += step.amount;
        break;
      case 'user':
        if (this.#iterator !== null) this.#next(this.#iterator);
        else this.#return(shard);
        break;
      case 'userFails':
        shard.handlers.shift()?.end.reject(new Error('handler'));
        break;
      case 'mark':
        this.#mark(shard, step.amount);
        break;
      case 'drain':
        await quiet();
        shard.reader = 'stopped';
        shard.lane.drain();
        break;
      case 'abort':
        await quiet();
        this.#lose(step.shardId);
        break;
      case 'pause':
        await quiet();
        desk.pause(ref);
        break;
      case 'resume':
        desk.resume(ref);
        break;
      case 'shut':
        await quiet();
        gate.shut();
        break;
      case 'heartbeat':
        this.#world.clock.advance(100);
        this.#world.heartbeat();
        break;
    }
    for (const each of this.#shards.values()) this.#deliver(each);
    if (step.after === 'settle') await this.judge();
  }

  async judge(): Promise<void> {
    await quiet();
    let bytes = 0;
    for (const [shardId, { lane, done }] of this.#shards) {
      let reach = done;
      while (isPoison(reach + 1)) reach += 1;
      const completed = lane.completed();
      if (comparePositions(completed, positionAt(done)) < 0) this.#fault(shardId, 'lost progress');
      if (comparePositions(completed, positionAt(reach)) > 0) {
        this.#fault(shardId, `${completed} was completed, the user was through with ${done}`);
      }
      bytes += (lane.pending() + (lane.activity() === 'idle' ? 0 : 1)) * BATCH_BYTES;
    }
    const used = this.#world.budget.usedBytes();
    if (used !== bytes) this.broken.push(`${used} bytes are taken, ${bytes} are in lanes`);
  }

  /** Everything goes on until nothing is left; then all that was pushed must have come. */
  async finish(): Promise<void> {
    this.#world.desk.resume();
    for (let round = 0; round < 200; round += 1) {
      this.#world.clock.advance(100);
      this.#world.heartbeat();
      for (const shard of this.#shards.values()) {
        this.#deliver(shard);
        if (this.#iterator !== null) this.#next(this.#iterator);
        else this.#return(shard);
      }
      await quiet();
    }
    await this.judge();
    for (const [shardId, shard] of this.#shards) {
      let missing = shard.seen + 1;
      while (isPoison(missing)) missing += 1;
      if (shard.reader === 'reads' && missing <= shard.pushed) this.#fault(shardId, 'a gap');
      shard.lane.abort(lost(shardId));
    }
    if (this.#world.budget.usedBytes() !== 0) this.broken.push('bytes were not given back');
  }

  #shard(shardId: ShardId): Shard {
    const shard = this.#shards.get(shardId);
    if (shard === undefined) throw new Error(shardId);
    return shard;
  }

  #acquire(shardId: ShardId, from: number, fence: number): void {
    this.#shards.set(shardId, {
      lane: this.#world.open(shardId, positionAt(from), fence),
      fence,
      reader: 'reads',
      pushed: from,
      seen: from,
      done: from,
      records: [],
      handlers: [],
    });
  }

  /** The shard is lost and comes back under a higher fence, from where it was committed. */
  #lose(shardId: ShardId): void {
    const { lane, fence, done, records, handlers } = this.#shard(shardId);
    lane.abort(lost(shardId));
    for (const { end } of handlers) end.resolve();
    for (const record of records) {
      try {
        record.mark();
        this.#fault(shardId, 'a mark of a lost shard was taken');
      } catch {
        // Refused, as it must be.
      }
    }
    const committed = lane.completed();
    let from = done;
    while (comparePositions(positionAt(from), committed) < 0) from += 1;
    this.#acquire(shardId, from, fence + 1);
  }

  #deliver(shard: Shard): void {
    const { lane } = shard;
    if (lane.pending() === 0 || lane.activity() === 'delivering' || shard.reader === 'stopped') {
      return;
    }
    void lane.deliver().then((outcome) => {
      if (outcome.kind === 'failed') {
        shard.reader = 'stopped';
        lane.drain();
      } else {
        this.#deliver(shard);
      }
    });
  }

  /** A record reaches the user. */
  #see(record: ShardRecord<number>): void {
    const shardId = record.shardId === 'a' ? 'a' : 'b';
    const shard = this.#shard(shardId);
    const number = Number(record.sequenceNumber);
    let expected = shard.seen + 1;
    while (isPoison(expected)) expected += 1;
    if (record.fence !== shard.fence) this.#fault(shardId, `a record of fence ${record.fence}`);
    if (number !== expected) this.#fault(shardId, `${number} came, ${expected} was due`);
    if (record.value !== number) this.#fault(shardId, `${number} has another value`);
    if (shard.lane.phase() !== 'open') this.#fault(shardId, `came while ${shard.lane.phase()}`);
    if (!this.#world.gate.isOpen()) this.#fault(shardId, 'came through a shut gate');
    shard.seen = number;
    shard.records.push(record);
  }

  #handle(records: readonly ShardRecord<number>[]): Promise<void> | undefined {
    for (const record of records) this.#see(record);
    const last = records.at(-1);
    if (last === undefined) return undefined;
    const shard = this.#shard(last.shardId === 'a' ? 'a' : 'b');
    const number = Number(last.sequenceNumber);
    if (number % 2 === 0) {
      this.#through(shard, number);
      return undefined;
    }
    const end = deferred();
    shard.handlers.push({ end, last: number, fence: shard.fence });
    return end.promise;
  }

  #return(shard: Shard): void {
    const handler = shard.handlers.shift();
    if (handler === undefined) return;
    this.#through(shard, handler.last);
    handler.end.resolve();
  }

  #next(iterator: RecordIterator<number>): void {
    if (this.#loop === 'waits') return;
    this.#loop = 'waits';
    const held = this.#held;
    this.#held = null;
    if (held !== null) {
      const shard = this.#shard(held.shardId);
      if (shard.fence === held.fence) this.#through(shard, held.number);
    }
    void iterator.next().then(({ value: record }) => {
      this.#loop = 'works';
      if (record === undefined) return;
      this.#see(record);
      this.#held = {
        shardId: record.shardId === 'a' ? 'a' : 'b',
        number: Number(record.sequenceNumber),
        fence: record.fence,
      };
    });
  }

  #through(shard: Shard, number: number): void {
    if (this.#marking === 'auto') shard.done = Math.max(shard.done, number);
  }

  #mark(shard: Shard, back: number): void {
    const record = shard.records.at(-back);
    if (record === undefined) return;
    record.mark();
    shard.done = Math.max(shard.done, Number(record.sequenceNumber));
  }

  #fault(shardId: ShardId, what: string): void {
    this.broken.push(`${shardId}: ${what}`);
  }
}

describe('any interleaving of pushes, user code, marks, drains, losses, pauses and heartbeats', () => {
  for (const style of ['eachBatch', 'eachRecord', 'iterator'] as const) {
    for (const marking of ['auto', 'manual'] as const) {
      it(`delivers in order without gaps and completes no more than was done (${style}, ${marking})`, async () => {
        await fc.assert(
          fc.asyncProperty(steps, async (script) => {
            const rig = new Rig(style, marking);
            for (const step of script) await rig.run(step);
            await rig.finish();
            expect(rig.broken).toEqual([]);
          }),
          { numRuns: 100 },
        );
      });
    }
  }
});
