/** How close() fares with code of the user's own: a loop or a handler that calls it, ports, a signal. */
import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createKinesumer } from '../../src/index.ts';
import { faceWorld, numberOf, numbersTo, SHARD_1, type FaceWorld } from './face-world.ts';

const STREAM = 'orders';
const DONE = { outcome: 'closed', unfinished: [] };
/** Far below the drain timeout, which a close() waits out that waits for its own caller. */
const SOON_MS = 2_000;

function oneShard(records: number): FaceWorld {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  world.put(STREAM, SHARD_1, records);
  return world;
}

const position = (world: FaceWorld): unknown => world.checkpoint(STREAM, SHARD_1)?.['position'];

describe('close() that is called within the loop and not awaited', () => {
  it.each([
    { what: 'left after it', marks: 'none', marked: 2 },
    { what: 'left after it, with the record in hand marked', marks: 'inHand', marked: 3 },
  ] as const)('is done soon where the loop is $what', async ({ marks, marked }) => {
    const world = oneShard(5);
    const { client } = world.member();
    const seen: number[] = [];
    let calledMs = 0;
    for await (const record of client.consume([STREAM])) {
      seen.push(numberOf(record));
      if (seen.length < 3) continue;
      calledMs = world.clock.monotonicMs();
      if (marks === 'inHand') client.markRecord(record);
      void client.close();
      break;
    }
    expect(await client.close()).toEqual(DONE);
    expect(world.clock.monotonicMs() - calledMs).toBeLessThan(SOON_MS);
    expect(seen).toEqual([1, 2, 3]);
    expect(position(world)).toBe(world.positionOf(STREAM, SHARD_1, marked));
    expect(world.registered()).toEqual([]);
  });

  it('ends a loop that goes on soon, with all marked that it was given', async () => {
    const world = oneShard(1);
    const { client } = world.member();
    const seen: number[] = [];
    let calledMs = 0;
    for await (const record of client.consume([STREAM])) {
      seen.push(numberOf(record));
      // records never run out
      world.put(STREAM, SHARD_1, 1, seen.length + 1);
      if (seen.length < 3) continue;
      if (seen.length === 3) calledMs = world.clock.monotonicMs();
      void client.close();
    }
    expect(await client.close()).toEqual(DONE);
    expect(world.clock.monotonicMs() - calledMs).toBeLessThan(SOON_MS);
    expect(seen).toEqual(numbersTo(seen.length));
    expect(position(world)).toBe(world.positionOf(STREAM, SHARD_1, seen.length));
    expect(world.registered()).toEqual([]);
  });
});

describe('close() that is called within a handler and not awaited', () => {
  it.each(['eachRecord', 'eachBatch'] as const)(
    'is done soon after %s returned, with all marked that it was given',
    async (kind) => {
      const world = oneShard(5);
      const { client } = world.member();
      const seen: number[] = [];
      let calledMs = 0;
      const handle = (...numbers: number[]): void => {
        seen.push(...numbers);
        if (!numbers.includes(3)) return;
        calledMs = world.clock.monotonicMs();
        void client.close();
      };
      await client.run({
        streams: [STREAM],
        ...(kind === 'eachRecord'
          ? { eachRecord: (record) => handle(numberOf(record)) }
          : { eachBatch: ({ records }) => handle(...records.map(numberOf)) }),
      });
      expect(await client.close()).toEqual(DONE);
      expect(world.clock.monotonicMs() - calledMs).toBeLessThan(SOON_MS);
      expect(seen.slice(0, 3)).toEqual([1, 2, 3]);
      expect(position(world)).toBe(world.positionOf(STREAM, SHARD_1, seen.length));
      expect(world.registered()).toEqual([]);
    },
  );
});

describe('close() with ports of the user', () => {
  const fault = new Error('of the port');
  it.each([
    {
      what: 'throw',
      close: (): unknown => {
        throw fault;
      },
    },
    { what: 'reject', close: (): unknown => Promise.reject(fault) },
  ])('ends as ever where they $what as they are closed, and tells of it', async ({ close }) => {
    const world = oneShard(1);
    const { client, store, stream } = world.member();
    Object.assign(store, { close });
    Object.assign(stream, { close });
    const told: unknown[] = [];
    client.on('error', ({ code, message, cause }) => told.push([code, message, cause]));
    let closed = 0;
    client.on('close', () => (closed += 1));
    const stop = new AbortController();
    const running = client.run({ streams: [STREAM], signal: stop.signal, eachRecord() {} });
    await world.until('the shard', () => client.snapshot().shards.length === 1);
    const closing = client.close();
    // what this starts is awaited by nobody
    stop.abort();
    expect(await closing).toEqual(DONE);
    await running;
    await world.pass(100);
    expect(closed).toBe(1);
    expect(told).toEqual([
      ['InvariantBroken', 'The state store could not be closed', fault],
      ['InvariantBroken', 'The stream could not be closed', fault],
    ]);
    expect(world.registered()).toEqual([]);
  });
});

describe('the signal of createKinesumer', () => {
  it('is let go of by clients that are closed', async () => {
    const world = faceWorld();
    const { signal } = new AbortController();
    for (const round of numbersTo(20)) {
      const { store, stream } = world.member();
      const client = await createKinesumer({ app: 'a', stateStore: store, stream, signal });
      expect(getEventListeners(signal, 'abort'), `round ${round}`).toHaveLength(1);
      await client.close();
      expect(getEventListeners(signal, 'abort'), `round ${round}`).toEqual([]);
    }
  });
});
