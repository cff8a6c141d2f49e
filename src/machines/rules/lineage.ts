/**
 * The map of a stream's shards: which exist, whose children they are, which are completed. It is monotone: a
 * shard that is not completed never leaves it, whatever a listing says, so that no reshard, stale listing or
 * outage makes the group forget unread records.
 */
import { byOrder, isTiling, overlapping, type HashRange } from './hash-ranges.ts';
import type { StreamStart } from './positions.ts';

/** One shard of a map. */
export interface MapShard {
  readonly shardId: string;
  /** Parents that have to be completed before the first record of this shard is read. */
  readonly parents: readonly string[];
  /** Decimal, 0 … 2^128 − 1, both ends included. */
  readonly startHash: string;
  readonly endHash: string;
  /** Takes no more records. Only ever turns true. */
  readonly closed: boolean;
  /** Completed by the group: its item is at SHARD_END, or nothing of it is to be read. Only ever turns true. */
  readonly ended: boolean;
  /** `first`: in the first listing, starts where the stream starts. `later`: starts at its first record. */
  readonly origin: 'first' | 'later';
}

/** The shards of one stream as the group knows them. */
export interface ShardMap {
  readonly stream: string;
  /**
   * +1 per change, from the instant of the first listing by Kinesis' clock: a map that begins anew after a deletion
   * is never taken for the one of before, nor for one that a plan names.
   */
  readonly version: number;
  /** StreamCreationTimestamp, ms since the epoch: another one means another stream. */
  readonly createdAtMs: number;
  /** Set once. */
  readonly start: StreamStart;
  /** By start of the hash range, then by id. */
  readonly shards: readonly MapShard[];
}

/** A shard as Kinesis lists it; the same shape as in the stream port. */
export interface ListedShard {
  readonly shardId: string;
  readonly parentShardId: string | null;
  readonly adjacentParentShardId: string | null;
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  readonly closed: boolean;
}

/** One complete listing. */
export interface Listing {
  readonly shards: readonly ListedShard[];
  readonly createdAtMs: number;
  /** Kinesis' own clock at its answer, ms since the epoch. */
  readonly serverNowMs: number;
}

/** Where a stream that is new to the group starts, as the user said it. */
export type FirstStart = { readonly kind: 'latest'; readonly marginMs?: number } | StreamStart;

/** How far before the instant of the first listing LATEST lies: room for records that were on their way. */
export const LATEST_MARGIN_MS = 1_000;

/** Whether the open shards cover all hash keys, each once. A listing torn by a reshard does not. */
export function tiles(shards: readonly (ListedShard | MapShard)[]): boolean {
  return isTiling(shards.filter((shard) => !shard.closed).map(rangeOf));
}

const rangeOf = (shard: ListedShard | MapShard): HashRange =>
  'startHash' in shard
    ? { start: shard.startHash, end: shard.endHash }
    : { start: shard.startingHashKey, end: shard.endingHashKey };

/** Shards in hash-key order (start of the range, then id) or in the order of their ids; a new array. */
export function bySomeOrder<S extends Pick<MapShard, 'shardId' | 'startHash'>>(
  shards: readonly S[],
  order: 'hash' | 'id',
): S[] {
  return [...shards].sort(byOrder(order));
}

const mapShardOf = (listed: ListedShard, origin: MapShard['origin']): MapShard => ({
  shardId: listed.shardId,
  parents: [listed.parentShardId, listed.adjacentParentShardId].filter((id) => id !== null),
  startHash: listed.startingHashKey,
  endHash: listed.endingHashKey,
  closed: listed.closed,
  ended: false,
  origin,
});

/** How far the group came with a shard, by its item in the table. */
export type Progress = 'begun' | 'ended';

/**
 * The first map of a stream, or the first after its map was deleted. `latest` becomes the instant of Kinesis' own
 * clock minus a margin (never the host's clock); shards that are closed by then count as ended, and nothing has to
 * wait for them. Not so what the group has begun: it is read to its end, and its children wait for it.
 *
 * @param progress of the shards that have an item; only `latest` asks for it.
 */
export function firstMap(
  stream: string,
  listing: Listing,
  start: FirstStart,
  progress: ReadonlyMap<string, Progress>,
): { readonly kind: 'map'; readonly map: ShardMap } | { readonly kind: 'incomplete' } {
  if (!tiles(listing.shards)) return { kind: 'incomplete' };
  const listed = new Map(listing.shards.map((shard) => [shard.shardId, shard]));
  const shards = bySomeOrder(
    Array.from(listed.values(), (shard) => mapShardOf(shard, 'first')),
    'hash',
  );
  const { createdAtMs, serverNowMs } = listing;
  const version = Math.max(1, Math.floor(serverNowMs));
  if (start.kind !== 'latest') {
    return { kind: 'map', map: { stream, version, createdAtMs, start, shards } };
  }
  const timestampMs = serverNowMs - (start.marginMs ?? LATEST_MARGIN_MS);
  const map: ShardMap = {
    stream,
    version,
    createdAtMs,
    start: { kind: 'atTimestamp', timestampMs },
    shards: fromLatest(shards, progress),
  };
  return { kind: 'map', map };
}

