/** Times, sorted into bins that double: what is short and what is long both show. */

export interface Bin {
  /** Seconds, included. */
  readonly fromS: number;
  /** Seconds, excluded. */
  readonly toS: number;
  readonly count: number;
}

export interface Summary {
  readonly count: number;
  readonly meanS: number;
  readonly p50S: number;
  readonly p99S: number;
  readonly maxS: number;
}

const FIRST_BIN_S = 0.125;

/** @param seconds any order; not empty */
export function summaryOf(seconds: readonly number[]): Summary {
  const sorted = [...seconds].sort((a, b) => a - b);
  const quantile = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return {
    count: sorted.length,
    meanS: sorted.reduce((sum, value) => sum + value, 0) / Math.max(1, sorted.length),
    p50S: quantile(0.5),
    p99S: quantile(0.99),
    maxS: sorted.at(-1) ?? 0,
  };
}

/** From the first bin that holds something to the last; bins between them may be empty. */
export function binsOf(seconds: readonly number[]): readonly Bin[] {
  const counts: number[] = [];
  for (const value of seconds) {
    const index = value < FIRST_BIN_S ? 0 : Math.floor(Math.log2(value / FIRST_BIN_S)) + 1;
    while (counts.length <= index) counts.push(0);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  const bins = counts.map((count, index): Bin => ({
    fromS: index === 0 ? 0 : FIRST_BIN_S * 2 ** (index - 1),
    toS: FIRST_BIN_S * 2 ** index,
    count,
  }));
  const first = bins.findIndex(({ count }) => count > 0);
  return first < 0 ? [] : bins.slice(first);
}

const CELLS = 40;

const secondsText = (seconds: number): string =>
  seconds < 1 ? `${Math.round(seconds * 1_000)} ms` : `${Number(seconds.toFixed(1))} s`;

/** A line per bin, its bar as long as its share of the largest. */
export function histogramText(seconds: readonly number[]): string {
  const bins = binsOf(seconds);
  const largest = Math.max(1, ...bins.map(({ count }) => count));
  return bins
    .map(({ fromS, toS, count }) => {
      const range = `${secondsText(fromS)} – ${secondsText(toS)}`.padStart(19);
      const bar = '█'.repeat(Math.ceil((count / largest) * CELLS));
      return `${range}  ${bar} ${count}`;
    })
    .join('\n');
}
