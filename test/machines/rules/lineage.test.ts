import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  LATEST_MARGIN_MS,
  activeShards,
  bornInMap,
  bySomeOrder,
  countAsEnded,
  firstMap,
  markEnded,
  mergeListing,
  parentsOf,
  startOf,
  tiles,
  unprovenParents,
  type FirstStart,
  type ShardMap,
} from '../../../src/machines/rules/lineage.ts';
import {
  grown,
  listingOf,
  newWorld,
  openIn,
  reshard,
  reshards,
  type Reshard,
  type World,
} from './shard-world.ts';

const SPLIT: Reshard = { kind: 'split', pick: 0, thousandth: 500 };
const MERGE: Reshard = { kind: 'merge', pick: 0 };
const EXPIRE: Reshard = { kind: 'expire' };
const histories = fc.array(reshards, { maxLength: 25 });
const sizes = fc.integer({ min: 1, max: 6 });
const starts = fc.constantFrom<FirstStart>(
  { kind: 'latest' },
  { kind: 'trimHorizon' },
  { kind: 'atTimestamp', timestampMs: 77 },
);

function mapOf(world: World, start: FirstStart = { kind: 'trimHorizon' }): ShardMap {
  const first = firstMap('s', listingOf(world), start, new Map());
  if (first.kind !== 'map') throw new Error(first.kind);
  return first.map;
}

function merged(map: ShardMap, world: World): ShardMap {
  const outcome = mergeListing(map, listingOf(world));
  return outcome.kind === 'changed' ? outcome.map : map;
}

const idsOf = (shards: readonly { shardId: string }[]) => shards.map((shard) => shard.shardId);
const shardIn = (map: ShardMap, shardId: string) => map.shards.find((s) => s.shardId === shardId);

describe('tiles', () => {
  it('holds after any history of splits and merges', () => {
    fc.assert(
      fc.property(sizes, histories, (size, history) => {
        expect(tiles(listingOf(grown(size, history)).shards)).toBe(true);
      }),
    );
  });

  it('does not hold for a listing torn between two states of the stream', () => {
    fc.assert(
      fc.property(sizes, histories, fc.nat(), fc.boolean(), (size, history, pick, twice) => {
        const world = grown(size, history);
        const open = openIn(world);
        const odd = open[pick % open.length]?.shardId ?? '';
        const { shards } = listingOf(world);
        const torn = shards.flatMap((shard) => {
          if (shard.shardId !== odd) return [shard];
          return twice ? [shard, { ...shard, shardId: 'again' }] : [];
        });
        expect(tiles(torn)).toBe(false);
        const start = { kind: 'trimHorizon' } as const;
        const first = firstMap('s', listingOf(world, { shards: torn }), start, new Map());
        expect(first.kind).toBe('incomplete');
        const merging = mergeListing(mapOf(world), listingOf(world, { shards: torn }));
        expect(merging.kind).toBe('incomplete');
      }),
    );
  });

  it('does not hold for no shards, nor for what is not a hash key', () => {
    expect(tiles([])).toBe(false);
    const { shards } = listingOf(newWorld(1));
    expect(tiles(shards.map((shard) => ({ ...shard, startingHashKey: '' })))).toBe(false);
    expect(tiles(shards.map((shard) => ({ ...shard, endingHashKey: '12' })))).toBe(false);
  });
});

