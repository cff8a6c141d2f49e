/** The table that all memory stores of a test or simulation share. */
import { KinesumerError } from '../../errors.ts';
import type { Clock, Item, Key, Write } from '../../machines/ports.ts';
import { applyWrite, attemptedBytes, keyOfWrite, type WriteResult } from './apply-write.ts';
import { itemBytes } from './attribute-values.ts';
import { compareUtf8 } from './utf8.ts';

/** Bytes per write unit (DynamoDB: "Read and write operations"). */
const WRITE_UNIT_BYTES = 1_024;

/** A write that was applied. */
export interface AppliedWrite {
  readonly before: Item | null;
  readonly after: Item | null;
  readonly write: Write;
  /** Monotonic milliseconds of the table's clock; 0 without one. */
  readonly at: number;
  /** The `name` of the store that it came through; null: an operator's edit. */
  readonly client: string | null;
}

export interface MemoryTableOptions {
  /** Dates the writes; needed where reads are to be stale. */
  readonly clock?: Pick<Clock, 'monotonicMs'>;
}

/** What stood under a key for a while. */
export interface Version {
  readonly item: Item | null;
  readonly bytes: number;
  /** Monotonic milliseconds since which it stood. */
  readonly sinceMs: number;
}

/** Versions under one key, newest last; never empty. */
type Cell = Version[];

interface Partition {
  readonly cells: Map<string, Cell>;
  /** Sort keys in order; null when a key came or went since. */
  sorted: readonly string[] | null;
}

const NOTHING: Version = { item: null, bytes: 0, sinceMs: Number.NEGATIVE_INFINITY };

/**
 * A table with a partition key `pk` and a sort key `sk`. Stores of several clients stand on one table;
 * its own methods are those of an operator with a console: at once, unconditional, free of charge.
 *
 * @example
 * const table = new MemoryTable();
 * const store = new MemoryStateStore({ table });
 * table.onWrite(({ before, after }) => console.log(before, '->', after));
 */
export class MemoryTable {
  readonly #partitions = new Map<string, Partition>();
  readonly #listeners = new Set<(write: AppliedWrite) => void>();
  readonly #clock: Pick<Clock, 'monotonicMs'> | null;
  #keptMs = 0;

  constructor(options: MemoryTableOptions = {}) {
    this.#clock = options.clock ?? null;
  }

  /** What stands under a key, frozen; null: nothing. */
  get(key: Key): Item | null {
    return this.versions(key, 0).at(-1)?.item ?? null;
  }

  /**
   * Writes an item over whatever stands.
   * @throws KinesumerError `StoreRejected` where DynamoDB would refuse the item.
   */
  put(item: Item): void {
    this.#edit({ kind: 'put', item, when: [] });
  }

  /**
   * Removes an item, if there is one.
   * @throws KinesumerError `StoreRejected` for an empty key.
   */
  remove(key: Key): void {
    this.#edit({ kind: 'delete', key, when: [] });
  }

