/**
 * Says which transitions of the statecharts simulated runs take: those of some seeds of swarms, and those of the scenes
 * that were made for the rare ones. Ends with 1 where one is not taken and is not known to be out of reach, or is said
 * to be out of reach and is taken, with 2 for a wrong flag.
 *
 *   npm run transition-coverage [-- --seeds 100 --no-scenes]
 */
import { parseArgs } from 'node:util';
import { play } from '../src/simulation/scenario.ts';
import { swarm } from '../src/simulation/swarm.ts';
import { TransitionCoverage } from '../test/simulation/transitions/coverage.ts';
import { SCENES } from '../test/simulation/transitions/scenes.ts';
import { UNREACHABLE } from '../test/simulation/transitions/unreachable.ts';
import { flagsOf, wholeOf } from './flags.ts';

const MAX_SEEDS = 1_000_000;
const options = {
  seeds: { type: 'string' },
  scenes: { type: 'boolean', default: true },
} as const;
const values = flagsOf(() => parseArgs({ options, allowNegative: true }).values);
const seeds = wholeOf('seeds', values.seeds, 40, { min: 0, max: MAX_SEEDS });
const hop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

// the library warns of what a stopped actor is sent; what is printed here is the table
console.error = (): void => {};

const coverage = new TransitionCoverage();
const { inspect } = coverage;
for (let seed = 0; seed < seeds; seed++) await play(swarm(seed), { hop, inspect });
const scenes = values.scenes ? Object.values(SCENES).map((make) => make()) : [];
for (const { scenario, host } of scenes) await play(scenario, { hop, ...host, inspect });

const lines: string[] = [`${seeds} seeds, ${scenes.length} scenes`];
const missed: string[] = [];
for (const { machine, transitions, taken, notTaken } of coverage.machines()) {
  lines.push(`${machine}: ${taken} of ${transitions} transitions taken`);
  for (const words of notTaken) {
    const reason = UNREACHABLE[words];
    if (reason === undefined) missed.push(words);
    lines.push(`  ${words}`, `    ${reason ?? 'NOT TAKEN, and nothing says why'}`);
  }
}
const stale = Object.keys(UNREACHABLE).filter((words) => coverage.isTaken(words));
lines.push(...stale.map((words) => `said to be out of reach, and taken: ${words}`));
process.stdout.write(`${lines.join('\n')}\n`);
if (missed.length + stale.length > 0) process.exitCode = 1;
