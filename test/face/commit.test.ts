import { describe, expect, it } from 'vitest';
import type { ShardRecord } from '../../src/services/delivery/record.ts';
import type { ShardBatch } from '../../src/services/delivery/batch.ts';
import { NOT_STARTED, SHARD_END } from '../../src/machines/rules/positions.ts';
import { deferred, faceWorld, SHARD_1, SHARD_2, type FaceWorld } from './face-world.ts';

const STREAM = 'orders';
const MANUAL = { commit: { auto: false } } as const;

const positionIn = (world: FaceWorld, shardId = SHARD_1): unknown =>
  world.checkpoint(STREAM, shardId)?.['position'];

function oneShard(records: number): FaceWorld {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  world.put(STREAM, SHARD_1, records);
  return world;
}

describe('with commit.auto false', () => {
  it('nothing is committed without a mark, however long', async () => {
    const world = oneShard(5);
    const { client } = world.member(MANUAL);
    let seen = 0;
    const running = client.run({ streams: [STREAM], eachRecord: () => void (seen += 1) });
    await world.until('all', () => seen === 5);
    await world.pass(60_000);
    expect(positionIn(world)).toBe(NOT_STARTED);
    await client.close({ abort: true });
    await running;
    expect(positionIn(world)).toBe(NOT_STARTED);
  });

  it('asking for the next record marks nothing', async () => {
    const world = oneShard(5);
    const { client } = world.member(MANUAL);
    const records = client.consume([STREAM]);
    const first = await records.next();
    await records.next();
    await records.next();
    expect(client.snapshot().shards[0]?.completed).toBe(NOT_STARTED);
    first.value?.mark();
    expect(client.snapshot().shards[0]?.completed).toBe(world.positionOf(STREAM, SHARD_1, 1));
    await records.return();
    expect(positionIn(world)).toBe(world.positionOf(STREAM, SHARD_1, 1));
    await client.close();
  });

  it('batch.mark and batch.commit write the batch, and it stands when commit resolves', async () => {
    const world = oneShard(5);
    const { client } = world.member(MANUAL);
    const committed = deferred<unknown>();
    const running = client.run({
      streams: [STREAM],
      async eachBatch(batch) {
        batch.mark();
        await batch.commit();
        committed.resolve(positionIn(world));
      },
    });
    expect(await committed.promise).toBe(world.positionOf(STREAM, SHARD_1, 5));
    await client.close();
    await running;
  });

  it('record.mark and client.commit write the marks of all shards', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 3);
    const { client } = world.member(MANUAL);
    const records = client.consume([STREAM]);
    for (let n = 0; n < 6; n += 1) {
      const { value } = await records.next();
      if (value === undefined) throw new Error('ended early');
      if (value.text() !== '3') client.markRecord(value);
    }
    expect([positionIn(world), positionIn(world, SHARD_2)]).toEqual([NOT_STARTED, NOT_STARTED]);
    await client.commit();
    expect(positionIn(world)).toBe(world.positionOf(STREAM, SHARD_1, 2));
    expect(positionIn(world, SHARD_2)).toBe(world.positionOf(STREAM, SHARD_2, 2));
    await records.return();
    await client.close();
  });

  it('a mark covers every record of its shard before it', async () => {
    const world = oneShard(5);
    const { client } = world.member(MANUAL);
    const records = client.consume([STREAM]);
    const got: ShardRecord[] = [];
    for (let n = 0; n < 4; n += 1) {
      const { value } = await records.next();
      if (value !== undefined) got.push(value);
    }
    got[3]?.mark();
    await client.commit();
    expect(positionIn(world)).toBe(world.positionOf(STREAM, SHARD_1, 4));
    await records.return();
    await client.close();
  });

  it('marks never move backwards', async () => {
    const world = oneShard(5);
    const { client } = world.member(MANUAL);
    const records = client.consume([STREAM]);
    const got: ShardRecord[] = [];
    for (let n = 0; n < 4; n += 1) {
      const { value } = await records.next();
      if (value !== undefined) got.push(value);
    }
    got[2]?.mark();
    await client.commit();
    got[0]?.mark();
    await client.commit();
    expect(positionIn(world)).toBe(world.positionOf(STREAM, SHARD_1, 3));
    await records.return();
    expect(positionIn(world)).toBe(world.positionOf(STREAM, SHARD_1, 3));
    await client.close();
  });

  it('a record may be marked later than its handler, also while the shard drains', async () => {
    const world = oneShard(3);
    const { client } = world.member(MANUAL);
    const got = deferred<ShardBatch>();
    const running = client.run({ streams: [STREAM], eachBatch: (batch) => got.resolve(batch) });
    const batch = await got.promise;
    const closing = client.close();
    await world.pass(5_000);
    batch.mark();
    await closing;
    await running;
    expect(positionIn(world)).toBe(world.positionOf(STREAM, SHARD_1, 3));
  });

  it('the end of a shard waits for the last mark', async () => {
    const world = oneShard(3);
    world.kinesis.splitShard(STREAM, SHARD_1);
    const { client } = world.member(MANUAL);
    const got: ShardBatch[] = [];
    const running = client.run({ streams: [STREAM], eachBatch: (batch) => void got.push(batch) });
    await world.until('the batch', () => got.length === 1);
    await world.pass(30_000);
    expect(positionIn(world)).toBe(NOT_STARTED);
    expect(client.snapshot().shards.map((shard) => shard.shardId)).toEqual([SHARD_1]);
    got[0]?.mark();
    await world.until('the children', () => client.snapshot().shards.length === 2);
    expect(positionIn(world)).toBe(SHARD_END);
    await client.close();
    await running;
  });
});

