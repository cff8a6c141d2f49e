import { describe, expect, it } from 'vitest';
import { faceWorld, numberOf, SHARD_1, SHARD_2, type FaceWorld } from './face-world.ts';

const STREAM = 'orders';

/** A running client that notes what it is handed. */
function runningMember(world: FaceWorld) {
  const member = world.member();
  const seen: string[] = [];
  const running = member.client.run({
    streams: [STREAM],
    eachRecord: (record) => void seen.push(`${record.shardId}:${numberOf(record)}`),
  });
  const of = (shardId: string): number => seen.filter((line) => line.startsWith(shardId)).length;
  return { ...member, seen, running, of };
}

describe('pause', () => {
  it('of all shards hands out nothing new, and the client stays a member', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 5);
    const { client, seen, running } = runningMember(world);
    await world.until('the first ones', () => seen.length === 10);
    client.pause();
    await world.pass(1_000);
    world.put(STREAM, SHARD_1, 5, 6);
    world.put(STREAM, SHARD_2, 5, 6);
    const rv = Number(world.registered()[0]?.['rv']);
    let fetched = 0;
    client.on('batch', ({ records }) => {
      fetched += records;
    });
    await world.pass(60_000);
    expect(fetched).toBe(0);
    expect(seen.length).toBe(10);
    expect(Number(world.registered()[0]?.['rv']) - rv).toBeGreaterThanOrEqual(54);
    expect(client.snapshot().shards.length).toBe(2);
    client.resume();
    await world.until('the others', () => seen.length === 20);
    await client.close();
    await running;
  });

  it('of one shard stops that one alone', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 5);
    const { client, seen, running, of } = runningMember(world);
    await world.until('the first ones', () => seen.length === 10);
    client.pause([{ stream: STREAM, shardId: SHARD_1 }]);
    await world.pass(1_000);
    world.put(STREAM, SHARD_1, 5, 6);
    world.put(STREAM, SHARD_2, 5, 6);
    await world.until('the open shard', () => of(SHARD_2) === 10);
    await world.pass(30_000);
    expect(of(SHARD_1)).toBe(5);
    client.resume([{ stream: STREAM, shardId: SHARD_1 }]);
    await world.until('the paused shard', () => of(SHARD_1) === 10);
    await client.close();
    await running;
  });

  it('of all shards holds for shards gained later too, until resume', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    const { client, seen, running } = runningMember(world);
    await world.until('the shard', () => client.snapshot().shards.length === 1);
    client.pause();
    world.kinesis.createStream('payments', 1);
    world.put('payments', SHARD_1, 3);
    await client.refresh([STREAM, 'payments']);
    await world.until('the new shard', () => client.snapshot().shards.length === 2);
    await world.pass(30_000);
    expect(seen).toEqual([]);
    client.resume();
    await world.until('its records', () => seen.length === 3);
    await client.close();
    await running;
  });

  it('within a loop holds the next record back until resume', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.put(STREAM, SHARD_1, 3);
    const { client } = world.member();
    const records = client.consume([STREAM]);
    await records.next();
    client.pause();
    let answered = 'no';
    const second = records.next().then((result) => {
      answered = 'yes';
      return result;
    });
    await world.pass(30_000);
    expect(answered).toBe('no');
    client.resume();
    expect((await second).value?.text()).toBe('2');
    await records.return();
    await client.close();
  });

  it('does not keep close() from ending', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 5);
    const { client, seen, running } = runningMember(world);
    await world.until('the first ones', () => seen.length === 10);
    client.pause();
    await world.pass(2_000);
    expect(await client.close()).toEqual({ outcome: 'closed', unfinished: [] });
    await running;
    expect(world.registered()).toEqual([]);
  });

  it('and resume without a consumption throw NotConsuming', async () => {
    const { client } = faceWorld().member();
    expect(() => client.pause()).toThrow(expect.objectContaining({ code: 'NotConsuming' }));
    expect(() => client.resume()).toThrow(expect.objectContaining({ code: 'NotConsuming' }));
    await client.close();
  });

  it('of an earlier consumption does not hold for the next one', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.put(STREAM, SHARD_1, 3);
    const { client } = world.member();
    const records = client.consume([STREAM]);
    await records.next();
    client.pause();
    await records.return();
    for await (const record of client.consume([STREAM])) {
      expect(record.text()).toBe('1');
      break;
    }
    await client.close();
  });
});
