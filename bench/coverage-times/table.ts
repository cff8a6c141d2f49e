/** What was measured beside what was derived. */
import { mean, percentile, upTo } from '../figures/figure.ts';
import { ROWS, TARGETS, type RowName, type Runner, type Target } from './rows.ts';
import type { Told } from './story.ts';

export interface Result {
  readonly runner: Runner;
  readonly row: RowName;
  readonly title: string;
  readonly samples: number;
  readonly meanMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly target: Target | null;
  /** `derived`: what is derived for the Go algorithm is nothing that it has to reach. */
  readonly verdict: 'reached' | 'MISSED' | 'derived' | 'no target';
}

/** What one runner showed so far. */
export class Sums {
  readonly #samples = new Map<RowName, number[]>();
  /** Events that had not come to an end, or before which the group was not at rest. */
  restless = 0;
  virtualS = 0;

  add({ samples, restless, virtualS }: Told): void {
    for (const [row, values] of Object.entries(samples) as [RowName, readonly number[]][]) {
      const own = this.#samples.get(row) ?? [];
      this.#samples.set(row, own);
      for (const value of values) own.push(value);
    }
    this.restless += restless;
    this.virtualS += virtualS;
  }

  results(runner: Runner): readonly Result[] {
    return (Object.keys(ROWS) as RowName[]).flatMap((row): readonly Result[] => {
      const values = this.#samples.get(row);
      if (values === undefined) return [];
      const target = TARGETS[runner][row] ?? null;
      const [meanMs, p99Ms] = [mean(values), percentile(values, 99)];
      const { title } = ROWS[row];
      const samples = values.length;
      const maxMs = percentile(values, 100);
      const verdict = verdictOf(runner, target, meanMs, p99Ms);
      return [{ runner, row, title, samples, meanMs, p99Ms, maxMs, target, verdict }];
    });
  }
}

function verdictOf(
  runner: Runner,
  target: Target | null,
  meanMs: number,
  p99Ms: number,
): Result['verdict'] {
  if (target === null) return 'no target';
  if (runner === 'go') return 'derived';
  const [targetMeanMs, targetP99Ms] = target;
  return meanMs <= targetMeanMs && p99Ms <= (targetP99Ms ?? Infinity) ? 'reached' : 'MISSED';
}

const HEADS = ['', 'event', 'samples', 'mean / p99', 'longest', 'derived', ''];

const seconds = (ms: number): string => upTo(ms / 1_000, 2);

const cellsOf = ({ runner, title, samples, meanMs, p99Ms, maxMs, target, verdict }: Result) => [
  runner,
  title,
  String(samples),
  `${seconds(meanMs)} / ${seconds(p99Ms)}`,
  seconds(maxMs),
  target === null
    ? '—'
    : target.map((ms) => (ms === null ? '—' : (ms / 1_000).toFixed(1))).join(' / '),
  verdict === 'reached' || verdict === 'MISSED' ? verdict : '',
];

export function tableText(results: readonly Result[]): string {
  const rows = [HEADS, ...results.map(cellsOf)];
  const widths = HEADS.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  const [head = [], ...body] = rows;
  return [line(head), rule, ...body.map(line)].join('\n');
}
