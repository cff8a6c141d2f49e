import type { KinesumerError } from '../../errors.ts';
import { homeOf, type RecordHome, type RecordPosition, type ShardRecord } from './record.ts';

/** What a batch needs from its lane. */
export interface BatchHome extends RecordHome {
  /** Aborts when the shard is lost. Made at the first call. */
  signal(): AbortSignal;
  /** Commits what is marked; see {@link ShardBatch.commit}. */
  commit(): Promise<void>;
  /** Tells of a refused mark and gives the error to throw. */
  refuse(why: string, sequenceNumber: string | undefined): KinesumerError;
}

/** The last record that a batch covers: the last of `records`, or one after it that was skipped. */
export interface BatchEnd {
  readonly ordinal: number;
  readonly at: RecordPosition;
}

/** Records of one shard, in order, as `eachBatch` gets them. */
export class ShardBatch<T = unknown> {
  readonly #home: BatchHome;
  readonly #end: BatchEnd;
  readonly #records: readonly ShardRecord<T>[];
  readonly #millisBehindLatest: number;

  constructor(
    home: BatchHome,
    records: readonly ShardRecord<T>[],
    end: BatchEnd,
    millisBehindLatest: number,
  ) {
    this.#home = home;
    this.#records = records;
    this.#end = end;
    this.#millisBehindLatest = millisBehindLatest;
  }

  get stream(): string {
    return this.#home.stream;
  }

  get shardId(): string {
    return this.#home.shardId;
  }

  /** Grows with each new owner of the shard: a sink that remembers the highest can refuse a late writer. */
  get fence(): number {
    return this.#home.fence;
  }

  /** Aborts, with the reason, when the shard is lost: what the handler still does is then done by another. */
  get signal(): AbortSignal {
    return this.#home.signal();
  }

  /** At least one, in order. */
  get records(): readonly ShardRecord<T>[] {
    return this.#records;
  }

  /** How far the end of this batch was behind the newest record of the shard when it was fetched. */
  get millisBehindLatest(): number {
    return this.#millisBehindLatest;
  }

  /**
   * Says that everything of this shard up to and including `record` is done; without it, the whole batch.
   *
   * @throws KinesumerError `MarkRefused`: the shard is not owned under this fence any more, or the record is not of it
   */
  mark(record?: ShardRecord<T>): void {
    if (record === undefined) {
      this.#home.mark(this.#end.ordinal, this.#end.at);
      return;
    }
    if (homeOf(record) !== this.#home) {
      throw this.#home.refuse('it is not of the shard and fence of the batch', undefined);
    }
    record.mark();
  }

  /**
   * Writes the marks made so far to the state store; resolves when they stand there. Tried again until answered.
   *
   * @throws KinesumerError why the shard was lost, where that came first: the marks were not written
   */
  commit(): Promise<void> {
    return this.#home.commit();
  }

  toJSON(): object {
    return {
      stream: this.stream,
      shardId: this.shardId,
      fence: this.fence,
      records: this.#records.length,
      millisBehindLatest: this.#millisBehindLatest,
    };
  }
}
