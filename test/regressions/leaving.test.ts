import { expect, it } from 'vitest';
import type { ShardRecord } from '../../src/services/delivery/record.ts';
import { clientsPk } from '../../src/machines/rules/keys.ts';
import { APP, deferred, faceWorld, SHARD_1, SHARD_2 } from '../face/face-world.ts';
import { failed, isLeave, isShardWrite, onWrite } from './intercepted-store.ts';

const STREAM = 'orders';
const MANUAL = { commit: { auto: false } } as const;

it('closes as soon as a handler has committed its batch by hand', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  world.put(STREAM, SHARD_1, 5);
  const { client } = world.member({ ...MANUAL, drainTimeoutMs: 20_000 });
  const entered = deferred();
  const goOn = deferred();
  const running = client.run({
    streams: [STREAM],
    async eachBatch(batch) {
      entered.resolve();
      await goOn.promise;
      batch.mark();
      await batch.commit();
    },
  });
  await entered.promise;
  const closing = client.close();
  let closed = 'not yet';
  void closing.then((report) => (closed = report.outcome));
  await world.pass(100);
  goOn.resolve();
  // half the drain timeout: it must not be what ends the close
  await world.until('closed', () => closed !== 'not yet', 10_000);
  await running;

  expect(closed).toBe('closed');
  const position = world.positionOf(STREAM, SHARD_1, 5);
  expect(world.checkpoint(STREAM, SHARD_1)).toMatchObject({ position });
});

it('lets a handler commit through the client while it closes', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  world.put(STREAM, SHARD_1, 5);
  const { client } = world.member(MANUAL);
  const entered = deferred();
  const goOn = deferred();
  const running = client.run({
    streams: [STREAM],
    async eachBatch(batch) {
      entered.resolve();
      await goOn.promise;
      batch.mark();
      await client.commit();
    },
  });
  await entered.promise;
  const closing = client.close();
  await world.pass(100);
  goOn.resolve();

  expect(await closing).toMatchObject({ outcome: 'closed' });
  await expect(running).resolves.toBeUndefined();
});

it('hands nothing over after an aborted close, though a shard is acquired only then', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  world.put(STREAM, SHARD_1, 3);
  const { client, store } = world.member();
  const acquired = deferred();
  const answer = deferred();
  let leaves = 0;
  onWrite(store, async (write, goOn) => {
    if (isShardWrite(write, STREAM)) {
      const done = await goOn();
      acquired.resolve();
      await answer.promise;
      return done;
    }
    if (isLeave(write)) {
      leaves += 1;
      // the client stays long enough for a shard to be read
      if (leaves < 10) return failed('throttled', 'StoreThrottled');
    }
    return goOn();
  });
  const handled: string[] = [];
  const running = client.run({
    streams: [STREAM],
    eachRecord: (record) => void handled.push(record.text()),
  });
  await acquired.promise;
  const closing = client.close({ abort: true });
  await world.pass(50);
  answer.resolve();
  await closing;
  await running;

  expect(handled).toEqual([]);
});

it('tells a fatal error that comes while the loop is being left', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  world.put(STREAM, SHARD_1, 3);
  const { client, store } = world.member();
  const told: string[] = [];
  client.on('error', (error) => void told.push(error.code));
  const records = client.consume([STREAM]);
  await records.next();
  await records.next();
  onWrite(store, (write, goOn) =>
    isShardWrite(write, STREAM) ? Promise.resolve(failed('failed', 'AccessDenied')) : goOn(),
  );
  await records.return();
  await client.close();

  expect(told).toContain('AccessDenied');
});