describe('firstMap', () => {
  it('turns LATEST into the instant of the listing, with closed shards ended and nobody waiting', () => {
    fc.assert(
      fc.property(sizes, histories, (size, history) => {
        const world = grown(size, history);
        const map = mapOf(world, { kind: 'latest' });
        expect(map.start).toEqual({ kind: 'atTimestamp', timestampMs: 500_000 - LATEST_MARGIN_MS });
        expect(idsOf(activeShards(map))).toEqual(idsOf(openIn(world)));
        for (const shard of map.shards) {
          expect(shard.ended).toBe(shard.closed);
          expect(bornInMap(map, shard.shardId)).toBe(false);
        }
      }),
    );
    const start = { kind: 'latest', marginMs: 5 } as const;
    const margin = firstMap('s', listingOf(newWorld(1)), start, new Map());
    expect(margin).toMatchObject({ map: { start: { timestampMs: 499_995 } } });
  });

  it('goes on with what the group had begun, and with all that came of it, under LATEST too', () => {
    // 0 → 2, 3; then 1, 2 and 3 are open; 1 → 4, 5; then 5 → 6, 7
    const world = grown(2, [
      SPLIT,
      { kind: 'split', pick: 2, thousandth: 500 },
      { kind: 'split', pick: 3, thousandth: 500 },
    ]);
    const id = (n: number): string => `shardId-${String(n).padStart(12, '0')}`;
    const parents = new Map(world.map((shard) => [shard.shardId, shard.parents]));
    expect([2, 4, 5, 6, 7].map((n) => parents.get(id(n)))).toEqual(
      [0, 1, 1, 5, 5].map((n) => [id(n)]),
    );
    const begun = new Map([
      [id(0), 'ended'],
      [id(1), 'begun'],
    ] as const);
    const first = firstMap('s', listingOf(world), { kind: 'latest' }, begun);
    if (first.kind !== 'map') throw new Error(first.kind);
    const { map } = first;
    expect(idsOf(map.shards.filter((shard) => shard.ended))).toEqual([id(0)]);
    expect(idsOf(activeShards(map)).toSorted()).toEqual([1, 2, 3].map(id));
    expect(parentsOf(map, id(6))).toEqual([id(5)]);
    expect(parentsOf(map, id(2))).toEqual([]);
    for (const n of [1, 2, 5, 7]) expect(startOf(map, id(n))).toEqual({ kind: 'trimHorizon' });
    const alone = firstMap('s', listingOf(world), { kind: 'latest' }, new Map([[id(3), 'begun']]));
    if (alone.kind !== 'map') throw new Error(alone.kind);
    expect(startOf(alone.map, id(3))).toEqual({ kind: 'trimHorizon' });
    expect(startOf(alone.map, id(2))).toBe(alone.map.start);
    expect(idsOf(activeShards(alone.map))).toEqual(idsOf(openIn(world)));
  });

  it('reads closed shards first with any other start', () => {
    const map = mapOf(grown(2, [SPLIT, MERGE]), { kind: 'atTimestamp', timestampMs: 77 });
    expect(map).toMatchObject({ version: 500_000, createdAtMs: 1_000, start: { timestampMs: 77 } });
    expect(idsOf(activeShards(map))).toEqual(['shardId-000000000000', 'shardId-000000000001']);
    expect(parentsOf(map, 'shardId-000000000004')).toEqual([
      'shardId-000000000002',
      'shardId-000000000003',
    ]);
  });
});

