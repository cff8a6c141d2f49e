/** The shards of one stream and how they split and merge. */
import { KinesumerError } from '../../errors.ts';
import { MemoryShard, type HashRange } from './shard.ts';

const HASH_KEYS = 1n << 128n;

interface Creation {
  readonly name: string;
  /** Its number among all streams that the region ever had. */
  readonly index: number;
  readonly createdAtMs: number;
  readonly shardCount: number;
}

export class StreamShards {
  readonly name: string;
  readonly index: number;
  readonly createdAtMs: number;
  readonly #shardCount: number;
  /** Draws the next order of the region. */
  readonly #nextOrder: () => number;
  readonly #shards: MemoryShard[] = [];
  readonly #byId = new Map<string, MemoryShard>();
  #state: 'creating' | 'active' = 'creating';
  #horizonMs = Number.NEGATIVE_INFINITY;

  constructor(creation: Creation, nextOrder: () => number) {
    this.name = creation.name;
    this.index = creation.index;
    this.createdAtMs = creation.createdAtMs;
    this.#shardCount = creation.shardCount;
    this.#nextOrder = nextOrder;
  }

  get state(): 'creating' | 'active' {
    return this.#state;
  }

  /** What is older was expired by hand. */
  get horizonMs(): number {
    return this.#horizonMs;
  }

  /** Gives a new stream its shards, of equal hash ranges. Idempotent. */
  activate(): void {
    if (this.#state === 'active') return;
    this.#state = 'active';
    const count = BigInt(this.#shardCount);
    for (let place = 0n; place < count; place++) {
      const first = (HASH_KEYS * place) / count;
      const last = (HASH_KEYS * (place + 1n)) / count - 1n;
      this.#open({ first, last }, [], this.createdAtMs);
    }
  }

  expireBefore(timestampMs: number): void {
    this.#horizonMs = Math.max(this.#horizonMs, timestampMs);
  }

  /** Open shards, and the closed ones that ended at this instant or later; by id. */
  within(horizonMs: number): readonly MemoryShard[] {
    return this.#shards.filter((shard) => shard.end === null || shard.end.atMs >= horizonMs);
  }

  /** One of those that {@link within} has. */
  find(shardId: string, horizonMs: number): MemoryShard | undefined {
    const shard = this.#byId.get(shardId);
    return shard === undefined || (shard.end !== null && shard.end.atMs < horizonMs)
      ? undefined
      : shard;
  }

  /** The open shard that a hash key falls into. */
  shardOf(hashKey: bigint): MemoryShard {
    const shard = this.#openShards().find((candidate) => candidate.covers(hashKey));
    if (shard === undefined) throw this.#rejection(`no open shard covers ${hashKey}`);
    return shard;
  }

  split(shardId: string, nowMs: number, at?: bigint): readonly string[] {
    const parent = this.#openShard(shardId);
    const { first, last } = parent.range;
    const middle = at ?? (first + last + 1n) / 2n;
    if (middle <= first || middle > last) {
      throw this.#rejection(`${shardId} cannot be split at ${middle}`);
    }
    const endOrder = this.#nextOrder();
    const children = [
      this.#open({ first, last: middle - 1n }, [parent], nowMs),
      this.#open({ first: middle, last }, [parent], nowMs),
    ];
    parent.close({ order: endOrder, atMs: nowMs, children });
    return children.map((child) => child.id);
  }

  merge(shardId: string, adjacentShardId: string, nowMs: number): string {
    const parents = [this.#openShard(shardId), this.#openShard(adjacentShardId)] as const;
    const [low, high] = [...parents].sort((a, b) => (a.range.first < b.range.first ? -1 : 1));
    if (low === undefined || high === undefined || low.range.last + 1n !== high.range.first) {
      throw this.#rejection(`${shardId} and ${adjacentShardId} are not adjacent`);
    }
    const endOrder = this.#nextOrder();
    const range = { first: low.range.first, last: high.range.last };
    const child = this.#open(range, parents, nowMs);
    for (const parent of parents) parent.close({ order: endOrder, atMs: nowMs, children: [child] });
    return child.id;
  }

  resize(shardCount: number, nowMs: number): void {
    if (!Number.isInteger(shardCount) || shardCount < 1) {
      throw this.#rejection(`a stream has 1 shard or more, not ${shardCount}`);
    }
    for (let open = this.#byRange(); open.length !== shardCount; open = this.#byRange()) {
      if (open.length < shardCount) {
        this.split(open.reduce((a, b) => (width(b.range) > width(a.range) ? b : a)).id, nowMs);
        continue;
      }
      const pairs = open
        .slice(1)
        .map((shard, index) => [open[index] as MemoryShard, shard] as const);
      const [low, high] = pairs.reduce((a, b) => (pairWidth(b) < pairWidth(a) ? b : a));
      this.merge(low.id, high.id, nowMs);
    }
  }

  #open(range: HashRange, parents: readonly MemoryShard[], bornMs: number): MemoryShard {
    const index = this.#shards.length;
    const shard = new MemoryShard({ index, range, parents, bornMs, order: this.#nextOrder() });
    this.#shards.push(shard);
    this.#byId.set(shard.id, shard);
    return shard;
  }

  #openShards(): readonly MemoryShard[] {
    return this.#shards.filter((shard) => shard.end === null);
  }

  #byRange(): readonly MemoryShard[] {
    return [...this.#openShards()].sort((a, b) => (a.range.first < b.range.first ? -1 : 1));
  }

  #openShard(shardId: string): MemoryShard {
    const shard = this.#openShards().find((candidate) => candidate.id === shardId);
    if (shard === undefined) throw this.#rejection(`${shardId} is no open shard`);
    return shard;
  }

  #rejection(message: string): KinesumerError {
    return new KinesumerError('StreamRejected', message, { stream: this.name });
  }
}

function width({ first, last }: HashRange): bigint {
  return last - first;
}

function pairWidth([low, high]: readonly [MemoryShard, MemoryShard]): bigint {
  return width(low.range) + width(high.range);
}
