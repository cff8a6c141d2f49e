/** Who owns which shard and how far it is read, by the shards' items. */
import type { FeedEvent } from '../../src/feed/events.ts';
import { SHARD_END } from '../../src/feed/reading.ts';

type Of<Kind extends FeedEvent['kind']> = Extract<FeedEvent, { kind: Kind }>;

export const shardKey = (stream: string, shardId: string): string => `${stream}/${shardId}`;

/** Back from {@link shardKey}: ids of shards hold no slash. */
export function shardOfKey(key: string): { readonly stream: string; readonly shardId: string } {
  const slash = key.lastIndexOf('/');
  return { stream: key.slice(0, slash), shardId: key.slice(slash + 1) };
}

/** Never changed, only replaced. */
export interface ShardItem {
  readonly stream: string;
  readonly shardId: string;
  /** A session; null: free. */
  readonly owner: string | null;
  readonly fence: number | null;
  readonly position: string | null;
  readonly positionAtMs: number | null;
  readonly ownedSinceMs: number | null;
  readonly freeSinceMs: number | null;
}

export class ShardItems {
  readonly #byKey: Map<string, ShardItem>;
  /** Shards of each owner, a session. */
  readonly #owned: Map<string, number>;

  constructor(before?: ShardItems) {
    this.#byKey = new Map(before === undefined ? [] : before.#byKey);
    this.#owned = new Map(before === undefined ? [] : before.#owned);
  }

  clone(): ShardItems {
    return new ShardItems(this);
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): ShardItem | undefined {
    return this.#byKey.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#byKey.keys();
  }

  ownedBy(session: string): number {
    return this.#owned.get(session) ?? 0;
  }

  owners(): IterableIterator<string> {
    return this.#owned.keys();
  }

  hasEnded(key: string): boolean {
    return this.#byKey.get(key)?.position === SHARD_END;
  }

  /** @returns the item before; undefined: there was none */
  apply(event: Of<'shard'>): ShardItem | undefined {
    const { stream, shardId, change, owner, fence, position, atMs } = event;
    const key = shardKey(stream, shardId);
    const before = this.#byKey.get(key);
    this.#count(before?.owner ?? null, -1);
    if (change === 'deleted') {
      this.#byKey.delete(key);
      return before;
    }
    this.#count(owner, 1);
    if (before === undefined && change === 'other') {
      // it stands, and nobody knows since when
      const since = { positionAtMs: null, ownedSinceMs: null, freeSinceMs: null };
      this.#byKey.set(key, { stream, shardId, owner, fence, position, ...since });
      return before;
    }
    const taken = owner !== null && (owner !== before?.owner || fence !== before.fence);
    const freed = owner === null && (before === undefined || before.owner !== null);
    this.#byKey.set(key, {
      stream,
      shardId,
      owner,
      fence,
      position,
      positionAtMs: position === (before?.position ?? null) ? (before?.positionAtMs ?? null) : atMs,
      ownedSinceMs: owner === null ? null : taken ? atMs : (before?.ownedSinceMs ?? null),
      freeSinceMs: owner !== null ? null : freed ? atMs : (before?.freeSinceMs ?? null),
    });
    return before;
  }

  #count(session: string | null, by: 1 | -1): void {
    if (session === null) return;
    const count = (this.#owned.get(session) ?? 0) + by;
    if (count > 0) this.#owned.set(session, count);
    else this.#owned.delete(session);
  }
}
