/** A stream of batches made beforehand, which costs next to nothing to read. */
import type {
  DescribeAnswer,
  FetchAnswer,
  FetchedBatch,
  FetchedRecord,
  IteratorAnswer,
  ListAnswer,
  ReadFrom,
  ShardRef,
  Stream,
} from '../../src/machines/ports.ts';

const CREATED_AT_MS = 1_000;
const HASH_KEYS = 1n << 128n;
const EMPTY: FetchedBatch = { records: [], bytes: 0, millisBehindLatest: 0 };

export interface PreparedOptions {
  readonly shards: number;
  readonly batches: number;
  readonly recordsPerBatch: number;
  readonly recordBytes: number;
}

/** Every shard serves the same batches, once each, up to where the tap is open. */
export class PreparedStream implements Stream {
  readonly shardIds: readonly string[];
  readonly #batches: readonly FetchedBatch[];
  #open = 0;

  constructor(options: PreparedOptions) {
    const { shards, batches } = options;
    this.shardIds = Array.from(
      { length: shards },
      (_, n) => `shardId-${String(n).padStart(12, '0')}`,
    );
    this.#batches = Array.from({ length: batches }, (_, n) => preparedBatch(n, options));
  }

  /** Lets this many batches of each shard be read, from the first on. */
  openTap(batches: number): void {
    this.#open = batches;
  }

  async describe(): Promise<DescribeAnswer> {
    return { kind: 'described', createdAtMs: CREATED_AT_MS };
  }

  async listShards(): Promise<ListAnswer> {
    const count = BigInt(this.shardIds.length);
    const first = (place: bigint): bigint => (HASH_KEYS * place) / count;
    return {
      kind: 'listed',
      shards: this.shardIds.map((shardId, n) => ({
        shardId,
        parentShardId: null,
        adjacentParentShardId: null,
        startingHashKey: String(first(BigInt(n))),
        endingHashKey: String(first(BigInt(n) + 1n) - 1n),
        closed: false,
      })),
      createdAtMs: CREATED_AT_MS,
      serverNowMs: Date.now(),
    };
  }

  async openIterator(_shard: ShardRef, from: ReadFrom): Promise<IteratorAnswer> {
    if (from.kind !== 'trimHorizon') throw new Error(`cannot start at ${from.kind}`);
    return { kind: 'iterator', iterator: '0' };
  }

  async fetch(_shard: ShardRef, iterator: string): Promise<FetchAnswer> {
    const next = Number(iterator);
    const batch = next < this.#open ? this.#batches[next] : undefined;
    return {
      kind: 'batch',
      batch: batch ?? EMPTY,
      nextIterator: batch === undefined ? iterator : String(next + 1),
      childShardIds: [],
    };
  }

  close(): void {}
}

function preparedBatch(index: number, options: PreparedOptions): FetchedBatch {
  const { recordsPerBatch, recordBytes } = options;
  const data = new Uint8Array(recordBytes);
  const first = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;
  const records = Array.from({ length: recordsPerBatch }, (_, n): FetchedRecord => ({
    sequenceNumber: String(first + BigInt(index * recordsPerBatch + n)),
    subsequenceNumber: null,
    partitionKey: 'key',
    explicitHashKey: null,
    approximateArrivalMs: 1_000,
    data,
  }));
  const bytes = recordsPerBatch * (recordBytes + 'key'.length);
  return { records, bytes, millisBehindLatest: 1_000 };
}
