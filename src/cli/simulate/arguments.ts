/** The flags of `kinesumer simulate`. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  PROTOCOLS,
  SWARM_FAULTS,
  WORKLOADS,
  type ClientSetup,
  type FaultName,
  type Protocol,
  type WorkloadName,
} from '../../simulation/index.ts';
import {
  nameOf,
  numberOf,
  orRefused,
  pathOf,
  portOf,
  Refusal,
  type Range,
  type Refused,
} from '../flags.ts';
import { SETUP_OPTIONS, setupOf } from './setup.ts';
import type { OutputName } from './outputs.ts';

const MAX_RUNS = 10_000_000;
const MAX_SEED = 4_294_967_295;
const PROFILES = ['default', 'fast', 'frugal'] as const;

/** What stands where a flag is not given, and where it leaves to the seed what no seed draws. */
export const DEFAULTS = { clients: 4, shards: 8, streams: 1, minutes: 2 } as const;

/** `any`: the seed draws it, where it draws the faults. */
export type Amount = number | 'any';

export interface SimulateOptions {
  readonly protocol: Protocol;
  readonly runs: number;
  /** Of the first run; each further run has the next one. */
  readonly seed: number;
  readonly clients: Amount;
  /** Of each stream. */
  readonly shards: Amount;
  readonly streams: Amount;
  /** A list: all of these in each run. */
  readonly faults: WorkloadName | readonly FaultName[];
  readonly profile: (typeof PROFILES)[number];
  /** Virtual minutes of a run before the quiet phase. */
  readonly minutes: Amount;
  /** What was said of how the clients are set up. */
  readonly setup: ClientSetup;
  /** A file of scenarios that are played in place of what the flags say; null: there is none. */
  readonly scenarioPath: string | null;
  /** null: a shortened scenario is not written. */
  readonly scenarioOutPath: string | null;
  /** null: no trace is written. */
  readonly tracePath: string | null;
  /** null: no report is written. */
  readonly reportPath: string | null;
  readonly output: 'text' | 'json';
  /** Port of the page that shows the run, 0 for any; null: it is not shown. */
  readonly pagePort: number | null;
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly options: SimulateOptions }
  | { readonly kind: 'help'; readonly text: string }
  | Refused;

const LIST_COLUMN = 18;
const LIST_WIDTH = 112;

/** Names in lines, below the explanation of their flag. */
function listed(names: readonly string[]): string {
  const lines: string[] = [];
  for (const name of names) {
    const line = `${lines.at(-1) ?? ''}${lines.length === 0 ? '' : ', '}${name}`;
    if (lines.length === 0 || LIST_COLUMN + line.length > LIST_WIDTH) lines.push(name);
    else lines[lines.length - 1] = line;
  }
  return lines.map((line) => `${' '.repeat(LIST_COLUMN)}${line}`).join(',\n');
}

export const USAGE = `Usage: kinesumer simulate [flags]

Runs whole groups of clients in virtual time, on a table and streams in memory: the very code that runs in
production, under faults. Every run is checked against the invariants of the protocol; how long shards were
unread is counted. The same seed gives the same run.

  --protocol P    what the clients run: kinesumer                             (kinesumer)
                  go: the algorithm of the Go library of the same name, to compare with: every run is played, and
                  judged by what became of its records; --profile has no effect on its rhythm
  --runs N        runs, each with the next seed, 1 … 10000000                 (100)
  --seed N        seed of the first run, 0 … 4294967295                       (1)
  --clients N     clients at first, 1 … 500                                   (4)
  --shards N      shards of each stream, 1 … 2000                             (8)
  --streams N     streams, 1 … 50                                             (1)
  --faults W      what happens: ${WORKLOADS.join(', ')}
                  swarm: anything, another choice in each run                 (swarm)
                  none: nothing · roll: each client is replaced, one after the other, as by a deployment
                  leave, crash: one after the other leaves or dies, and comes back after 40 s; as many as the
                  minutes have room for, one in 75 s, other ones in each run · leaderCrash: the leader dies
                  scale: as many again join · reshard: splits and merges
                  or a list such as delay,loss,pause, all of them in each run:
${listed(SWARM_FAULTS)}
  --profile P     rhythm of the group: ${PROFILES.join(', ')}                 (default)
  --minutes T     virtual minutes in which it happens in a run, 0.1 … 1440    (2)
                  before them the group forms, and after them it settles: some minutes where clients are slow

  How the clients are set up; for what has a name above: where faults are drawn, so is this.
  --membership M  whose id a successor has: dynamic: one of its own, as without a clientId
                  static: that of whom it follows · mixed: every second client is static (dynamic)
  --restart-after S  seconds from the end of a client to the start of its successor, for roll and crash, 0 … 3600;
                  a run lasts until the last one is there                     (roll: 0, crash: 40)
  --handler-ms N  what each call of a handler takes, 0 … 60000                (drawn, up to 300)
  --commit-ms N   the option commit.intervalMs, 100 … 60000                   (1000, a fifth of the library's)
  --drain-ms N    the option drainTimeoutMs, 0 … 600000                       (5000, a quarter of the library's)

  --scenario FILE plays the scenarios of a file in place of all that is said above: one as JSON, as --scenario-out
                  writes it and --json prints it, a list of them, or that of a trace
  --scenario-out FILE  writes the shortest scenario that breaks the same invariant, where one was broken
  --trace FILE    writes the last run, or the first that breaks an invariant, as lines of JSON
  --report FILE   writes an HTML page with what was counted
  --json          the result as JSON
  --open          shows the same run as --trace on a page of this machine, until ctrl-C
  --port N        port of that page, 0 … 65535; 0 is any that is free         (0)
  --help          this

--clients, --shards, --streams and --minutes also take 'any': the seed draws them where it draws the faults.
Progress goes to stderr, the result to stdout. Exits with 3 if an invariant was broken, with 2 for a wrong flag or a
file that cannot be written, with 1 if a file could not be written to its end or the page could not be shown, with 130
after an interrupt, by which the result so far is told.
`;

