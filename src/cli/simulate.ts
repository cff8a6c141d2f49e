/** `kinesumer simulate`: many runs of a simulated group, what they broke, and what they cost. */
import {
  play,
  shrink,
  traceEventsOf,
  traceLines,
  violationsOf,
  violationsOfGo,
  type Evidence,
  type Protocol,
  type Scenario,
  type Violation,
} from '../simulation/index.ts';
import { Refusal } from './flags.ts';
import { showTrace } from './show-trace.ts';
import { parseArguments, type SimulateOptions } from './simulate/arguments.ts';
import { Outputs } from './simulate/outputs.ts';
import { Progress } from './simulate/progress.ts';
import { htmlReport } from './simulate/report-page.ts';
import { jsonReport, textReport, type Counterexample, type Result } from './simulate/report.ts';
import { runsOf, type Runs } from './simulate/scenario.ts';
import { Tally } from './simulate/tally.ts';

const EXIT = { sound: 0, failed: 1, wrongFlag: 2, violation: 3, interrupted: 130 } as const;
const SHRINKING_RUNS = 60;

/** A turn of the event loop: all microtasks drain before it comes. */
const hop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** What a run did wrong. */
type Judge = (evidence: Evidence) => readonly Violation[];

const JUDGES: Readonly<Record<Protocol, Judge>> = { kinesumer: violationsOf, go: violationsOfGo };

/**
 * @param interrupted ends the runs: what there is by then is the result
 * @param judge checks each run; by default the one of the protocol
 * @returns the exit code
 */
export async function simulate(
  args: readonly string[],
  interrupted: AbortSignal,
  judge?: Judge,
): Promise<number> {
  const parsed = parseArguments(args);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(parsed.text);
      return EXIT.sound;
    case 'refused':
      process.stderr.write(parsed.message);
      return EXIT.wrongFlag;
    case 'run':
      break;
  }
  const { options } = parsed;
  try {
    const runs = await runsOf(options);
    const outputs = await Outputs.open(options);
    const { protocol } = runs;
    const played = { ...options, protocol };
    const { result, shown } = await runAll(runs, played, judge ?? JUDGES[protocol], interrupted);
    return await tell(result, shown, outputs, interrupted);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.wrongFlag;
  }
}

interface Found {
  readonly scenario: Scenario;
  readonly evidence: Evidence;
  readonly violations: readonly Violation[];
}

interface Done {
  readonly result: Result;
  /** The last run, or the first that broke an invariant; null: there was none. */
  readonly shown: Found | null;
}

const nowMs = (): number => performance.now();

async function runAll(
  { count, protocol, scenario: scenarioAt }: Runs,
  options: SimulateOptions,
  judge: Judge,
  interrupted: AbortSignal,
): Promise<Done> {
  const progress = new Progress({ total: count, unit: 'runs', out: process.stderr, nowMs });
  const tally = new Tally(protocol);
  let broken: Found | null = null;
  let last: Found | null = null;
  for (let run = 0; run < count && !interrupted.aborted; run += 1) {
    // what the other protocol breaks is known to be broken: how often is what the runs tell
    if (broken !== null && protocol === 'kinesumer') break;
    const startMs = nowMs();
    const scenario = scenarioAt(run);
    const evidence = await play(scenario, { hop });
    const violations = judge(evidence);
    tally.add(evidence, violations, nowMs() - startMs);
    last = { scenario, evidence, violations };
    if (violations.length > 0) broken ??= last;
    progress.at(run + 1, broken === null ? '' : 'an invariant is broken');
  }
  progress.end();
  const counterexample =
    broken === null ? null : await shortened(broken, options, judge, interrupted);
  return { result: { options, tally, counterexample }, shown: broken ?? last };
}

/** Files first: whoever reads the result may leave. */
async function tell(
  result: Result,
  shown: Found | null,
  outputs: Outputs,
  interrupted: AbortSignal,
): Promise<number> {
  const { options, counterexample } = result;
  await outputs.write('trace', shown === null ? null : linesOf(shown));
  const shortest =
    counterexample === null ? null : JSON.stringify(counterexample.scenario, null, 2);
  await outputs.write('scenario-out', shortest === null ? null : [shortest]);
  await outputs.write('report', [htmlReport(result)]);
  process.stdout.write(options.output === 'json' ? jsonReport(result) : textReport(result));
  const problems = [...outputs.problems()];
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (options.pagePort !== null && shown !== null) {
    const { app } = shown.evidence;
    const page = { app, port: options.pagePort, lines: () => linesOf(shown) };
    const outcome = await showTrace(page, interrupted);
    if (outcome.kind === 'unshown') {
      problems.push(outcome.message);
      process.stderr.write(`${outcome.message}\n`);
    }
  }
  if (counterexample !== null) return EXIT.violation;
  if (problems.length > 0) return EXIT.failed;
  return interrupted.aborted ? EXIT.interrupted : EXIT.sound;
}

/** The shortest script that was found to break the same invariant. */
async function shortened(
  found: Found,
  options: SimulateOptions,
  judge: Judge,
  interrupted: AbortSignal,
): Promise<Counterexample> {
  const [first] = found.violations;
  const out = process.stderr;
  const progress = new Progress({ total: SHRINKING_RUNS, unit: 'shrinking runs', out, nowMs });
  let runs = 0;
  const { scenario } = await shrink(found.scenario, {
    maxRuns: SHRINKING_RUNS,
    fails: async (candidate) => {
      if (interrupted.aborted) return false;
      runs += 1;
      progress.at(runs);
      const violations = judge(await play(candidate, { hop }));
      return violations.some(({ invariant }) => invariant === first?.invariant);
    },
  });
  progress.end();
  return { seed: found.scenario.seed, violations: found.violations, scenario, options };
}

function linesOf({ evidence, scenario, violations }: Found): Iterable<string> {
  const header = { source: 'simulation', app: evidence.app, scenario } as const;
  return traceLines(header, traceEventsOf(evidence, violations));
}
