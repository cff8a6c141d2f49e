import { expect, it } from 'vitest';
import type { FeedEvent } from '../../../src/feed/events.ts';
import type { ShardMap } from '../../../src/machines/rules/lineage.ts';
import { encodeMap } from '../../../src/machines/rules/map-codec.ts';
import { putMap, putMapChunk } from '../../../src/machines/rules/writes.ts';
import type { Write } from '../../../src/machines/ports.ts';
import { MemoryTable } from '../../../src/services/memory/index.ts';
import { TraceTeller } from '../../../src/simulation/trace/lines.ts';
import { GroupModel } from '../../../visualize/model/group-model.ts';
import { mapOf, shardId, STREAM } from '../../machines/group.ts';

const APP = 'shop';

/** All writes of one map, as its writer sends them: chunks first. */
function writesOf(map: ShardMap): readonly Write[] {
  const set = `${map.version}#n`;
  const { item, chunks } = encodeMap(APP, map, set);
  return [
    ...chunks.map((chunk, n) => putMapChunk(APP, STREAM, set, n, chunk)),
    putMap(item, map.version === 1 ? null : map.version - 1),
  ];
}

/** A table whose writes go through a trace into a model. */
function traced(teller: TraceTeller) {
  const header = { kind: 'trace', version: 1, source: 'simulation', app: APP } as const;
  const model = new GroupModel({ ...header, scenario: null });
  const table = new MemoryTable();
  const told: FeedEvent[] = [];
  let order = 0;
  table.onWrite(({ before, after, write }) => {
    order += 1;
    const place = { atMs: order, order };
    const event = teller.told({ kind: 'write', process: null, before, after, write, ...place });
    if (event === null) return;
    told.push(event);
    model.apply(event);
  });
  const write = (writes: readonly Write[]): void => {
    for (const each of writes) expect(table.write(each, 'test').result.kind).toBe('applied');
  };
  return { write, told, shards: () => model.view(order).streams[0]?.shards ?? [] };
}

/** The first shard was split into two. */
function split(map: ShardMap): ShardMap {
  const [first, ...others] = map.shards;
  if (first === undefined) throw new Error('A map has shards');
  const middle = BigInt(first.endHash) / 2n;
  const child = { parents: [first.shardId], closed: false, ended: false, origin: 'later' } as const;
  const { startHash, endHash } = first;
  return {
    ...map,
    version: map.version + 1,
    shards: [
      { ...first, closed: true, ended: true },
      ...others,
      { ...child, shardId: shardId(7_001), startHash, endHash: String(middle) },
      { ...child, shardId: shardId(7_002), startHash: String(middle + 1n), endHash },
    ],
  };
}

it('a reshard of thousands of shards is in a trace, and in the strip that is drawn from it', () => {
  const { write, told, shards } = traced(new TraceTeller(APP));
  const map = mapOf(1_500);
  write(writesOf(map));
  expect(told.map(({ kind }) => kind)).toEqual(['map']);
  expect(shards()).toHaveLength(1_500);
  const after = split(map);
  write(writesOf(after));
  expect(told.at(-1)).toMatchObject({ kind: 'map', version: 2, shards: after.shards });
  const children = shards().filter(({ parents }) => parents.includes(shardId(0)));
  expect(children.map((shard) => shard.shardId)).toEqual([shardId(7_001), shardId(7_002)]);
});

it('a trace that begins behind a part of a large map tells its version, and no shards', () => {
  const teller = new TraceTeller(APP);
  const { write, told } = traced(teller);
  const [, ...rest] = writesOf(mapOf(1_500));
  write(rest);
  expect(told).toMatchObject([{ kind: 'map', version: 1, shards: null }]);
});
