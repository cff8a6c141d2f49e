/**
 * How long shards are unread, or a group is out of balance, after what happens to it: at random instants, in simulated
 * groups at rest. The table on stdout, beside what is derived from the timers; progress on stderr.
 *
 *   npm run coverage-times -- [--runs N] [--profile default|fast|frugal|all] [--protocol kinesumer|go|both]
 *                             [--event crash,leaderCrash,leave,join,shardEnd] [--workers N] [--json FILE]
 *
 * An interrupt prints what there is so far. Ends with 3 where something did not come about in its time, with 2 for a
 * wrong flag, with 130 after an interrupt.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Progress } from '../src/cli/simulate/progress.ts';
import { EVENTS, type EventName, type Runner } from './coverage-times/rows.ts';
import { CLIENTS, RESHARDED_SHARDS, SHARDS, type Task } from './coverage-times/story.ts';
import { Sums, tableText } from './coverage-times/table.ts';
import { Worker } from './coverage-times/worker.ts';
import { flagsOf, refuse, wholeOf } from './flags.ts';

const EXIT = { done: 0, restless: 3, interrupted: 130 } as const;
const DEFAULT_RUNS = 1_000;
const MAX_RUNS = 10_000_000;
const DEFAULT_WORKERS = 2;
const MAX_WORKERS = 64;
const PROFILES = ['default', 'fast', 'frugal'] as const;
/** How often something happens to one group: forming it is cheap then, and its history stays small. */
const TIMES = 20;

/**
 * How many events give as many samples of every row, and more. A leave moves the shards of one. Of the three children of
 * a split and a merge about one finds another owner, which is what the fewest samples are of.
 */
const EVENTS_PER_SAMPLE: Readonly<Record<EventName, number>> = {
  crash: 1,
  leaderCrash: 1,
  leave: 1 / 5,
  join: 1,
  shardEnd: 5 / 2,
};

const text = { type: 'string' } as const;
const options = {
  runs: text,
  profile: text,
  event: text,
  protocol: text,
  workers: text,
  json: text,
};
const values = flagsOf(() => parseArgs({ options }).values);

function some<Name extends string>(
  flag: 'profile' | 'event' | 'protocol',
  names: readonly Name[],
  all: string,
): readonly Name[] {
  const given = values[flag] ?? all;
  if (given === all) return names;
  const chosen = given.split(',').map((part) => {
    const name = names.find((candidate) => candidate === part);
    return name ?? refuse(`--${flag} takes ${names.join(', ')} or ${all}, not '${part}'`);
  });
  return [...new Set(chosen)];
}

const runs = wholeOf('runs', values.runs, DEFAULT_RUNS, { min: 1, max: MAX_RUNS });
const events = some('event', EVENTS, 'all');
const protocols = some('protocol', ['kinesumer', 'go'] as const, 'both');
const profiles = some('profile', PROFILES, 'all');
const runners = [
  ...(protocols.includes('kinesumer') ? profiles : []),
  ...(protocols.includes('go') ? (['go'] as const) : []),
];

/** Who died or left comes back: with such an event, joins need none of their own. */
const bringsJoins = (event: EventName): boolean => event === 'crash' || event === 'leaderCrash';
const needed = events.filter((event) => event !== 'join' || !events.some(bringsJoins));

const tasks = runners.flatMap((runner) =>
  needed.flatMap((event): readonly Task[] => {
    const groups = Math.ceil((runs * EVENTS_PER_SAMPLE[event]) / TIMES);
    return Array.from({ length: groups }, (_, index) => ({
      runner,
      event,
      seed: index + 1,
      times: TIMES,
    }));
  }),
);

const sums = new Map<Runner, Sums>(runners.map((runner) => [runner, new Sums()]));
const count = wholeOf('workers', values.workers, DEFAULT_WORKERS, { min: 1, max: MAX_WORKERS });
const workers = Array.from({ length: count }, () => new Worker());
const nowMs = (): number => performance.now();
const total = tasks.length * TIMES;
const progress = new Progress({ total, unit: 'events', out: process.stderr, nowMs });
let done = 0;

function finish(ended: number): never {
  for (const worker of workers) worker.stop();
  progress.end();
  const results = runners.flatMap((runner) => sums.get(runner)?.results(runner) ?? []);
  const restless = [...sums.values()].reduce((sum, each) => sum + each.restless, 0);
  const virtualS = [...sums.values()].reduce((sum, each) => sum + each.virtualS, 0);
  const missed = results.filter(({ verdict }) => verdict === 'MISSED');
  process.stdout.write(`${tableText(results)}

Seconds of virtual time. Groups of ${CLIENTS} clients on ${SHARDS} shards (${RESHARDED_SHARDS} where shards are split and merged), requests of 2–20 ms
there and back, handlers that return at once, events at random instants of a group at rest; ${(virtualS / 3_600).toFixed(1)} hours of groups.
Ours reads a shard from the answer to its first fetch until it sends the release, or the end, of it; of the Go algorithm
the reading counts from the start of its loops to their end, so its own wait of one read interval is left out, and its
parent ends when it is resharded. "Balanced" is when the last shard is acquired; the second in which joins are gathered
is in what is derived. What was taken up before it was left has a gap of 0.
${missed.length === 0 ? 'No figure is above what is derived.' : `Above what is derived: ${missed.length} of ${results.filter(({ verdict }) => verdict !== 'no target' && verdict !== 'derived').length} rows.`}
${restless === 0 ? '' : `${restless} times a group was not at rest when the next thing happened, or something did not come about.\n`}`);
  if (values.json !== undefined) {
    const document = { clients: CLIENTS, shards: SHARDS, runs, virtualS, restless, results };
    writeFileSync(values.json, `${JSON.stringify(document, null, 2)}\n`);
  }
  process.exit(ended === EXIT.done && restless > 0 ? EXIT.restless : ended);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => finish(EXIT.interrupted));
}

const waiting = tasks[Symbol.iterator]();
await Promise.all(
  workers.map(async (worker) => {
    for (const task of waiting) {
      const told = await worker.tell(task);
      sums.get(task.runner)?.add(told);
      done += task.times;
      progress.at(done, `${task.runner}, ${task.event}`);
    }
  }),
);
finish(EXIT.done);
