import { describe, expect, it } from 'vitest';
import { faceWorld, numberOf, SHARD_1 } from './face-world.ts';

const STREAM = 'orders';

describe('a static clientId', () => {
  it('keeps its place over a close: the same shards, and nothing moves', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 4);
    const names = ['a', 'b'];
    const start = (clientId: string) => {
      const { client } = world.member({ clientId });
      const ends: string[] = [];
      client.on('shardEnd', ({ shardId }) => ends.push(shardId));
      const running = client.run({ streams: [STREAM], eachRecord() {} });
      const shards = (): string[] => client.snapshot().shards.map(({ shardId }) => shardId);
      return { client, ends, running, shards };
    };
    const [a, b] = names.map(start);
    if (a === undefined || b === undefined) throw new Error('two');
    await world.until('two each', () => a.shards().length === 2 && b.shards().length === 2);
    const before = b.shards();
    const generation = a.client.snapshot().generation;
    await b.client.close();
    await b.running;
    expect(world.registered().map((item) => item.sk)).toEqual(names);
    await world.pass(1_000);
    const again = start('b');
    await world.until('its shards', () => again.shards().length === 2);
    expect(again.shards()).toEqual(before);
    expect(a.client.snapshot().generation).toBe(generation);
    const leftBefore = a.ends.length;
    expect(leftBefore).toBeLessThanOrEqual(2);
    for (const member of [a, again]) {
      await member.client.close({ leave: true });
      await member.running;
    }
  });

  it('taken over by its successor while it still drains ends its run without an error', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 1);
    const older = world.member({ clientId: 'a' }).client;
    let busy = 0;
    const running = older.run({
      streams: [STREAM],
      eachBatch() {
        busy += 1;
        return new Promise(() => {});
      },
    });
    await world.until('both handlers', () => busy === 2);
    const closing = older.close({ timeoutMs: 60_000 });
    const younger = world.member({ clientId: 'a' }).client;
    const seen: string[] = [];
    const takenOver = younger.run({
      streams: [STREAM],
      eachRecord: (record) => void seen.push(record.shardId),
    });
    await closing;
    await expect(running).resolves.toBeUndefined();
    // what the older one had in hand and did not finish comes again
    await world.until('the records', () => seen.length === 2);
    await younger.close({ leave: true });
    await takenOver;
  });

  it('leaves for good with leave: true', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    const { client } = world.member({ clientId: 'a' });
    const running = client.run({ streams: [STREAM], eachRecord() {} });
    await world.until('both', () => client.snapshot().shards.length === 2);
    await client.close({ leave: true });
    await running;
    expect(world.registered()).toEqual([]);
  });

  it('that does not come back loses its place after the TTL', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    const [a, b] = ['a', 'b'].map((clientId) => {
      const { client } = world.member({ clientId });
      return { client, running: client.run({ streams: [STREAM], eachRecord() {} }) };
    });
    if (a === undefined || b === undefined) throw new Error('two');
    await world.until('one each', () =>
      [a, b].every(({ client }) => client.snapshot().shards.length === 1),
    );
    await b.client.close();
    await b.running;
    await world.until('both', () => a.client.snapshot().shards.length === 2, 10_000);
    expect(world.registered().map((item) => item.sk)).toEqual(['a']);
    await a.client.close({ leave: true });
    await a.running;
  });

  it('used twice at once ends the older process with SessionReplaced', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 2);
    const older = world.member({ clientId: 'a' });
    const running = older.client.run({ streams: [STREAM], eachRecord() {} });
    const outcome = running.then(
      () => 'resolved',
      (error: { readonly code: string }) => error.code,
    );
    await world.until('both', () => older.client.snapshot().shards.length === 2);
    const younger = world.member({ clientId: 'a' });
    const seen: number[] = [];
    const going = younger.client.run({
      streams: [STREAM],
      eachRecord: (record) => void seen.push(numberOf(record)),
    });
    expect(await outcome).toBe('SessionReplaced');
    await world.until('both', () => younger.client.snapshot().shards.length === 2);
    await older.client.close();
    world.put(STREAM, SHARD_1, 1, 3);
    await world.until('the new record', () => seen.includes(3));
    await younger.client.close({ leave: true });
    await going;
  });
});
