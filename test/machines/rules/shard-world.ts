/** A stream that is split and merged at random, and how Kinesis would list it. */
import fc from 'fast-check';
import type { ListedShard, Listing, MapShard } from '../../../src/machines/rules/lineage.ts';

const HASH_KEYS = 2n ** 128n;

interface WorldShard {
  readonly shardId: string;
  readonly parents: readonly string[];
  readonly start: bigint;
  readonly end: bigint;
  readonly state: 'open' | 'closed' | 'expired';
}

/** All shards that a stream ever had. */
export type World = readonly WorldShard[];

export type Reshard =
  | { readonly kind: 'split'; readonly pick: number; readonly thousandth: number }
  | { readonly kind: 'merge'; readonly pick: number }
  /** The oldest closed shard passes its retention. */
  | { readonly kind: 'expire' };

export const reshards: fc.Arbitrary<Reshard> = fc.oneof(
  fc.record({
    kind: fc.constant('split' as const),
    pick: fc.nat({ max: 99 }),
    thousandth: fc.integer({ min: 1, max: 999 }),
  }),
  fc.record({ kind: fc.constant('merge' as const), pick: fc.nat({ max: 99 }) }),
  fc.constant({ kind: 'expire' as const }),
);

const idOf = (n: number): string => `shardId-${String(n).padStart(12, '0')}`;

/** A new stream of equal shards. */
export function newWorld(shards: number): World {
  return Array.from({ length: shards }, (_, i) => ({
    shardId: idOf(i),
    parents: [],
    start: (HASH_KEYS * BigInt(i)) / BigInt(shards),
    end: (HASH_KEYS * BigInt(i + 1)) / BigInt(shards) - 1n,
    state: 'open',
  }));
}

export const openIn = (world: World): World =>
  world.filter((shard) => shard.state === 'open').toSorted((a, b) => (a.start < b.start ? -1 : 1));

/** The stream after one reshard; the same stream where there is nothing to reshard. */
export function reshard(world: World, step: Reshard): World {
  const open = openIn(world);
  const turned = (ids: readonly string[], state: WorldShard['state']): World =>
    world.map((shard) => (ids.includes(shard.shardId) ? { ...shard, state } : shard));
  const born = (n: number, parents: readonly string[], start: bigint, end: bigint): WorldShard => ({
    shardId: idOf(world.length + n),
    parents,
    start,
    end,
    state: 'open',
  });
  if (step.kind === 'expire') {
    const oldest = world.find((shard) => shard.state === 'closed');
    return oldest === undefined ? world : turned([oldest.shardId], 'expired');
  }
  const left = open[step.pick % open.length];
  if (left === undefined) return world;
  if (step.kind === 'split') {
    const size = left.end - left.start + 1n;
    const middle = left.start + (size * BigInt(step.thousandth)) / 1_000n;
    if (middle <= left.start || middle > left.end) return world;
    const parents = [left.shardId];
    return [
      ...turned(parents, 'closed'),
      born(0, parents, left.start, middle - 1n),
      born(1, parents, middle, left.end),
    ];
  }
  const right = open[(step.pick % open.length) + 1];
  if (right === undefined) return world;
  const parents = [left.shardId, right.shardId];
  return [...turned(parents, 'closed'), born(0, parents, left.start, right.end)];
}

export const grown = (shards: number, steps: readonly Reshard[]): World =>
  steps.reduce(reshard, newWorld(shards));

/** What ListShards would answer. */
export function listingOf(world: World, overrides: Partial<Listing> = {}): Listing {
  const shards = world
    .filter((shard) => shard.state !== 'expired')
    .map((shard): ListedShard => ({
      shardId: shard.shardId,
      parentShardId: shard.parents[0] ?? null,
      adjacentParentShardId: shard.parents[1] ?? null,
      startingHashKey: shard.start.toString(),
      endingHashKey: shard.end.toString(),
      closed: shard.state === 'closed',
    }));
  return { shards, createdAtMs: 1_000, serverNowMs: 500_000, ...overrides };
}

/** Open shards of a map, without a history. */
export function openShards(count: number): MapShard[] {
  return newWorld(count).map(({ shardId, start, end }) => ({
    shardId,
    parents: [],
    startHash: start.toString(),
    endHash: end.toString(),
    closed: false,
    ended: false,
    origin: 'first',
  }));
}