describe('a map', () => {
  interface Step {
    readonly happens: Reshard;
    /** How many states of the stream ago the listing was taken. */
    readonly staleBy: number;
    /** Which of the active shards end, bit by bit. */
    readonly ends: number;
  }
  const steps = fc.array(
    fc.record<Step>({
      happens: reshards,
      staleBy: fc.oneof(fc.constant(0), fc.nat({ max: 4 })),
      ends: fc.nat({ max: 255 }),
    }),
    { maxLength: 25 },
  );

  /** No listing is older than the retention: what it shows open has not expired since. */
  const isPossible = (stale: World, world: World): boolean => {
    const expired = idsOf(world.filter((shard) => shard.state === 'expired'));
    return openIn(stale).every((shard) => !expired.includes(shard.shardId));
  };

  /** Lives through the steps as a group would: lists, and ends active shards that are closed. */
  function live(size: number, start: FirstStart, timeline: readonly Step[]) {
    const worlds = [newWorld(size)];
    let world = newWorld(size);
    let map = mapOf(world, start);
    const maps = [map];
    for (const { happens, staleBy, ends } of timeline) {
      world = reshard(world, happens);
      worlds.push(world);
      const stale = worlds.at(-1 - Math.min(staleBy, worlds.length - 1)) ?? world;
      map = merged(map, isPossible(stale, world) ? stale : world);
      maps.push(map);
      const endable = activeShards(map).filter((shard, i) => shard.closed && (ends >> i) % 2 === 1);
      map = markEnded(map, idsOf(endable));
      maps.push(map);
    }
    return { world, map, maps };
  }

  it('is monotone: unended shards stay, closed and ended stay, the start stays', () => {
    fc.assert(
      fc.property(sizes, starts, steps, (size, start, timeline) => {
        const { maps } = live(size, start, timeline);
        for (const [i, after] of maps.entries()) {
          const before = maps[Math.max(0, i - 1)] ?? after;
          expect(after.start).toBe(before.start);
          expect(after.version - before.version).toBe(after === before ? 0 : 1);
          expect(after.shards).toEqual(bySomeOrder(after.shards, 'hash'));
          for (const shard of before.shards) {
            const now = shardIn(after, shard.shardId);
            if (!shard.ended) expect(now).toBeDefined();
            if (now === undefined) continue;
            expect(Number(now.closed)).toBeGreaterThanOrEqual(Number(shard.closed));
            expect(Number(now.ended)).toBeGreaterThanOrEqual(Number(shard.ended));
            expect({ ...now, closed: null, ended: null }).toEqual({
              ...shard,
              closed: null,
              ended: null,
            });
          }
        }
      }),
    );
  });

  it('has no active shard with a parent that was in it and did not end', () => {
    fc.assert(
      fc.property(sizes, starts, steps, (size, start, timeline) => {
        const { world, maps } = live(size, start, timeline);
        const parents = new Map(world.map((shard) => [shard.shardId, shard.parents]));
        const known = new Set<string>();
        const ended = new Set<string>();
        for (const map of maps) {
          for (const shard of map.shards) {
            known.add(shard.shardId);
            if (shard.ended) ended.add(shard.shardId);
          }
          for (const { shardId } of activeShards(map)) {
            expect(ended.has(shardId)).toBe(false);
            for (const parent of parents.get(shardId) ?? []) {
              expect(known.has(parent) && !ended.has(parent)).toBe(false);
            }
          }
        }
      }),
    );
  });

  it('comes to exactly the open shards once all the closed ones are read, and then rests', () => {
    fc.assert(
      fc.property(sizes, starts, steps, (size, start, timeline) => {
        const lived = live(size, start, timeline);
        let map = merged(lived.map, lived.world);
        for (let turn = 0; turn <= lived.world.length; turn++) {
          const open = new Set(idsOf(openIn(lived.world)));
          map = markEnded(
            map,
            idsOf(activeShards(map)).filter((shardId) => !open.has(shardId)),
          );
        }
        expect(idsOf(activeShards(map))).toEqual(idsOf(openIn(lived.world)));
        map = merged(map, lived.world);
        expect(mergeListing(map, listingOf(lived.world))).toEqual({ kind: 'same' });
      }),
    );
  });
});

