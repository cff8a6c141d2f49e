/** The marks of a timeline, bounded: the oldest are dropped. */
import type { TimelineMark } from './view.ts';

/** Marks of neighbouring times. Never changed once it is full: copies share it. */
type Chunk = readonly TimelineMark[];

const CHUNK = 256;
const MAX_CHUNKS = 64;
/** What is the same within this time is one mark. */
const JOINED_MS = 1_000;

export class Timeline {
  #full: readonly Chunk[];
  #open: TimelineMark[];
  /** Places in `#open` of marks that stand for several, by what they have in common. */
  readonly #joined: Map<string, number>;

  constructor(before?: Timeline) {
    this.#full = before === undefined ? [] : before.#full;
    this.#open = before === undefined ? [] : [...before.#open];
    this.#joined = new Map(before === undefined ? [] : before.#joined);
  }

  clone(): Timeline {
    return new Timeline(this);
  }

  add(mark: TimelineMark): void {
    this.#open.push(mark);
    if (this.#open.length < CHUNK) return;
    this.#full = [...this.#full, this.#open].slice(-MAX_CHUNKS);
    this.#open = [];
    this.#joined.clear();
  }

  /** Where one of the same lane, kind and text was within the last second, it counts one more. */
  join(mark: TimelineMark): void {
    const name = JSON.stringify([mark.lane, mark.kind, mark.text]);
    const place = this.#joined.get(name) ?? -1;
    const known = this.#open[place];
    if (known !== undefined && mark.atMs - known.atMs < JOINED_MS) {
      this.#open[place] = { ...known, count: known.count + mark.count };
      return;
    }
    this.#joined.set(name, this.#open.length);
    this.add(mark);
  }

  /** Both ends included, in the order in which they came. */
  between(fromMs: number, toMs: number): readonly TimelineMark[] {
    return [...this.#full, this.#open].flatMap((chunk) => {
      const first = chunk[0]?.atMs ?? Number.POSITIVE_INFINITY;
      const last = chunk.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
      if (last < fromMs || first > toMs) return [];
      return chunk.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
    });
  }
}
