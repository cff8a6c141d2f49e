import { expect, it } from 'vitest';
import { checkpointsPk, mapsPk } from '../../src/machines/rules/keys.ts';
import {
  APP,
  deferred,
  faceWorld,
  numberOf,
  numbersTo,
  SHARD_1,
  SHARD_2,
  type FaceWorld,
} from '../face/face-world.ts';

const STREAM = 'orders';
const MAPS = mapsPk(APP);
const CHECKPOINTS = checkpointsPk(APP, STREAM);
const MINUTE_MS = 60_000;
/** Who writes what no client would. */
const SOMEBODY = 'somebody';

function deleteAll(world: FaceWorld, ...partitions: readonly string[]): void {
  for (const { pk, sk } of world.table.items()) {
    if (!partitions.includes(pk)) continue;
    world.table.write({ kind: 'delete', key: { pk, sk }, when: [] }, SOMEBODY);
  }
}

/** A client from LATEST whose handler holds the third record of its only shard, and what it saw and was told. */
async function heldAtTheThird(world: FaceWorld) {
  world.kinesis.createStream(STREAM, 1);
  const { client } = world.member({ start: 'LATEST' });
  const told: string[] = [];
  client.on('error', (error) => told.push(error.code));
  const seen: number[] = [];
  const held = deferred();
  const running = client.run({
    streams: [STREAM],
    eachRecord: (record) => {
      seen.push(numberOf(record));
      return numberOf(record) === 3 ? held.promise : undefined;
    },
  });
  await world.until('the shard', () => client.snapshot().shards.length === 1);
  await world.pass(5_000);
  world.put(STREAM, SHARD_1, 3);
  await world.until('the third', () => seen.length === 3);
  // what is done is committed
  await world.pass(10_000);
  return { seen, told, goOn: () => held.resolve(), end: () => client.close().then(() => running) };
}

it('reads the children of a shard that was held by its handler while the map was deleted', async () => {
  const world = faceWorld();
  const { seen, told, goOn, end } = await heldAtTheThird(world);
  world.kinesis.splitShard(STREAM, SHARD_1);
  deleteAll(world, MAPS);
  world.put(STREAM, SHARD_1, 2, 4);
  await world.pass(2 * MINUTE_MS);
  world.put(STREAM, SHARD_1, 2, 6);
  goOn();

  await world.until('the records of the children', () => seen.length === 7);
  await end();
  expect({ seen, told }).toEqual({ seen: numbersTo(7), told: [] });
});

it('plans the shards of a map that begins anew with others than the one of before', async () => {
  const world = faceWorld();
  const { seen, goOn, end } = await heldAtTheThird(world);
  world.kinesis.splitShard(STREAM, SHARD_1);
  deleteAll(world, MAPS, CHECKPOINTS);
  await world.pass(2 * MINUTE_MS);
  world.put(STREAM, SHARD_1, 3, 4);
  goOn();

  await world.until('the records of the children', () => seen.includes(6));
  await end();
  expect([4, 5, 6].filter((number) => !seen.includes(number))).toEqual([]);
});

it('reads a closed shard to its end after the map was deleted', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  const { client } = world.member({ start: 'LATEST', scanLimit: 2 });
  const told: string[] = [];
  client.on('error', (error) => told.push(error.code));
  const seen: number[] = [];
  const running = client.run({
    streams: [STREAM],
    eachRecord: async (record) => {
      seen.push(numberOf(record));
      await world.pass(4_000);
    },
  });
  await world.until('the shard', () => client.snapshot().shards.length === 1);
  const [low] = world.kinesis.splitShard(STREAM, SHARD_1);
  await world.until('the children', () => client.snapshot().shards.length === 2);
  await world.pass(5_000);
  world.put(STREAM, SHARD_1, 30);
  await world.until('some', () => seen.length === 3);
  world.kinesis.splitShard(STREAM, low ?? '');
  await world.pass(5_000);
  deleteAll(world, MAPS);

  await world.until('all of them', () => seen.length === 30, 10 * MINUTE_MS);
  await client.close();
  await running;
  expect({ seen, told }).toEqual({ seen: numbersTo(30), told: [] });
});

it('makes a map anew at once that was deleted before a member had the one that the plan names', async () => {
  const world = faceWorld();
  world.twoShards(STREAM, 1);
  const runs = (clientId: string) => {
    const { client } = world.member({ clientId });
    return { client, running: client.run({ streams: [STREAM], eachRecord: () => {} }) };
  };
  const members = [runs('a'), runs('b')];
  const counts = () => members.map(({ client }) => client.snapshot().shards.length);
  await world.until('one each', () => counts().join() === '1,1');
  await world.pass(5_000);
  const off = world.table.onWrite(({ after }) => {
    if (after?.sk !== 'head') return;
    off();
    queueMicrotask(() => deleteAll(world, MAPS));
  });
  world.kinesis.splitShard(STREAM, SHARD_2);

  await world.until('the map is gone', () => world.table.partition(MAPS).length === 0);
  await world.pass(15_000);
  const read = counts();
  for (const { client, running } of members) {
    await client.close();
    await running;
  }
  expect(read[0] === 1 ? read : read.toReversed()).toEqual([1, 2]);
});