  /** Every item, by `pk`, then `sk`, in byte order. */
  items(): Item[] {
    const found: Item[] = [];
    for (const pk of [...this.#partitions.keys()].sort(compareUtf8)) {
      for (const { item } of this.partition(pk)) if (item !== null) found.push(item);
    }
    return found;
  }

  /**
   * Calls a listener with every applied write, operator's edits included, in their order and in the turn
   * of the write. What it throws comes out of the write.
   * @returns a function that ends it.
   */
  onWrite(listener: (write: AppliedWrite) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Applies a client's write.
   * @returns what became of it and the write units charged.
   */
  write(write: Write, client: string): { readonly result: WriteResult; readonly units: number } {
    return this.#apply(write, client);
  }

  /** The newest version of each item of a partition, by `sk`. */
  partition(pk: string): Version[] {
    return this.partitionVersions(pk, 0).map((versions) => versions.at(-1) ?? NOTHING);
  }

  /** For each sort key of a partition, in order, what {@link versions} says. */
  partitionVersions(pk: string, maxAgeMs: number): (readonly Version[])[] {
    const partition = this.#partitions.get(pk);
    if (partition === undefined) return [];
    partition.sorted ??= [...partition.cells.keys()].sort(compareUtf8);
    return partition.sorted.map((sk) => this.versions({ pk, sk }, maxAgeMs));
  }

  /**
   * What stood under a key within the last `maxAgeMs`, oldest first; the last one stands now.
   * Reaches back no further than {@link keepVersions} asked for.
   */
  versions(key: Key, maxAgeMs: number): readonly Version[] {
    const cell = this.#partitions.get(key.pk)?.cells.get(key.sk);
    if (cell === undefined) return [NOTHING];
    return cell.slice(firstWithin(cell, this.nowMs() - maxAgeMs, maxAgeMs));
  }

  /** Keeps what is overwritten for at least this long, for stale reads. */
  keepVersions(maxAgeMs: number): void {
    if (maxAgeMs > 0 && this.#clock === null) {
      throw new KinesumerError('InvalidOption', 'stale reads need a table with a clock');
    }
    this.#keptMs = Math.max(this.#keptMs, maxAgeMs);
  }

  /** Monotonic milliseconds of the table's clock; 0 without one. */
  nowMs(): number {
    return this.#clock?.monotonicMs() ?? 0;
  }

  #edit(write: Write): void {
    const { result } = this.#apply(write, null);
    if (result.kind === 'invalid') throw new KinesumerError('StoreRejected', result.message);
  }

  #apply(write: Write, client: string | null): { result: WriteResult; units: number } {
    const key = keyOfWrite(write);
    const before = key === null ? null : this.get(key);
    const result = applyWrite(before, write);
    // what fails validation is free
    if (key === null || result.kind === 'invalid') return { result, units: 0 };
    const refused = result.kind === 'refused';
    const bytes = refused ? attemptedBytes(before, write) : itemBytes(result.item);
    const largerBytes = Math.max(itemBytes(before), bytes);
    const units = Math.max(1, Math.ceil(largerBytes / WRITE_UNIT_BYTES));
    if (refused) return { result, units };
    const at = this.nowMs();
    this.#store(key, { item: result.item, bytes, sinceMs: at });
    for (const listener of this.#listeners) {
      listener({ before, after: result.item, write, at, client });
    }
    return { result, units };
  }

  #store(key: Key, version: Version): void {
    let partition = this.#partitions.get(key.pk);
    if (partition === undefined) {
      partition = { cells: new Map(), sorted: [] };
      this.#partitions.set(key.pk, partition);
    }
    let cell = partition.cells.get(key.sk);
    if (cell === undefined) {
      cell = [NOTHING];
      partition.cells.set(key.sk, cell);
      partition.sorted = null;
    }
    cell.push(version);
    cell.splice(0, firstWithin(cell, version.sinceMs - this.#keptMs, this.#keptMs));
    if (version.item === null) this.#sweep(key.pk, partition);
  }

  /** Forgets the keys of which not even a kept version is left. */
  #sweep(pk: string, partition: Partition): void {
    const sinceMs = this.nowMs() - this.#keptMs;
    for (const [sk, cell] of partition.cells) {
      const newest = cell.at(-1) ?? NOTHING;
      if (newest.item !== null || firstWithin(cell, sinceMs, this.#keptMs) < cell.length - 1) {
        continue;
      }
      partition.cells.delete(sk);
      partition.sorted = null;
    }
    if (partition.cells.size === 0) this.#partitions.delete(pk);
  }
}

/** Index of the oldest version that still stood at or after an instant; the newest alone for no age at all. */
function firstWithin(cell: Cell, sinceMs: number, ageMs: number): number {
  if (ageMs <= 0) return cell.length - 1;
  // the newest one has no successor and always is among them
  return cell.findIndex((_, index) => (cell[index + 1]?.sinceMs ?? Infinity) >= sinceMs);
}