describe('a refused mark', () => {
  /** A client that was given one record and has left. */
  async function withOldRecord(): Promise<{ world: FaceWorld; record: ShardRecord }> {
    const world = oneShard(3);
    const { client } = world.member(MANUAL);
    for await (const record of client.consume([STREAM])) {
      await client.close({ abort: true });
      return { world, record };
    }
    throw new Error('no record');
  }

  it('for a shard no longer owned throws MarkRefused and writes nothing', async () => {
    const { world, record } = await withOldRecord();
    expect(() => record.mark()).toThrow(
      expect.objectContaining({ code: 'MarkRefused', stream: STREAM, shardId: SHARD_1 }),
    );
    await world.pass(10_000);
    expect(positionIn(world)).toBe(NOT_STARTED);
  });

  it('for a record of an earlier consumption of the same client throws and is told', async () => {
    const world = oneShard(3);
    const { client } = world.member(MANUAL);
    const told: string[] = [];
    client.on('error', (error) => told.push(error.code));
    let old: ShardRecord | undefined;
    for await (const record of client.consume([STREAM])) {
      old = record;
      break;
    }
    const records = client.consume([STREAM]);
    await records.next();
    expect(() => old?.mark()).toThrow(expect.objectContaining({ code: 'MarkRefused' }));
    expect(told).toEqual(['MarkRefused']);
    expect(client.snapshot().shards[0]?.completed).toBe(NOT_STARTED);
    await records.return();
    await client.close();
  });

  it('for a record of another client throws, and neither client writes it', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 3);
    const [one, other] = [world.member(MANUAL), world.member({ ...MANUAL, app: 'other' })];
    const mine = one.client.consume([STREAM]);
    const theirs = other.client.consume([STREAM]);
    const foreign = (await theirs.next()).value;
    await mine.next();
    if (foreign === undefined) throw new Error('no record');
    expect(() => one.client.markRecord(foreign)).toThrow(
      expect.objectContaining({ code: 'MarkRefused' }),
    );
    expect(other.client.snapshot().shards.map((shard) => shard.completed)).toEqual([
      NOT_STARTED,
      NOT_STARTED,
    ]);
    await mine.return();
    await theirs.return();
    await one.client.close();
    await other.client.close();
  });

  it('for a spread copy, which is no record, throws', async () => {
    const world = oneShard(1);
    const { client } = world.member(MANUAL);
    for await (const record of client.consume([STREAM])) {
      const copied = Object.assign({}, record) as ShardRecord;
      expect(() => client.markRecord(copied)).toThrow(
        expect.objectContaining({ code: 'MarkRefused' }),
      );
      break;
    }
    await client.close();
  });

  it('for a shard that moved to another member throws, and the new owner decides', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 2);
    const first = world.member({ ...MANUAL, drainTimeoutMs: 2_000 });
    const got = new Map<string, ShardBatch>();
    const running = [
      first.client.run({
        streams: [STREAM],
        eachBatch: (batch) => void got.set(batch.shardId, batch),
      }),
    ];
    await world.until('both', () => got.size === 2);
    const second = world.member(MANUAL);
    running.push(second.client.run({ streams: [STREAM], eachBatch() {} }));
    await world.until('the move', () => second.client.snapshot().shards.length === 1);
    const moved = second.client.snapshot().shards[0]?.shardId ?? '';
    expect(() => got.get(moved)?.mark()).toThrow(expect.objectContaining({ code: 'MarkRefused' }));
    const kept = moved === SHARD_1 ? SHARD_2 : SHARD_1;
    got.get(kept)?.mark();
    await first.client.commit();
    expect(positionIn(world, kept)).toBe(world.positionOf(STREAM, kept, 2));
    expect(positionIn(world, moved)).toBe(NOT_STARTED);
    await first.client.close({ abort: true });
    await second.client.close({ abort: true });
    await Promise.all(running);
  });
});

describe('commit', () => {
  it('without a consumption rejects with NotConsuming, after close with ClientClosed', async () => {
    const { client } = faceWorld().member();
    await expect(client.commit()).rejects.toMatchObject({ code: 'NotConsuming' });
    await client.close();
    await expect(client.commit()).rejects.toMatchObject({ code: 'ClientClosed' });
  });

  it('with nothing new resolves and writes nothing', async () => {
    const world = oneShard(1);
    const { client } = world.member(MANUAL);
    const records = client.consume([STREAM]);
    await records.next();
    const writes: string[] = [];
    world.table.onWrite(({ write }) => writes.push(write.kind));
    await client.commit();
    expect(writes).toEqual([]);
    await records.return();
    await client.close();
  });

  it('waits for the answer of a store that is away, and then it stands', async () => {
    const world = oneShard(2);
    const { client, store } = world.member(MANUAL);
    const records = client.consume([STREAM]);
    const { value } = await records.next();
    value?.mark();
    store.cut(world.clock.monotonicMs() + 1_500);
    await client.commit();
    expect(positionIn(world)).toBe(world.positionOf(STREAM, SHARD_1, 1));
    await records.return();
    await client.close();
  });

  it('of an idle group writes nothing: only heartbeats are written', async () => {
    const world = oneShard(3);
    const { client } = world.member();
    let seen = 0;
    const running = client.run({ streams: [STREAM], eachRecord: () => void (seen += 1) });
    await world.until('all', () => seen === 3);
    await world.pass(20_000);
    const written = new Set<string>();
    world.table.onWrite(({ after, before }) => written.add((after ?? before)?.pk ?? ''));
    await world.pass(120_000);
    expect([...written]).toEqual(['client#face']);
    await client.close();
    await running;
  });
});
