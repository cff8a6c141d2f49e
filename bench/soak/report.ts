/** What a soak showed, for people and for programs. */
import { durationText } from '../../src/cli/simulate/progress.ts';
import type { Spans } from './seed-run.ts';
import type { Sums } from './sums.ts';

export interface Soak {
  readonly from: number;
  readonly runs: number;
  readonly workers: number;
  readonly spans: Spans;
  readonly elapsedMs: number;
  /** The lowest seed that was not played; null: all were. */
  readonly nextSeed: number | null;
  readonly sums: Sums;
}

const FLAGS = { short: '', long: ' --long' } as const satisfies Record<Spans, string>;

export const replayCommand = (seed: number, spans: Spans): string =>
  `npm run soak --${FLAGS[spans]} --from ${seed} --runs 1`;

const resumeCommand = ({ from, runs, workers, spans }: Soak, nextSeed: number): string =>
  `npm run soak --${FLAGS[spans]} --from ${nextSeed} --runs ${from + runs - nextSeed} --workers ${workers}`;

const hoursOf = (ms: number): number => ms / 3_600_000;
/** Virtual time for each second of CPU. */
const paceOf = ({ sums }: Soak): number => sums.virtualMs / Math.max(sums.cpuMs, 1);
const count = (number: number): string => number.toLocaleString('en-US');

export function textReport(soak: Soak): string {
  const { sums, from, runs, nextSeed, elapsedMs, workers } = soak;
  const lines = [
    `seeds ${from} to ${from + runs - 1}: ${count(sums.runs)} of ${count(runs)} runs, ` +
      `${workers} workers, ${durationText(elapsedMs / 1_000)}`,
    `${hoursOf(sums.virtualMs).toFixed(2)} cluster-hours in ${durationText(sums.cpuMs / 1_000)} of CPU: ` +
      `${paceOf(soak).toFixed(1)} virtual seconds a CPU second`,
    `${count(sums.processes)} processes, ${count(sums.records)} records, ` +
      `${count(sums.deliveries)} deliveries, ${count(sums.events)} events`,
    ...(nextSeed === null ? [] : [`go on with: ${resumeCommand(soak, nextSeed)}`]),
    '',
    ...table(
      ['what struck', 'times', 'runs'],
      [...sums.struck]
        .toSorted(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, times]) => [name, count(times), count(sums.struckRuns.get(name) ?? 0)]),
    ),
    '',
    ...table(
      ['most expensive', 'CPU s', 'virtual s', 'events'],
      sums.mostExpensive.map(({ seed, cpuMs, virtualMs, events }) => [
        `seed ${seed}`,
        (cpuMs / 1_000).toFixed(2),
        (virtualMs / 1_000).toFixed(0),
        count(events),
      ]),
    ),
    '',
    `${sums.broken.length} runs broke an invariant, ${sums.failed.length} came to no end`,
  ];
  for (const { seed, broken, violations } of sums.broken) {
    lines.push('', `seed ${seed} broke ${broken} times: ${replayCommand(seed, soak.spans)}`);
    lines.push(...violations.map(({ invariant, message }) => `  ${invariant}: ${message}`));
  }
  for (const { seed, message } of sums.failed) {
    lines.push('', `seed ${seed} failed: ${replayCommand(seed, soak.spans)}`, `  ${message}`);
  }
  return `${lines.join('\n')}\n`;
}

export function jsonReport(soak: Soak): string {
  const { sums, from, runs, workers, spans, elapsedMs, nextSeed } = soak;
  const struck = [...sums.struck].map(([name, times]) => [
    name,
    { times, runs: sums.struckRuns.get(name) ?? 0 },
  ]);
  const report = {
    from,
    runs,
    workers,
    spans,
    done: sums.runs,
    nextSeed,
    elapsedS: elapsedMs / 1_000,
    cpuS: sums.cpuMs / 1_000,
    clusterHours: hoursOf(sums.virtualMs),
    virtualSecondsPerCpuSecond: paceOf(soak),
    processes: sums.processes,
    records: sums.records,
    deliveries: sums.deliveries,
    events: sums.events,
    struck: Object.fromEntries(struck),
    mostExpensive: sums.mostExpensive,
    broken: sums.broken.map(({ seed, broken, violations }) => ({
      seed,
      broken,
      violations,
      replay: replayCommand(seed, spans),
    })),
    failed: sums.failed.map(({ seed, message }) => ({
      seed,
      message,
      replay: replayCommand(seed, spans),
    })),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [heads, ...rows].map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
}
