import { expect, it } from 'vitest';
import { deferred, faceWorld, SHARD_1 } from '../face/face-world.ts';
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
