import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnded } from '../../../src/machines/rules/items.ts';
import { checkpointKey, mapChunkKey, mapKey } from '../../../src/machines/rules/keys.ts';
import {
  activeShards,
  firstMap,
  markEnded,
  mergeListing,
  type Listing,
  type ShardMap,
} from '../../../src/machines/rules/lineage.ts';
import { positionOf, SHARD_END } from '../../../src/machines/rules/positions.ts';
import {
  asksForListing,
  orphanedChunks,
  tidyShards,
  UNLISTED_FOR_MS,
  type EndedItem,
  type ShardTidy,
} from '../../../src/machines/rules/tidying.ts';
import { grown, listingOf, newWorld, reshard, reshards, type Reshard } from './shard-world.ts';

const DAY = 24 * 3_600_000;
const NOW = 100 * DAY;
const EXPIRE: Reshard = { kind: 'expire' };

const idOf = (n: number): string => `shardId-${String(n).padStart(12, '0')}`;
const idsOf = (shards: readonly { readonly shardId: string }[]) => shards.map((s) => s.shardId);

function mapOf(listing: Listing): ShardMap {
  const first = firstMap('s', listing, { kind: 'trimHorizon' }, new Map());
  if (first.kind !== 'map') throw new Error(first.kind);
  return first.map;
}

function merged(map: ShardMap, listing: Listing): ShardMap {
  const outcome = mergeListing(map, listing);
  return outcome.kind === 'changed' ? outcome.map : map;
}

/** A shard that was read to its end and is gone from map and listing, beside one that is there. */
const HERE = idOf(0);
const GONE = idOf(9);
const listing = listingOf(newWorld(1), { serverNowMs: NOW });
const map = mapOf(listing);
const item = (shardId: string, unlistedSinceMs: number | null = null): EndedItem => ({
  shardId,
  unlistedSinceMs,
});

