/** What the runs showed, for people and for programs. */
import { scenarioText, type Scenario, type Violation } from '../../simulation/index.ts';
import type { SimulateOptions } from './arguments.ts';
import { histogramText, summaryOf } from './histogram.ts';
import { areDrawn, setupFlags } from './setup.ts';
import { durationText } from './progress.ts';
import type { Tally } from './tally.ts';

/** A run that broke an invariant, and the shortest script that does so too. */
export interface Counterexample {
  readonly seed: number;
  readonly violations: readonly Violation[];
  readonly scenario: Scenario;
  readonly options: SimulateOptions;
}

export interface Result {
  readonly options: SimulateOptions;
  readonly tally: Tally;
  /** null: every run was sound. */
  readonly counterexample: Counterexample | null;
}

const SHOWN_VIOLATIONS = 10;

/** As a shell takes it. */
const quoted = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;

const playCommand = (path: string): string => `npx kinesumer simulate --scenario ${quoted(path)}`;

/** The command that plays the shortest scenario; null: it was not written. */
const shortestCommand = ({ scenarioOutPath }: SimulateOptions): string | null =>
  scenarioOutPath === null ? null : playCommand(scenarioOutPath);

/** The command that plays one seed again. */
export function replayCommand({ options, seed }: Pick<Counterexample, 'options' | 'seed'>): string {
  if (options.scenarioPath !== null) return playCommand(options.scenarioPath);
  const { protocol, clients, shards, streams, profile, minutes } = options;
  return (
    `npx kinesumer simulate${protocol === 'kinesumer' ? '' : ` --protocol ${protocol}`} --runs 1 --seed ${seed} ` +
    `--clients ${clients} --shards ${shards} --streams ${streams} --faults ${faultsText(options)} ` +
    [`--profile ${profile} --minutes ${minutes}`, ...setupFlags(options.setup)].join(' ')
  );
}

/** As the flag takes it. */
const faultsText = ({ faults }: Pick<SimulateOptions, 'faults'>): string =>
  typeof faults === 'string' ? faults : faults.join(',');

/** Who runs, how fast. */
const groupText = ({ protocol, profile }: SimulateOptions): string =>
  protocol === 'go' ? 'the Go algorithm' : `profile ${profile}`;

/** What happens to whom, as the flags have it. */
const happeningText = (options: SimulateOptions): string => {
  const { membership = 'dynamic', ...others } = options.setup;
  const setup = areDrawn(options.faults) ? [] : setupFlags({ membership, ...others });
  return [faultsText(options), ...setup.map((flag) => flag.replace(/^--/, ''))].join(', ');
};

/** Who was played, how often, and what happened. */
export const headText = (options: SimulateOptions, { runs }: Tally): string => {
  const { clients, streams, shards, scenarioPath } = options;
  return scenarioPath === null
    ? `${runs} runs of ${clients} clients on ${streams} × ${shards} shards, ${groupText(options)}, ${happeningText(options)}`
    : `${runs} runs of what stands in ${scenarioPath}`;
};

/** What became of records. */
export const fateText = ({ lost, again, disordered, overlaps }: Tally): string =>
  `${lost} lost, ${again} given again, ${disordered} out of order; ${overlaps} times two gave out one shard's`;

/** What there is to know before a broken run is taken for a fault of the library. */
export const caveatOf = ({ protocol }: Pick<SimulateOptions, 'protocol'>): string | null =>
  protocol === 'go'
    ? 'That is to be expected: the Go algorithm has no owner of a shard, no fence, and no condition on any write.'
    : null;

export const gapRows = (tally: Tally) =>
  [...tally.gapsS]
    .map(([cause, seconds]) => ({ cause, ...summaryOf(seconds) }))
    .sort((a, b) => b.count - a.count);

export function textReport({ options, tally, counterexample }: Result): string {
  const { runs, virtualS, hostS, records, deliveries, events } = tally;
  const lines = [
    headText(options, tally),
    `${(virtualS / 3_600).toFixed(2)} cluster-hours in ${durationText(hostS)} ` +
      `(${(virtualS / Math.max(hostS, 0.001)).toFixed(0)} virtual seconds a second), ` +
      `${events} events, ${records} records, ${deliveries} deliveries`,
    `Records: ${fateText(tally)}`,
    '',
    'How long shards were unread, by what took them from their reader (seconds):',
    row('', 'gaps', 'mean', 'p50', 'p99', 'longest'),
    ...gapRows(tally).map(({ cause, count, meanS, p50S, p99S, maxS }) =>
      row(cause, String(count), ...[meanS, p50S, p99S, maxS].map((s) => s.toFixed(2))),
    ),
    ...(tally.openGaps > 0 ? [`${tally.openGaps} shards were unread at the end of their run`] : []),
    '',
    histogramText(tally.allGapsS()),
    '',
  ];
  if (counterexample === null) return `${[...lines, 'No invariant was broken.'].join('\n')}\n`;
  const broken = runs > 1 ? [`${tally.broken} of ${runs} runs broke an invariant.`] : [];
  return `${[...lines, ...broken, ...counterexampleLines(counterexample)].join('\n')}\n`;
}

const row = (first: string, ...rest: readonly string[]): string =>
  first.padEnd(12) + rest.map((cell) => cell.padStart(10)).join('');

function counterexampleLines(found: Counterexample): string[] {
  const { violations, scenario } = found;
  const shown = violations.slice(0, SHOWN_VIOLATIONS);
  const caveat = caveatOf(found.options);
  return [
    ...(caveat === null ? [] : [caveat]),
    `Seed ${found.seed} broke ${violations.length} times:`,
    ...shown.map(
      ({ invariant, order, message }) => `  ${invariant} @${order ?? 'end'}: ${message}`,
    ),
    '',
    'Shortest scenario that breaks the same invariant:',
    ...scenarioText(scenario)
      .split('\n')
      .map((line) => `  ${line}`),
    '',
    `Play it again: ${replayCommand(found)}`,
    `Play the shortest: ${shortestCommand(found.options) ?? '--scenario-out FILE keeps it, --scenario FILE plays it'}`,
  ];
}

export function jsonReport({ options, tally, counterexample }: Result): string {
  const { gapsS, openGaps, ...counts } = tally;
  const found =
    counterexample === null
      ? null
      : {
          seed: counterexample.seed,
          violations: counterexample.violations,
          scenario: counterexample.scenario,
          replay: replayCommand(counterexample),
          replayShortest: shortestCommand(options),
        };
  const gaps = Object.fromEntries(
    [...gapsS].map(([cause, seconds]) => [cause, summaryOf(seconds)]),
  );
  return `${JSON.stringify({ options, ...counts, openGaps, gaps, counterexample: found }, null, 2)}\n`;
}
