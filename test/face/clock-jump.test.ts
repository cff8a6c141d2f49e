import { describe, expect, it } from 'vitest';
import { faceWorld, numberOf, numbersTo, SHARD_1, SHARD_2 } from './face-world.ts';

const STREAM = 'orders';
const DAY_MS = 86_400_000;
/** Of the profile fast, with its jitter and a poll. */
const HEARTBEAT_MS = 1_700;

describe('a wall clock that jumps', () => {
  it.each([
    ['a day ahead', DAY_MS],
    ['a day back', -DAY_MS],
  ])(
    '%s stops deliveries at most until the next heartbeat, and nobody is expelled',
    async (_, by) => {
      const world = faceWorld();
      world.twoShards(STREAM);
      const seen: Record<string, number[]> = { [SHARD_1]: [], [SHARD_2]: [] };
      const codes = new Set<string>();
      const members = [world.member(), world.member()].map(({ client }) => {
        client.on('error', (error) => codes.add(error.code));
        const running = client.run({
          streams: [STREAM],
          eachRecord: (record) => void seen[record.shardId]?.push(numberOf(record)),
        });
        return { client, running };
      });
      await world.until('a shard each', () =>
        members.every(({ client }) => client.snapshot().shards.length === 1),
      );
      const sessions = members.map(({ client }) => client.snapshot().session);
      const generation = members[0]?.client.snapshot().generation;
      await world.pass(5_000);
      world.clock.jumpWall(by);
      world.put(STREAM, SHARD_1, 10);
      world.put(STREAM, SHARD_2, 10);
      await world.until(
        'the deliveries',
        () => Object.values(seen).flat().length === 20,
        HEARTBEAT_MS,
      );
      await world.pass(60_000);
      expect(members.map(({ client }) => client.snapshot().session)).toEqual(sessions);
      expect(members[0]?.client.snapshot().generation).toBe(generation);
      expect([...codes]).toEqual([]);
      for (const { client } of members) await client.close();
      await Promise.all(members.map(({ running }) => running));
      expect(seen).toEqual({ [SHARD_1]: numbersTo(10), [SHARD_2]: numbersTo(10) });
    },
  );

  it('ahead shuts the gate for a client whose store is away: nothing is delivered on trust', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    const { client, store } = world.member();
    const seen: number[] = [];
    const running = client.run({
      streams: [STREAM],
      eachRecord: (record) => void seen.push(numberOf(record)),
    });
    await world.until('the shard', () => client.snapshot().shards.length === 1);
    await world.pass(3_000);
    store.cut();
    world.clock.jumpWall(DAY_MS);
    world.put(STREAM, SHARD_1, 5);
    await world.pass(10_000);
    expect(seen).toEqual([]);
    store.restore();
    await world.until('the records', () => seen.length === 5);
    await client.close();
    await running;
  });
});
