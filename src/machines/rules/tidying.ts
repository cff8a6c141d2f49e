/**
 * What nobody will read any more: items of shards that were read to their end and are long gone, chunks of maps that
 * were replaced. A shard's item is its proof that it is not to be read again (S9). So it may go only once nothing can
 * bring the shard back: neither a map nor a listing has it, and that for so long that no listing is as stale.
 */
import { mapChunkOf } from './keys.ts';
import { tiles, type Listing, type ShardMap } from './lineage.ts';

const DAY_MS = 24 * 3_600_000;

/** How long a shard has to be unlisted before its item goes, by Kinesis' own clock. */
export const UNLISTED_FOR_MS = 7 * DAY_MS;

/** The item of a shard that was read to its end. */
export interface EndedItem {
  readonly shardId: string;
  /** Kinesis' time of the first listing of a tidy that lacked the shard; null: none did. */
  readonly unlistedSinceMs: number | null;
}

export interface ShardTidy {
  /** `mark`: note the time of this listing · `unmark`: forget it, the shard is there · `remove`: delete the item. */
  readonly kind: 'mark' | 'unmark' | 'remove';
  readonly shardId: string;
  /** What is noted, or what stands noted and has to stand so still. */
  readonly unlistedSinceMs: number;
}

/** Shards that a map may still ask about, listed or not: its own, and the parents of those that were not read yet. */
function wantedBy(map: ShardMap, listing: Listing): ReadonlySet<string> {
  const wanted = new Set(map.shards.map((shard) => shard.shardId));
  const unborn = listing.shards.filter((shard) => !wanted.has(shard.shardId));
  for (const shard of map.shards) {
    if (!shard.ended) for (const parent of shard.parents) wanted.add(parent);
  }
  for (const { parentShardId, adjacentParentShardId } of unborn) {
    for (const parent of [parentShardId, adjacentParentShardId]) {
      if (parent !== null) wanted.add(parent);
    }
  }
  return wanted;
}

/** Whether the map alone leaves it open what is to be done: a listing costs a request. */
export function asksForListing(ended: readonly EndedItem[], map: ShardMap): boolean {
  const known = new Set(map.shards.map((shard) => shard.shardId));
  return ended.some((item) => item.unlistedSinceMs !== null || !known.has(item.shardId));
}

const ORDER = { unmark: 0, remove: 1, mark: 2 } as const;

/**
 * What to do with the items of a stream's ended shards; first what keeps items.
 *
 * A shard that shows up again loses its mark, so that its week begins anew: one that comes and goes is kept. A mark
 * later than the listing's own time is of a clock that ran ahead; it is left until that time has come.
 *
 * @param ended read before the map, and both before the listing: so a shard that ended meanwhile is not among them.
 */
export function tidyShards(
  ended: readonly EndedItem[],
  map: ShardMap,
  listing: Listing,
): readonly ShardTidy[] {
  // another stream's listing, or a torn one, says nothing of what is gone
  if (listing.createdAtMs !== map.createdAtMs || !tiles(listing.shards)) return [];
  const listed = new Set(listing.shards.map((shard) => shard.shardId));
  const wanted = wantedBy(map, listing);
  const nowMs = listing.serverNowMs;
  return ended
    .flatMap(({ shardId, unlistedSinceMs }): ShardTidy[] => {
      if (listed.has(shardId) || wanted.has(shardId)) {
        return unlistedSinceMs === null ? [] : [{ kind: 'unmark', shardId, unlistedSinceMs }];
      }
      if (unlistedSinceMs === null) return [{ kind: 'mark', shardId, unlistedSinceMs: nowMs }];
      return nowMs - unlistedSinceMs >= UNLISTED_FOR_MS
        ? [{ kind: 'remove', shardId, unlistedSinceMs }]
        : [];
    })
    .toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind]);
}

/** A reader that saw an older version of a map still finds the chunks of this many before the one that stands. */
const KEPT_VERSIONS = 3;

/**
 * Chunks of maps that were replaced, among all items of the maps' partition. Those of a stream without a map stay: its
 * writer may be about to put the first. A chunk of a version long passed is named by no map, now or later, since a
 * map is only ever written over the version before it.
 */
export function orphanedChunks(
  items: readonly (Readonly<Record<string, unknown>> & {
    readonly pk: string;
    readonly sk: string;
  })[],
): readonly { readonly pk: string; readonly sk: string }[] {
  const maps = new Map(items.map((item) => [item.sk, item]));
  return items.flatMap(({ pk, sk }) => {
    const chunk = mapChunkOf(sk);
    const map = chunk === null ? undefined : maps.get(chunk.stream);
    if (chunk === null || map === undefined) return [];
    const { ver, chunkSet } = map;
    const passed = typeof ver === 'number' && ver - chunk.version > KEPT_VERSIONS;
    return passed && chunkSet !== chunk.set ? [{ pk, sk }] : [];
  });
}
