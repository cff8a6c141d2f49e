/** The records of one shard that wait, where the feed tells each: put, delivered, completed. */
import { compareDecimals } from '../../src/feed/reading.ts';
import { RateWindow } from './rate-window.ts';

/** Records that were put at the same time, or nearly so. Never changed, only replaced: copies share them. */
interface Heap {
  readonly atMs: number;
  readonly arrivalMs: number;
  readonly count: number;
}

/** Neighbours are thrown together where there are more, so that a time is off by about a hundredth of the lag. */
const MAX_HEAPS = 128;

export class Backlog {
  /** The oldest first. */
  #heaps: Heap[] = [];
  #records = 0;
  /** Sequence number of the last record of the completed prefix; null: none is. */
  #completed: string | null = null;
  readonly #delivered: RateWindow;
  #version = 0;

  constructor(sinceMs: number, delivered = new RateWindow(sinceMs)) {
    this.#delivered = delivered;
  }

  clone(): Backlog {
    const copy = new Backlog(0, this.#delivered.clone());
    copy.#heaps = this.#heaps.slice();
    copy.#records = this.#records;
    copy.#completed = this.#completed;
    return copy;
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  /** How many were handed out a second. */
  perSecond(nowMs: number): number {
    return this.#delivered.perSecond(nowMs);
  }

  get records(): number {
    return this.#records;
  }

  /** When the oldest that waits was put; null: none waits. */
  get oldestAtMs(): number | null {
    return this.#heaps[0]?.atMs ?? null;
  }

  deliver(atMs: number): void {
    this.#version += 1;
    this.#delivered.add(atMs, 1);
  }

  put(atMs: number, arrivalMs: number): void {
    this.#version += 1;
    this.#records += 1;
    const last = this.#heaps.at(-1);
    if (last?.atMs === atMs && last.arrivalMs === arrivalMs) {
      this.#heaps[this.#heaps.length - 1] = { ...last, count: last.count + 1 };
      return;
    }
    this.#heaps.push({ atMs, arrivalMs, count: 1 });
    if (this.#heaps.length > MAX_HEAPS) this.#throwTogether();
  }

  /** Records are through, in their order; those that were through before are not counted again. */
  complete(sequenceNumbers: readonly string[]): void {
    const last = sequenceNumbers.at(-1);
    if (last === undefined) return;
    const completed = this.#completed;
    const fresh =
      completed === null
        ? sequenceNumbers.length
        : sequenceNumbers.filter((each) => compareDecimals(each, completed) > 0).length;
    if (fresh === 0) return;
    this.#version += 1;
    this.#completed = last;
    this.#take(fresh);
  }

  /** Records that arrived before an instant of Kinesis' clock are not to be read, or are gone. */
  forgetBefore(arrivalMs: number): void {
    this.#version += 1;
    const kept = this.#heaps.filter((heap) => heap.arrivalMs >= arrivalMs);
    this.#heaps = kept;
    this.#records = kept.reduce((sum, heap) => sum + heap.count, 0);
  }

  #take(count: number): void {
    let left = Math.min(count, this.#records);
    this.#records -= left;
    while (left > 0) {
      const first = this.#heaps[0];
      if (first === undefined) return;
      const taken = Math.min(left, first.count);
      left -= taken;
      if (taken === first.count) this.#heaps.shift();
      else this.#heaps[0] = { ...first, count: first.count - taken };
    }
  }

  /** Halves their number; the time of the older one counts. */
  #throwTogether(): void {
    this.#heaps = this.#heaps.flatMap((heap, index) => {
      if (index % 2 === 1) return [];
      return [{ ...heap, count: heap.count + (this.#heaps[index + 1]?.count ?? 0) }];
    });
  }
}
