import type { KinesumerError } from '../../errors.ts';
import type { FetchedRecord } from '../../machines/ports.ts';

/** Where a record stands in its shard. */
export interface RecordPosition {
  readonly sequenceNumber: string;
  readonly subsequenceNumber: number | null;
}

/** What a record or batch knows of the lane that it came by. */
export interface RecordHome {
  readonly stream: string;
  readonly shardId: string;
  readonly fence: number;
  /**
   * Everything up to and including this record is done.
   *
   * @throws KinesumerError `MarkRefused`: the lane is closed or has not handed the record out.
   */
  mark(ordinal: number, at: RecordPosition): void;
}

const utf8 = new TextDecoder();

/** Gives a record its decoded value, or the reason why it has none. */
export let assignValue: <T>(
  record: ShardRecord<T>,
  value: T,
  error: KinesumerError | undefined,
) => void;

/** The lane of a record; null for anything that is not a record, such as a spread copy of one. */
export let homeOf: (record: ShardRecord<unknown>) => RecordHome | null;

/**
 * One record as the user's code sees it.
 *
 * An instance with getters: spreading it gives an empty object. Printing it shows no record data, and
 * `JSON.stringify` shows where the record stands, but neither its data nor its key.
 */
export class ShardRecord<T = unknown> {
  readonly #home: RecordHome;
  readonly #source: FetchedRecord;
  readonly #ordinal: number;
  // The source may decode its fields at each read, so what it gave is kept.
  #sequenceNumber: string | undefined = undefined;
  #partitionKey: string | undefined = undefined;
  #data: Uint8Array | undefined = undefined;
  #value: T | undefined = undefined;
  #decodeError: KinesumerError | undefined = undefined;

  static {
    assignValue = (record, value, error) => {
      record.#value = value;
      record.#decodeError = error;
    };
    homeOf = (record) => (#home in record ? record.#home : null);
  }

  /** @param ordinal the record's number on its lane, counted from 1 */
  constructor(home: RecordHome, source: FetchedRecord, ordinal: number) {
    this.#home = home;
    this.#source = source;
    this.#ordinal = ordinal;
  }

  get stream(): string {
    return this.#home.stream;
  }

  get shardId(): string {
    return this.#home.shardId;
  }

  /** The fence under which the shard was owned when the record was handed over. Grows with each new owner. */
  get fence(): number {
    return this.#home.fence;
  }

  /** A decimal of varying length: ascending within the shard as a number, not as a string. */
  get sequenceNumber(): string {
    return (this.#sequenceNumber ??= this.#source.sequenceNumber);
  }

  /** Index of the record inside a KPL aggregate; undefined where it is not aggregated. */
  get subsequenceNumber(): number | undefined {
    return this.#source.subsequenceNumber ?? undefined;
  }

  get partitionKey(): string {
    return (this.#partitionKey ??= this.#source.partitionKey);
  }

  /** Decimal; undefined where the producer gave none. */
  get explicitHashKey(): string | undefined {
    return this.#source.explicitHashKey ?? undefined;
  }

  /** When Kinesis took the record, by its clock, in ms since the epoch. */
  get approximateArrivalMs(): number {
    return this.#source.approximateArrivalMs;
  }

  /** When Kinesis took the record, by its clock. */
  get approximateArrivalAt(): Date {
    return new Date(this.#source.approximateArrivalMs);
  }

  /**
   * The bytes that the producer put. They are a view of the whole answer that Kinesis gave (up to
   * about 15 MB): to keep a record for long, keep its {@link copy}.
   */
  get data(): Uint8Array {
    return (this.#data ??= this.#source.data);
  }

  /** What `decode` and `schema` made of the data; undefined without either, and where decoding failed. */
  get value(): T {
    return this.#value as T;
  }

  /** Why there is no value: set only where `onDecodeError` said `'raw'`. */
  get decodeError(): KinesumerError | undefined {
    return this.#decodeError;
  }

  /** The data as UTF-8 text. */
  text(): string {
    return utf8.decode(this.data);
  }

  /**
   * The data as JSON. Nothing checks its shape: give a `schema` for that.
   *
   * @throws SyntaxError where the data is not JSON
   */
  json<Json = unknown>(): Json {
    return JSON.parse(this.text()) as Json;
  }

  /**
   * Says that everything of this shard up to and including this record is done. Marks never move backwards.
   *
   * @throws KinesumerError `MarkRefused`: the shard is not owned under this fence any more
   */
  mark(): void {
    this.#home.mark(this.#ordinal, this.#source);
  }

  /** The same record with data of its own, which holds nothing else in memory. It can be marked like the original. */
  copy(): ShardRecord<T> {
    const source: FetchedRecord = {
      sequenceNumber: this.sequenceNumber,
      subsequenceNumber: this.#source.subsequenceNumber,
      partitionKey: this.partitionKey,
      explicitHashKey: this.#source.explicitHashKey,
      approximateArrivalMs: this.#source.approximateArrivalMs,
      // Not slice(): the data may be a subclass of Uint8Array whose slice() shares its memory.
      data: new Uint8Array(this.data),
    };
    const copy = new ShardRecord<T>(this.#home, source, this.#ordinal);
    copy.#value = this.#value;
    copy.#decodeError = this.#decodeError;
    return copy;
  }

  toJSON(): object {
    return {
      stream: this.stream,
      shardId: this.shardId,
      fence: this.fence,
      sequenceNumber: this.sequenceNumber,
      subsequenceNumber: this.subsequenceNumber,
      approximateArrivalMs: this.approximateArrivalMs,
    };
  }
}
