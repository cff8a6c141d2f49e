/** The flags of `kinesumer simulate`. */
import { parseArgs } from 'node:util';
import { WORKLOADS, type WorkloadName } from '../../simulation/index.ts';

const PROFILES = ['default', 'fast', 'frugal'] as const;

export interface SimulateOptions {
  readonly runs: number;
  /** Of the first run; each further run has the next one. */
  readonly seed: number;
  readonly clients: number;
  /** Of each stream. */
  readonly shards: number;
  readonly streams: number;
  readonly faults: WorkloadName;
  readonly profile: (typeof PROFILES)[number];
  /** Virtual minutes of a run before the quiet phase. */
  readonly minutes: number;
  /** null: no trace is written. */
  readonly tracePath: string | null;
  /** null: no report is written. */
  readonly reportPath: string | null;
  readonly output: 'text' | 'json';
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly options: SimulateOptions }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly message: string };

export const USAGE = `Usage: kinesumer simulate [flags]

Runs whole groups of clients in virtual time, on a table and streams in memory: the very code that runs in
production, under faults. Every run is checked against the invariants of the protocol; how long shards were
unread is counted. The same seed gives the same run.

  --runs N        runs, each with the next seed, 1 … 10000000                 (100)
  --seed N        seed of the first run, 0 … 4294967295                       (1)
  --clients N     clients at first, 1 … 500                                   (4)
  --shards N      shards of each stream, 1 … 2000                             (8)
  --streams N     streams, 1 … 50                                             (1)
  --faults W      what happens: ${WORKLOADS.join(', ')}
                  swarm: anything, another choice in each run                 (swarm)
                  none: nothing · roll: each client is replaced, one after the other, as by a deployment
                  leave, crash: one after the other leaves or dies, and comes back · leaderCrash: the leader dies
                  scale: as many again join · reshard: splits and merges
  --profile P     rhythm of the group: ${PROFILES.join(', ')}                 (default)
  --minutes T     virtual minutes of faults in each run, 0.1 … 1440           (2)
  --trace FILE    writes the last run, or the first that breaks an invariant, as lines of JSON
  --report FILE   writes an HTML page with what was counted
  --json          the result as JSON
  --help          this

Progress goes to stderr, the result to stdout. Exits with 3 if an invariant was broken, with 2 for a wrong flag.
`;

interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole: boolean;
}

class Refusal extends Error {}

function numberOf(flag: string, text: string | undefined, otherwise: number, range: Range): number {
  if (text === undefined) return otherwise;
  const { min, max, whole } = range;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max) || (whole && !Number.isInteger(value))) {
    const kind = whole ? 'a whole number' : 'a number';
    throw new Refusal(`--${flag} takes ${kind} from ${min} to ${max}, not '${text}'`);
  }
  return value;
}

function nameOf<Name extends string>(
  flag: string,
  text: string | undefined,
  otherwise: Name,
  names: readonly Name[],
): Name {
  if (text === undefined) return otherwise;
  const name = names.find((candidate) => candidate === text);
  if (name === undefined) throw new Refusal(`--${flag} takes ${names.join(', ')}, not '${text}'`);
  return name;
}

function pathOf(flag: string, text: string | undefined): string | null {
  if (text === '') throw new Refusal(`--${flag} takes the name of a file`);
  return text ?? null;
}

export function parseArguments(args: readonly string[]): ParsedArguments {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        runs: text,
        seed: text,
        clients: text,
        shards: text,
        streams: text,
        faults: text,
        profile: text,
        minutes: text,
        trace: text,
        report: text,
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) return { kind: 'help', text: USAGE };
    const whole = (min: number, max: number): Range => ({ min, max, whole: true });
    return {
      kind: 'run',
      options: {
        runs: numberOf('runs', values.runs, 100, whole(1, 10_000_000)),
        seed: numberOf('seed', values.seed, 1, whole(0, 4_294_967_295)),
        clients: numberOf('clients', values.clients, 4, whole(1, 500)),
        shards: numberOf('shards', values.shards, 8, whole(1, 2_000)),
        streams: numberOf('streams', values.streams, 1, whole(1, 50)),
        faults: nameOf('faults', values.faults, 'swarm', WORKLOADS),
        profile: nameOf('profile', values.profile, 'default', PROFILES),
        minutes: numberOf('minutes', values.minutes, 2, { min: 0.1, max: 1_440, whole: false }),
        tracePath: pathOf('trace', values.trace),
        reportPath: pathOf('report', values.report),
        output: values.json === true ? 'json' : 'text',
      },
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'refused', message: `${message}\n\n${USAGE}` };
  }
}
