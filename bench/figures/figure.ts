/** What a figure is and how it is printed. */

/** One line of a figure's table. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  /** null: printed for orientation, nothing to reach. */
  readonly target: string | null;
  readonly verdict: 'reached' | 'NOT REACHED' | 'no target';
}

export interface Figure {
  readonly number: number;
  readonly title: string;
  /** How it was measured, one sentence a line. */
  readonly method: readonly string[];
  readonly rows: readonly Row[];
  /** What else the run brought to light. */
  readonly notes: readonly string[];
}

/** How much is measured: `quick` is for trying the script out, its samples are too few to quote. */
export type Effort = 'full' | 'quick';

export type Progress = (line: string) => void;

/** A value that must not exceed its target; compared unrounded. */
export function atMost(
  what: string,
  value: number,
  target: number,
  show: (value: number) => string,
  suffix = '',
): Row {
  return {
    what,
    measured: `${show(value)}${suffix}`,
    target: `≤ ${show(target)}`,
    verdict: value <= target ? 'reached' : 'NOT REACHED',
  };
}

/** A value without a target. */
export const shown = (what: string, measured: string): Row => ({
  what,
  measured,
  target: null,
  verdict: 'no target',
});

/** Rounds up, so that no printed value looks better than it is. */
export function upTo(value: number, decimals: number): string {
  if (!Number.isFinite(value)) return 'none';
  const scale = 10 ** decimals;
  // a hair less than one step, so that 0.7 does not become 0.71 for its binary tail
  return (Math.ceil(value * scale - 1e-6) / scale).toFixed(decimals);
}

export const seconds = (ms: number): string => `${upTo(ms / 1_000, 2)} s`;
export const milliseconds = (ms: number): string => `${upTo(ms, 0)} ms`;

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, v) => sum + v, 0) / values.length;
}

/** Nearest rank: with fewer than 100 values the 99th percentile is the largest. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

/** The largest of many; -Infinity of none. Spreading a long list into Math.max overflows the stack. */
export const largest = (values: Iterable<number>): number => {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) max = Math.max(max, value);
  return max;
};

export function print(figure: Figure): string {
  const cells = [
    ['', 'measured', 'target', ''],
    ...figure.rows.map((row) => [
      row.what,
      row.measured,
      row.target ?? '—',
      row.verdict === 'no target' ? '' : row.verdict,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) =>
    largest(cells.map((row) => (row[column] ?? '').length)),
  );
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [
    `Figure ${figure.number}. ${figure.title}`,
    ...figure.method.map((line) => `  ${line}`),
    '',
    ...lines.map((line) => `  ${line}`),
    ...(figure.notes.length > 0 ? ['', ...figure.notes.map((note) => `  ${note}`)] : []),
    '',
  ].join('\n');
}
