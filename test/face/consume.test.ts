import { describe, expect, it } from 'vitest';
import { NOT_STARTED } from '../../src/machines/rules/positions.ts';
import { faceWorld, numberOf, numbersTo, SHARD_1, SHARD_2, type FaceWorld } from './face-world.ts';

const STREAM = 'orders';

function oneShard(records: number): FaceWorld {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  world.put(STREAM, SHARD_1, records);
  return world;
}

describe('consume', () => {
  it('joins the group when the loop begins, not when the client is made', async () => {
    const world = oneShard(1);
    const { client } = world.member();
    await world.pass(5_000);
    expect(world.table.items()).toEqual([]);
    const records = client.consume([STREAM]);
    await records.next();
    expect(world.registered().map((item) => item.sk)).toEqual([client.clientId]);
    await client.close();
  });

  it('marks record n when the loop asks for n + 1', async () => {
    const world = oneShard(3);
    const { client } = world.member();
    const records = client.consume([STREAM]);
    const completed = (): string | undefined => client.snapshot().shards[0]?.completed;
    const first = await records.next();
    expect(first.value?.text()).toBe('1');
    await world.pass(30_000);
    expect(completed()).toBe(NOT_STARTED);
    await records.next();
    expect(completed()).toBe(world.positionOf(STREAM, SHARD_1, 1));
    await records.next();
    expect(completed()).toBe(world.positionOf(STREAM, SHARD_1, 2));
    await client.close();
  });

  it('commits what is marked at the commit interval', async () => {
    const world = oneShard(3);
    const { client } = world.member({ commit: { intervalMs: 2_000 } });
    const records = client.consume([STREAM]);
    await records.next();
    await records.next();
    await world.until(
      'the commit of record 1',
      () =>
        world.checkpoint(STREAM, SHARD_1)?.['position'] === world.positionOf(STREAM, SHARD_1, 1),
      3_000,
    );
    expect(client.snapshot().shards[0]?.committed).toBe(world.positionOf(STREAM, SHARD_1, 1));
    await client.close();
  });

  it('left by break leaves the current record unmarked, drains, commits, releases and leaves', async () => {
    const world = oneShard(5);
    const { client } = world.member();
    const seen: number[] = [];
    for await (const record of client.consume([STREAM])) {
      seen.push(numberOf(record));
      if (seen.length === 3) break;
    }
    expect(seen).toEqual([1, 2, 3]);
    const item = world.checkpoint(STREAM, SHARD_1);
    expect(item?.['position']).toBe(world.positionOf(STREAM, SHARD_1, 2));
    expect(item).not.toHaveProperty('lease_owner');
    expect(world.registered()).toEqual([]);
    expect(client.snapshot().states.client).toBe('idle');
    await client.close();
  });

  it('left by a throw does the same, and the error comes out of the loop', async () => {
    const world = oneShard(5);
    const { client } = world.member();
    const loop = async (): Promise<void> => {
      for await (const record of client.consume([STREAM])) {
        if (numberOf(record) === 2) throw new Error('no more');
      }
    };
    await expect(loop()).rejects.toThrow('no more');
    expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_1, 1),
    );
    expect(world.registered()).toEqual([]);
    await client.close();
  });

  it('again joins again as a new session, after the last mark', async () => {
    const world = oneShard(5);
    const { client } = world.member();
    const sessions: string[] = [];
    client.on('ready', ({ session }) => sessions.push(session));
    for await (const record of client.consume([STREAM])) if (numberOf(record) === 3) break;
    const again: number[] = [];
    for await (const record of client.consume([STREAM])) {
      again.push(numberOf(record));
      if (again.length === 3) break;
    }
    expect(again).toEqual([3, 4, 5]);
    expect(new Set(sessions).size).toBe(2);
    expect(client.snapshot().shards).toEqual([]);
    expect(world.checkpoint(STREAM, SHARD_1)?.['fence']).toBe(2);
    await client.close();
  });

  it('refuses a second consumption with AlreadyConsuming, and the first goes on', async () => {
    const world = oneShard(2);
    const { client } = world.member();
    const records = client.consume([STREAM]);
    await records.next();
    await expect(client.consume([STREAM]).next()).rejects.toMatchObject({
      code: 'AlreadyConsuming',
    });
    await expect(client.run({ streams: [STREAM], eachRecord() {} })).rejects.toMatchObject({
      code: 'AlreadyConsuming',
    });
    expect((await records.next()).value?.text()).toBe('2');
    await client.close();
  });

  it('of a client that runs is refused with AlreadyConsuming, and the run goes on', async () => {
    const world = oneShard(2);
    const { client } = world.member();
    const seen: number[] = [];
    const running = client.run({
      streams: [STREAM],
      eachRecord: (record) => void seen.push(numberOf(record)),
    });
    await expect(client.consume([STREAM]).next()).rejects.toMatchObject({
      code: 'AlreadyConsuming',
    });
    await world.until('both records', () => seen.length === 2);
    await client.close();
    await running;
  });

  it('takes the streams of createKinesumer where it is given none, and its own before those', async () => {
    const world = oneShard(1);
    world.kinesis.createStream('payments', 1);
    world.put('payments', SHARD_1, 1);
    const { client } = world.member({ streams: ['payments'] });
    for await (const record of client.consume()) {
      expect(record.stream).toBe('payments');
      break;
    }
    for await (const record of client.consume([STREAM])) {
      expect(record.stream).toBe(STREAM);
      break;
    }
    await client.close();
  });

  it('without any streams rejects with InvalidOption from the loop', async () => {
    const { client } = faceWorld().member();
    await expect(client.consume().next()).rejects.toMatchObject({
      code: 'InvalidOption',
      message: expect.stringContaining('streams'),
    });
    await client.close();
  });

  it('ends as done, drained and committed, when its signal aborts', async () => {
    const world = oneShard(3);
    const { client } = world.member();
    const stop = new AbortController();
    const seen: number[] = [];
    for await (const record of client.consume([STREAM], { signal: stop.signal })) {
      seen.push(numberOf(record));
      if (seen.length === 3) stop.abort();
    }
    // the loop asked for a fourth one: the third is marked
    expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_1, 3),
    );
    expect(world.registered()).toEqual([]);
    await client.close();
  });

  it('with a signal that was aborted before ends at once and leaves nothing in the group', async () => {
    const world = oneShard(1);
    const { client } = world.member();
    const records = client.consume([STREAM], { signal: AbortSignal.abort() });
    expect(await records.next()).toEqual({ done: true, value: undefined });
    expect(world.registered()).toEqual([]);
    await client.close();
  });

  it('keeps the order within each shard over all shards of many streams', async () => {
    const world = faceWorld();
    const streams = ['orders', 'payments', 'refunds', 'visits'];
    for (const stream of streams) world.twoShards(stream, 20);
    const { client } = world.member();
    const seen = new Map<string, number[]>();
    let count = 0;
    for await (const record of client.consume(streams)) {
      const shard = `${record.stream}/${record.shardId}`;
      seen.set(shard, [...(seen.get(shard) ?? []), numberOf(record)]);
      count += 1;
      if (count === 160) break;
    }
    expect(seen.size).toBe(8);
    for (const numbers of seen.values()) expect(numbers).toEqual(numbersTo(20));
    await client.close();
  });
});

describe('two clients in one process', () => {
  it('are two members that share the shards, and each record comes to one of them', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    const members = [world.member(), world.member()];
    const seen: string[][] = [[], []];
    const running = members.map(({ client }, index) =>
      client.run({
        streams: [STREAM],
        eachRecord: (record) => void seen[index]?.push(`${record.shardId}:${record.text()}`),
      }),
    );
    await world.until('one shard each', () =>
      members.every(({ client }) => client.snapshot().shards.length === 1),
    );
    world.put(STREAM, SHARD_1, 10);
    world.put(STREAM, SHARD_2, 10);
    await world.until('all records', () => seen.flat().length === 20);
    const shardsOf = seen.map((lines) => new Set(lines.map((line) => line.split(':')[0])));
    expect(shardsOf.map((shards) => shards.size)).toEqual([1, 1]);
    expect(new Set(seen.flat()).size).toBe(20);
    const sorted = (ids: readonly string[]): string[] => [...ids].sort();
    expect(sorted(members[0]?.client.snapshot().members ?? [])).toEqual(
      sorted(members.map(({ client }) => client.clientId)),
    );
    for (const { client } of members) await client.close();
    await Promise.all(running);
    expect(world.registered()).toEqual([]);
  });
});
