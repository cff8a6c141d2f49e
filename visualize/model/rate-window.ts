/** How many a second, over the last ten seconds. */

const SECOND = 1_000;
const SECONDS = 10;

export class RateWindow {
  /** Counts of the seconds up to `#newest`, by second modulo their number. */
  readonly #counts: number[];
  #newest: number;
  #lastMs: number;
  /** Since when it is counted. */
  #sinceMs: number;

  constructor(sinceMs: number) {
    this.#counts = Array.from({ length: SECONDS }, () => 0);
    this.#newest = Math.floor(sinceMs / SECOND);
    this.#sinceMs = sinceMs;
    this.#lastMs = sinceMs;
  }

  clone(): RateWindow {
    const copy = new RateWindow(this.#sinceMs);
    for (const [index, count] of this.#counts.entries()) copy.#counts[index] = count;
    copy.#newest = this.#newest;
    copy.#lastMs = this.#lastMs;
    return copy;
  }

  /** When something was counted last. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** @param cameMs when they came, where that was before they were counted */
  add(atMs: number, count: number, cameMs = atMs): void {
    const second = Math.floor(cameMs / SECOND);
    this.#lastMs = Math.max(this.#lastMs, atMs);
    // at most all of them lie between
    const from = Math.max(this.#newest, second - SECONDS);
    for (let passed = from + 1; passed <= second; passed += 1) this.#counts[passed % SECONDS] = 0;
    this.#newest = Math.max(this.#newest, second);
    if (second > this.#newest - SECONDS) {
      this.#counts[second % SECONDS] = (this.#counts[second % SECONDS] ?? 0) + count;
    }
  }

  /** Of the seconds that are over, and the one that runs. */
  perSecond(nowMs: number): number {
    const second = Math.floor(nowMs / SECOND);
    let sum = 0;
    for (let each = Math.max(0, second - SECONDS + 1); each <= second; each += 1) {
      if (each > this.#newest || each <= this.#newest - SECONDS) continue;
      sum += this.#counts[each % SECONDS] ?? 0;
    }
    const fromMs = Math.max(this.#sinceMs, (second - SECONDS + 1) * SECOND);
    return sum / (Math.max(SECOND, nowMs - fromMs) / SECOND);
  }
}
