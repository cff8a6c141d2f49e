import { describe, expect, it } from 'vitest';
import { faceWorld, numberOf, SHARD_1, SHARD_2, type FaceWorld } from './face-world.ts';

function runningMember(world: FaceWorld, streams: readonly string[]) {
  const { client } = world.member();
  const seen: string[] = [];
  const errors: string[] = [];
  client.on('error', (error) => errors.push(`${error.code} ${error.stream ?? ''}`));
  const running = client.run({
    streams,
    eachRecord: (record) => void seen.push(`${record.stream}:${numberOf(record)}`),
  });
  return { client, seen, errors, running };
}

describe('an unknown stream', () => {
  it('rejects the run and the loop with StreamMissing, and nothing is left in the group', async () => {
    const world = faceWorld();
    world.twoShards('orders', 1);
    const { client } = world.member();
    const missing = { code: 'StreamMissing', stream: 'nowhere' };
    const streams = ['orders', 'nowhere'];
    await expect(client.run({ streams, eachRecord() {} })).rejects.toMatchObject(missing);
    await expect(client.consume(streams).next()).rejects.toMatchObject(missing);
    expect(world.registered()).toEqual([]);
    await client.close();
  });
});

describe('a stream that is still being created', () => {
  it('is waited for, told as StreamCreating', async () => {
    const world = faceWorld();
    world.kinesis.createStream('orders', 2, { creating: true });
    const { client, seen, errors, running } = runningMember(world, ['orders']);
    await world.pass(20_000);
    expect(new Set(errors)).toEqual(new Set(['StreamCreating orders']));
    world.kinesis.activate('orders');
    await world.until('its shards', () => client.snapshot().shards.length === 2);
    world.put('orders', SHARD_1, 1);
    await world.until('its record', () => seen.length === 1);
    await client.close();
    await running;
  });
});

describe('a stream that is deleted while it is read', () => {
  it('is told as StreamMissing while the others go on', async () => {
    const world = faceWorld();
    world.twoShards('orders', 2);
    world.twoShards('doomed', 2);
    const { client, seen, errors, running } = runningMember(world, ['orders', 'doomed']);
    await world.until('all', () => seen.length === 8);
    world.kinesis.deleteStream('doomed');
    await world.until('the error', () => errors.includes('StreamMissing doomed'));
    world.put('orders', SHARD_1, 3, 3);
    world.put('orders', SHARD_2, 3, 3);
    await world.until('the others', () => seen.length === 14);
    await world.pass(120_000);
    world.put('orders', SHARD_1, 1, 6);
    await world.until('the others', () => seen.includes('orders:6'));
    expect(errors.every((error) => error === 'StreamMissing doomed')).toBe(true);
    expect((await client.close()).outcome).toBe('closed');
    await running;
    expect(world.checkpoint('doomed', SHARD_1)?.['position']).not.toBe('!NOT_STARTED');
  });

  it('and created again under its name is told as StreamRecreated, and not read until it is reset', async () => {
    const world = faceWorld();
    world.twoShards('orders', 2);
    world.twoShards('doomed', 2);
    const { client, seen, errors, running } = runningMember(world, ['orders', 'doomed']);
    await world.until('all', () => seen.length === 8);
    world.kinesis.deleteStream('doomed');
    await world.pass(5_000);
    world.twoShards('doomed');
    world.put('doomed', SHARD_1, 1, 9);
    await world.until('the error', () => errors.includes('StreamRecreated doomed'));
    world.put('orders', SHARD_1, 1, 3);
    await world.until('the other one', () => seen.includes('orders:3'));
    await world.pass(120_000);
    expect(seen).not.toContain('doomed:9');
    expect((await client.close()).outcome).toBe('closed');
    await running;
  });
});

describe('records that pass the retention before they are read', () => {
  it('of a shard that is gone are told as DataLapsed, and its children are read', async () => {
    const world = faceWorld();
    world.kinesis.createStream('orders', 1);
    world.put('orders', SHARD_1, 2);
    const { client, seen, errors, running } = runningMember(world, ['orders']);
    await world.until('all', () => seen.length === 2);
    client.pause();
    await world.pass(1_000);
    world.put('orders', SHARD_1, 2, 3);
    world.kinesis.splitShard('orders', SHARD_1);
    await world.pass(1_000);
    world.kinesis.expireBefore('orders', world.clock.wallMs());
    world.put('orders', SHARD_1, 1, 5);
    client.resume();
    await world.until('the child', () => seen.includes('orders:5'));
    expect(errors).toContain('DataLapsed orders');
    expect(seen).not.toContain('orders:3');
    await client.close();
    await running;
  });
});