/**
 * Where a map was deleted, `latest` is now, but what the group had begun lies before: such shards, and all that
 * came of them, go on from their positions, and those that were not begun yet start at their first record.
 */
function fromLatest(
  shards: readonly MapShard[],
  progress: ReadonlyMap<string, Progress>,
): MapShard[] {
  const byId = new Map(shards.map((shard) => [shard.shardId, shard]));
  const groups = new Map<string, boolean>();
  const isGroups = (shardId: string): boolean => {
    const known = groups.get(shardId);
    if (known !== undefined) return known;
    // a lineage has no circle; should a listing say so, it ends here
    groups.set(shardId, false);
    const is = progress.has(shardId) || (byId.get(shardId)?.parents.some(isGroups) ?? false);
    groups.set(shardId, is);
    return is;
  };
  const placed = shards.map((shard): MapShard => {
    if (!isGroups(shard.shardId)) return { ...shard, ended: shard.closed };
    const ended = shard.closed && progress.get(shard.shardId) === 'ended';
    return { ...shard, ended, origin: 'later' };
  });
  // What lies before the start is not read, so that nothing proves it read.
  const unended = new Set(placed.filter((shard) => !shard.ended).map((shard) => shard.shardId));
  return placed.map((shard) => ({
    ...shard,
    parents: shard.parents.filter((id) => unended.has(id)),
  }));
}

export type MergeOutcome =
  | { readonly kind: 'same' }
  | { readonly kind: 'changed'; readonly map: ShardMap }
  /** The listing does not tile the key space: list again. */
  | { readonly kind: 'incomplete' }
  /** Another stream has this name now. */
  | { readonly kind: 'recreated' };

/**
 * The map after another listing. Shards come in, `closed` turns true, and an ended shard leaves once the listing
 * lacks it and no shard that is not ended names it as parent. A stale listing changes nothing.
 */
export function mergeListing(map: ShardMap, listing: Listing): MergeOutcome {
  if (listing.createdAtMs !== map.createdAtMs) return { kind: 'recreated' };
  if (!tiles(listing.shards)) return { kind: 'incomplete' };
  const listed = new Map(listing.shards.map((shard) => [shard.shardId, shard]));
  const awaited = awaitedBy(map.shards);
  let changed = false;
  const shards: MapShard[] = [];
  for (const shard of map.shards) {
    const now = listed.get(shard.shardId);
    if (now === undefined && shard.ended && !awaited.has(shard.shardId)) {
      changed = true;
    } else if (now?.closed === true && !shard.closed) {
      changed = true;
      shards.push({ ...shard, closed: true });
    } else {
      shards.push(shard);
    }
  }
  const born = newcomers(map, listed);
  if (!changed && born.length === 0) return { kind: 'same' };
  return { kind: 'changed', map: nextVersion(map, [...shards, ...born]) };
}

/** The parents of the shards that are not ended. */
const awaitedBy = (shards: readonly MapShard[]): Set<string> =>
  new Set(shards.filter((shard) => !shard.ended).flatMap((shard) => shard.parents));

/**
 * The listed shards that the map lacks, without those that left it: around the retention one listing still has
 * what the one before lacked, and a shard that came back would be read again. A descendant in the map betrays
 * them. Only where a shard that is not ended waits for it does such a one come in after all.
 */
function newcomers(map: ShardMap, listed: ReadonlyMap<string, ListedShard>): MapShard[] {
  const known = new Set(map.shards.map((shard) => shard.shardId));
  const outlived = new Set<string>();
  const climb = (shard: ListedShard | undefined): void => {
    for (const parent of [shard?.parentShardId, shard?.adjacentParentShardId]) {
      if (typeof parent !== 'string' || outlived.has(parent)) continue;
      outlived.add(parent);
      climb(listed.get(parent));
    }
  };
  for (const shardId of known) climb(listed.get(shardId));

  const missing = Array.from(listed.values()).filter((shard) => !known.has(shard.shardId));
  const born = missing
    .filter((shard) => !outlived.has(shard.shardId))
    .map((shard) => mapShardOf(shard, 'later'));
  const awaited = awaitedBy([...map.shards, ...born]);
  // A set is walked together with what is added on the way: the parents of those that come in.
  for (const shardId of awaited) {
    const shard = listed.get(shardId);
    if (shard === undefined || known.has(shardId) || !outlived.has(shardId)) continue;
    const back = mapShardOf(shard, 'later');
    born.push(back);
    for (const parent of back.parents) awaited.add(parent);
  }
  return [...born, ...passedBetween(map, listed, born)];
}

