import { expect, it, onTestFinished, vi } from 'vitest';
import { ByteBudget } from '../../src/services/delivery/budget.ts';
import { faceWorld, numbersTo, SHARD_1, SHARD_2 } from '../face/face-world.ts';

const STREAM = 'orders';
const MEBIBYTE = 1_024 * 1_024;
/** The least that is allowed: the largest answer of Kinesis three times. */
const LEAST_BYTES = 30 * MEBIBYTE;

it('reads on beside a handler that is stuck on the largest answers, with the least memory', async () => {
  const world = faceWorld();
  world.twoShards(STREAM);
  // more than one shard may have in memory: one answer with the handler, one that waits
  for (let record = 0; record < 30; record += 1) {
    world.kinesis.putRecord({
      stream: STREAM,
      partitionKey: 'k',
      explicitHashKey: '0',
      data: new Uint8Array(MEBIBYTE - 1),
    });
  }
  const { client } = world.member({ highWaterMarkBytes: LEAST_BYTES });
  const stuck: string[] = [];
  const seen: string[] = [];
  const running = client.run({
    streams: [STREAM],
    async eachRecord(record) {
      if (record.shardId !== SHARD_1) seen.push(record.text());
      else {
        stuck.push(record.shardId);
        await new Promise(() => {});
      }
    },
  });
  await world.until('the stuck handler', () => stuck.length === 1);
  // time to read ahead as far as it may
  await world.pass(20_000);
  world.put(STREAM, SHARD_2, 4);
  await world.until('the records beside it', () => seen.length === 4, 60_000);
  await client.close({ abort: true });
  await running;

  expect(seen).toEqual(numbersTo(4).map(String));
  expect(stuck).toEqual([SHARD_1]);
});

/** Far more than the readers of one client ask for in one turn of the event loop. */
const CLAIMS_A_TURN = 1_000;

/**
 * Fails a claim of memory once there are so many within one turn of the event loop: no timer fires in an endless
 * one, so that a test that falls into it would never end.
 */
function failEndlessTurns(): void {
  const { reserve } = ByteBudget.prototype;
  let claims = 0;
  let next: NodeJS.Immediate | null = null;
  const watch = vi.spyOn(ByteBudget.prototype, 'reserve').mockImplementation(function (
    this: ByteBudget,
    ...claim
  ) {
    claims += 1;
    next ??= setImmediate(() => {
      claims = 0;
      next = null;
    });
    if (claims > CLAIMS_A_TURN) throw new Error('the readers claim memory without end');
    return reserve.apply(this, claim);
  });
  onTestFinished(() => watch.mockRestore());
}

it('reads more shards than there is memory for at once, and the event loop goes on turning', async () => {
  failEndlessTurns();
  const world = faceWorld();
  // many more than fit: a few that wait never meet
  const shards = 40;
  world.kinesis.createStream(STREAM, shards);
  const ids = world.kinesis.records(STREAM).keys();
  const width = 2n ** 128n / BigInt(shards);
  for (let shard = 0; shard < shards; shard += 1) {
    const explicitHashKey = String(width * BigInt(shard) + width / 2n);
    world.kinesis.putRecord({ stream: STREAM, partitionKey: 'k', explicitHashKey, data: '1' });
  }
  // the first read of a shard reserves the largest answer: the default has room for twelve of them
  const { client, stream } = world.member();
  stream.setFaults({ requestMs: { minMs: 5, maxMs: 40 }, answerMs: { minMs: 5, maxMs: 40 } });
  const seen = new Set<string>();
  let outcome: unknown = 'runs';
  const running = client
    .run({ streams: [STREAM], eachRecord: (record) => void seen.add(record.shardId) })
    .then(
      () => (outcome = 'ended'),
      (error: unknown) => (outcome = error),
    );
  await world.until('all shards read', () => seen.size === shards || outcome !== 'runs');

  expect(outcome).toBe('runs');
  expect([...seen].sort()).toEqual([...ids].sort());
  await client.close({ abort: true });
  await running;
});

it('reads no more than the memory holds from shards that filled up while they were paused', async () => {
  const world = faceWorld();
  const shards = 12;
  world.kinesis.createStream(STREAM, shards);
  const { client } = world.member({ highWaterMarkBytes: LEAST_BYTES });
  const tips = new Set<string>();
  let takenBytes = 0;
  client.on('batch', ({ shardId, bytes }) => {
    tips.add(shardId);
    takenBytes += bytes;
  });
  const running = client.run({ streams: [STREAM], eachRecord: () => new Promise(() => {}) });
  await world.until('all at the tip', () => tips.size === shards);
  client.pause();
  await world.pass(10_000);
  for (let shard = 0; shard < shards; shard += 1) {
    const explicitHashKey = String((2n ** 128n * BigInt(shard)) / BigInt(shards));
    for (let record = 0; record < 9; record += 1) {
      const data = new Uint8Array(MEBIBYTE - 1);
      world.kinesis.putRecord({ stream: STREAM, partitionKey: 'k', explicitHashKey, data });
    }
  }
  client.resume();
  await world.pass(20_000);
  await client.close({ abort: true });
  await running;

  // what is with the stuck handlers, or waits for them
  expect(takenBytes).toBeGreaterThan(0);
  expect(takenBytes).toBeLessThanOrEqual(LEAST_BYTES);
});
