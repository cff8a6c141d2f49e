/** A bounded queue between many writers and one reader. */
export class Channel<T> {
  readonly #slots: number;
  readonly #items: T[] = [];
  readonly #writers: (() => void)[] = [];
  #reader: (() => void) | null = null;
  #state: 'open' | 'closed' = 'open';

  constructor(slots: number) {
    this.#slots = slots;
  }

  /** Waits for a free slot. */
  async put(item: T): Promise<void> {
    while (this.#items.length >= this.#slots) {
      await new Promise<void>((free) => this.#writers.push(free));
    }
    this.#items.push(item);
    this.#wakeReader();
  }

  /** The oldest item and what follows it of the same kind; empty: the channel was closed and is drained. */
  async take(isSame: (first: T, next: T) => boolean): Promise<readonly T[]> {
    while (this.#items.length === 0) {
      if (this.#state === 'closed') return [];
      await new Promise<void>((come) => {
        this.#reader = come;
      });
    }
    const [first] = this.#items as [T];
    const other = this.#items.findIndex((item) => !isSame(first, item));
    const taken = this.#items.splice(0, other < 0 ? this.#items.length : other);
    for (const free of this.#writers.splice(0, taken.length)) free();
    return taken;
  }

  /** Nothing more is put. */
  close(): void {
    this.#state = 'closed';
    this.#wakeReader();
  }

  #wakeReader(): void {
    this.#reader?.();
    this.#reader = null;
  }
}
