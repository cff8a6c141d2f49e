/** Prints the digest of the trace of each seed that it is given: the same in every process and under every Node. */
import { createHash } from 'node:crypto';
import { traceOf } from '../src/simulation/history.ts';
import { play } from '../src/simulation/scenario.ts';
import { swarm } from '../src/simulation/swarm.ts';

const hop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

// the library warns of what a stopped actor is sent; what is printed here is compared
console.error = (): void => {};

for (const seed of process.argv.slice(2).map(Number)) {
  const trace = traceOf(await play(swarm(seed), { hop }));
  const digest = createHash('sha256').update(trace).digest('hex');
  process.stdout.write(`${seed} ${trace.length} ${digest}\n`);
}
