import { describe, expect, it } from 'vitest';
import { faceWorld, SHARD_1, SHARD_2 } from './face-world.ts';

const STREAM = 'orders';

describe('snapshot', () => {
  it('is plain JSON at every moment of a client', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 5);
    const { client } = world.member();
    const expectPlain = (): void => {
      const snapshot = client.snapshot();
      expect(JSON.parse(JSON.stringify(snapshot))).toEqual(snapshot);
    };
    expectPlain();
    let seen = 0;
    const running = client.run({
      streams: [STREAM],
      eachRecord() {
        seen += 1;
        expectPlain();
      },
    });
    expectPlain();
    await world.until('all', () => seen === 10);
    expectPlain();
    const closing = client.close();
    expectPlain();
    await closing;
    await running;
    expectPlain();
  });

  it('of a client that never consumed names it and says idle', async () => {
    const { client } = faceWorld().member({ clientId: 'worker-1', streams: [STREAM] });
    expect(client.snapshot()).toMatchObject({
      app: 'face',
      clientId: 'worker-1',
      session: null,
      streams: [STREAM],
      states: { client: 'idle', membership: null, role: null },
      shards: [],
    });
    await client.close();
  });

  it('shows each statechart, the group, and each shard with owner, position and lag', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 5);
    const { client } = world.member();
    let seen = 0;
    const running = client.run({ streams: [STREAM], eachRecord: () => void (seen += 1) });
    await world.until('all', () => seen === 10);
    await world.pass(10_000);
    const snapshot = client.snapshot();
    expect(snapshot).toMatchObject({
      session: expect.stringContaining(client.clientId),
      generation: 1,
      leader: snapshot.session,
      members: [client.clientId],
      pending: [],
      states: {
        client: { active: { duty: 'serving' } },
        membership: { duty: 'working' },
        assignment: { staying: { settled: 'sure' } },
      },
    });
    expect(snapshot.shards.map((shard) => shard.shardId).sort()).toEqual([SHARD_1, SHARD_2]);
    for (const shard of snapshot.shards) {
      const position = world.positionOf(STREAM, shard.shardId, 5);
      expect(shard).toMatchObject({
        stream: STREAM,
        fence: 1,
        millisBehindLatest: 0,
        completed: position,
        committed: position,
        backlogRecords: 0,
      });
    }
    expect(snapshot.store.writeUnits).toBeGreaterThan(0);
    await client.close();
    await running;
  });

  it('shows how far a slow handler is behind', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.put(STREAM, SHARD_1, 5);
    const { client } = world.member({ scanLimit: 3 });
    const records = client.consume([STREAM]);
    await records.next();
    await world.pass(20_000);
    const shard = client.snapshot().shards[0];
    // the batch in hand and the one fetched ahead
    expect(shard?.backlogRecords).toBe(5);
    await records.return();
    await client.close();
  });
});
