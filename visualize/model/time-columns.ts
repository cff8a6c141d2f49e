/**
 * Values by time for many names, in columns of one width. Where they become too many the width doubles, so that a long
 * time takes no more memory than a short one, and shows it all.
 */

/** How the values of a name within a column become one. */
export type Merge = 'max' | 'mean';

/** Never changed once it is closed: copies share it. */
interface Column {
  readonly ids: Uint32Array;
  readonly values: Float32Array;
}

interface OpenColumn {
  readonly index: number;
  readonly sums: Map<number, { sum: number; count: number }>;
}

/** Numbers for names; all copies share them, since they are only added to. */
class Names {
  readonly #ids = new Map<string, number>();

  idOf(name: string): number {
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#ids.size;
    this.#ids.set(name, id);
    return id;
  }

  find(name: string): number | undefined {
    return this.#ids.get(name);
  }
}

const FIRST_WIDTH_MS = 1_000;
export const MAX_COLUMNS = 512;

export class TimeColumns {
  readonly #merge: Merge;
  readonly #names: Names;
  #widthMs = FIRST_WIDTH_MS;
  /** By their place in time, `index × width`. */
  #columns = new Map<number, Column>();
  #open: OpenColumn | null = null;

  constructor(merge: Merge, names = new Names()) {
    this.#merge = merge;
    this.#names = names;
  }

  clone(): TimeColumns {
    const copy = new TimeColumns(this.#merge, this.#names);
    copy.#widthMs = this.#widthMs;
    copy.#columns = new Map(this.#columns);
    const open = this.#open;
    if (open !== null) {
      const sums = new Map<number, { sum: number; count: number }>();
      for (const [id, each] of open.sums) sums.set(id, { ...each });
      copy.#open = { index: open.index, sums };
    }
    return copy;
  }

  get widthMs(): number {
    return this.#widthMs;
  }

  /** How many columns there are, the open one not counted. */
  get size(): number {
    return this.#columns.size;
  }

  /** Times do not go back by more than a column. */
  add(atMs: number, name: string, value: number): void {
    const index = Math.floor(atMs / this.#widthMs);
    if (this.#open !== null && this.#open.index < index) this.#close(this.#open);
    this.#open ??= { index: Math.floor(atMs / this.#widthMs), sums: new Map() };
    const id = this.#names.idOf(name);
    const known = this.#open.sums.get(id);
    if (known === undefined) this.#open.sums.set(id, { sum: value, count: 1 });
    else if (this.#merge === 'max') known.sum = Math.max(known.sum, value);
    else {
      known.sum += value;
      known.count += 1;
    }
  }

  /**
   * The values of some names between two instants, in so many columns; null: not known.
   *
   * @returns by the order of the names
   */
  read(
    names: readonly string[],
    fromMs: number,
    toMs: number,
    columns: number,
  ): readonly (readonly (number | null)[])[] {
    const rows = names.map(() => Array.from({ length: columns }, (): number | null => null));
    const counts =
      this.#merge === 'mean' ? names.map(() => Array.from({ length: columns }, () => 0)) : [];
    const rowOf = new Map<number, number>();
    for (const [row, name] of names.entries()) {
      const id = this.#names.find(name);
      if (id !== undefined) rowOf.set(id, row);
    }
    const grid = { fromMs, columnMs: (toMs - fromMs) / columns, columns };
    const put = (index: number, id: number, value: number): void => {
      const row = rowOf.get(id);
      if (row === undefined) return;
      const [first, last] = this.#placesOf(index, grid);
      for (let place = first; place <= last; place += 1)
        merge(rows[row], counts[row], place, value);
    };
    for (const [index, { ids, values }] of this.#columns) {
      if (!this.#touches(index, fromMs, toMs)) continue;
      for (const [at, id] of ids.entries()) put(index, id, values[at] ?? 0);
    }
    const open = this.#open;
    if (open !== null && this.#touches(open.index, fromMs, toMs)) {
      for (const [id, { sum, count }] of open.sums) put(open.index, id, sum / count);
    }
    return rows;
  }

  #touches(index: number, fromMs: number, toMs: number): boolean {
    return (index + 1) * this.#widthMs > fromMs && index * this.#widthMs < toMs;
  }

  /** The columns asked for in which a kept one lies. */
  #placesOf(
    index: number,
    { fromMs, columnMs, columns }: { fromMs: number; columnMs: number; columns: number },
  ): readonly [number, number] {
    const first = Math.floor((index * this.#widthMs - fromMs) / columnMs);
    const last = Math.ceil(((index + 1) * this.#widthMs - fromMs) / columnMs) - 1;
    return [Math.max(0, first), Math.min(columns - 1, last)];
  }

  #close(open: OpenColumn): void {
    const ids = Uint32Array.from(open.sums.keys());
    const values = Float32Array.from(open.sums.values(), ({ sum, count }) => sum / count);
    this.#columns.set(open.index, { ids, values });
    this.#open = null;
    if (this.#columns.size > MAX_COLUMNS) this.#double();
  }

  #double(): void {
    this.#widthMs *= 2;
    const pairs = new Map<number, Column[]>();
    for (const [index, column] of this.#columns) {
      const half = Math.floor(index / 2);
      pairs.set(half, [...(pairs.get(half) ?? []), column]);
    }
    this.#columns = new Map();
    for (const [index, columns] of pairs) this.#columns.set(index, this.#joined(columns));
  }

  #joined(columns: readonly Column[]): Column {
    const [only, other] = columns;
    if (only !== undefined && other === undefined) return only;
    const sums = new Map<number, { sum: number; count: number }>();
    for (const { ids, values } of columns) {
      for (const [at, id] of ids.entries()) {
        const value = values[at] ?? 0;
        const known = sums.get(id);
        if (known === undefined) sums.set(id, { sum: value, count: 1 });
        else if (this.#merge === 'max') known.sum = Math.max(known.sum, value);
        else {
          known.sum += value;
          known.count += 1;
        }
      }
    }
    const ids = Uint32Array.from(sums.keys());
    return { ids, values: Float32Array.from(sums.values(), ({ sum, count }) => sum / count) };
  }
}

/** Several kept columns in one that is asked for: the worst, or their mean. */
function merge(
  row: (number | null)[] | undefined,
  counts: number[] | undefined,
  place: number,
  value: number,
): void {
  if (row === undefined) return;
  const known = row[place] ?? null;
  if (known === null) {
    row[place] = value;
    if (counts !== undefined) counts[place] = 1;
  } else if (counts === undefined) row[place] = Math.max(known, value);
  else {
    const count = counts[place] ?? 1;
    row[place] = (known * count + value) / (count + 1);
    counts[place] = count + 1;
  }
}
