import { expect, it } from 'vitest';
import type { Item } from '../../src/machines/ports.ts';
import { checkpointKey, groupPk, mapsPk } from '../../src/machines/rules/keys.ts';
import { SHARD_END } from '../../src/machines/rules/positions.ts';
import {
  APP,
  deferred,
  faceWorld,
  SHARD_1,
  SHARD_2,
  type FaceWorld,
  type Member,
} from '../face/face-world.ts';

const STREAM = 'orders';
/** Who writes what no client would. */
const SOMEBODY = 'somebody';

/** Runs a client; says what it read, what it was told, and how it ended. */
function started({ client }: Member) {
  const read = new Set<string>();
  const codes = new Set<string>();
  client.on('error', ({ code }) => codes.add(code));
  const running = client.run({
    streams: [STREAM],
    eachRecord: (record) => void read.add(record.shardId),
  });
  const ended = running.then(
    () => 'closed',
    (error: unknown) => error,
  );
  return { client, read, codes, ended };
}

it.each(['00042', '9'.repeat(1_200), 'seven'])(
  'tells a sequence number that is none (%#) and reads the other shards',
  async (sequenceNumber) => {
    const world = faceWorld();
    world.twoShards(STREAM, 2);
    const key = checkpointKey(APP, STREAM, SHARD_1);
    const item = { ...key, sequence_number: sequenceNumber };
    world.table.write({ kind: 'put', item, when: [] }, SOMEBODY);
    const { client, read, codes, ended } = started(world.member());

    await world.pass(20_000);
    await client.close();
    expect(await ended).toBe('closed');
    expect({ read: [...read], codes: [...codes] }).toEqual({
      read: [SHARD_2],
      codes: ['ItemCorrupted'],
    });
  },
);

const isPlan = ({ pk, sk }: Item): boolean => pk === groupPk(APP) && sk.startsWith('plan#');
const isMap = ({ pk }: Item): boolean => pk === mapsPk(APP);

function spoil(world: FaceWorld, which: (item: Item) => boolean, set: Item | object): void {
  for (const item of world.table.items().filter(which)) {
    const key = { pk: item.pk, sk: item.sk };
    world.table.write({ kind: 'update', key, set: { ...set }, when: [] }, SOMEBODY);
  }
}

it.each([
  ['a map of countless chunks', isMap, { chunks: 4_294_967_296, chunkSet: '1#x' }],
  ['a map of half a chunk', isMap, { chunks: 0.5, chunkSet: '1#x' }],
  ['a plan of countless parts', isPlan, { parts: 4_294_967_297 }],
  ['a plan of no parts', isPlan, { parts: -1 }],
] as const)('tells of %s and goes on beside it', async (_, which, set) => {
  const world = faceWorld();
  world.twoShards(STREAM);
  const first = started(world.member());
  await world.until('both', () => first.client.snapshot().shards.length === 2);
  spoil(world, which, set);
  const second = started(world.member());
  await world.pass(120_000);
  world.put(STREAM, SHARD_1, 1);

  await world.until('the record', () => first.read.size + second.read.size === 1);
  const codes = new Set([...first.codes, ...second.codes]);
  expect([...codes]).toEqual(['ItemCorrupted']);
  for (const { client } of [second, first]) await client.close({ abort: true });
  expect([await first.ended, await second.ended]).toEqual(['closed', 'closed']);
});

it('gives a shard away though somebody moved its position ahead', async () => {
  const world = faceWorld();
  world.twoShards(STREAM, 1);
  const first = started(world.member());
  await world.until('the first of each', () => first.read.size === 2);
  await world.pass(10_000);
  first.client.pause();
  await world.pass(2_000);
  for (const shardId of [SHARD_1, SHARD_2] as const) {
    world.put(STREAM, shardId, 3, 2);
    const key = checkpointKey(APP, STREAM, shardId);
    const set = { position: world.positionOf(STREAM, shardId, 3) };
    world.table.write({ kind: 'update', key, set, when: [] }, SOMEBODY);
  }

  const { client } = world.member();
  const seen: string[] = [];
  const running = client.run({
    streams: [STREAM],
    eachRecord: (record) => void seen.push(record.text()),
  });
  await world.until('one of the two', () => client.snapshot().shards.length === 1);
  await world.until('what comes after that position', () => seen.length > 0);
  await client.close();
  await running;
  await first.client.close();
  expect(await first.ended).toBe('closed');
  expect({ seen, codes: [...first.codes] }).toEqual({ seen: ['4'], codes: ['ForeignWrite'] });
});

it('reads a shard again whose end was written over before the leader saw it, and its children then', async () => {
  const world = faceWorld();
  world.twoShards(STREAM, 1);
  const { client } = world.member();
  const read = new Set<string>();
  const held = deferred();
  const running = client.run({
    streams: [STREAM],
    eachRecord: ({ shardId }) => {
      read.add(shardId);
      return shardId === SHARD_1 ? held.promise : undefined;
    },
  });
  await world.until('both', () => read.size === 2);
  const children = world.kinesis.splitShard(STREAM, SHARD_1);
  world.put(STREAM, SHARD_1, 8, 2);
  // the map has the children: nothing but the end of the shard makes a new plan
  await world.pass(70_000);
  const key = checkpointKey(APP, STREAM, SHARD_1);
  const off = world.table.onWrite(({ after }) => {
    if (after?.sk !== SHARD_1 || after['position'] !== SHARD_END) return;
    off();
    const item = { ...key, sequence_number: after['sequence_number'] ?? '' };
    queueMicrotask(() => void world.table.write({ kind: 'put', item, when: [] }, SOMEBODY));
  });
  held.resolve();

  await world.pass(30_000);
  await client.close();
  await running;
  expect(children.some((shardId) => read.has(shardId))).toBe(true);
});
