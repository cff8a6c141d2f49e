/** One shard of a stream in memory: its place, its records, its end. */
import type { FetchedRecord, ListedShard } from '../../machines/ports.ts';
import { formatSequenceNumber } from './sequence-number.ts';
import { utf8Length } from './utf8.ts';
import { ReadLimits } from './read-limits.ts';

/** Kinesis: "GetRecords": bytes of one answer. */
const MAX_READ_BYTES = 10 * 1_024 * 1_024;

/** A record as it stands in its shard. */
export interface StoredRecord {
  readonly order: number;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly explicitHashKey: string | null;
  readonly arrivalMs: number;
  readonly data: Uint8Array;
  /** Of data and partition key. */
  readonly bytes: number;
}

/** What a put says. */
export interface NewRecord {
  readonly partitionKey: string;
  readonly explicitHashKey: string | null;
  readonly data: Uint8Array;
}

export interface HashRange {
  readonly first: bigint;
  readonly last: bigint;
}

interface Birth {
  readonly index: number;
  readonly range: HashRange;
  /** None, the parent, or parent and adjacent parent. */
  readonly parents: readonly MemoryShard[];
  /** Order of its beginning in the region. */
  readonly order: number;
  /** The region's clock at its beginning. */
  readonly bornMs: number;
}

/** How it ended. */
interface End {
  readonly order: number;
  readonly atMs: number;
  readonly children: readonly MemoryShard[];
}

/** Part of a shard as one GetRecords answers it. */
export interface ReadPart {
  readonly records: readonly StoredRecord[];
  readonly bytes: number;
  /** Where to go on. */
  readonly nextOrder: number;
  /** Instant of the oldest record not read yet; null at the tip. */
  readonly oldestUnreadMs: number | null;
}

export class MemoryShard {
  readonly id: string;
  readonly index: number;
  readonly range: HashRange;
  readonly startOrder: number;
  readonly bornMs: number;
  readonly limits = new ReadLimits();
  readonly #parents: readonly MemoryShard[];
  readonly #records: StoredRecord[] = [];
  #end: End | null = null;

  constructor({ index, range, parents, order, bornMs }: Birth) {
    this.id = `shardId-${String(index).padStart(12, '0')}`;
    this.index = index;
    this.range = range;
    this.startOrder = order;
    this.bornMs = bornMs;
    this.#parents = parents;
  }

  get end(): End | null {
    return this.#end;
  }

  /** @param asOfMs the region's clock when the listing was true */
  listed(asOfMs: number): ListedShard {
    return {
      shardId: this.id,
      parentShardId: this.#parents[0]?.id ?? null,
      adjacentParentShardId: this.#parents[1]?.id ?? null,
      startingHashKey: String(this.range.first),
      endingHashKey: String(this.range.last),
      closed: this.#end !== null && this.#end.atMs <= asOfMs,
    };
  }

  covers(hashKey: bigint): boolean {
    return this.range.first <= hashKey && hashKey <= this.range.last;
  }

  close(end: End): void {
    this.#end = end;
  }

  append(record: NewRecord, order: number, arrivalMs: number): StoredRecord {
    const stored: StoredRecord = {
      partitionKey: record.partitionKey,
      explicitHashKey: record.explicitHashKey,
      data: record.data,
      order,
      sequenceNumber: formatSequenceNumber({ order, shardIndex: this.index }),
      arrivalMs,
      bytes: record.data.length + utf8Length(record.partitionKey),
    };
    this.#records.push(stored);
    return stored;
  }

  /** Records still within the retention, oldest first. */
  records(horizonMs: number): readonly StoredRecord[] {
    const kept = this.#records.findIndex((record) => record.arrivalMs >= horizonMs);
    if (kept !== 0) this.#records.splice(0, kept === -1 ? this.#records.length : kept);
    return this.#records;
  }

  /** Order of the first record that arrived at an instant or later; null: none did yet. */
  orderAt(timestampMs: number): number | null {
    return this.#records.find((record) => record.arrivalMs >= timestampMs)?.order ?? null;
  }

  /** At most `limit` records and 10 MB from an order on, but at least one record where there is one. */
  read(fromOrder: number, limit: number, horizonMs: number): ReadPart {
    const all = this.records(horizonMs);
    const start = lowerBound(all, fromOrder);
    let end = start;
    let bytes = 0;
    while (end < all.length && end - start < limit) {
      const next = (all[end] as StoredRecord).bytes;
      if (end > start && bytes + next > MAX_READ_BYTES) break;
      bytes += next;
      end++;
    }
    const lastRead = all[end - 1];
    return {
      records: all.slice(start, end),
      bytes,
      nextOrder: end > start && lastRead !== undefined ? lastRead.order + 1 : fromOrder,
      oldestUnreadMs: all[end]?.arrivalMs ?? null,
    };
  }
}

/** Index of the first record of an order or later. */
function lowerBound(records: readonly StoredRecord[], order: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((records[middle] as StoredRecord).order < order) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A record as a reader gets it, with bytes of its own. */
export function fetched(record: StoredRecord): FetchedRecord {
  return {
    sequenceNumber: record.sequenceNumber,
    subsequenceNumber: null,
    partitionKey: record.partitionKey,
    explicitHashKey: record.explicitHashKey,
    approximateArrivalMs: record.arrivalMs,
    data: record.data.slice(),
  };
}
