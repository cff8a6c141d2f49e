import { expect, it } from 'vitest';
import { checkpointsPk } from '../../src/machines/rules/keys.ts';
import { APP, faceWorld, numberOf, SHARD_1, SHARD_2, type FaceWorld } from '../face/face-world.ts';

const STREAM = 'orders';

/** A client that is closed again, and what it saw. */
function runs(world: FaceWorld) {
  const { client } = world.member();
  const seen = new Set<number>();
  const running = client.run({
    streams: [STREAM],
    eachRecord: (record) => void seen.add(numberOf(record)),
  });
  return { client, seen, end: () => client.close().then(() => running) };
}

it('reads on after the checkpoints of a stream that was resharded twice were deleted', async () => {
  const world = faceWorld();
  world.twoShards(STREAM, 2);
  const before = runs(world);
  const ownsShards = (count: number) => (): boolean =>
    before.client.snapshot().shards.length === count;
  await world.until('the shards', ownsShards(2));
  const [child] = world.kinesis.splitShard(STREAM, SHARD_1);
  await world.until('the children', ownsShards(3));
  world.kinesis.splitShard(STREAM, child ?? '');
  await world.until('the grandchildren', ownsShards(4));
  await before.end();
  for (const { pk, sk } of world.table.items()) {
    if (pk !== checkpointsPk(APP, STREAM)) continue;
    world.table.write({ kind: 'delete', key: { pk, sk }, when: [] }, 'somebody');
  }

  const after = runs(world);
  await world.pass(5_000);
  world.put(STREAM, SHARD_1, 3, 100);
  world.put(STREAM, SHARD_2, 1, 200);
  await world.until('all shards', () => after.client.snapshot().shards.length === 4);
  await world.until('all records', () => [100, 101, 102, 200].every((n) => after.seen.has(n)));
  await after.end();
  expect([...after.seen].filter((number) => number >= 100)).toHaveLength(4);
});
