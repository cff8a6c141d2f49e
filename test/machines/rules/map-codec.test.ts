import { describe, expect, it } from 'vitest';
import { decodeMap, encodeMap } from '../../../src/machines/rules/map-codec.ts';
import type { MapShard, ShardMap } from '../../../src/machines/rules/lineage.ts';

const shard = (shardId: string): MapShard => ({
  shardId,
  parents: [],
  startHash: '0',
  endHash: '9',
  closed: false,
  ended: false,
  origin: 'first',
});

const map: ShardMap = {
  stream: 'orders',
  version: 7,
  createdAtMs: 1_000,
  start: { kind: 'trimHorizon' },
  shards: [shard('shardId-000000000000'), shard('shardId-000000000001')],
};

const linesOf = (item: Readonly<Record<string, unknown>>): unknown[] =>
  Array.isArray(item['meta']) ? item['meta'] : [];

describe('a map as an item', () => {
  it('is read as it was written', () => {
    const { item } = encodeMap('app', map, 'set');
    expect(decodeMap(item)).toEqual({ kind: 'map', map });
  });

  it('is read anew where the lines of the very same item have changed', () => {
    const { item } = encodeMap('app', map, 'set');
    const lines = [...linesOf(item)];
    const mutable = { ...item, meta: lines };
    expect(decodeMap(mutable)).toEqual({ kind: 'map', map });
    lines.pop();
    expect(decodeMap(mutable)).toEqual({
      kind: 'map',
      map: { ...map, shards: map.shards.slice(0, 1) },
    });
  });

  it('is read once where its lines are frozen', () => {
    const { item } = encodeMap('app', map, 'set');
    const frozen = { ...item, meta: Object.freeze([...linesOf(item)]) };
    const [one, other] = [decodeMap(frozen), decodeMap({ ...frozen })];
    if (one.kind !== 'map' || other.kind !== 'map') throw new Error('no maps');
    expect(other.map.shards).toBe(one.map.shards);
  });
});
