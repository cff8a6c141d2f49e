import { expect, it } from 'vitest';
import type { Write } from '../../src/machines/ports.ts';
import type { ShardMap } from '../../src/machines/rules/lineage.ts';
import { readMaps, writeMap } from '../../src/machines/steps/maps.ts';
import { deferred } from '../face/face-world.ts';
import { mapOf, shardId, STREAM } from '../machines/group.ts';
import { GroupTable } from './group-table.ts';
import { storeWith } from './intercepted-store.ts';

/** More shards than fit into one item. */
const SHARDS = 2_000;
const ENDED = shardId(1_500);

const isSecondChunk = (write: Write): boolean =>
  write.kind === 'put' && write.item.sk.startsWith(`${STREAM}#8#`) && write.item.sk.endsWith('#1');

it('keeps the chunks of two writers of the same version of a large map apart', async () => {
  const group = new GroupTable();
  const leader = group.world();
  const seven = mapOf(SHARDS, 7);
  await writeMap(leader, seven, null);
  const leaders: ShardMap = {
    ...seven,
    version: 8,
    shards: seven.shards.map((shard) =>
      shard.shardId === ENDED ? { ...shard, closed: true, ended: true } : shard,
    ),
  };
  // one shard more at the front: everything behind it stands elsewhere in the chunks
  const newcomer = mapOf(1).shards.map((shard) => ({ ...shard, shardId: shardId(9_999) }));
  const listers: ShardMap = { ...seven, version: 8, shards: [...newcomer, ...seven.shards] };

  const reached = deferred();
  const goOn = deferred();
  const lister = group.world((store) =>
    storeWith(store, {
      write: async (write) => {
        if (isSecondChunk(write)) {
          reached.resolve();
          await goOn.promise;
        }
        return store.write(write);
      },
    }),
  );
  const late = writeMap(lister, listers, 7);
  await reached.promise;
  expect(await writeMap(leader, leaders, 7)).toEqual({ kind: 'written' });
  goOn.resolve();
  expect(await late).toEqual({ kind: 'refused' });

  const read = await readMaps(leader, [STREAM], true);
  expect(read).toEqual({ kind: 'maps', maps: { [STREAM]: leaders }, errors: [] });
});
