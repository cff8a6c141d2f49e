import { describe, expect, it } from 'vitest';
import { createKinesumer } from '../../src/index.ts';
import type { Kinesumer } from '../../src/kinesumer.ts';
import { deferred, faceWorld, numberOf, SHARD_1, SHARD_2, type FaceWorld } from './face-world.ts';

const STREAM = 'orders';
const DONE = { outcome: 'closed', unfinished: [] };
const never = (): Promise<void> => new Promise<void>(() => {});

function oneShard(records: number): FaceWorld {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  world.put(STREAM, SHARD_1, records);
  return world;
}

describe('close', () => {
  it('stops, drains, commits and leaves', async () => {
    const world = oneShard(3);
    const { client } = world.member();
    const handled = deferred();
    let started = 0;
    const running = client.run({
      streams: [STREAM],
      async eachBatch() {
        started += 1;
        await handled.promise;
      },
    });
    await world.until('the batch', () => started === 1);
    const closing = client.close();
    await world.pass(5_000);
    handled.resolve();
    expect(await closing).toEqual(DONE);
    await running;
    const item = world.checkpoint(STREAM, SHARD_1);
    expect(item?.['position']).toBe(world.positionOf(STREAM, SHARD_1, 3));
    expect(item).not.toHaveProperty('lease_owner');
    expect(world.registered()).toEqual([]);
  });

  it.each(['batch', 'client'] as const)(
    'lets a handler that finishes commit by %s.commit()',
    async (by) => {
      const world = oneShard(3);
      const { client } = world.member({ commit: { auto: false } });
      const closing = deferred();
      let started = 0;
      const running = client.run({
        streams: [STREAM],
        async eachBatch(batch) {
          started += 1;
          await closing.promise;
          batch.mark();
          await (by === 'batch' ? batch.commit() : client.commit());
        },
      });
      await world.until('the batch', () => started === 1);
      const startedMs = world.clock.monotonicMs();
      const report = client.close();
      closing.resolve();
      expect(await report).toEqual(DONE);
      await running;
      expect(world.clock.monotonicMs() - startedMs).toBeLessThanOrEqual(1_000);
      expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
        world.positionOf(STREAM, SHARD_1, 3),
      );
    },
  );

  it('goes on with heartbeats while a handler finishes', async () => {
    const world = oneShard(1);
    const { client } = world.member();
    const handled = deferred();
    const running = client.run({ streams: [STREAM], eachRecord: () => handled.promise });
    await world.until('the shard', () => client.snapshot().shards.length === 1);
    await world.pass(1_000);
    const closing = client.close();
    const rv = Number(world.registered()[0]?.['rv']);
    await world.pass(15_000);
    expect(Number(world.registered()[0]?.['rv']) - rv).toBeGreaterThanOrEqual(13);
    handled.resolve();
    expect(await closing).toEqual(DONE);
    await running;
  });

  it('leaves no timer behind', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 5);
    const { client } = world.member();
    let seen = 0;
    const running = client.run({ streams: [STREAM], eachRecord: () => void (seen += 1) });
    await world.until('the records', () => seen === 10);
    expect(world.clock.pending()).toBeGreaterThan(0);
    await client.close();
    await running;
    expect(world.clock.pending()).toBe(0);
  });

  it('of a client that never consumed ends at once', async () => {
    const { client } = faceWorld().member();
    expect(await client.close()).toEqual(DONE);
  });

  it('called twice, also at the same time, gives the same report', async () => {
    const world = oneShard(3);
    const { client } = world.member();
    const closed: string[] = [];
    client.on('close', ({ clientId }) => closed.push(clientId));
    const running = client.run({ streams: [STREAM], eachRecord() {} });
    await world.until('the shard', () => client.snapshot().shards.length === 1);
    const reports = await Promise.all([client.close(), client.close()]);
    expect(reports[1]).toBe(reports[0]);
    expect(await client.close()).toBe(reports[0]);
    expect(closed).toEqual([client.clientId]);
    await running;
  });

  it('makes every later call reject with ClientClosed', async () => {
    const { client } = faceWorld().member();
    await client.close();
    const refused = { code: 'ClientClosed' };
    await expect(client.consume([STREAM]).next()).rejects.toMatchObject(refused);
    await expect(client.run({ streams: [STREAM], eachRecord() {} })).rejects.toMatchObject(refused);
    await expect(client.refresh([STREAM])).rejects.toMatchObject(refused);
    await expect(client.commit()).rejects.toMatchObject(refused);
    expect(() => client.pause()).toThrow(expect.objectContaining(refused));
  });

  it('ends a loop that waits for a record', async () => {
    const world = oneShard(0);
    const { client } = world.member();
    const next = client.consume([STREAM]).next();
    await world.until('the shard', () => client.snapshot().shards.length === 1);
    await client.close();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('called within the loop ends it, and the record in hand stays unmarked', async () => {
    const world = oneShard(5);
    const { client } = world.member({ drainTimeoutMs: 1_000 });
    for await (const record of client.consume([STREAM])) {
      if (numberOf(record) === 3) await client.close();
    }
    expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_1, 2),
    );
    expect(world.registered()).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'during the start, after %i answers of the store, leaves nothing in the group',
    async (answers) => {
      const world = oneShard(1);
      const { client, store } = world.member();
      store.setFaults({ requestMs: { minMs: 50, maxMs: 50 }, answerMs: { minMs: 50, maxMs: 50 } });
      const running = client.run({ streams: [STREAM], eachRecord() {} });
      await world.pass(answers * 100 - 20);
      expect(await client.close()).toEqual(DONE);
      await running;
      expect(world.registered()).toEqual([]);
      expect(world.checkpoint(STREAM, SHARD_1) ?? {}).not.toHaveProperty('lease_owner');
      // what was on its way has arrived and changed nothing
      await world.pass(1_000);
      expect(world.registered()).toEqual([]);
      expect(world.clock.pending()).toBe(0);
    },
  );

  it('during the start, with a stream that is still being created, ends at once', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1, { creating: true });
    const { client } = world.member();
    const running = client.run({ streams: [STREAM], eachRecord() {} });
    await world.pass(5_000);
    expect(await client.close()).toEqual(DONE);
    await running;
    expect(world.registered()).toEqual([]);
  });

  it.each([200, 700, 1_200, 1_700, 2_200, 3_000])(
    'during a rebalance, %i ms after a join, ends and leaves all shards to the others',
    async (afterMs) => {
      const world = faceWorld();
      world.kinesis.createStream(STREAM, 4);
      const [one, other] = [world.member(), world.member()];
      const running = [one.client.run({ streams: [STREAM], eachRecord() {} })];
      await world.until('all', () => one.client.snapshot().shards.length === 4);
      running.push(other.client.run({ streams: [STREAM], eachRecord() {} }));
      await world.until('the registration', () => world.registered().length === 2);
      await world.pass(afterMs);
      expect(await one.client.close()).toEqual(DONE);
      await world.until('all', () => other.client.snapshot().shards.length === 4);
      expect(world.registered().map((item) => item.sk)).toEqual([other.client.clientId]);
      await other.client.close();
      await Promise.all(running);
    },
  );

  it('with abort does not wait for handlers: their signals abort, and it says which', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 3);
    const { client } = world.member();
    const errors: string[] = [];
    client.on('error', (error) => errors.push(error.code));
    const reasons: unknown[] = [];
    let seen = 0;
    const running = client.run({
      streams: [STREAM],
      eachBatch(batch) {
        seen += 1;
        if (batch.shardId === SHARD_2) return undefined;
        batch.signal.addEventListener('abort', () => reasons.push(batch.signal.reason));
        return never();
      },
    });
    await world.until('both', () => seen === 2);
    const startedMs = world.clock.monotonicMs();
    expect(await client.close({ abort: true })).toEqual({
      outcome: 'aborted',
      unfinished: [{ stream: STREAM, shardId: SHARD_1 }],
    });
    await running;
    expect(world.clock.monotonicMs() - startedMs).toBeLessThanOrEqual(100);
    expect(reasons.length).toBe(1);
    expect(world.registered()).toEqual([]);
    expect(errors).toEqual([]);
    expect(world.clock.pending()).toBe(0);
  });

  it('called again with abort no longer waits for the handlers', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 1);
    const { client } = world.member();
    let signals: AbortSignal[] = [];
    const running = client.run({
      streams: [STREAM],
      eachBatch: (batch) => {
        signals = [...signals, batch.signal];
        return new Promise(() => {});
      },
    });
    await world.until('both handlers', () => signals.length === 2);
    const waiting = client.close({ timeoutMs: 60_000 });
    await world.pass(5_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    const startedMs = world.clock.monotonicMs();
    await client.close({ abort: true });
    expect(world.clock.monotonicMs() - startedMs).toBeLessThan(1_000);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    await waiting;
    await running;
  });

  it('with the store down ends at its deadline and says that it did', async () => {
    const world = oneShard(3);
    const { client, store } = world.member();
    const codes = new Set<string>();
    client.on('error', (error) => codes.add(error.code));
    let seen = 0;
    const running = client.run({ streams: [STREAM], eachRecord: () => void (seen += 1) });
    await world.until('the records', () => seen === 3);
    store.cut();
    const startedMs = world.clock.monotonicMs();
    const report = await client.close({ timeoutMs: 4_000 });
    await running;
    expect(world.clock.monotonicMs() - startedMs).toBeLessThanOrEqual(4_100);
    expect(report.outcome).toBe('timedOut');
    expect(codes).toContain('CloseTimeout');
    expect(world.clock.pending()).toBe(0);
  });

  it('with a store that comes back in time commits and leaves all the same', async () => {
    const world = oneShard(3);
    const { client, store } = world.member();
    let seen = 0;
    const running = client.run({ streams: [STREAM], eachRecord: () => void (seen += 1) });
    await world.until('the records', () => seen === 3);
    store.cut(world.clock.monotonicMs() + 2_000);
    expect(await client.close()).toEqual(DONE);
    await running;
    expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_1, 3),
    );
    expect(world.registered()).toEqual([]);
  });

  it.each([{ timeoutMs: -1 }, { timeoutMs: 1.5 }, { abort: 'yes' }, { force: true }])(
    'with %j rejects with InvalidOption and closes nothing',
    async (options) => {
      const world = oneShard(1);
      const { client } = world.member();
      const records = client.consume([STREAM]);
      await records.next();
      await expect(client.close(options as object)).rejects.toMatchObject({
        code: 'InvalidOption',
      });
      expect(client.snapshot().shards.length).toBe(1);
      await records.return();
      await client.close();
    },
  );

  it('with a timeout of 0 ends in its own turn of the clock', async () => {
    const world = oneShard(1);
    const { client } = world.member();
    let seen = 0;
    const running = client.run({
      streams: [STREAM],
      eachRecord() {
        seen += 1;
        return never();
      },
    });
    await world.until('the record', () => seen === 1);
    const report = await client.close({ timeoutMs: 0 });
    await running;
    expect(report).toEqual({
      outcome: 'timedOut',
      unfinished: [{ stream: STREAM, shardId: SHARD_1 }],
    });
  });
});