describe('mergeListing', () => {
  it('keeps an unread shard that the listing lacks, and an ended one that is still waited for', () => {
    const split = grown(1, [SPLIT]);
    const gone = reshard(split, EXPIRE);
    const unread = mapOf(split);
    expect(mergeListing(unread, listingOf(gone))).toEqual({ kind: 'same' });
    const parent = 'shardId-000000000000';
    expect(shardIn(merged(markEnded(unread, [parent]), gone), parent)?.ended).toBe(true);
    const allEnded = markEnded(unread, idsOf(unread.shards));
    expect(shardIn(merged(allEnded, gone), parent)).toBeUndefined();
  });

  it('lets later shards start at their first record, and wait for their parents', () => {
    const map = merged(mapOf(newWorld(1), { kind: 'latest' }), grown(1, [SPLIT]));
    const child = 'shardId-000000000001';
    expect(startOf(map, 'shardId-000000000000')).toBe(map.start);
    expect(startOf(map, child)).toEqual({ kind: 'trimHorizon' });
    expect(parentsOf(map, child)).toEqual(['shardId-000000000000']);
    expect(bornInMap(map, child)).toBe(true);
    expect(bornInMap(map, 'never seen')).toBe(true);
    expect(parentsOf(map, 'never seen')).toEqual([]);
    expect(map.version).toBe(500_001);
  });

  it('does not take shards in again that a listing still has after another lacked them', () => {
    const world = grown(1, [SPLIT, MERGE, SPLIT]);
    const map = mapOf(world);
    const ended = markEnded(map, idsOf(map.shards.filter((shard) => shard.closed)));
    const after = merged(ended, [EXPIRE, EXPIRE, EXPIRE].reduce(reshard, world));
    expect(idsOf(after.shards).toSorted()).toEqual(idsOf(world.slice(3)));
    expect(mergeListing(after, listingOf(world))).toEqual({ kind: 'same' });
  });

  it('takes in all the ancestors that a first listing lacked, as long as a shard waits for them', () => {
    const world = grown(1, [SPLIT, MERGE]);
    const { shards } = listingOf(world);
    const torn = shards.filter((shard) => !shard.closed);
    const start = { kind: 'trimHorizon' } as const;
    const first = firstMap('s', listingOf(world, { shards: torn }), start, new Map());
    if (first.kind !== 'map') throw new Error(first.kind);
    expect(idsOf(first.map.shards)).toEqual(['shardId-000000000003']);
    const map = merged(first.map, world);
    expect(idsOf(map.shards).toSorted()).toEqual(idsOf(world));
    expect(idsOf(activeShards(map))).toEqual(['shardId-000000000000']);
  });

  it('takes in a shard that came and passed the retention between two listings, once, behind what it came of', () => {
    const steps = (world: World, ...more: readonly Reshard[]): World => more.reduce(reshard, world);
    const first = newWorld(1);
    const map = mapOf(first);
    const once = steps(first, SPLIT);
    const between = idsOf(openIn(once));
    const twice = steps(once, SPLIT, { ...SPLIT, pick: 2 }, EXPIRE, EXPIRE, EXPIRE);
    const after = merged(map, twice);
    const [root = ''] = idsOf(map.shards);
    for (const shardId of between) {
      expect(shardIn(after, shardId)).toMatchObject({
        closed: true,
        ended: false,
        parents: [root],
      });
    }
    expect(idsOf(activeShards(after))).toEqual([root]);
    expect(idsOf(activeShards(markEnded(after, [root])))).toEqual(between);
    expect(mergeListing(after, listingOf(twice))).toEqual({ kind: 'same' });
    // nor does one come back that was read to its end, and left
    const read = markEnded(after, [root, ...between]);
    const thrice = [0, 2, 4, 6].reduce((world, pick) => reshard(world, { ...SPLIT, pick }), twice);
    const parents = idsOf(openIn(twice));
    const left = merged(markEnded(merged(read, thrice), parents), thrice);
    expect(idsOf(left.shards).filter((shardId) => between.includes(shardId))).toEqual([]);
    const later = merged(left, reshard(thrice, SPLIT));
    expect(idsOf(later.shards).filter((shardId) => between.includes(shardId))).toEqual([]);
  });

  it('lets it wait for what is not ended of the ranges of all its children, and for nothing that ended', () => {
    const map = mapOf(newWorld(2));
    const world = grown(2, [MERGE, SPLIT, EXPIRE, EXPIRE, EXPIRE]);
    const [left = '', right = ''] = idsOf(map.shards);
    const passed = 'shardId-000000000002';
    expect(parentsOf(merged(map, world), passed)).toEqual([left, right]);
    expect(parentsOf(merged(markEnded(map, [left]), world), passed)).toEqual([right]);
  });

  it('takes in 10,000 of them within the time of a test, where all against all takes many times that', () => {
    const count = 10_000;
    const map = mapOf(newWorld(count));
    const left = newWorld(count).map((shard) => ({ ...shard, shardId: `later-${shard.shardId}` }));
    const { shards } = listingOf(left);
    const passed = (shardId: string): string => shardId.replace('later', 'passed');
    const listing = listingOf(left, {
      shards: shards.map((shard) => ({ ...shard, parentShardId: passed(shard.shardId) })),
    });
    const merging = mergeListing(map, listing);
    if (merging.kind !== 'changed') throw new Error(merging.kind);
    const parents = idsOf(map.shards).map((id) => parentsOf(merging.map, `passed-${id}`));
    expect(parents).toEqual(idsOf(map.shards).map((id) => [id]));
  }, 10_000);

  it('changes nothing by a listing from before a reshard', () => {
    expect(mergeListing(mapOf(grown(1, [SPLIT])), listingOf(newWorld(1)))).toEqual({
      kind: 'same',
    });
  });

  it('tells another stream of the same name, even while that one cannot be listed whole', () => {
    const map = mapOf(newWorld(2));
    const other = { createdAtMs: 1_001 };
    expect(mergeListing(map, listingOf(newWorld(2), other)).kind).toBe('recreated');
    expect(mergeListing(map, { ...listingOf(newWorld(2), other), shards: [] }).kind).toBe(
      'recreated',
    );
  });
});

