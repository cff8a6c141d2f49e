/** The streams of a simulated cluster, with what producers and operators do to them. */
import type { ListedShard, Random } from '../machines/ports.ts';
import { compareDecimals } from '../machines/rules/hash-ranges.ts';
import { MemoryKinesis, type MemoryKinesisOptions } from '../services/memory/kinesis.ts';
import type { Recorder } from './history.ts';

export interface RegionOptions extends MemoryKinesisOptions {
  readonly random: Random;
  readonly recorder: Recorder;
  /** Partition keys of each stream. */
  readonly keys: number;
  /** More than this many open shards of a stream are not split further. */
  readonly maxOpenShards: number;
}

export class Region {
  readonly kinesis: MemoryKinesis;
  readonly #options: RegionOptions;
  /** When each stream that exists was created. */
  readonly #living = new Map<string, number>();
  /** Streams that are gone, with the shards that they had. */
  readonly #gone = new Map<string, readonly ListedShard[]>();
  readonly #counters = new Map<string, number>();
  #first: { readonly stream: string; readonly createdAtMs: number } | null = null;

  constructor(options: RegionOptions) {
    this.#options = options;
    this.kinesis = new MemoryKinesis(options);
  }

  /** Streams that exist, in the order of their creation. */
  names(): readonly string[] {
    return [...this.#living.keys()];
  }

  create(stream: string, shards: number): void {
    if (this.#living.has(stream)) return;
    const createdAtMs = this.kinesis.nowMs();
    this.kinesis.createStream(stream, shards);
    this.#living.set(stream, createdAtMs);
    this.#first ??= { stream, createdAtMs };
    this.#options.recorder.note({ kind: 'stream', what: 'created', stream, createdAtMs });
  }

  delete(stream: string): void {
    const createdAtMs = this.#living.get(stream);
    if (createdAtMs === undefined) return;
    this.#gone.set(stream, this.#listed(stream));
    this.#living.delete(stream);
    this.kinesis.deleteStream(stream);
    this.#options.recorder.note({ kind: 'stream', what: 'deleted', stream, createdAtMs });
  }

  /** Lets the records of a stream that are older than this, and the shards that were closed before, pass the retention. */
  lapse(name: string, olderThanMs: number): void {
    if (!this.#living.has(name)) return;
    const beforeMs = this.kinesis.nowMs() - olderThanMs;
    this.#options.recorder.note({ kind: 'lapsed', stream: name, beforeMs });
    this.kinesis.expireBefore(name, beforeMs);
  }

  /**
   * Puts records of random keys; each carries its key's counter.
   *
   * @param name a stream; undefined: any
   */
  put(records: number, name?: string): void {
    const { random, recorder, keys } = this.#options;
    for (let record = 0; record < records; record++) {
      const stream = name ?? this.#any();
      const createdAtMs = this.#living.get(stream);
      if (createdAtMs === undefined) return;
      const drawn = `k${Math.floor(random.next('key') * keys)}`;
      const key = this.#keyPrefix(stream, createdAtMs) + drawn;
      const n = (this.#counters.get(key) ?? 0) + 1;
      this.#counters.set(key, n);
      const put = this.kinesis.putRecord({ stream, partitionKey: key, data: String(n) });
      const arrivalMs = this.kinesis.nowMs();
      recorder.note({ kind: 'put', stream, ...put, key, n, arrivalMs });
    }
  }

  /** Splits one of the open shards. */
  split(pick: number, name?: string): void {
    const stream = name ?? this.names()[0] ?? '';
    const open = this.open(stream);
    const shard = open[pick % open.length];
    if (shard === undefined || open.length >= this.#options.maxOpenShards) return;
    const children = this.kinesis.splitShard(stream, shard.shardId);
    this.#tellReshard(stream, [shard.shardId], children);
  }

  /** Merges one pair of neighbours. */
  merge(pick: number, name?: string): void {
    const stream = name ?? this.names()[0] ?? '';
    const open = this.open(stream);
    if (open.length < 2) return;
    const at = pick % (open.length - 1);
    const parents = open.slice(at, at + 2).map((shard) => shard.shardId);
    const child = this.kinesis.mergeShards(stream, parents[0] ?? '', parents[1] ?? '');
    this.#tellReshard(stream, parents, [child]);
  }

  /** Every stream that there was, the last of each name, with its shards as they are listed now, or were at last. */
  shards(): Readonly<Record<string, readonly ListedShard[]>> {
    const living = this.names().map((name) => [name, this.#listed(name)] as const);
    return Object.fromEntries([...this.#gone, ...living]);
  }

  #tellReshard(stream: string, parents: readonly string[], children: readonly string[]): void {
    this.#options.recorder.note({ kind: 'reshard', stream, parents, children });
  }

  /** Keys of different streams are different keys; those of the first one are the shortest. */
  #keyPrefix(stream: string, createdAtMs: number): string {
    const first = this.#first;
    if (first?.stream === stream && first.createdAtMs === createdAtMs) return '';
    return this.#gone.has(stream) ? `${stream}-${createdAtMs}-` : `${stream}-`;
  }

  #any(): string {
    const names = this.names();
    if (names.length < 2) return names[0] ?? '';
    return names[Math.floor(this.#options.random.next('stream') * names.length)] ?? '';
  }

  #listed(name: string): readonly ListedShard[] {
    const listing = this.kinesis.listShards(name);
    return listing.kind === 'listed' ? listing.shards : [];
  }

  /** Open shards by their hash ranges; none where there is no such stream. */
  open(stream: string): readonly ListedShard[] {
    return this.#listed(stream)
      .filter((shard) => !shard.closed)
      .toSorted((a, b) => compareDecimals(a.startingHashKey, b.startingHashKey));
  }
}
