import { describe, expect, it } from 'vitest';
import type { KinesumerError } from '../../src/errors.ts';
import { faceWorld, numberOf, SHARD_1, SHARD_2, type FaceWorld } from '../face/face-world.ts';

const STREAM = 'doomed';
const MINUTE = 60_000;

function running(
  world: FaceWorld,
  streams: readonly string[],
  options?: Parameters<FaceWorld['member']>[0],
) {
  const { client } = world.member(options);
  const seen: string[] = [];
  const errors: string[] = [];
  let end = 'runs';
  client.on('error', (error) => errors.push(`${error.code} ${error.stream ?? ''}`));
  client
    .run({
      streams,
      eachRecord: (record) => void seen.push(`${record.stream}:${numberOf(record)}`),
    })
    .then(
      () => (end = 'ended'),
      (error: KinesumerError) => (end = error.code),
    );
  return { client, seen, errors, end: () => end };
}

/** Deletes the stream and makes another one under its name, with records for both of its shards. */
async function recreate(world: FaceWorld): Promise<void> {
  world.kinesis.deleteStream(STREAM);
  await world.pass(1_000);
  world.twoShards(STREAM);
  world.put(STREAM, SHARD_1, 3, 100);
  world.put(STREAM, SHARD_2, 3, 100);
}

describe('a stream that was made anew while no client ran', () => {
  it('is read by nobody, though nothing of the old one was ever read', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    world.twoShards('orders');
    const streams = [STREAM, 'orders'];
    const before = running(world, streams);
    await world.until('all shards', () => before.client.snapshot().shards.length === 4);
    await before.client.close();
    await recreate(world);
    const members = [running(world, streams), running(world, streams)];
    await world.until('both', () => world.registered().length === 2);
    world.put('orders', SHARD_1, 1);
    world.put('orders', SHARD_2, 1);
    const seen = () => members.flatMap((member) => member.seen);
    await world.until('the other stream', () => seen().length >= 2);
    await world.pass(2 * MINUTE);
    expect(seen()).toEqual(['orders:1', 'orders:1']);
    const told = members.flatMap((member) => member.errors);
    expect(new Set(told)).toEqual(new Set([`StreamRecreated ${STREAM}`]));
    for (const member of members) expect((await member.client.close()).outcome).toBe('closed');
    expect(members.map((member) => member.end())).toEqual(['ended', 'ended']);
  });

  it('ends a run that has no other stream with StreamRecreated', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    const before = running(world, [STREAM]);
    await world.until('all shards', () => before.client.snapshot().shards.length === 2);
    await before.client.close();
    await recreate(world);
    const members = [running(world, [STREAM]), running(world, [STREAM])];
    await world.until('the ends', () => members.every((member) => member.end() !== 'runs'));
    expect(members.map((member) => member.end())).toEqual(['StreamRecreated', 'StreamRecreated']);
    expect(members.flatMap((member) => member.seen)).toEqual([]);
    expect(world.registered()).toEqual([]);
  });
});

describe('a stream that is made anew under running clients', () => {
  it('is not read from its shards that the old one had never begun', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    world.twoShards('orders');
    const streams = [STREAM, 'orders'];
    const members = [running(world, streams), running(world, streams)];
    const owned = (): number =>
      members.reduce((sum, { client }) => sum + client.snapshot().shards.length, 0);
    await world.until('all shards', () => owned() === 4);
    await recreate(world);
    await world.pass(2 * MINUTE);
    world.put('orders', SHARD_1, 1);
    const seen = () => members.flatMap((member) => member.seen);
    await world.until('the other stream', () => seen().includes('orders:1'));
    expect(seen()).toEqual(['orders:1']);
    // and its shards are given back
    for (const shardId of [SHARD_1, SHARD_2]) {
      expect(world.checkpoint(STREAM, shardId)).not.toHaveProperty('lease_owner');
    }
    for (const member of members) expect((await member.client.close()).outcome).toBe('closed');
  });
});

it('ends a client that a refresh leaves with nothing but a stream that was made anew', async () => {
  const world = faceWorld();
  world.twoShards(STREAM);
  world.twoShards('orders');
  // the lowest client id lists the stream, and would find out once more
  const members = ['a', 'b'].map((clientId) => running(world, [STREAM, 'orders'], { clientId }));
  const [lister, other] = members;
  if (lister === undefined || other === undefined) throw new Error('two');
  await world.until('two shards each', () =>
    members.every(({ client }) => client.snapshot().shards.length === 2),
  );
  await recreate(world);
  await world.until('the faults', () =>
    members.every(({ errors }) => errors.includes(`StreamRecreated ${STREAM}`)),
  );
  expect(other.end()).toBe('runs');
  await other.client.refresh([STREAM]);
  await world.until('the end', () => other.end() !== 'runs');
  expect(other.end()).toBe('StreamRecreated');
  for (const { client } of members) await client.close({ leave: true });
});
