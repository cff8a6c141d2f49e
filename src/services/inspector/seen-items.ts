/**
 * Items as they were last seen, and what changed since: reads are eventually consistent, so that an older copy may come
 * after a newer one, and what was seen may be missing for once.
 */
import type { Item } from '../../machines/ports.ts';

/** Reads in a row that lack an item before it counts as deleted. */
const MISSES = 2;

interface Seen {
  readonly item: Item;
  misses: number;
}

export class SeenItems {
  readonly #onChange: (before: Item | null, after: Item | null) => void;
  readonly #partitions = new Map<string, Map<string, Seen>>();

  constructor(onChange: (before: Item | null, after: Item | null) => void) {
    this.#onChange = onChange;
  }

  /** One item was read. */
  item(item: Item): void {
    const seen = this.#of(item.pk);
    const before = seen.get(item.sk)?.item ?? null;
    if (before !== null && (isSame(before, item) || isOlder(item, before))) {
      seen.set(item.sk, { item: before, misses: 0 });
      return;
    }
    seen.set(item.sk, { item, misses: 0 });
    this.#onChange(before, item);
  }

  /** A whole partition was read. */
  partition(pk: string, items: readonly Item[]): void {
    const seen = this.#of(pk);
    const there = new Set(items.map(({ sk }) => sk));
    for (const item of items) this.item(item);
    for (const [sk, entry] of seen) {
      if (there.has(sk)) continue;
      entry.misses += 1;
      if (entry.misses < MISSES) continue;
      seen.delete(sk);
      this.#onChange(entry.item, null);
    }
  }

  #of(pk: string): Map<string, Seen> {
    const seen = this.#partitions.get(pk) ?? new Map<string, Seen>();
    this.#partitions.set(pk, seen);
    return seen;
  }
}

/** Attributes are texts and numbers, but for those of maps, which are not compared here. */
const isSame = (one: Item, other: Item): boolean => {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
  );
};

/** Whether the first is a copy from before: heartbeats, fences, positions and generations never go back. */
function isOlder(item: Item, known: Item): boolean {
  if (item['nonce'] !== known['nonce']) return false;
  if (below(item['rv'], known['rv']) || below(item['fence'], known['fence'])) return true;
  return item['fence'] === known['fence'] && below(item['position'], known['position']);
}

const below = (one: unknown, other: unknown): boolean =>
  (typeof one === 'number' && typeof other === 'number' && one < other) ||
  (typeof one === 'string' && typeof other === 'string' && one < other);
