/** Kinesis in memory: the streams of one region, with what an operator and a producer do to them. */
import { KinesumerError } from '../../errors.ts';
import type {
  Clock,
  Failure,
  FetchAnswer,
  IteratorAnswer,
  DescribeAnswer,
  ListAnswer,
  ReadFrom,
  ShardRef,
} from '../../machines/ports.ts';
import { formatIterator, parseIterator } from './iterator-token.ts';
import { hashKeyOf } from './md5.ts';
import { parseSequenceNumber } from './sequence-number.ts';
import { fetched, type MemoryShard, type ReadPart, type StoredRecord } from './shard.ts';
import { StreamShards } from './stream-shards.ts';
import { utf8Length } from './utf8.ts';

const SECOND_MS = 1_000;
/** Kinesis: "Quotas and limits": retention of 24 hours unless changed. */
const DEFAULT_RETENTION_MS = 24 * 3_600 * SECOND_MS;
/** Kinesis: "GetShardIterator": an iterator expires 5 minutes after it is returned. */
const DEFAULT_ITERATOR_LIFE_MS = 300 * SECOND_MS;
/** Kinesis: "GetRecords": Limit. */
const MAX_READ_RECORDS = 10_000;
/** Kinesis: "PutRecord": partition key of 1 … 256 characters; data and key of at most 1 MiB. */
const MAX_KEY_LENGTH = 256;
const MAX_RECORD_BYTES = 1_024 * 1_024;

export interface MemoryKinesisOptions {
  /** The region's own clock: dates records, retention, iterators and answers. */
  readonly clock: Pick<Clock, 'wallMs'>;
  /** How long records and closed shards stay. @default 24 hours */
  readonly retentionMs?: number;
  /** How long an iterator may be used. @default 300,000 ms */
  readonly iteratorLifeMs?: number;
  /** Whether a shard refuses more than 5 reads, 5 new iterators or 2 MB a second, over all clients. @default false */
  readonly limits?: boolean;
}

/** What a producer puts. */
export interface PutRecordInput {
  readonly stream: string;
  /** 1 … 256 characters; its MD5 decides on the shard. */
  readonly partitionKey: string;
  /** A string is taken as UTF-8. */
  readonly data: Uint8Array | string;
  /** Decimal, 0 … 2^128 − 1: decides on the shard instead of the partition key. */
  readonly explicitHashKey?: string;
}

/**
 * A region of streams. Its methods are those of operators and producers, at once and free of faults, and throw
 * where Kinesis refuses; consumers read through a {@link MemoryStream} each.
 *
 * @example
 * const kinesis = new MemoryKinesis({ clock: new ManualClock() });
 * kinesis.createStream('orders', 2);
 * kinesis.putRecord({ stream: 'orders', partitionKey: 'customer-1', data: 'one apple' });
 * const stream = new MemoryStream({ kinesis });
 */
export class MemoryKinesis {
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #retentionMs: number;
  readonly #iteratorLifeMs: number;
  readonly #limits: boolean;
  readonly #streams = new Map<string, StreamShards>();
  readonly #encoder = new TextEncoder();
  #created = 0;
  #order = 0;
  #nowMs = Number.NEGATIVE_INFINITY;
  #iteratorEpoch = 0;

  constructor(options: MemoryKinesisOptions) {
    this.#clock = options.clock;
    this.#retentionMs = options.retentionMs ?? DEFAULT_RETENTION_MS;
    this.#iteratorLifeMs = options.iteratorLifeMs ?? DEFAULT_ITERATOR_LIFE_MS;
    this.#limits = options.limits ?? false;
  }

  // -------------------------------------------------------------- operators