describe('ending', () => {
  it('changes the version once', () => {
    const map = mapOf(newWorld(2));
    const once = markEnded(map, ['shardId-000000000001', 'unknown']);
    expect(once.version).toBe(map.version + 1);
    expect(markEnded(once, ['shardId-000000000001'])).toBe(once);
    expect(countAsEnded(once, ['shardId-000000000001'])).toBe(once);
  });

  it('without an item at SHARD_END lets no child wait for it', () => {
    const map = mapOf(grown(2, [MERGE]));
    const child = 'shardId-000000000002';
    const counted = countAsEnded(map, ['shardId-000000000000']);
    expect(parentsOf(counted, child)).toEqual(['shardId-000000000001']);
    expect(counted.version).toBe(map.version + 1);
    expect(parentsOf(markEnded(map, ['shardId-000000000000']), child)).toHaveLength(2);
  });
});

it('parents prove their end by their items, unless the map has them as ended or not at all', () => {
  const [parent, child, grandchild] = [0, 1, 3].map(
    (n) => `shardId-${String(n).padStart(12, '0')}`,
  );
  if (parent === undefined || child === undefined || grandchild === undefined) throw new Error();
  const first = mapOf(newWorld(1));
  const split = merged(first, grown(1, [SPLIT]));
  expect(unprovenParents(split, child)).toEqual([parent]);
  expect(unprovenParents(markEnded(split, [parent]), child)).toEqual([]);
  const again = merged(split, grown(1, [SPLIT, SPLIT]));
  expect(unprovenParents(again, grandchild)).toEqual([child]);
  // whatever listing it is of
  expect(unprovenParents(markEnded(again, [child]), grandchild)).toEqual([]);
  const without = { ...again, shards: again.shards.filter((shard) => shard.shardId !== child) };
  expect(unprovenParents(without, grandchild)).toEqual([]);
  expect(unprovenParents(split, 'never seen')).toEqual([]);
});

it('a map is looked over once, however many of its shards are asked for', () => {
  const { shards, ...rest } = mapOf(grown(6, [SPLIT, MERGE]));
  let looks = 0;
  const map: ShardMap = {
    ...rest,
    get shards() {
      looks += 1;
      return shards;
    },
  };
  for (const { shardId } of shards) {
    expect(unprovenParents(map, shardId)).toEqual(parentsOf(map, shardId));
  }
  expect(looks).toBe(1);
});

it('shards sort by their hash keys as numbers, or by their ids', () => {
  fc.assert(
    fc.property(sizes, histories, (size, history) => {
      const { shards } = mapOf(grown(size, history));
      const byHash = shards.toSorted((a, b) => {
        const difference = BigInt(a.startHash) - BigInt(b.startHash);
        if (difference !== 0n) return difference < 0n ? -1 : 1;
        return a.shardId < b.shardId ? -1 : 1;
      });
      expect(bySomeOrder(shards.toReversed(), 'hash')).toEqual(byHash);
      expect(idsOf(bySomeOrder(shards, 'id'))).toEqual(idsOf(shards).toSorted());
    }),
  );
});
