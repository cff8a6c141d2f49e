/**
 * Prints what the library costs and how long it takes, beside what it must reach. Tables on stdout, progress on stderr.
 *
 *   npm run figures [-- --only 1,3] [-- --quick] [-- --groups 24 --events "crash,leader crash"]
 *
 * The last two say how many groups of each profile figures 1 and 2 watch, and of which events they tell.
 *
 * Ends with 0 whatever the figures say; with 1 where something broke.
 */
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { measureBulk } from './figures/bulk.ts';
import { print, type Effort, type Figure } from './figures/figure.ts';
import { measureIdleShards } from './figures/idle-shards.ts';
import { KINDS, measureRebalances, type Extent } from './figures/rebalances.ts';
import { measureStoreUnits } from './figures/store-units.ts';
import { measureStuckHandler } from './figures/stuck-handler.ts';

const NUMBERS = [1, 2, 3, 4, 5, 6] as const;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    groups: { type: 'string' },
    events: { type: 'string', default: KINDS.join(',') },
  },
});
const wanted = new Set(values.only === undefined ? NUMBERS : values.only.split(',').map(Number));
const unknown = [...wanted].filter((number) => !NUMBERS.some((known) => known === number));
if (unknown.length > 0) {
  process.stderr.write(`--only takes figures 1 … 6 separated by commas, not ${values.only}\n`);
  process.exit(1);
}
const effort: Effort = values.quick ? 'quick' : 'full';
const groups = values.groups === undefined ? null : Number(values.groups);
const asked = values.events.split(',');
const kinds: Extent['kinds'] = new Set(KINDS.filter((kind) => asked.includes(kind)));
if (groups !== null && !(Number.isInteger(groups) && groups > 0)) {
  process.stderr.write(`--groups takes a number of groups, not ${values.groups}\n`);
  process.exit(1);
}
if (kinds.size < asked.length) {
  process.stderr.write(`--events takes some of ${KINDS.join(', ')}, not ${values.events}\n`);
  process.exit(1);
}

const startedMs = performance.now();
const progress = (line: string): void => {
  const second = Math.floor((performance.now() - startedMs) / 1_000);
  process.stderr.write(`${String(second).padStart(4)} s  ${line}\n`);
};

const found: Figure[] = [];
const wants = (...numbers: readonly number[]): boolean => numbers.some((n) => wanted.has(n));

async function attempt(measure: () => Promise<readonly Figure[]>): Promise<void> {
  try {
    found.push(...(await measure()).filter((figure) => wanted.has(figure.number)));
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(
      `broken: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
    );
  }
}

// What needs the processor for itself runs alone; what mostly waits runs together.
if (wants(4)) await attempt(async () => [await measureIdleShards(progress)]);
if (wants(6)) await attempt(async () => [await measureBulk(effort, progress)]);
await Promise.all([
  wants(1, 2)
    ? attempt(async () => {
        const { polls, gaps } = await measureRebalances(
          { effort, groups, kinds, quiet: wants(1) ? 'watched' : 'skipped' },
          progress,
        );
        return [polls, gaps];
      })
    : null,
  wants(3) ? attempt(async () => [await measureStoreUnits(effort, progress)]) : null,
  wants(5) ? attempt(async () => [await measureStuckHandler(effort, progress)]) : null,
]);

found.sort((a, b) => a.number - b.number);
const targets = found.flatMap((figure) => figure.rows).filter((row) => row.target !== null).length;
const missed = found.flatMap((figure) =>
  figure.rows
    .filter((row) => row.verdict === 'NOT REACHED')
    .map((row) => `${figure.number}: ${row.what}`),
);
const load = loadavg().map((value) => value.toFixed(1));
process.stdout.write(
  `Node ${process.version}, ${availableParallelism()} processors, load averages at the end ${load.join(', ')} ` +
    `(above the number of processors the times say more about the machine than about the library).\n\n` +
    `${found.map(print).join('\n')}\n` +
    (values.quick ? 'Quick run: too few samples to quote.\n' : '') +
    (process.exitCode === 1 ? 'Something broke: figures are missing, see stderr.\n' : '') +
    (missed.length === 0
      ? `All ${targets} targets of what was measured are reached.\n`
      : `NOT REACHED (${missed.length}):\n${missed.map((line) => `  ${line}\n`).join('')}`),
);
