/** Counts of the last moments. */
const WINDOW_MS = 3_000;

export class Rate {
  readonly #counts: { readonly atMs: number; readonly count: number }[] = [];

  add(count: number, atMs: number): void {
    this.#counts.push({ atMs, count });
  }

  perSecond(nowMs: number): number {
    while ((this.#counts[0]?.atMs ?? nowMs) < nowMs - WINDOW_MS) this.#counts.shift();
    return this.#counts.reduce((sum, { count }) => sum + count, 0) / (WINDOW_MS / 1_000);
  }
}
