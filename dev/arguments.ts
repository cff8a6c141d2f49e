/** The flags of `npm run dev`. */
import { parseArgs } from 'node:util';

const PROFILES = ['default', 'fast', 'frugal'] as const;

export interface DevOptions {
  readonly shards: number;
  readonly clients: number;
  /** Records a second. */
  readonly rate: number;
  /** How long each call of a handler takes. */
  readonly handlerMs: number;
  readonly profile: (typeof PROFILES)[number];
  /** null: until it is ended. */
  readonly durationMs: number | null;
  readonly chaos: boolean;
  readonly seed: number;
  readonly drawing: 'inPlace' | 'lines';
  /** Of the live page; 0: any that is free. */
  readonly port: number;
}

export type ParsedArguments =
  | { readonly kind: 'run'; readonly options: DevOptions }
  | { readonly kind: 'help'; readonly text: string }
  | { readonly kind: 'refused'; readonly message: string };

export const USAGE = `Usage: npm run dev -- [flags]

Starts a local Kinesis and a local DynamoDB, a keyed producer, and several consumer processes of one
application, and draws how they share the shards. Ends with a ledger of what was delivered.

  --shards N     shards of the stream, 1 … 32                              (4)
  --clients N    consumer processes at first, 1 … 9                        (3)
  --rate N       records a second, 1 … 1000                                (200)
  --handler N    ms that each call of a handler takes, 0 … 10000           (0)
  --profile P    rhythm of the group: default, fast, frugal                (fast)
  --for T        end after this time: 30s, 2m; at least 1s                 (runs on)
  --chaos        adds, stops, kills and pauses clients, splits and merges shards by itself
  --seed N       seed of the chaos, 0 … 4294967295                         (a random one)
  --port N       port of the live page, 0 … 65535; 0 is any that is free   (0)
  --plain        a line a second in place of the drawing (also --no-draw; without a terminal always so)
  --help         this

The live page shows the group in a browser, with the same buttons; its address is printed first.

Keys: a add a client · s stop one · k kill -9 one · p pause one with SIGSTOP, or go on with it
      x split a shard · m merge two · 1–9 choose the client · q quit

Exits with 1 if a record is missing or out of order, a checkpoint went back, or a client failed;
with 2 for a wrong flag.
`;

/** What the flags do not say. */
export interface Surroundings {
  /** Whether a person looks at the output: a terminal, and no CI. */
  readonly drawing: DevOptions['drawing'];
  readonly randomSeed: number;
}

export function parseArguments(args: readonly string[], around: Surroundings): ParsedArguments {
  try {
    const { values } = parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        shards: { type: 'string' },
        clients: { type: 'string' },
        rate: { type: 'string' },
        handler: { type: 'string' },
        profile: { type: 'string' },
        for: { type: 'string' },
        chaos: { type: 'boolean' },
        seed: { type: 'string' },
        port: { type: 'string' },
        plain: { type: 'boolean' },
        'no-draw': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) return { kind: 'help', text: USAGE };
    const plain = values.plain === true || values['no-draw'] === true;
    return {
      kind: 'run',
      options: {
        shards: wholeNumber('--shards', values.shards, 1, 32) ?? 4,
        clients: wholeNumber('--clients', values.clients, 1, 9) ?? 3,
        rate: wholeNumber('--rate', values.rate, 1, 1_000) ?? 200,
        handlerMs: wholeNumber('--handler', values.handler, 0, 10_000) ?? 0,
        profile: profile(values.profile),
        durationMs: duration(values.for),
        chaos: values.chaos ?? false,
        seed: wholeNumber('--seed', values.seed, 0, 2 ** 32 - 1) ?? around.randomSeed,
        port: wholeNumber('--port', values.port, 0, 65_535) ?? 0,
        drawing: plain ? 'lines' : around.drawing,
      },
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { kind: 'refused', message: `${error.message}\n\n${USAGE}` };
  }
}

function wholeNumber(
  flag: string,
  text: string | undefined,
  min: number,
  max: number,
): number | null {
  if (text === undefined) return null;
  const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw new Error(`${flag} takes a whole number from ${min} to ${max}, not '${text}'.`);
}

function profile(text: string | undefined): DevOptions['profile'] {
  if (text === undefined) return 'fast';
  const known = PROFILES.find((name) => name === text);
  if (known !== undefined) return known;
  throw new Error(`--profile takes one of ${PROFILES.join(', ')}, not '${text}'.`);
}

const UNITS_MS = { s: 1_000, m: 60_000 } as const;
const LONGEST_MS = 24 * 3_600 * 1_000;

function duration(text: string | undefined): number | null {
  if (text === undefined) return null;
  const [, amount, unit] = /^([0-9]{1,6})(s|m)$/.exec(text) ?? [];
  const ms = Number(amount) * (unit === 'm' ? UNITS_MS.m : UNITS_MS.s);
  if (amount !== undefined && ms >= UNITS_MS.s && ms <= LONGEST_MS) return ms;
  throw new Error(`--for takes a time like 30s or 2m, from 1s to 24 hours, not '${text}'.`);
}
