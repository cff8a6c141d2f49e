import { describe, expect, it } from 'vitest';
import type { KinesumerError } from '../../src/errors.ts';
import { deferred, faceWorld, numberOf, numbersTo, SHARD_1, SHARD_2 } from './face-world.ts';

const STREAM = 'orders';
const never = (): Promise<void> => new Promise<void>(() => {});

/** What `run` rejected with. */
const rejection = (running: Promise<void>): Promise<KinesumerError> =>
  running.then(
    () => {
      throw new Error('run resolved');
    },
    (error: KinesumerError) => error,
  );

describe('run', () => {
  it('gives eachRecord the records of each shard in order, one at a time', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 30);
    const { client } = world.member();
    const seen: Record<string, number[]> = { [SHARD_1]: [], [SHARD_2]: [] };
    const inHand = new Set<string>();
    const running = client.run({
      streams: [STREAM],
      async eachRecord(record) {
        expect(inHand.has(record.shardId)).toBe(false);
        inHand.add(record.shardId);
        await Promise.resolve();
        inHand.delete(record.shardId);
        seen[record.shardId]?.push(numberOf(record));
      },
    });
    await world.until('all', () => Object.values(seen).flat().length === 60);
    expect(seen).toEqual({ [SHARD_1]: numbersTo(30), [SHARD_2]: numbersTo(30) });
    await client.close();
    await running;
  });

  it('runs the shards at the same time', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 1);
    const { client } = world.member();
    const both = deferred();
    const inHand = new Set<string>();
    const running = client.run({
      streams: [STREAM],
      async eachBatch(batch) {
        inHand.add(batch.shardId);
        if (inHand.size === 2) both.resolve();
        await both.promise;
      },
    });
    await both.promise;
    expect([...inHand].sort()).toEqual([SHARD_1, SHARD_2]);
    await client.close();
    await running;
  });

  it('marks a batch when its handler resolves, not before', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.put(STREAM, SHARD_1, 4);
    const { client } = world.member();
    const handled = deferred();
    const running = client.run({ streams: [STREAM], eachBatch: () => handled.promise });
    await world.pass(30_000);
    const position = (): unknown => world.checkpoint(STREAM, SHARD_1)?.['position'];
    expect(position()).toBe('!NOT_STARTED');
    handled.resolve();
    await world.until('the commit', () => position() === world.positionOf(STREAM, SHARD_1, 4));
    await client.close();
    await running;
  });

  it('resolves when the client is closed and when its signal aborts, drained and committed', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.put(STREAM, SHARD_1, 4);
    const { client } = world.member();
    const stop = new AbortController();
    const handled = deferred();
    let calls = 0;
    const running = client.run({
      streams: [STREAM],
      signal: stop.signal,
      async eachBatch() {
        calls += 1;
        await handled.promise;
      },
    });
    await world.until('the batch', () => calls === 1);
    stop.abort();
    await world.pass(5_000);
    handled.resolve();
    await running;
    expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_1, 4),
    );
    expect(world.registered()).toEqual([]);
    await client.close();
  });

  it.each([
    ['both handlers', { eachBatch() {}, eachRecord() {} }],
    ['no handler', {}],
    ['a handler that is no function', { eachRecord: 'print' as unknown as () => void }],
    ['a stream named twice', { streams: [STREAM, STREAM], eachRecord() {} }],
    ['no streams anywhere', { streams: undefined, eachRecord() {} }],
    ['an unknown option', { eachRecord() {}, concurrency: 3 } as object],
  ])('with %s rejects with InvalidOption', async (_, options) => {
    const { client } = faceWorld().member();
    await expect(client.run({ streams: [STREAM], ...options })).rejects.toMatchObject({
      code: 'InvalidOption',
    });
    await client.close();
  });
});

