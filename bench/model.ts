/**
 * Explores the model of the store's protocol to its end, and prints what was found. The table goes to stdout, progress
 * to stderr.
 *
 *   npm run model [-- --only generations]
 *
 * `--only` takes the configurations whose names hold a text. Ends with 1 where an invariant is broken.
 */
import { parseArgs } from 'node:util';
import { LARGE, SMALL, type Configuration } from '../src/simulation/model/configurations.ts';
import type { Exploration, Progress } from '../src/simulation/model/explorer.ts';
import { collisionOdds } from '../src/simulation/model/visited.ts';

const PROGRESS_MS = 5_000;

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const configurations = [...SMALL, ...LARGE].filter(({ name }) => name.includes(values.only));
if (configurations.length === 0) {
  process.stderr.write(`no configuration has a name with "${values.only}"\n`);
  process.exit(1);
}

interface Found {
  readonly exploration: Exploration;
  readonly seconds: number;
}

const count = (number: number): string => number.toLocaleString('en-US');

function explored({ name, run }: Configuration): Found {
  const startedMs = performance.now();
  const elapsedS = (): number => (performance.now() - startedMs) / 1_000;
  let toldMs = startedMs;
  const onDepth = ({ depth, states, transitions, waiting }: Progress): void => {
    if (performance.now() - toldMs < PROGRESS_MS) return;
    toldMs = performance.now();
    const megabytes = Math.round(process.memoryUsage().rss / 2 ** 20);
    process.stderr.write(
      `${elapsedS().toFixed(0).padStart(6)} s  depth ${depth}: ${count(states)} states, ` +
        `${count(transitions)} transitions, ${count(waiting)} to go on from, ${megabytes} MB\n`,
    );
  };
  process.stderr.write(`${name}\n`);
  const exploration = run({ onDepth });
  process.stderr.write(
    `${elapsedS().toFixed(0).padStart(6)} s  ${count(exploration.states)} states, to the end, ` +
      `${exploration.violations.length} violations\n`,
  );
  return { exploration, seconds: elapsedS() };
}

const found = configurations.map(explored);

const cells = [
  ['configuration', 'states', 'transitions', 'depth', 'seconds', 'violations'],
  ...found.map(({ exploration, seconds }) => [
    exploration.name,
    count(exploration.states),
    count(exploration.transitions),
    String(exploration.depth),
    seconds.toFixed(1),
    exploration.violations.map(({ invariant }) => invariant).join(' ') || '0',
  ]),
];
const widths = (cells[0] ?? []).map((_, column) =>
  Math.max(...cells.map((row) => row[column]?.length ?? 0)),
);
const line = (row: readonly string[]): string =>
  row
    .map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    )
    .join('  ')
    .trimEnd();
for (const row of cells) process.stdout.write(`${line(row)}\n`);

const most = Math.max(...found.map(({ exploration }) => exploration.states));
process.stdout.write(
  '\nEach was explored to its end. States are counted after symmetry reduction, and told apart by 64 bits of hash:\n' +
    `in the largest, two states count as one with a probability of ${collisionOdds(most).toExponential(0)} at most.\n`,
);
for (const { exploration } of found) {
  for (const { invariant, message, path } of exploration.violations) {
    process.exitCode = 1;
    const steps = path.map((step, index) => `${String(index + 1).padStart(4)}. ${step}\n`);
    process.stdout.write(`\n${exploration.name}: ${invariant}, ${message}\n${steps.join('')}`);
  }
}