it('writes and gives back what its handlers completed within a short deadline, though the leader is dead', async () => {
  const world = faceWorld();
  world.twoShards(STREAM);
  const leader = world.member({ clientId: 'a', profile: 'default' });
  const led = leader.client.run({ streams: [STREAM], eachRecord() {} });
  await world.until('both', () => leader.client.snapshot().shards.length === 2);
  const { client } = world.member({ ...MANUAL, profile: 'default' });
  let seen = 0;
  const running = client.run({
    streams: [STREAM],
    eachRecord(record) {
      seen += 1;
      record.mark();
    },
  });
  await world.until('a shard', () => client.snapshot().shards.length === 1);
  const shardId = client.snapshot().shards[0]?.shardId === SHARD_1 ? SHARD_1 : SHARD_2;
  await world.pass(10_000);
  leader.store.cut();
  world.put(STREAM, shardId, 3);
  await world.until('the records', () => seen === 3);
  // less than the TTL, which the group needs to find the leader silent
  const report = await client.close({ timeoutMs: 8_000 });
  await running;
  const item = world.checkpoint(STREAM, shardId);
  await leader.client.close({ abort: true, timeoutMs: 0 });
  await led;

  expect(report).toEqual({ outcome: 'closed', unfinished: [] });
  expect(item?.['position']).toBe(world.positionOf(STREAM, shardId, 3));
  expect(item).not.toHaveProperty('lease_owner');
});

it('keeps the place of a static client that closes before it knows that it registered', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  const before = world.member({ clientId: 'pod-1' }).client;
  const ran = before.run({ streams: [STREAM], eachRecord() {} });
  await world.until('the shard', () => before.snapshot().shards.length === 1);
  await before.close();
  await ran;
  const { client, store } = world.member({ clientId: 'pod-1' });
  const registered = deferred();
  const answer = deferred();
  onWrite(store, async (write, goOn) => {
    const done = await goOn();
    if (write.kind === 'put' && write.item.pk === clientsPk(APP)) {
      registered.resolve();
      await answer.promise;
    }
    return done;
  });
  const running = client.run({ streams: [STREAM], eachRecord() {} });
  await registered.promise;
  const closing = client.close();
  answer.resolve();
  await closing;
  await running;

  expect(world.registered().map((item) => item.sk)).toEqual(['pod-1']);
});

it.each(['record', 'batch'] as const)(
  'waits for no mark of a handler by %s that marks what it wants marked itself',
  async (by) => {
    const world = faceWorld();
    world.twoShards(STREAM, 3);
    const { client } = world.member(MANUAL);
    let seen = 0;
    const markSecond = (record: ShardRecord): void => {
      seen += 1;
      if (record.text() === '2') record.mark();
    };
    const running = client.run(
      by === 'record'
        ? { streams: [STREAM], eachRecord: markSecond }
        : { streams: [STREAM], eachBatch: ({ records }) => records.forEach(markSecond) },
    );
    await world.until('the records', () => seen === 6);
    const startedMs = world.clock.monotonicMs();
    expect(await client.close()).toEqual({ outcome: 'closed', unfinished: [] });
    await running;
    expect(world.clock.monotonicMs() - startedMs).toBeLessThanOrEqual(1_000);
    for (const shardId of [SHARD_1, SHARD_2]) {
      expect(world.checkpoint(STREAM, shardId)?.['position']).toBe(
        world.positionOf(STREAM, shardId, 2),
      );
    }
  },
);

it('waits for the marks of a client that marks behind its handlers, once more', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  world.put(STREAM, SHARD_1, 2);
  const { client } = world.member(MANUAL);
  const buffer: ShardRecord[] = [];
  const running = client.run({
    streams: [STREAM],
    eachRecord(record) {
      // a mark from within now and then changes nothing
      if (record.text() === '1' || record.text() === '3') record.mark();
      buffer.push(record);
    },
  });
  await world.until('the records', () => buffer.length === 2);
  await world.pass(1_000);
  buffer[1]?.mark();
  world.put(STREAM, SHARD_1, 2, 3);
  await world.until('two more', () => buffer.length === 4);
  const closing = client.close();
  await world.pass(5_000);
  buffer[3]?.mark();
  expect(await closing).toEqual({ outcome: 'closed', unfinished: [] });
  await running;
  expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
    world.positionOf(STREAM, SHARD_1, 4),
  );
});
