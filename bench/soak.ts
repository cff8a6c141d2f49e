/**
 * Plays many seeds of swarms, in processes beside each other, and judges each by every checker.
 *
 *   npm run soak -- --from 1 --runs 20000 [--long] [--workers 2] [--json FILE]
 *
 * With `--long` the faults go on for 200 to 400 virtual seconds, and what lasts may last for two minutes.
 *
 * Progress goes to stderr, the result to stdout, and with `--json` to a file as well, which is written each minute
 * besides. An interrupt prints what is done so far, and the command that goes on. Ends with 3 where a run broke an
 * invariant or came to no end, with 130 where it was interrupted, with 2 for a wrong flag.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Progress } from '../src/cli/simulate/progress.ts';
import { flagsOf, wholeOf } from './flags.ts';
import { jsonReport, replayCommand, textReport, type Soak } from './soak/report.ts';
import { Sums } from './soak/sums.ts';
import { Worker } from './soak/worker.ts';

const EXIT = { sound: 0, violation: 3, interrupted: 130 } as const;
const MAX_SEED = 4_294_967_295;
const MAX_WORKERS = 64;
const SAVE_MS = 60_000;

const text = { type: 'string' } as const;
const options = {
  from: text,
  runs: text,
  workers: text,
  json: text,
  long: { type: 'boolean' },
} as const;
const values = flagsOf(() => parseArgs({ options }).values);

const from = wholeOf('from', values.from, 1, { min: 0, max: MAX_SEED });
const left = MAX_SEED + 1 - from;
const runs = wholeOf('runs', values.runs, Math.min(1_000, left), { min: 1, max: left });
const count = wholeOf('workers', values.workers, 2, { min: 1, max: MAX_WORKERS });
const workers = Array.from({ length: count }, () => new Worker());

const nowMs = (): number => performance.now();
const spans = values.long === true ? 'long' : 'short';
const startedMs = nowMs();
const sums = new Sums();
const progress = new Progress({ total: runs, unit: 'runs', out: process.stderr, nowMs });
/** Seeds behind the next one that are through already. */
const ahead = new Set<number>();
let nextDone = from;
let nextGiven = from;
let savedMs = startedMs;

const soak = (): Soak => ({
  from,
  runs,
  workers: workers.length,
  spans,
  elapsedMs: nowMs() - startedMs,
  nextSeed: nextDone < from + runs ? nextDone : null,
  sums,
});

function save(): void {
  savedMs = nowMs();
  if (values.json !== undefined) writeFileSync(values.json, jsonReport(soak()));
}

function finish(code: number): never {
  for (const worker of workers) worker.stop();
  progress.end();
  save();
  process.stdout.write(textReport(soak()));
  process.exit(code);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => finish(sums.bad > 0 ? EXIT.violation : EXIT.interrupted));
}

await Promise.all(
  workers.map(async (worker) => {
    while (nextGiven < from + runs) {
      const seed = nextGiven++;
      const result = await worker.play(seed, spans);
      sums.add(result);
      ahead.add(seed);
      while (ahead.delete(nextDone)) nextDone++;
      if (result.kind === 'failed' || result.broken > 0) {
        progress.end();
        process.stderr.write(`seed ${seed} went wrong: ${replayCommand(seed, spans)}\n`);
      }
      progress.at(sums.runs, sums.bad > 0 ? `${sums.bad} went wrong` : '');
      if (nowMs() - savedMs > SAVE_MS) save();
    }
  }),
);
finish(sums.bad > 0 ? EXIT.violation : EXIT.sound);