describe('the items of ended shards', () => {
  it('are marked when they are missed first, and go a week after that', () => {
    const tidied = (unlistedSinceMs: number | null) =>
      tidyShards([item(GONE, unlistedSinceMs)], map, listing).map(({ kind }) => kind);
    expect(tidyShards([item(GONE)], map, listing)).toEqual([
      { kind: 'mark', shardId: GONE, unlistedSinceMs: NOW },
    ]);
    expect(tidied(NOW - UNLISTED_FOR_MS + 1)).toEqual([]);
    expect(tidied(NOW - UNLISTED_FOR_MS)).toEqual(['remove']);
    // a clock that ran ahead
    expect(tidied(NOW + 30 * DAY)).toEqual([]);
    expect(UNLISTED_FOR_MS).toBe(7 * DAY);
  });

  it('lose the mark when their shard shows up in the map or in the listing, and stay', () => {
    const unmark = { kind: 'unmark', shardId: HERE, unlistedSinceMs: 5 };
    const elsewhere: ShardMap = { ...map, shards: [] };
    expect(tidyShards([item(HERE, 5)], map, listing)).toEqual([unmark]);
    expect(tidyShards([item(HERE, 5)], elsewhere, listing)).toEqual([unmark]);
    expect(tidyShards([item(HERE)], map, listing)).toEqual([]);
  });

  it('stay while a shard that is not ended names theirs as its parent', () => {
    const child = map.shards.map((shard) => ({ ...shard, parents: [GONE] }));
    const waits: ShardMap = { ...map, shards: child };
    expect(tidyShards([item(GONE, 5)], waits, listing).map(({ kind }) => kind)).toEqual(['unmark']);
    const read: ShardMap = { ...map, shards: child.map((shard) => ({ ...shard, ended: true })) };
    expect(tidyShards([item(GONE, 5)], read, listing).map(({ kind }) => kind)).toEqual(['remove']);
    // listed, and not taken into the map yet
    const born = listing.shards.map((shard) => ({ ...shard, adjacentParentShardId: GONE }));
    const unmapped: ShardMap = { ...map, shards: [] };
    const kept = tidyShards([item(GONE, 5)], unmapped, { ...listing, shards: born });
    expect(kept.map(({ kind }) => kind)).toEqual(['unmark']);
  });

  it('are left alone by the listing of another stream, and by one that is torn', () => {
    const items = [item(GONE), item(idOf(8), 5), item(HERE, 5)];
    expect(tidyShards(items, map, { ...listing, createdAtMs: 1_001 })).toEqual([]);
    const two = listingOf(newWorld(2), { serverNowMs: NOW });
    expect(tidyShards(items, mapOf(two), { ...two, shards: two.shards.slice(1) })).toEqual([]);
    expect(tidyShards(items, mapOf(two), { ...two, shards: [] })).toEqual([]);
  });

  it('are kept before they are marked, where not all can be done at once', () => {
    const items = [item(idOf(7)), item(idOf(8), 5), item(HERE, 5)];
    const kinds = tidyShards(items, map, listing).map(({ kind }) => kind);
    expect(kinds).toEqual(['unmark', 'remove', 'mark']);
  });

  it('ask for a listing only where the map leaves something open', () => {
    expect(asksForListing([item(HERE)], map)).toBe(false);
    expect(asksForListing([item(HERE, 5)], map)).toBe(true);
    expect(asksForListing([item(HERE), item(GONE)], map)).toBe(true);
  });

  it('never go while map or listing has the shard, nor within a week of the mark', () => {
    const histories = fc.array(reshards, { maxLength: 20 });
    const ages = fc.oneof(fc.constant(null), fc.integer({ min: -9 * DAY, max: 30 * DAY }));
    const removed: string[] = [];
    fc.assert(
      fc.property(histories, histories, fc.array(ages), fc.nat(), (before, after, marks, bits) => {
        const old = grown(2, before);
        const world = after.reduce(reshard, old);
        const now = listingOf(world, { serverNowMs: NOW });
        const all = mapOf(listingOf(old));
        const known = markEnded(
          all,
          idsOf(all.shards.filter((shard, at) => shard.closed && (bits >> at) % 2 === 1)),
        );
        const items = idsOf(world).map((shardId, at): EndedItem => {
          const age = marks[at % Math.max(1, marks.length)] ?? null;
          return item(shardId, age === null ? null : NOW - age);
        });
        const there = new Set([...idsOf(known.shards), ...idsOf(now.shards)]);
        const writes = tidyShards(items, known, now);
        expect(new Set(idsOf(writes)).size).toBe(writes.length);
        for (const { kind, shardId, unlistedSinceMs } of writes) {
          const standing = items.find((one) => one.shardId === shardId)?.unlistedSinceMs;
          if (kind === 'unmark') expect(standing).toBe(unlistedSinceMs);
          else expect(there.has(shardId)).toBe(false);
          if (kind === 'mark') expect([standing, unlistedSinceMs]).toEqual([null, NOW]);
          if (kind !== 'remove') continue;
          expect(standing).toBe(unlistedSinceMs);
          expect(NOW - unlistedSinceMs).toBeGreaterThanOrEqual(7 * DAY);
          removed.push(shardId);
        }
      }),
    );
    expect(removed.length).toBeGreaterThan(0);
  });
});

describe('a group that tidies each day', () => {
  /** As old as a listing gets: a few days here, so that a week shows. */
  const MAX_STALE_DAYS = 5;
  const days = fc.array(
    fc.record({
      happens: reshards,
      listedBy: fc.nat({ max: MAX_STALE_DAYS }),
      tidiedBy: fc.nat({ max: MAX_STALE_DAYS }),
      ends: fc.nat({ max: 255 }),
    }),
    { minLength: 10, maxLength: 45, size: 'max' },
  );

  function apply(items: Map<string, number | null>, writes: readonly ShardTidy[]): string[] {
    for (const { kind, shardId, unlistedSinceMs } of writes) {
      if (kind === 'remove') items.delete(shardId);
      else items.set(shardId, kind === 'mark' ? unlistedSinceMs : null);
    }
    return idsOf(writes.filter(({ kind }) => kind === 'remove'));
  }

  it('removes no item of a shard that a map or a listing ever has again, and in the end all others', () => {
    let removals = 0;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), days, (size, timeline) => {
        const worlds = [newWorld(size)];
        let known = mapOf(listingOf(newWorld(size)));
        const items = new Map<string, number | null>();
        const removed = new Set<string>();
        const itemsNow = () => [...items].map(([shardId, since]) => item(shardId, since));
        const quiet = Array.from({ length: 60 }, () => null);
        for (const [day, events] of [...timeline, ...quiet].entries()) {
          const world = worlds.at(-1) ?? [];
          worlds.push(reshard(world, events?.happens ?? EXPIRE));
          const listedAgo = (ago: number): Listing => {
            const then = worlds.at(-1 - Math.min(ago, worlds.length - 1)) ?? [];
            const gone = (shard: { state: string }, at: number): boolean =>
              shard.state === 'open' && worlds.at(-1)?.[at]?.state === 'expired';
            // no listing is older than the retention: what it shows open has not expired since
            const possible = then.some(gone) ? (worlds.at(-1) ?? []) : then;
            return listingOf(possible, { serverNowMs: day * DAY });
          };
          known = merged(known, listedAgo(events?.listedBy ?? 0));
          const ends = activeShards(known).filter(
            (shard, at) => shard.closed && ((events?.ends ?? 255) >> at) % 2 === 1,
          );
          known = markEnded(known, idsOf(ends));
          for (const shardId of idsOf(ends)) items.set(shardId, null);
          for (const shard of known.shards) expect(removed.has(shard.shardId)).toBe(false);

          const writes = tidyShards(itemsNow(), known, listedAgo(events?.tidiedBy ?? 0));
          for (const shardId of apply(items, writes)) {
            removed.add(shardId);
            // not even in the oldest listing that may still come
            for (let ago = 0; ago <= MAX_STALE_DAYS; ago++) {
              expect(idsOf(listedAgo(ago).shards)).not.toContain(shardId);
            }
          }
        }
        removals += removed.size;
        expect([...items.keys()].filter((id) => !idsOf(known.shards).includes(id))).toEqual([]);
      }),
    );
    expect(removals).toBeGreaterThan(0);
  });
});