describe('a throwing handler', () => {
  it('stops its shard at its last mark; the others drain and commit, the client leaves', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 10);
    const { client } = world.member();
    const slow = deferred();
    const cause = new Error('no disk');
    const seen: number[] = [];
    const running = client.run({
      streams: [STREAM],
      async eachRecord(record) {
        if (record.shardId === SHARD_2) return slow.promise;
        seen.push(numberOf(record));
        if (numberOf(record) === 4) throw cause;
      },
    });
    const rejected = rejection(running);
    await world.until('the failure', () => seen.includes(4));
    await world.pass(3_000);
    slow.resolve();
    const error = await rejected;
    const failed = world.kinesis.records(STREAM).get(SHARD_1)?.[3];
    expect(error).toMatchObject({
      code: 'HandlerFailed',
      stream: STREAM,
      shardId: SHARD_1,
      sequenceNumber: failed?.sequenceNumber,
    });
    expect(error.cause).toBe(cause);
    expect(seen).toEqual([1, 2, 3, 4]);
    const item = world.checkpoint(STREAM, SHARD_1);
    expect(item?.['position']).toBe(world.positionOf(STREAM, SHARD_1, 3));
    expect(item).not.toHaveProperty('lease_owner');
    // the other shard finished the record that it had in hand and nothing more
    const other = world.checkpoint(STREAM, SHARD_2);
    expect(other?.['position']).toBe(world.positionOf(STREAM, SHARD_2, 1));
    expect(other).not.toHaveProperty('lease_owner');
    expect(world.registered()).toEqual([]);
    await client.close();
  });

  it('of a batch leaves the whole batch unmarked but for the records it marked', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.put(STREAM, SHARD_1, 10);
    const { client } = world.member();
    const error = await rejection(
      client.run({
        streams: [STREAM],
        eachBatch(batch) {
          batch.mark(batch.records[5]);
          throw new Error('half way');
        },
      }),
    );
    expect(error).toMatchObject({ code: 'HandlerFailed', shardId: SHARD_1 });
    expect(error.sequenceNumber).toBe(
      world.kinesis.records(STREAM).get(SHARD_1)?.[6]?.sequenceNumber,
    );
    expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_1, 6),
    );
    await client.close();
  });

  it('skips nothing: the next consumption begins with the record that failed', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.put(STREAM, SHARD_1, 3);
    const { client } = world.member();
    const failing = client.run({
      streams: [STREAM],
      eachRecord(record) {
        if (numberOf(record) === 2) throw new Error('once');
      },
    });
    await rejection(failing);
    for await (const record of client.consume([STREAM])) {
      expect(numberOf(record)).toBe(2);
      break;
    }
    await client.close();
  });

  it('rejects the run with what it threw as the cause, whatever that is', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.put(STREAM, SHARD_1, 1);
    const { client } = world.member();
    const eachRecord = (): Promise<never> => Promise.reject('a string' as unknown as Error);
    const error = await rejection(client.run({ streams: [STREAM], eachRecord }));
    expect(error).toMatchObject({ code: 'HandlerFailed', cause: 'a string' });
    await client.close();
  });
});

describe('a handler that never resolves', () => {
  it('stops neither the heartbeat nor other shards, in minutes', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 5);
    const { client } = world.member();
    let others = 0;
    const running = client.run({
      streams: [STREAM],
      eachRecord: (record) => (record.shardId === SHARD_1 ? never() : void (others += 1)),
    });
    await world.until('the others', () => others === 5);
    const rv = (): number => Number(world.registered()[0]?.['rv']);
    for (let minute = 0; minute < 3; minute += 1) {
      const before = rv();
      world.put(STREAM, SHARD_2, 5);
      await world.pass(60_000);
      // one a second and a tenth of it for the jitter
      expect(rv() - before).toBeGreaterThanOrEqual(54);
    }
    expect(others).toBe(20);
    expect(world.checkpoint(STREAM, SHARD_2)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_2, 20),
    );
    await client.close({ abort: true });
    await running;
  });

  it('lets close() end at the drain timeout, told what was left undone', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 5);
    const { client } = world.member({ drainTimeoutMs: 8_000 });
    const errors: string[] = [];
    client.on('error', (error) => errors.push(`${error.code} ${error.shardId ?? ''}`));
    let stuck = 0;
    let aborted: unknown = null;
    const running = client.run({
      streams: [STREAM],
      eachBatch(batch) {
        if (batch.shardId === SHARD_2) return undefined;
        stuck += 1;
        batch.signal.addEventListener('abort', () => {
          aborted = batch.signal.reason;
        });
        return never();
      },
    });
    await world.until('both shards', () => stuck === 1 && client.snapshot().shards.length === 2);
    const startedMs = world.clock.monotonicMs();
    const report = await client.close();
    await running;
    expect(world.clock.monotonicMs() - startedMs).toBeLessThanOrEqual(13_000);
    expect(report.unfinished).toEqual([{ stream: STREAM, shardId: SHARD_1 }]);
    expect(report.outcome).toBe('timedOut');
    expect(aborted).toMatchObject({ code: 'DrainTimeout', shardId: SHARD_1 });
    expect(errors).toContain(`DrainTimeout ${SHARD_1}`);
    // left all the same: the others need not wait for the TTL
    expect(world.registered()).toEqual([]);
    expect(world.checkpoint(STREAM, SHARD_1)).not.toHaveProperty('lease_owner');
    expect(world.checkpoint(STREAM, SHARD_2)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_2, 5),
    );
  });

  it('lets close({ timeoutMs }) end at its own deadline, told what was left undone', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 5);
    const { client } = world.member();
    let stuck = 0;
    const running = client.run({
      streams: [STREAM],
      eachRecord(record) {
        if (record.shardId !== SHARD_1) return undefined;
        stuck += 1;
        return never();
      },
    });
    await world.until('the stuck one', () => stuck === 1 && client.snapshot().shards.length === 2);
    const startedMs = world.clock.monotonicMs();
    const report = await client.close({ timeoutMs: 3_000 });
    await running;
    expect(world.clock.monotonicMs() - startedMs).toBeLessThanOrEqual(3_100);
    expect(report).toEqual({
      outcome: 'timedOut',
      unfinished: [{ stream: STREAM, shardId: SHARD_1 }],
    });
  });
});
