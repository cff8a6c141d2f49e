/** Shard iterators: strings that mean something to the service alone. */

export interface IteratorParts {
  /** The stream's number in the region: another one under the same name has another. */
  readonly streamIndex: number;
  readonly shardIndex: number;
  /** Reads from the first record of this order or a later one. */
  readonly fromOrder: number;
  /** The region's clock when it was given out. */
  readonly issuedAtMs: number;
  /** Iterators of an earlier epoch were expired by hand. */
  readonly epoch: number;
}

export function formatIterator(parts: IteratorParts): string {
  const { streamIndex, shardIndex, fromOrder, issuedAtMs, epoch } = parts;
  return btoa([streamIndex, shardIndex, fromOrder, issuedAtMs, epoch].join('/'));
}

/** What an iterator says, or null where the service never gave it out. */
export function parseIterator(iterator: string): IteratorParts | null {
  let text: string;
  try {
    text = atob(iterator);
  } catch {
    return null;
  }
  if (!/^\d+\/\d+\/\d+\/-?\d+(\.\d+)?\/\d+$/.test(text)) return null;
  const [streamIndex = 0, shardIndex = 0, fromOrder = 0, issuedAtMs = 0, epoch = 0] = text
    .split('/')
    .map(Number);
  return { streamIndex, shardIndex, fromOrder, issuedAtMs, epoch };
}
