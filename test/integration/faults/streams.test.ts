/** Streams that change under the load of real processes. */
import { describe, expect, it } from 'vitest';
import {
  listShards,
  mergeShards,
  neighbours,
  openShards,
  splitShard,
} from '../../../dev/resharding.ts';
import { expectSound, useFaultWorlds, type FaultWorld } from './fault-world.ts';

const worlds = await useFaultWorlds();

/** Waits until exactly the open shards are owned, each by one. */
async function ownedAsListed(world: FaultWorld, stream: string): Promise<void> {
  const open = openShards(await listShards(world.cluster.kinesisClient, stream));
  const wanted = open.map(({ shardId }) => shardId).sort();
  await world.group.until(`the shards ${wanted.join()}`, () => {
    const owned = world.group.histories().flatMap((history) => history.owned());
    const ids = owned.map(({ shardId }) => shardId).sort();
    return ids.join() === wanted.join();
  });
}

describe('a stream under load', () => {
  it('that is split and merged loses nothing, keeps the order of each key, and repeats nothing', async () => {
    const world = await worlds.make({ streams: { orders: 2 } });
    const { group, cluster } = world;
    const [stream = ''] = world.streams;
    const members = [group.start(), group.start()];
    await world.shared(members, [1, 1]);
    const [first] = openShards(await listShards(cluster.kinesisClient, stream));
    if (first === undefined) throw new Error('no shard');
    await splitShard(cluster.kinesisClient, stream, first);
    await ownedAsListed(world, stream);
    await world.goesOn();
    const pair = neighbours(await listShards(cluster.kinesisClient, stream)).at(-1);
    if (pair === undefined) throw new Error('no neighbours');
    await mergeShards(cluster.kinesisClient, stream, pair);
    await ownedAsListed(world, stream);
    await world.goesOn();
    const ledger = await expectSound(world);
    expect(ledger.duplicated).toEqual([]);
    const closed = group.histories().flatMap(({ ends }) => ends.map(({ reason }) => reason));
    expect(closed.filter((reason) => reason === 'closed').length).toBe(3);
  });

  it('that the members refresh away from is given up, another taken in, and the kept one not touched', async () => {
    const world = await worlds.make({
      streams: { kept: 2, dropped: 2, added: 2 },
      produced: ['kept', 'added'],
    });
    const { group } = world;
    const [kept = '', dropped = '', added = ''] = world.streams;
    const dropping = world.produce([dropped]);
    const streams = [kept, dropped];
    const members = [group.start({ streams }), group.start({ streams })];
    await world.shared(members, [2, 2]);
    await dropping.stop();
    await group.until('all of the dropped one', () => {
      const seen = group
        .histories()
        .flatMap(({ deliveries }) => deliveries.filter(({ stream }) => stream === dropped));
      return (
        new Set(seen.map(({ sequenceNumber }) => sequenceNumber)).size >= dropping.accepted.length
      );
    });
    const startsOf = (stream: string): number =>
      group.histories().flatMap(({ starts }) => starts.filter((start) => start.stream === stream))
        .length;
    const keptStarts = startsOf(kept);
    await Promise.all(members.map((member) => member.refresh([kept, added])));
    await group.until('the new streams', () => {
      const owned = group.histories().flatMap((history) => history.owned());
      const of = (stream: string): number => owned.filter((one) => one.stream === stream).length;
      return of(kept) === 2 && of(added) === 2 && of(dropped) === 0;
    });
    await world.goesOn();
    const ledger = await expectSound(world);
    expect(ledger.duplicated).toEqual([]);
    expect(startsOf(kept)).toBe(keptStarts);
  });
});