/**
 * The parents of newcomers that neither the map nor the listing has: they came and passed the retention between two
 * listings, and nobody read them. They come in, to be told and ended by whoever gets them. What Kinesis does not say of
 * them is taken from the children that name them: the range, which only orders the shards of a map, and that they wait
 * for what the group still reads of it, so that the order of each key holds.
 */
function passedBetween(
  map: ShardMap,
  listed: ReadonlyMap<string, ListedShard>,
  born: readonly MapShard[],
): MapShard[] {
  // a shard leaves the map once it ended: its other children were there by then, or are in the listing that lacks it
  const known = new Set(map.shards.flatMap(({ shardId, parents }) => [shardId, ...parents]));
  const orphans = born.flatMap((child) =>
    child.parents
      .filter((shardId) => !known.has(shardId) && !listed.has(shardId))
      .map((shardId) => ({ shardId, child })),
  );
  if (orphans.length === 0) return [];
  const unread = map.shards.filter(
    (shard) => !shard.ended && listed.get(shard.shardId)?.closed !== false,
  );
  const before = overlapping(
    orphans.map(({ child }) => rangeOf(child)),
    unread.map(rangeOf),
  );
  const passed = new Map<string, MapShard>();
  for (const [nth, { shardId, child }] of orphans.entries()) {
    const others = passed.get(shardId)?.parents ?? [];
    const own = (before[nth] ?? []).flatMap((at) => unread[at]?.shardId ?? []);
    passed.set(shardId, {
      ...child,
      shardId,
      parents: [...new Set([...others, ...own])],
      closed: true,
    });
  }
  return [...passed.values()];
}

const nextVersion = (map: ShardMap, shards: readonly MapShard[]): ShardMap => ({
  ...map,
  version: map.version + 1,
  shards: bySomeOrder(shards, 'hash'),
});

/** The map with shards noted as ended: their items are at SHARD_END, by a strong read. The same map if none is new. */
export function markEnded(map: ShardMap, shardIds: readonly string[]): ShardMap {
  const ended = new Set(shardIds);
  if (!map.shards.some((shard) => ended.has(shard.shardId) && !shard.ended)) return map;
  const shards = map.shards.map((shard) =>
    ended.has(shard.shardId) ? { ...shard, closed: true, ended: true } : shard,
  );
  return nextVersion(map, shards);
}

/**
 * The map with shards that count as ended though no item says so: nothing of them is to be read by this group.
 * Their children no longer wait for them.
 */
export function countAsEnded(map: ShardMap, shardIds: readonly string[]): ShardMap {
  const ended = new Set(shardIds);
  const marked = markEnded(map, shardIds);
  if (marked === map) return map;
  const shards = marked.shards.map((shard) =>
    shard.parents.some((id) => ended.has(id))
      ? { ...shard, parents: shard.parents.filter((id) => !ended.has(id)) }
      : shard,
  );
  return { ...marked, shards };
}

/**
 * The shards that are to be read now, in hash order: not ended, and every parent ended. A parent that is not in
 * the map ended earlier or passed its retention: it is proven gone.
 */
export function activeShards(map: ShardMap): MapShard[] {
  const unended = new Set(map.shards.filter((shard) => !shard.ended).map((shard) => shard.shardId));
  return bySomeOrder(
    map.shards.filter((shard) => !shard.ended && !shard.parents.some((id) => unended.has(id))),
    'hash',
  );
}

/** A map never changes, and each shard that is asked for looks into it. */
const indexes = new WeakMap<ShardMap, ReadonlyMap<string, MapShard>>();

function shardOf(map: ShardMap, shardId: string): MapShard | undefined {
  let index = indexes.get(map);
  if (index === undefined) {
    index = new Map(map.shards.map((shard) => [shard.shardId, shard]));
    indexes.set(map, index);
  }
  return index.get(shardId);
}

/** The parents to be checked at the first acquire of a shard; empty where there is nothing to wait for. */
export function parentsOf(map: ShardMap, shardId: string): readonly string[] {
  return shardOf(map, shardId)?.parents ?? [];
}

/**
 * The parents whose items have to prove that they ended. A parent that the map does not have is gone; one that the
 * map says has ended counts, also where its item was deleted: it was read strongly, or the start passed it.
 */
export function unprovenParents(map: ShardMap, shardId: string): readonly string[] {
  return parentsOf(map, shardId).filter((id) => {
    const parent = shardOf(map, id);
    return parent?.ended === false;
  });
}

/** Whether a map has a shard. What left it was completed. */
export const isInMap = (map: ShardMap, shardId: string): boolean =>
  shardOf(map, shardId) !== undefined;

/** Whether a shard has parents to be checked at its first acquire. A shard that the map does not know has. */
export function bornInMap(map: ShardMap, shardId: string): boolean {
  const shard = shardOf(map, shardId);
  return shard === undefined || shard.parents.length > 0;
}

/** Where a shard of which nothing is completed starts. */
export function startOf(map: ShardMap, shardId: string): StreamStart {
  return shardOf(map, shardId)?.origin === 'first' ? map.start : { kind: 'trimHorizon' };
}
