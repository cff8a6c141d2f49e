import { describe, expect, it } from 'vitest';
import type { StateStore, Write } from '../../src/machines/ports.ts';
import { mapKey, mapsPk } from '../../src/machines/rules/keys.ts';
import type { ShardMap } from '../../src/machines/rules/lineage.ts';
import { readMaps, writeMap } from '../../src/machines/steps/maps.ts';
import { deferred } from '../face/face-world.ts';
import { mapOf, shardId, STREAM } from '../machines/group.ts';
import { APP, GroupTable } from './group-table.ts';
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

describe('a large map of which a reader saw an old version', () => {
  /** A group whose map moved from version 7 to 8, and a store whose eventual reads of the map are late. */
  async function lateReader() {
    const group = new GroupTable();
    const writer = group.world();
    await writeMap(writer, mapOf(SHARDS, 7), null);
    const old = group.table.get(mapKey(APP, STREAM));
    await writeMap(writer, mapOf(SHARDS, 8), 7);
    const late = (store: StateStore): StateStore =>
      storeWith(store, {
        read: (keys, options) =>
          !options.consistent && keys.every(({ sk }) => sk === STREAM)
            ? Promise.resolve({ kind: 'items', items: [old] })
            : store.read(keys, options),
      });
    const removeChunks = (version: number): void => {
      for (const { item } of group.table.partition(mapsPk(APP))) {
        if (item?.sk.startsWith(`${STREAM}#${version}#`) === true) group.table.remove(item);
      }
    };
    return { reader: group.world(late), removeChunks };
  }

  it('is read once more where the chunks of that version are gone', async () => {
    const { reader, removeChunks } = await lateReader();
    const before = await readMaps(reader, [STREAM], false);
    expect(before).toMatchObject({ maps: { [STREAM]: { version: 7 } } });
    removeChunks(7);
    const after = await readMaps(reader, [STREAM], false);
    expect(after).toEqual({ kind: 'maps', maps: { [STREAM]: mapOf(SHARDS, 8) }, errors: [] });
  });

  it('is told as corrupted where the chunks of the one that stands are missing too', async () => {
    const { reader, removeChunks } = await lateReader();
    removeChunks(7);
    removeChunks(8);
    for (const consistent of [true, false]) {
      const read = await readMaps(reader, [STREAM], consistent);
      expect(read).toMatchObject({ maps: {}, errors: [{ code: 'ItemCorrupted' }] });
    }
  });
});

it('stores a map of far more open shards than an item holds, and while all of them are split', async () => {
  const world = new GroupTable().world();
  const whole = mapOf(SHARDS);
  const halves = mapOf(12_000);
  const during: ShardMap = {
    ...whole,
    version: whole.version + 1,
    shards: [
      ...whole.shards.map((shard) => ({ ...shard, closed: true })),
      ...halves.shards.map((shard) => ({ ...shard, shardId: `${shard.shardId}-half` })),
    ],
  };
  expect(await writeMap(world, whole, null)).toEqual({ kind: 'written' });
  expect(await writeMap(world, during, whole.version)).toEqual({ kind: 'written' });
  const read = await readMaps(world, [STREAM], true);
  expect(read).toEqual({ kind: 'maps', maps: { [STREAM]: during }, errors: [] });
});
