import { describe, expect, it } from 'vitest';
import { faceWorld, numberOf, SHARD_1, SHARD_2, type FaceWorld } from './face-world.ts';

function runningMember(world: FaceWorld, streams: readonly string[]) {
  const member = world.member();
  const seen: string[] = [];
  const ends: string[] = [];
  const starts: string[] = [];
  member.client.on('shardStart', ({ stream, shardId }) => starts.push(`${stream}/${shardId}`));
  member.client.on('shardEnd', ({ stream, shardId, reason }) =>
    ends.push(`${stream}/${shardId} ${reason}`),
  );
  const running = member.client.run({
    streams,
    eachRecord: (record) => void seen.push(`${record.stream}:${numberOf(record)}`),
  });
  return { ...member, seen, ends, starts, running };
}

describe('refresh', () => {
  it('takes streams in and gives others up; shards of streams that stay are not disturbed', async () => {
    const world = faceWorld();
    for (const stream of ['kept', 'dropped', 'added']) world.twoShards(stream, 2);
    const { client, seen, ends, starts, running } = runningMember(world, ['kept', 'dropped']);
    await world.until('the first ones', () => seen.length === 8);
    await client.refresh(['kept', 'added']);
    await world.until('the change', () => {
      const streams = new Set(client.snapshot().shards.map((shard) => shard.stream));
      return streams.has('added') && !streams.has('dropped');
    });
    await world.until('the new records', () => seen.length === 12);
    expect(client.snapshot().streams).toEqual(['kept', 'added']);
    expect(ends.sort()).toEqual([`dropped/${SHARD_1} moved`, `dropped/${SHARD_2} moved`]);
    expect(starts.filter((shard) => shard.startsWith('kept')).length).toBe(2);
    expect(world.checkpoint('kept', SHARD_1)?.['fence']).toBe(1);
    world.put('kept', SHARD_1, 1, 3);
    world.put('dropped', SHARD_1, 1, 3);
    await world.until('the kept stream goes on', () => seen.includes('kept:3'));
    await world.pass(10_000);
    expect(seen).not.toContain('dropped:3');
    await client.close();
    await running;
  });

  it('commits what was read of a stream that is given up', async () => {
    const world = faceWorld();
    world.twoShards('kept');
    world.twoShards('dropped', 2);
    const { client, seen, running } = runningMember(world, ['kept', 'dropped']);
    await world.until('the records', () => seen.length === 4);
    await client.refresh(['kept']);
    await world.until('its release', () => client.snapshot().shards.length === 2);
    const item = world.checkpoint('dropped', SHARD_1);
    expect(item?.['position']).toBe(world.positionOf('dropped', SHARD_1, 2));
    expect(item).not.toHaveProperty('lease_owner');
    await client.close();
    await running;
  });

  it('with a missing stream rejects with StreamMissing and changes nothing', async () => {
    const world = faceWorld();
    world.twoShards('kept', 1);
    const { client, seen, ends, running } = runningMember(world, ['kept']);
    await world.until('the records', () => seen.length === 2);
    const generation = client.snapshot().generation;
    await expect(client.refresh(['kept', 'nowhere'])).rejects.toMatchObject({
      code: 'StreamMissing',
      stream: 'nowhere',
    });
    expect(client.snapshot().streams).toEqual(['kept']);
    world.put('kept', SHARD_1, 1, 2);
    await world.until('the next record', () => seen.includes('kept:2'));
    await world.pass(10_000);
    expect(client.snapshot().generation).toBe(generation);
    expect(ends).toEqual([]);
    await client.close();
    await running;
  });

  it('with wrong names rejects with InvalidOption', async () => {
    const world = faceWorld();
    world.twoShards('kept');
    const { client, running } = runningMember(world, ['kept']);
    for (const streams of [[], ['a b'], ['kept', 'kept'], 'kept']) {
      await expect(client.refresh(streams as string[])).rejects.toMatchObject({
        code: 'InvalidOption',
      });
    }
    await client.close();
    await running;
  });

  it('without a consumption rejects with NotConsuming', async () => {
    const { client } = faceWorld().member();
    await expect(client.refresh(['orders'])).rejects.toMatchObject({ code: 'NotConsuming' });
    await client.close();
  });

  it('before the client is registered holds once it is', async () => {
    const world = faceWorld();
    world.twoShards('kept', 1);
    world.twoShards('added', 1);
    const { client, store, seen, running } = runningMember(world, ['kept']);
    store.cut(world.clock.monotonicMs() + 3_000);
    await client.refresh(['added']);
    await world.until('the new records', () => seen.includes('added:1'));
    expect(client.snapshot().streams).toEqual(['added']);
    await client.close();
    await running;
  });

  it('called twice at once: the newest list wins, and both calls are answered', async () => {
    const world = faceWorld();
    for (const stream of ['kept', 'passing', 'added']) world.twoShards(stream, 1);
    const { client, seen, running } = runningMember(world, ['kept']);
    await world.until('the first ones', () => seen.length === 2);
    await Promise.all([client.refresh(['kept', 'passing']), client.refresh(['kept', 'added'])]);
    await world.until('the new records', () => seen.includes('added:1'));
    expect(client.snapshot().streams).toEqual(['kept', 'added']);
    await client.close();
    await running;
  });

  it('while the client closes rejects, and close ends', async () => {
    const world = faceWorld();
    for (const stream of ['kept', 'added']) world.twoShards(stream, 1);
    const { client, seen, running } = runningMember(world, ['kept']);
    await world.until('the first ones', () => seen.length === 2);
    const refreshing = client.refresh(['added']);
    const outcome = refreshing.then(
      () => 'refreshed',
      (error: { readonly code: string }) => error.code,
    );
    expect((await client.close()).outcome).toBe('closed');
    await running;
    expect(['refreshed', 'ClientClosed']).toContain(await outcome);
  });

  it('by all members of a group, leader and followers, deals the new stream out among them', async () => {
    const world = faceWorld();
    for (const stream of ['kept', 'added']) world.twoShards(stream, 1);
    const members = [runningMember(world, ['kept']), runningMember(world, ['kept'])];
    const shardsOf = (stream: string): number[] =>
      members.map(
        ({ client }) => client.snapshot().shards.filter((shard) => shard.stream === stream).length,
      );
    await world.until('one each', () => shardsOf('kept').join() === '1,1');
    for (const { client } of members) await client.refresh(['kept', 'added']);
    await world.until('one each', () => shardsOf('added').join() === '1,1');
    expect(shardsOf('kept')).toEqual([1, 1]);
    for (const member of members) {
      expect(member.client.snapshot().streams).toEqual(['kept', 'added']);
      await member.client.close();
      await member.running;
    }
  });

  it('of one member moves nothing of another that reads other streams', async () => {
    const world = faceWorld();
    for (const stream of ['a', 'b', 'c']) world.twoShards(stream, 1);
    const one = runningMember(world, ['a']);
    const other = runningMember(world, ['b']);
    await world.until('all', () => one.seen.length === 2 && other.seen.length === 2);
    await one.client.refresh(['a', 'c']);
    await world.until('the new records', () => one.seen.includes('c:1'));
    expect(other.ends).toEqual([]);
    expect(one.ends).toEqual([]);
    for (const member of [one, other]) {
      await member.client.close();
      await member.running;
    }
  });
});