describe('an item as a tidy reads it', () => {
  const stored = (more: object) =>
    parseEnded({ ...checkpointKey('a', 's', GONE), fence: 3, position: SHARD_END, ...more });

  it('is that of an ended shard, with its mark', () => {
    expect(stored({})).toEqual(item(GONE));
    expect(stored({ unlisted_since: NOW })).toEqual(item(GONE, NOW));
  });

  it.each([
    ['of a shard that is read', { position: positionOf('123', null) }],
    ['that a Go group wrote', { position: undefined, fence: undefined, sequence_number: '123' }],
    ['that has an owner', { lease_owner: 'c/n' }],
    ['with a fence that is none', { fence: 'x' }],
    ['with a mark that is none', { unlisted_since: 'yesterday' }],
    ['with a mark before all time', { unlisted_since: -1 }],
  ])('%s is none', (_, more) => {
    expect(stored(more)).toBeNull();
  });
});

describe('the chunks of maps', () => {
  const APP = 'a';
  const chunk = (stream: string, set: string, n = 0) => ({
    ...mapChunkKey(APP, stream, set, n),
    meta: [],
  });
  const stands = (stream: string, ver: unknown, chunkSet?: string) => ({
    ...mapKey(APP, stream),
    ver,
    ...(chunkSet === undefined ? {} : { chunkSet }),
  });
  const orphans = (...items: Parameters<typeof orphanedChunks>[0]) =>
    orphanedChunks(items).map(({ sk }) => sk);

  it('go once the map is more than three versions further', () => {
    const old = [chunk('s', '6#aa', 0), chunk('s', '6#aa', 1)];
    const recent = [
      chunk('s', '7#bb'),
      chunk('s', '8#cc'),
      chunk('s', '10#dd'),
      chunk('s', '11#ee'),
    ];
    expect(orphans(stands('s', 10, '10#dd'), ...old, ...recent)).toEqual(['s#6#aa#0', 's#6#aa#1']);
    // it shrank to one item
    expect(orphans(stands('s', 10), ...old)).toEqual(['s#6#aa#0', 's#6#aa#1']);
  });

  it('stay where the map of their stream is missing, cannot be read, or names them', () => {
    const old = chunk('s', '1#aa');
    expect(orphans(old)).toEqual([]);
    expect(orphans(stands('t', 10), old)).toEqual([]);
    expect(orphans(stands('s', 'ten'), old)).toEqual([]);
    expect(orphans(stands('s', undefined), old)).toEqual([]);
    expect(orphans(stands('s', 10, '1#aa'), old)).toEqual([]);
  });

  it('are told from maps by their names, in which a stream may be an ARN', () => {
    const arn = 'arn:aws:kinesis:us-east-1:123456789012:stream/orders.v1-x_y';
    expect(orphans(stands(arn, 9), chunk(arn, '2#ab', 12))).toEqual([`${arn}#2#ab#12`]);
    expect(orphans(stands('s', 9), { pk: 'p', sk: 's#2#0' }, { pk: 'p', sk: 's#x#ab#0' })).toEqual(
      [],
    );
  });
});
