/** What the group knows of the shards of its streams. */
import type { FeedEvent } from '../../src/feed/events.ts';
import { compareDecimals, type MapShard, type MapVersion } from '../../src/feed/reading.ts';
import { shardKey } from './shard-items.ts';

type Of<Kind extends FeedEvent['kind']> = Extract<FeedEvent, { kind: Kind }>;

/** A shard and its place on the line of hash keys. */
export interface PlacedShard extends MapShard {
  readonly key: string;
  /** From 0 to 1. */
  readonly from: number;
  readonly to: number;
  readonly firstSeenMs: number;
}

/** Never changed, only replaced. */
export interface StreamMap {
  readonly stream: string;
  readonly version: number;
  /** Instant of Kinesis' clock at which the first shards start; null: at their first record. */
  readonly startMs: number | null;
  /** In the order of their hash ranges, then of their ids. */
  readonly shards: readonly PlacedShard[];
  readonly byId: ReadonlyMap<string, PlacedShard>;
  /** Newest versions, the oldest first: plans name them. */
  readonly versions: readonly MapVersion[];
}

/** A plan is made on the newest version, or on one that was the newest while it was made. */
const KEPT_VERSIONS = 4;
const HASH_KEYS = 2 ** 128;

export class StreamMaps {
  readonly #byName: Map<string, StreamMap>;
  /** Of all shards. */
  readonly #keys: Set<string>;

  constructor(before?: StreamMaps) {
    this.#byName = new Map(before === undefined ? [] : before.#byName);
    this.#keys = new Set(before === undefined ? [] : before.#keys);
  }

  clone(): StreamMaps {
    return new StreamMaps(this);
  }

  /** Whether the map of its stream has a shard. */
  hasKey(key: string): boolean {
    return this.#keys.has(key);
  }

  get(stream: string): StreamMap | undefined {
    return this.#byName.get(stream);
  }

  names(): IterableIterator<string> {
    return this.#byName.keys();
  }

  apply({ stream, version, startMs, shards, atMs }: Of<'map'>): StreamMap | null {
    // of a large map the feed may tell no more than that it changed
    if (shards === null) return null;
    const before = this.#byName.get(stream);
    const placed = shards
      .map((shard) =>
        placedShard(stream, shard, before?.byId.get(shard.shardId)?.firstSeenMs ?? atMs),
      )
      .sort(byHash);
    // a map that was set back, or began anew, is not the one that older plans named
    const kept = (before?.versions ?? [])
      .filter((each) => each.version < version)
      .slice(1 - KEPT_VERSIONS);
    const map: StreamMap = {
      stream,
      version,
      startMs,
      shards: placed,
      byId: new Map(placed.map((shard) => [shard.shardId, shard])),
      versions: [...kept, { version, shards }],
    };
    for (const { key } of before?.shards ?? []) this.#keys.delete(key);
    for (const { key } of placed) this.#keys.add(key);
    this.#byName.set(stream, map);
    return map;
  }

  /** The version that a plan names, or a later one where that is not known; null: neither is. */
  versionFor(stream: string, version: number): MapVersion | null {
    const versions = this.#byName.get(stream)?.versions ?? [];
    return versions.find((each) => each.version >= version) ?? null;
  }
}

const placedShard = (stream: string, shard: MapShard, firstSeenMs: number): PlacedShard => ({
  ...shard,
  key: shardKey(stream, shard.shardId),
  firstSeenMs,
  from: Number(shard.startHash) / HASH_KEYS,
  to: (Number(shard.endHash) + 1) / HASH_KEYS,
});

const byHash = (a: PlacedShard, b: PlacedShard): number =>
  compareDecimals(a.startHash, b.startHash) || (a.shardId < b.shardId ? -1 : 1);
