/** `kinesumer simulate`: many runs of a simulated group, what they broke, and what they cost. */
import { createWriteStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { once } from 'node:events';
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
import { showTrace } from './show-trace.ts';
import { parseArguments, type SimulateOptions } from './simulate/arguments.ts';
import { Progress } from './simulate/progress.ts';
import { htmlReport } from './simulate/report-page.ts';
import { jsonReport, textReport, type Counterexample } from './simulate/report.ts';
import { scenarioOf } from './simulate/scenario.ts';
import { Tally } from './simulate/tally.ts';

const EXIT = { sound: 0, wrongFlag: 2, violation: 3, interrupted: 130 } as const;
const SHRINKING_RUNS = 60;

/** A turn of the event loop: all microtasks drain before it comes. */
const hop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** What a run did wrong. */
type Judge = (evidence: Evidence) => readonly Violation[];

const JUDGES: Readonly<Record<Protocol, Judge>> = { kinesumer: violationsOf, go: violationsOfGo };

/**
 * @param judge checks each run; by default the one of the protocol
 * @returns the exit code
 */
export async function simulate(args: readonly string[], judge?: Judge): Promise<number> {
  const parsed = parseArguments(args);
  switch (parsed.kind) {
    case 'help':
      process.stdout.write(parsed.text);
      return EXIT.sound;
    case 'refused':
      process.stderr.write(parsed.message);
      return EXIT.wrongFlag;
    case 'run':
      return runAll(parsed.options, judge ?? JUDGES[parsed.options.protocol]);
  }
}

interface Found {
  readonly scenario: Scenario;
  readonly evidence: Evidence;
  readonly violations: readonly Violation[];
}

async function runAll(options: SimulateOptions, judge: Judge): Promise<number> {
  const { runs, seed, protocol } = options;
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  const nowMs = (): number => performance.now();
  const progress = new Progress({ total: runs, unit: 'runs', out: process.stderr, nowMs });
  const tally = new Tally(protocol);
  let broken: Found | null = null;
  let last: Found | null = null;
  for (let run = 0; run < runs && !interrupt.signal.aborted; run += 1) {
    // what the other protocol breaks is known to be broken: how often is what the runs tell
    if (broken !== null && protocol === 'kinesumer') break;
    const startMs = nowMs();
    const scenario = scenarioOf(options, seed + run);
    const evidence = await play(scenario, { hop });
    const violations = judge(evidence);
    tally.add(evidence, violations, nowMs() - startMs);
    last = { scenario, evidence, violations };
    if (violations.length > 0) broken ??= last;
    progress.at(run + 1, broken === null ? '' : 'an invariant is broken');
  }
  progress.end();

  const traced = broken ?? last;
  if (options.tracePath !== null && traced !== null) await writeTrace(options.tracePath, traced);
  const counterexample = broken === null ? null : await shortened(broken, options, judge);
  const result = { options, tally, counterexample };
  process.stdout.write(options.output === 'json' ? jsonReport(result) : textReport(result));
  if (options.reportPath !== null) await writeFile(options.reportPath, htmlReport(result));
  if (options.pagePort !== null && traced !== null) {
    const { app } = traced.evidence;
    await showTrace(
      { app, port: options.pagePort, lines: () => linesOf(traced) },
      interrupt.signal,
    );
  }
  if (broken !== null) return EXIT.violation;
  return interrupt.signal.aborted ? EXIT.interrupted : EXIT.sound;
}

/** The shortest script that was found to break the same invariant. */
async function shortened(
  found: Found,
  options: SimulateOptions,
  judge: Judge,
): Promise<Counterexample> {
  const [first] = found.violations;
  const nowMs = (): number => performance.now();
  const out = process.stderr;
  const progress = new Progress({ total: SHRINKING_RUNS, unit: 'shrinking runs', out, nowMs });
  let runs = 0;
  const { scenario } = await shrink(found.scenario, {
    maxRuns: SHRINKING_RUNS,
    fails: async (candidate) => {
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

async function writeTrace(path: string, found: Found): Promise<void> {
  const file = createWriteStream(path);
  for (const line of linesOf(found)) {
    if (!file.write(`${line}\n`)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}
