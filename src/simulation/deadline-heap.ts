/** Something that falls due. */
export interface Deadline {
  readonly atMs: number;
  /** Decides between events of one instant. */
  readonly tieBreak: number;
  /** Order in which they were set; decides where the tie-break is equal. */
  readonly sequence: number;
}

/** Events by (time, tie-break, sequence), the earliest first. */
export class DeadlineHeap<D extends Deadline> {
  readonly #items: D[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: D): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] as D;
      if (!isBefore(item, above)) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  peek(): D | undefined {
    return this.#items[0];
  }

  pop(): D | undefined {
    const items = this.#items;
    const first = items[0];
    const last = items.pop();
    if (last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= items.length) break;
      const right = items[left + 1];
      const child = right !== undefined && isBefore(right, items[left] as D) ? left + 1 : left;
      const below = items[child] as D;
      if (!isBefore(below, last)) break;
      items[at] = below;
      at = child;
    }
    items[at] = last;
    return first;
  }
}

function isBefore(a: Deadline, b: Deadline): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs;
  if (a.tieBreak !== b.tieBreak) return a.tieBreak < b.tieBreak;
  return a.sequence < b.sequence;
}