  /**
   * Creates a stream of so many shards of equal hash ranges.
   * @param options `creating: true` leaves it without shards, as after a real CreateStream, until `activate`.
   * @throws KinesumerError `StreamRejected` where the name is taken.
   */
  createStream(
    name: string,
    shardCount: number,
    options: { readonly creating?: boolean } = {},
  ): void {
    if (this.#streams.has(name)) throw rejection(`${name} exists`, name);
    if (!Number.isInteger(shardCount) || shardCount < 1) {
      throw rejection(`a stream has 1 shard or more, not ${shardCount}`, name);
    }
    this.#created++;
    const created = { name, index: this.#created, createdAtMs: this.nowMs(), shardCount };
    const stream = new StreamShards(created, () => this.#nextOrder());
    this.#streams.set(name, stream);
    if (options.creating !== true) stream.activate();
  }

  /** Ends the creation of a stream: its shards are there now. */
  activate(name: string): void {
    this.#existing(name).activate();
  }

  /** Deletes a stream with its records. Another one may then take its name. */
  deleteStream(name: string): void {
    this.#existing(name);
    this.#streams.delete(name);
  }

  /**
   * Splits an open shard in two.
   * @param startingHashKey first hash key of the second child. @default the middle
   * @returns the ids of the children.
   */
  splitShard(stream: string, shardId: string, startingHashKey?: string): readonly string[] {
    const middle =
      startingHashKey === undefined ? undefined : parseHashKey(startingHashKey, stream);
    return this.#active(stream).split(shardId, this.nowMs(), middle);
  }

  /**
   * Merges two open shards of adjacent hash ranges.
   * @returns the id of the child; its parent is `shardId`, its adjacent parent the other one.
   */
  mergeShards(stream: string, shardId: string, adjacentShardId: string): string {
    return this.#active(stream).merge(shardId, adjacentShardId, this.nowMs());
  }

  /** Splits the widest shards, or merges the narrowest neighbours, until so many are open. */
  updateShardCount(stream: string, shardCount: number): void {
    this.#active(stream).resize(shardCount, this.nowMs());
  }

  /** Lets everything of a stream that is older than an instant pass its retention: records and closed shards. */
  expireBefore(stream: string, timestampMs: number): void {
    this.#existing(stream).expireBefore(timestampMs);
  }

  /** Lets every iterator given out so far expire. */
  expireIterators(): void {
    this.#iteratorEpoch++;
  }

  /** Records within the retention, by shard id, oldest first. */
  records(stream: string): ReadonlyMap<string, readonly StoredRecord[]> {
    const found = this.#existing(stream);
    const horizonMs = this.#horizonMs(found);
    const shards = found.within(horizonMs);
    return new Map(shards.map((shard) => [shard.id, [...shard.records(horizonMs)]]));
  }

  /** Milliseconds since the Unix epoch as the region sees them: the clock's, but never back. */
  nowMs(): number {
    this.#nowMs = Math.max(this.#nowMs, this.#clock.wallMs());
    return this.#nowMs;
  }

  // -------------------------------------------------------------- producers

  /** @throws KinesumerError `StreamMissing`, `StreamCreating`, or `StreamRejected` for a record against the limits. */
  putRecord(input: PutRecordInput): { readonly shardId: string; readonly sequenceNumber: string } {
    const { stream, partitionKey, explicitHashKey } = input;
    // a copy, whatever the producer does to its bytes then
    const data =
      typeof input.data === 'string' ? this.#encoder.encode(input.data) : input.data.slice();
    const found = this.#active(stream);
    if (partitionKey.length < 1 || partitionKey.length > MAX_KEY_LENGTH) {
      throw rejection(`a partition key has 1 … ${MAX_KEY_LENGTH} characters`, stream);
    }
    if (data.length + utf8Length(partitionKey) > MAX_RECORD_BYTES) {
      throw rejection('a record has at most 1 MiB, its partition key included', stream);
    }
    const shard = found.shardOf(
      explicitHashKey === undefined
        ? hashKeyOf(partitionKey)
        : parseHashKey(explicitHashKey, stream),
    );
    const record = { partitionKey, explicitHashKey: explicitHashKey ?? null, data };
    const stored = shard.append(record, this.#nextOrder(), this.nowMs());
    return { shardId: shard.id, sequenceNumber: stored.sequenceNumber };
  }

  // -------------------------------------------------------------- consumers

  /** Lets another application read each shard of a stream once, which counts towards the limits of the shards. */
  readByOthers(stream: string): void {
    const found = this.#existing(stream);
    for (const { limits } of found.within(this.#horizonMs(found))) limits.admitRead(this.nowMs());
  }

  /** DescribeStreamSummary, as far as it tells one stream from another. */
  describe(stream: string): DescribeAnswer {
    const found = this.#streams.get(stream);
    if (found === undefined) return { kind: 'missing', error: missing(stream) };
    if (found.state === 'creating') return { kind: 'creating', error: creating(stream) };
    return { kind: 'described', createdAtMs: found.createdAtMs };
  }

  /**
   * ListShards, all pages.
   * @param ageMs how old the shards in the answer are. @default 0
   */
  listShards(stream: string, ageMs = 0): ListAnswer {
    const described = this.describe(stream);
    if (described.kind !== 'described') return described;
    const found = this.#existing(stream);
    // never as it was before it had shards at all
    const asOfMs = Math.max(found.createdAtMs, this.nowMs() - ageMs);
    return {
      kind: 'listed',
      shards: found
        .within(this.#horizonMs(found))
        .filter((shard) => shard.bornMs <= asOfMs)
        .map((shard) => shard.listed(asOfMs)),
      createdAtMs: found.createdAtMs,
      serverNowMs: this.nowMs(),
    };
  }

  /** GetShardIterator. */
  openIterator(ref: ShardRef, from: ReadFrom): IteratorAnswer {
    const stream = this.#streams.get(ref.stream);
    const shard = stream && this.#readable(stream, ref.shardId);
    if (stream === undefined || shard === undefined) return { kind: 'gone', error: gone(ref) };
    if (this.#limits && !shard.limits.admitOpening(this.nowMs())) {
      return throttled(ref);
    }
    const start = this.#startOf(shard, from, ref);
    if (typeof start !== 'number') return start;
    return { kind: 'iterator', iterator: this.#iterator(stream, shard, start) };
  }

  /** GetRecords. */
  fetch(ref: ShardRef, iterator: string, limit: number): FetchAnswer {
    const parts = parseIterator(iterator);
    if (parts === null) return failed('this iterator was never given out', ref);
    if (!Number.isInteger(limit) || limit < 1 || limit > MAX_READ_RECORDS) {
      return failed(`a limit of 1 … ${MAX_READ_RECORDS} records, not ${limit}`, ref);
    }
    const ageMs = this.nowMs() - parts.issuedAtMs;
    if (ageMs > this.#iteratorLifeMs || parts.epoch < this.#iteratorEpoch) {
      return { kind: 'expired' };
    }
    const stream = this.#streams.get(ref.stream);
    const shard = stream && this.#readable(stream, ref.shardId);
    if (stream === undefined || shard === undefined || stream.index !== parts.streamIndex) {
      return { kind: 'gone', error: gone(ref) };
    }
    if (shard.index !== parts.shardIndex) return failed('an iterator of another shard', ref);
    if (this.#limits && !shard.limits.admitRead(this.nowMs())) {
      return throttled(ref);
    }
    const part = shard.read(parts.fromOrder, limit, this.#horizonMs(stream));
    shard.limits.spend(part.bytes, this.nowMs());
    return this.#answer(stream, shard, part);
  }

  #answer(stream: StreamShards, shard: MemoryShard, part: ReadPart): FetchAnswer {
    const { records, bytes, nextOrder, oldestUnreadMs } = part;
    const now = this.nowMs();
    const lastMs = records.at(-1)?.arrivalMs ?? oldestUnreadMs ?? now;
    const millisBehindLatest = oldestUnreadMs === null ? 0 : now - lastMs;
    const batch = { records: records.map(fetched), bytes, millisBehindLatest };
    if (shard.end !== null && oldestUnreadMs === null) {
      const childShardIds = shard.end.children.map((child) => child.id);
      return { kind: 'batch', batch, nextIterator: null, childShardIds };
    }
    const nextIterator = this.#iterator(stream, shard, nextOrder);
    return { kind: 'batch', batch, nextIterator, childShardIds: [] };
  }

  /** The order that an iterator starts from. */
  #startOf(shard: MemoryShard, from: ReadFrom, ref: ShardRef): number | Failure {
    switch (from.kind) {
      case 'trimHorizon':
        return 0;
      case 'latest':
        return this.#order + 1;
      case 'atTimestamp':
        if (from.timestampMs > this.nowMs()) return failed('a timestamp in the future', ref);
        return shard.orderAt(from.timestampMs) ?? this.#order + 1;
      case 'at':
      case 'after': {
        const parts = parseSequenceNumber(from.sequenceNumber);
        if (parts === null) return failed(`${from.sequenceNumber} is no sequence number`, ref);
        const { order, shardIndex } = parts;
        const lastOrder = shard.end?.order ?? this.#order;
        if (shardIndex !== shard.index || order < shard.startOrder || order > lastOrder) {
          return failed(`${from.sequenceNumber} did not come from this shard`, ref);
        }
        return from.kind === 'at' ? order : order + 1;
      }
    }
  }

  #iterator(stream: StreamShards, shard: MemoryShard, fromOrder: number): string {
    return formatIterator({
      streamIndex: stream.index,
      shardIndex: shard.index,
      fromOrder,
      issuedAtMs: this.nowMs(),
      epoch: this.#iteratorEpoch,
    });
  }

  /** A shard within the retention. */
  #readable(stream: StreamShards, shardId: string): MemoryShard | undefined {
    return stream.find(shardId, this.#horizonMs(stream));
  }

  #horizonMs(stream: StreamShards): number {
    return Math.max(stream.horizonMs, this.nowMs() - this.#retentionMs);
  }

  /** Grows by more than one, so that nobody takes the next number for granted. */
  #nextOrder(): number {
    this.#order += 1 + (this.#order % 89);
    return this.#order;
  }

  #existing(name: string): StreamShards {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw missing(name);
    return stream;
  }

  #active(name: string): StreamShards {
    const stream = this.#existing(name);
    if (stream.state === 'creating') throw creating(name);
    return stream;
  }
}

function parseHashKey(text: string, stream: string): bigint {
  const hashKey = /^\d{1,39}$/.test(text) ? BigInt(text) : -1n;
  if (hashKey < 0n || hashKey >= 1n << 128n) throw rejection(`${text} is no hash key`, stream);
  return hashKey;
}

function rejection(message: string, stream: string): KinesumerError {
  return new KinesumerError('StreamRejected', message, { stream });
}

function missing(stream: string): KinesumerError {
  return new KinesumerError('StreamMissing', `there is no stream ${stream}`, { stream });
}

function creating(stream: string): KinesumerError {
  return new KinesumerError('StreamCreating', `${stream} is being created`, { stream });
}

function gone({ stream, shardId }: ShardRef): KinesumerError {
  const message = `${stream} has no shard ${shardId} (any more)`;
  return new KinesumerError('StreamMissing', message, { stream, shardId });
}

function failed(message: string, { stream, shardId }: ShardRef): Failure {
  return {
    kind: 'failed',
    error: new KinesumerError('StreamRejected', message, { stream, shardId }),
  };
}

function throttled({ stream, shardId }: ShardRef): Failure {
  const message = `${shardId} is read too often or too much`;
  const error = new KinesumerError('StreamThrottled', message, { stream, shardId });
  return { kind: 'throttled', error };
}
