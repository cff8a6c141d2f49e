import { expect, it } from 'vitest';
import { faceWorld, SHARD_1, type FaceWorld } from '../face/face-world.ts';
import { failed, isShardWrite, onWrite } from './intercepted-store.ts';

const STREAM = 'orders';
const CUT_OFF = { outcome: 'aborted', unfinished: [{ stream: STREAM, shardId: SHARD_1 }] };
const never = (): Promise<void> => new Promise<void>(() => {});

function oneShard(records: number): FaceWorld {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  world.put(STREAM, SHARD_1, records);
  return world;
}

it.each(['abort', 'drain'] as const)(
  'gives its shards back though it is told to abort again, after a close by %s',
  async (first) => {
    const world = oneShard(3);
    const { client } = world.member();
    const codes: string[] = [];
    client.on('error', ({ code }) => codes.push(code));
    let seen = 0;
    const running = client.run({
      streams: [STREAM],
      eachRecord() {
        seen += 1;
        return seen < 3 ? undefined : never();
      },
    });
    await world.until('the records', () => seen === 3);
    const reports = await Promise.all([
      client.close({ abort: first === 'abort' }),
      client.close({ abort: true }),
      client.close({ abort: true }),
    ]);
    await running;
    const item = world.checkpoint(STREAM, SHARD_1);
    expect(reports).toEqual([CUT_OFF, CUT_OFF, CUT_OFF]);
    expect(codes).toEqual([]);
    expect(item?.['position']).toBe(world.positionOf(STREAM, SHARD_1, 2));
    expect(item).not.toHaveProperty('lease_owner');
  },
);

it('says which handlers a second thought of close() cut off', async () => {
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
  const first = client.close({ timeoutMs: 60_000 });
  await world.pass(1_000);
  expect(await client.close({ abort: true })).toEqual(CUT_OFF);
  expect(await first).toEqual(CUT_OFF);
  await running;
});

it('ends by the earlier deadline of two closes, and tells the end of its shards', async () => {
  const world = oneShard(1);
  const { client, store } = world.member();
  const ends: string[] = [];
  client.on('shardEnd', ({ shardId, reason }) => ends.push(`${shardId} ${reason}`));
  let seen = 0;
  const running = client.run({
    streams: [STREAM],
    eachRecord() {
      seen += 1;
      return never();
    },
  });
  await world.until('the record', () => seen === 1);
  store.cut();
  void client.close({ timeoutMs: 60_000 });
  await world.pass(1_000);
  const startedMs = world.clock.monotonicMs();
  const report = await client.close({ abort: true, timeoutMs: 2_000 });
  await running;
  expect(report).toEqual({ ...CUT_OFF, outcome: 'timedOut' });
  expect(world.clock.monotonicMs() - startedMs).toBeLessThanOrEqual(2_100);
  expect(ends).toEqual([`${SHARD_1} shutdown`]);
  expect(world.clock.pending()).toBe(0);
});

it('closes once though a listener of an abort signal closes again', async () => {
  const world = oneShard(1);
  const { client } = world.member();
  let closes = 0;
  client.on('close', () => (closes += 1));
  const again: Promise<unknown>[] = [];
  let seen = 0;
  const running = client.run({
    streams: [STREAM],
    eachBatch(batch) {
      seen += 1;
      batch.signal.addEventListener('abort', () => again.push(client.close()));
      return never();
    },
  });
  await world.until('the record', () => seen === 1);
  const first = client.close({ abort: true });
  expect(await first).toEqual(CUT_OFF);
  await running;
  await world.pass(100);
  expect(again).toEqual([first]);
  expect(closes).toBe(1);
});

it('closes once though a listener of the event closes again', async () => {
  const { client } = faceWorld().member();
  let closes = 0;
  client.on('close', () => {
    closes += 1;
    if (closes < 3) void client.close();
  });
  await client.close();
  expect(closes).toBe(1);
});

it('blames no handler where only the store kept close() from its end', async () => {
  const world = oneShard(3);
  const { client, store } = world.member();
  let seen = 0;
  const messages: string[] = [];
  client.on('error', ({ code, message }) => {
    if (code === 'CloseTimeout') messages.push(message);
  });
  const running = client.run({ streams: [STREAM], eachRecord: () => void (seen += 1) });
  await world.until('the records', () => seen === 3);
  onWrite(store, (write, goOn) =>
    isShardWrite(write, STREAM) ? Promise.resolve(failed('unanswered', 'StoreUnanswered')) : goOn(),
  );
  const report = await client.close({ timeoutMs: 3_000 });
  await running;
  expect(report).toEqual({ outcome: 'timedOut', unfinished: [] });
  expect(messages).toEqual([
    'close() left work undone: the store had not taken the last commits and the farewell in time',
  ]);
});
