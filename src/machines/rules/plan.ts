/**
 * A generation's plan: who shall read what, in few words. Only the first shard of each range is written; the rest
 * follows from the map version that the plan names, so that a plan of 1,000 shards stays small.
 */
import { orderOf, type Assignment, type AssignorName, type Range } from './assignment.ts';
import { activeShards, bySomeOrder, type MapShard, type ShardMap } from './lineage.ts';

/** A member as a plan names it. */
export interface PlanMember {
  readonly clientId: string;
  readonly session: string;
  /** Hash of its list of streams. */
  readonly streamsHash: string;
}

/** A range by its first shard; null: an empty range. */
export interface PlanRange {
  readonly clientId: string;
  readonly first: string | null;
}

/** How one stream is divided. */
export interface PlanStream {
  /** Version of the map that the division stands on. */
  readonly mapVersion: number;
  /** In the order of the shards. */
  readonly ranges: readonly PlanRange[];
}

/** One generation. */
export interface Plan {
  readonly gen: number;
  readonly planId: string;
  /** The session that published it. */
  readonly leader: string;
  /** In index order. */
  readonly members: readonly PlanMember[];
  readonly assignor: AssignorName;
  readonly tolerance: number;
  readonly streams: Readonly<Record<string, PlanStream>>;
}

type ByStream<M> = ReadonlyMap<string, M> | Readonly<Record<string, M>>;

/** Maps by stream, in either form. */
export type ShardMaps = ByStream<ShardMap>;

const isMap = <M>(maps: ByStream<M>): maps is ReadonlyMap<string, M> => maps instanceof Map;

/** The map of a stream. A stream may have any name, also one that all objects know, such as `__proto__`. */
export function mapOf<M extends ShardMap | null>(maps: ByStream<M>, stream: string): M | undefined {
  if (isMap(maps)) return maps.get(stream);
  return Object.hasOwn(maps, stream) ? maps[stream] : undefined;
}

/** What a plan is made from. */
export interface PlanDraft extends Omit<Plan, 'streams'> {
  /** Version of the map of each assigned stream. */
  readonly mapVersions: Readonly<Record<string, number>>;
  readonly assignment: Assignment;
}

/** Writes an assignment down as a plan. A stream without a map version is left out. */
export function planOf({ mapVersions, assignment, ...head }: PlanDraft): Plan {
  const streams = Object.entries(assignment).flatMap(([stream, ranges]) => {
    const mapVersion = Object.hasOwn(mapVersions, stream) ? mapVersions[stream] : undefined;
    if (mapVersion === undefined) return [];
    const firsts = ranges.map(({ clientId, shardIds }) => ({
      clientId,
      first: shardIds[0] ?? null,
    }));
    return [[stream, { mapVersion, ranges: firsts }] as const];
  });
  return { ...head, streams: Object.fromEntries(streams) };
}

/** A shard of a stream. */
export interface ShardName {
  readonly stream: string;
  readonly shardId: string;
}

/** What a member shall read. */
export interface Targets {
  /** `mapMissing`: some streams are held, since the plan stands on another version of their map. */
  readonly kind: 'targets' | 'mapMissing';
  readonly shards: readonly ShardName[];
  /** Streams of this member of which to keep what is owned and take nothing. */
  readonly held: readonly string[];
}

/** The shards that a plan gives to a client. */
export function targetsOf(plan: Plan, maps: ShardMaps, clientId: string): Targets {
  const shards: ShardName[] = [];
  const held: string[] = [];
  for (const [stream, division] of Object.entries(plan.streams)) {
    if (!division.ranges.some((range) => range.clientId === clientId)) continue;
    const ranges = exactRanges(plan, division, mapOf(maps, stream));
    if (ranges === null) {
      held.push(stream);
      continue;
    }
    for (const range of ranges) {
      if (range.clientId !== clientId) continue;
      for (const shardId of range.shardIds) shards.push({ stream, shardId });
    }
  }
  return { kind: held.length === 0 ? 'targets' : 'mapMissing', shards, held };
}

/** The ranges of a stream on the very map that the plan names; null where that is not the one at hand. */
function exactRanges(plan: Plan, division: PlanStream, map: ShardMap | undefined): Range[] | null {
  if (map?.version !== division.mapVersion) return null;
  const active = bySomeOrder(activeShards(map), orderOf(plan.assignor));
  const ids = new Set(active.map((shard) => shard.shardId));
  const firsts = division.ranges.map((range) => range.first).filter((first) => first !== null);
  const sound = firsts.every((first) => ids.has(first)) && firsts[0] === active[0]?.shardId;
  return sound ? cutAt(division, active) : null;
}

/** Cuts shards, given in the plan's order, at the first shard of each range. */
function cutAt(division: PlanStream, shards: readonly MapShard[]): Range[] {
  const starters = new Map<string, number>();
  for (const [index, { first }] of division.ranges.entries()) {
    if (first !== null) starters.set(first, index);
  }
  const cut = division.ranges.map(({ clientId }) => ({ clientId, shardIds: [] as string[] }));
  let current: number | undefined;
  for (const { shardId } of shards) {
    current = starters.get(shardId) ?? current;
    if (current !== undefined) cut[current]?.shardIds.push(shardId);
  }
  return cut;
}

/**
 * What a plan assigns, seen on the maps of now: for the assignor as what stands. Where a map moved on, active
 * shards count for the range in which they lie, so that the children of a shard count for its holder; shards that
 * are gone are left out, as are streams without a map.
 */
export function assignmentOf(plan: Plan, maps: ShardMaps): Assignment {
  const streams = Object.entries(plan.streams).flatMap(([stream, division]) => {
    const map = mapOf(maps, stream);
    if (map === undefined) return [];
    // Ended shards are still in the map's order, and may begin a range.
    const ranges = cutAt(division, bySomeOrder(map.shards, orderOf(plan.assignor)));
    const active = new Set(activeShards(map).map((shard) => shard.shardId));
    const standing = ranges.map(({ clientId, shardIds }) => ({
      clientId,
      shardIds: shardIds.filter((shardId) => active.has(shardId)),
    }));
    return [[stream, standing] as const];
  });
  return Object.fromEntries(streams);
}