describe('await using', () => {
  it('closes the client at the end of its block', async () => {
    const world = oneShard(3);
    let kept: Kinesumer | undefined;
    {
      await using client = world.member().client;
      kept = client;
      for await (const record of client.consume([STREAM])) if (numberOf(record) === 2) break;
    }
    expect(world.registered()).toEqual([]);
    expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_1, 1),
    );
    await expect(kept.consume([STREAM]).next()).rejects.toMatchObject({ code: 'ClientClosed' });
  });
});

describe('the signal of createKinesumer', () => {
  it('closes the client when it aborts', async () => {
    const world = oneShard(3);
    const { store, stream } = world.member();
    const stop = new AbortController();
    const client = await createKinesumer({
      app: 'signalled',
      stateStore: store,
      stream,
      start: 'TRIM_HORIZON',
      profile: 'fast',
      signal: stop.signal,
    });
    const closed = deferred();
    client.on('close', () => closed.resolve());
    let seen = 0;
    for await (const record of client.consume([STREAM])) {
      seen += 1;
      if (numberOf(record) === 3) stop.abort();
    }
    await closed.promise;
    expect(seen).toBe(3);
    expect(world.table.items().filter((item) => item.pk === 'client#signalled')).toEqual([]);
  });

  it('aborted before makes createKinesumer give a closed client', async () => {
    const world = faceWorld();
    const { store, stream } = world.member();
    await expect(
      createKinesumer({
        app: 'signalled',
        stateStore: store,
        stream,
        signal: AbortSignal.abort(),
      }),
    ).rejects.toMatchObject({ code: 'StoreUnanswered' });
  });
});
