/** The stream port in memory: one client's way to a region. */
import type {
  Clock,
  DescribeAnswer,
  FetchAnswer,
  IteratorAnswer,
  ListAnswer,
  ListedShard,
  Random,
  ReadFrom,
  RequestOptions,
  ShardRef,
  Stream,
} from '../../machines/ports.ts';
import type { MemoryKinesis } from './kinesis.ts';
import { Wire, type WireFault, type WireFaults } from './wire.ts';

/** What goes wrong between a client and Kinesis. */
export interface StreamFaults extends WireFaults {
  /** Share of the fetches that bring no records although there are some, as real ones do now and then. @default 0 */
  readonly emptyFetch?: number;
  /** Share of the listings that leave a shard out. @default 0 */
  readonly partialListing?: number;
  /** Share of those that leave out a closed one, where there is any; the others lack an open one. @default 0 */
  readonly closedLeftOut?: number;
  /** Listings answer, with this probability, as they would have been at an instant within the last `maxMs`. */
  readonly staleListing?: { readonly probability: number; readonly maxMs: number };
}

export interface MemoryStreamOptions {
  /** Shared by the streams of all clients. */
  readonly kinesis: MemoryKinesis;
  /** Times delays and timeouts. Without one every answer comes on a microtask. */
  readonly clock?: Clock;
  /** Draws the faults. */
  readonly random?: Random;
  /** @default none */
  readonly faults?: StreamFaults;
  /** How long to wait for an answer that does not come. @default 1,000 ms */
  readonly timeoutMs?: number;
}

/**
 * One client's view of a {@link MemoryKinesis}.
 *
 * @example
 * const stream = new MemoryStream({ kinesis, random, faults: { throttle: 0.05 } });
 */
export class MemoryStream implements Stream {
  readonly #kinesis: MemoryKinesis;
  readonly #wire: Wire<StreamFaults>;

  /** @throws KinesumerError `InvalidOption` for faults that need a clock or a random that is not there. */
  constructor(options: MemoryStreamOptions) {
    const { clock, random, timeoutMs, faults = {} } = options;
    this.#kinesis = options.kinesis;
    const codes = { throttled: 'StreamThrottled', unanswered: 'StreamUnanswered' } as const;
    this.#wire = new Wire<StreamFaults>({ clock, random, timeoutMs, codes }, {});
    this.setFaults(faults);
  }

  /** Replaces all faults, for requests from now on. */
  setFaults(faults: StreamFaults): void {
    const { emptyFetch, partialListing, closedLeftOut, staleListing } = faults;
    const stale = staleListing?.probability;
    const shares = { emptyFetch, partialListing, closedLeftOut, staleListing: stale };
    this.#wire.setFaults(faults, shares);
  }

  /** How often each fault struck so far. */
  injected(): Readonly<Partial<Record<WireFault, number>>> {
    return this.#wire.injected;
  }

  /** Cuts this client off until `restore`, or until an instant of the clock's monotonic milliseconds. */
  cut(untilMs?: number): void {
    this.#wire.cut(untilMs);
  }

  /** Ends an outage. */
  restore(): void {
    this.#wire.restore();
  }

  async describe(stream: string, options: RequestOptions = {}): Promise<DescribeAnswer> {
    return this.#wire.send('describe', () => this.#kinesis.describe(stream), options);
  }

  async listShards(stream: string, options: RequestOptions = {}): Promise<ListAnswer> {
    return this.#wire.send('listShards', () => this.#list(stream), options);
  }

  async openIterator(
    shard: ShardRef,
    from: ReadFrom,
    options: RequestOptions = {},
  ): Promise<IteratorAnswer> {
    const open = (): IteratorAnswer => {
      const answer = this.#kinesis.openIterator(shard, from);
      if (answer.kind === 'throttled') this.#wire.count('readLimit');
      return answer;
    };
    return this.#wire.send('openIterator', open, options);
  }

  async fetch(
    shard: ShardRef,
    iterator: string,
    limit: number,
    options: RequestOptions = {},
  ): Promise<FetchAnswer> {
    return this.#wire.send('fetch', () => this.#fetch(shard, iterator, limit), options);
  }

  close(): void {
    this.#wire.close();
  }

  #list(stream: string): ListAnswer {
    const ageMs = this.#ageMs();
    const answer = this.#kinesis.listShards(stream, ageMs);
    if (answer.kind !== 'listed') return answer;
    if (ageMs > 0 && this.#isOlder(stream, answer)) this.#wire.count('staleListing');
    const { partialListing, closedLeftOut } = this.#wire.faults;
    if (!this.#wire.chance(partialListing, 'listShards: partial')) return answer;
    this.#wire.count('partialListing');
    const isOfClosed = this.#wire.chance(closedLeftOut, 'listShards: of the closed ones');
    const closed = isOfClosed ? answer.shards.filter((shard) => shard.closed) : [];
    if (closed.length > 0) this.#wire.count('closedLeftOut');
    const of = closed.length > 0 ? closed : answer.shards.filter((shard) => !shard.closed);
    const left = of[Math.floor(this.#wire.draw('listShards: left out') * of.length)];
    return { ...answer, shards: answer.shards.filter((shard) => shard !== left) };
  }

  #isOlder(stream: string, { shards }: Extract<ListAnswer, { kind: 'listed' }>): boolean {
    const now = this.#kinesis.listShards(stream);
    const closed = (listed: readonly ListedShard[]): number =>
      listed.filter((shard) => shard.closed).length;
    return (
      now.kind === 'listed' &&
      (now.shards.length !== shards.length || closed(now.shards) !== closed(shards))
    );
  }

  #ageMs(): number {
    const { staleListing } = this.#wire.faults;
    if (!this.#wire.chance(staleListing?.probability, 'listShards: stale')) return 0;
    return this.#wire.draw('listShards: age') * (staleListing?.maxMs ?? 0);
  }

  /** An empty answer leaves the iterator where it was: only the next one moves on. */
  #fetch(shard: ShardRef, iterator: string, limit: number): FetchAnswer {
    const answer = this.#kinesis.fetch(shard, iterator, limit);
    if (answer.kind === 'expired') this.#wire.count('expiredIterator');
    if (answer.kind === 'throttled') this.#wire.count('readLimit');
    if (answer.kind !== 'batch' || answer.batch.records.length === 0) return answer;
    if (!this.#wire.chance(this.#wire.faults.emptyFetch, 'fetch: empty')) return answer;
    this.#wire.count('emptyFetch');
    const oldestMs = answer.batch.records[0]?.approximateArrivalMs ?? 0;
    const batch = {
      records: [],
      bytes: 0,
      millisBehindLatest: this.#kinesis.nowMs() - oldestMs,
    };
    return { kind: 'batch', batch, nextIterator: iterator, childShardIds: [] };
  }
}