/** `any` besides a number. */
const amountOf = (
  flag: string,
  text: string | undefined,
  otherwise: number,
  range: Range,
): Amount => (text === 'any' ? 'any' : numberOf(flag, text, otherwise, range));

/** The singular of a fault names it too. */
const faultOf = (text: string): FaultName | undefined =>
  SWARM_FAULTS.find((name) => [text, `${text}s`, `${text}es`].includes(name));

function faultsOf(text = 'swarm'): SimulateOptions['faults'] {
  const name = WORKLOADS.find((candidate) => candidate === text);
  if (name !== undefined) return name;
  const faults = text.split(',').map((part) => {
    const fault = faultOf(part.trim());
    if (fault !== undefined) return fault;
    throw new Refusal(
      `--faults takes ${WORKLOADS.join(', ')}, or a list of ${SWARM_FAULTS.join(', ')}, not '${part}'`,
    );
  });
  return [...new Set(faults)];
}

interface PageFlags {
  readonly open?: boolean;
  readonly port?: string;
}

function pagePortOf({ open, port }: PageFlags): number | null {
  const number = portOf(port);
  if (open === true) return number;
  if (port !== undefined) throw new Refusal('--port says nothing without --open');
  return null;
}

/** No two of them are the same file. */
function pathsOf(values: Partial<Record<OutputName, string>>) {
  const pathsBy = (flag: OutputName): string | null => pathOf(flag, values[flag]);
  const paths = {
    trace: pathsBy('trace'),
    report: pathsBy('report'),
    'scenario-out': pathsBy('scenario-out'),
  };
  const taken = new Map<string, string>();
  for (const [flag, path] of Object.entries(paths)) {
    if (path === null) continue;
    const whole = resolve(path);
    const other = taken.get(whole);
    if (other !== undefined) throw new Refusal(`--${flag} names the file of --${other}`);
    taken.set(whole, flag);
  }
  return {
    tracePath: paths.trace,
    reportPath: paths.report,
    scenarioOutPath: paths['scenario-out'],
  };
}

/** What goes with a scenario that is given. */
const BESIDE_SCENARIO = ['scenario', 'scenario-out', 'trace', 'report', 'json', 'open', 'port'];

function scenarioPathOf(values: { readonly scenario?: string }): string | null {
  const path = pathOf('scenario', values.scenario);
  const other = Object.keys(values).find((name) => !BESIDE_SCENARIO.includes(name));
  if (path !== null && other !== undefined) {
    throw new Refusal(`--${other} says nothing where --scenario says all`);
  }
  return path;
}

export const parseArguments = (args: readonly string[]): ParsedArguments =>
  orRefused('kinesumer simulate', () => parsed(args));

function parsed(args: readonly string[]): ParsedArguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    allowPositionals: false,
    options: {
      protocol: text,
      runs: text,
      seed: text,
      clients: text,
      shards: text,
      streams: text,
      faults: text,
      profile: text,
      minutes: text,
      ...SETUP_OPTIONS,
      scenario: text,
      'scenario-out': text,
      trace: text,
      report: text,
      json: { type: 'boolean' },
      open: { type: 'boolean' },
      port: text,
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return { kind: 'help', text: USAGE };
  const whole = (min: number, max: number): Range => ({ min, max, whole: true });
  const seed = numberOf('seed', values.seed, 1, whole(0, MAX_SEED));
  const runs = numberOf(
    'runs',
    values.runs,
    Math.min(100, MAX_SEED + 1 - seed),
    whole(1, MAX_RUNS),
  );
  if (seed + runs - 1 > MAX_SEED) {
    throw new Refusal(`--runs takes no seed beyond ${MAX_SEED}, as ${runs} runs from ${seed} do`);
  }
  const faults = faultsOf(values.faults);
  const minutes = { min: 0.1, max: 1_440, whole: false };
  return {
    kind: 'run',
    options: {
      protocol: nameOf('protocol', values.protocol, 'kinesumer', PROTOCOLS),
      runs,
      seed,
      clients: amountOf('clients', values.clients, DEFAULTS.clients, whole(1, 500)),
      shards: amountOf('shards', values.shards, DEFAULTS.shards, whole(1, 2_000)),
      streams: amountOf('streams', values.streams, DEFAULTS.streams, whole(1, 50)),
      faults,
      profile: nameOf('profile', values.profile, 'default', PROFILES),
      minutes: amountOf('minutes', values.minutes, DEFAULTS.minutes, minutes),
      setup: setupOf(values, faults),
      scenarioPath: scenarioPathOf(values),
      ...pathsOf(values),
      pagePort: pagePortOf(values),
      output: values.json === true ? 'json' : 'text',
    },
  };
}
