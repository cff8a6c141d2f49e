/** The state store in memory: what DynamoDB does with one table, without the network. */
import { KinesumerError } from '../../errors.ts';
import type {
  Clock,
  Failure,
  Item,
  Key,
  QueryAnswer,
  Random,
  ReadAnswer,
  ReadOptions,
  RequestOptions,
  StateStore,
  StoreUsage,
  Write,
  WriteAnswer,
} from '../../machines/ports.ts';
import { faultOfKeys, faultOfWrite, frozenCopyOfWrite } from './apply-write.ts';
import { BATCH_KEYS, batchRequests, type ReadSize } from './batch-requests.ts';
import type { MemoryTable, Version } from './table.ts';
import { Wire, type WireFault, type WireFaults } from './wire.ts';

/** Bytes per read unit and bytes per page of a Query (DynamoDB: "Quotas"). */
const READ_UNIT_BYTES = 4_096;
const PAGE_BYTES = 1_024 * 1_024;

/** What goes wrong between a client and its store. */
export interface StoreFaults extends WireFaults {
  /**
   * Eventual reads answer each item, with this probability, as it stood within the last `maxMs`: any
   * version of that while, so that a later read may go back behind an earlier one. Needs `random`, and a
   * table with a clock. Only versions from after this was first asked for are kept.
   */
  readonly stale?: { readonly probability: number; readonly maxMs: number };
}

export interface MemoryStateStoreOptions {
  /** Shared by the stores of all clients. */
  readonly table: MemoryTable;
  /** Names the client to listeners of the table. @default 'client' */
  readonly name?: string;
  /** Times delays and timeouts. Without one every answer comes on a microtask. */
  readonly clock?: Clock;
  /** Draws the faults. */
  readonly random?: Random;
  /** @default none */
  readonly faults?: StoreFaults;
  /** How long to wait for an answer that does not come. @default 1,000 ms */
  readonly timeoutMs?: number;
}

/**
 * One client's store on a shared {@link MemoryTable}. It refuses what DynamoDB refuses and counts the
 * capacity units that DynamoDB would charge. Answered items are frozen.
 *
 * @example
 * const table = new MemoryTable();
 * const mine = new MemoryStateStore({ table });
 * const other = new MemoryStateStore({ table, clock, random, faults: { throttle: 0.1 } });
 */
export class MemoryStateStore implements StateStore {
  readonly #table: MemoryTable;
  readonly #name: string;
  readonly #wire: Wire<StoreFaults>;
  /** What eventual reads came upon, while they may be stale. */
  readonly #shown = new WeakSet<Version>();
  #readUnits = 0;
  #writeUnits = 0;
  #requests = 0;

  /** @throws KinesumerError `InvalidOption` for faults that need a clock or a random that is not there. */
  constructor(options: MemoryStateStoreOptions) {
    const { clock, random, timeoutMs, faults = {} } = options;
    this.#table = options.table;
    this.#name = options.name ?? 'client';
    const codes = { throttled: 'StoreThrottled', unanswered: 'StoreUnanswered' } as const;
    this.#wire = new Wire<StoreFaults>({ clock, random, timeoutMs, codes }, {});
    this.setFaults(faults);
  }

  /** Replaces all faults, for requests from now on. */
  setFaults(faults: StoreFaults): void {
    this.#table.keepVersions(faults.stale?.maxMs ?? 0);
    this.#wire.setFaults(faults, { stale: faults.stale?.probability });
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

  async open(options: RequestOptions = {}): Promise<{ readonly kind: 'ready' } | Failure> {
    this.#requests++;
    return this.#wire.send('open', () => ({ kind: 'ready' as const }), options);
  }

  async read(keys: readonly Key[], options: ReadOptions): Promise<ReadAnswer> {
    if (keys.length === 0) return { kind: 'items', items: [] };
    this.#requests += Math.ceil(keys.length / BATCH_KEYS);
    return this.#wire.send('read', () => this.#read(keys, options), options);
  }

  async query(pk: string, options: ReadOptions): Promise<QueryAnswer> {
    this.#requests++;
    return this.#wire.send('query', () => this.#query(pk, options), options);
  }

  async write(write: Write, options: RequestOptions = {}): Promise<WriteAnswer> {
    this.#requests++;
    const fault = faultOfWrite(write);
    if (fault !== null) return this.#wire.send('write', () => rejected(fault), options);
    // holds what the write said when it was sent, whatever the caller does to it then
    const sent = frozenCopyOfWrite(write);
    return this.#wire.send('write', () => this.#write(sent), options);
  }

  /** What DynamoDB would have charged, for lost answers and late writes too. */
  usage(): StoreUsage {
    return {
      readUnits: this.#readUnits,
      writeUnits: this.#writeUnits,
      requests: this.#requests,
      throttled: this.#wire.throttled,
    };
  }

  close(): void {
    this.#wire.close();
  }

  #read(keys: readonly Key[], options: ReadOptions): ReadAnswer {
    const fault = faultOfKeys(keys);
    if (fault !== null) return rejected(fault);
    // a key named twice is asked for once: DynamoDB refuses such a batch
    const found = new Map<string, Item | null>();
    const sizes: ReadSize[] = [];
    for (const key of keys) {
      const name = keyName(key);
      if (found.has(name)) continue;
      const { item, bytes } = this.#seen(this.#table.versions(key, this.#maxAgeMs(options)));
      this.#chargeRead(bytes, options);
      found.set(name, item);
      sizes.push({ pk: key.pk, bytes });
    }
    // those of the keys are counted; what they leave unread is asked for again
    this.#requests += batchRequests(sizes) - Math.ceil(sizes.length / BATCH_KEYS);
    return { kind: 'items', items: keys.map((key) => found.get(keyName(key)) ?? null) };
  }

  #query(pk: string, options: ReadOptions): QueryAnswer {
    if (pk === '') return rejected('pk is empty');
    const items: Item[] = [];
    let pageBytes = 0;
    for (const versions of this.#table.partitionVersions(pk, this.#maxAgeMs(options))) {
      const { item, bytes } = this.#seen(versions);
      if (item === null) continue;
      if (pageBytes + bytes > PAGE_BYTES) {
        this.#chargeRead(pageBytes, options);
        this.#requests++;
        pageBytes = 0;
      }
      pageBytes += bytes;
      items.push(item);
    }
    this.#chargeRead(pageBytes, options);
    return { kind: 'items', items };
  }

  #write(write: Write): WriteAnswer {
    const { result, units } = this.#table.write(write, this.#name);
    this.#writeUnits += units;
    return result.kind === 'invalid' ? rejected(result.message) : result;
  }

  #maxAgeMs(options: ReadOptions): number {
    return options.consistent ? 0 : (this.#wire.faults.stale?.maxMs ?? 0);
  }

  /** The version that a read comes upon. */
  #seen(versions: readonly Version[]): Version {
    const newest = versions.at(-1) as Version;
    const older = versions.length - 1;
    if (older === 0) return newest;
    if (!this.#wire.chance(this.#wire.faults.stale?.probability, 'read: stale')) {
      this.#shown.add(newest);
      return newest;
    }
    const at = Math.floor(this.#wire.draw('read: version') * older);
    const version = versions[at] ?? newest;
    this.#wire.count('stale');
    if (versions.slice(at + 1).some((later) => this.#shown.has(later)))
      this.#wire.count('staleBack');
    this.#shown.add(version);
    return version;
  }

  #chargeRead(bytes: number, options: ReadOptions): void {
    const units = Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES));
    this.#readUnits += options.consistent ? units : units / 2;
  }
}

/** Names a key by one string; no two keys have the same. */
function keyName({ pk, sk }: Key): string {
  return `${pk.length}:${pk}${sk}`;
}

function rejected(message: string): Failure {
  return { kind: 'failed', error: new KinesumerError('StoreRejected', message) };
}
