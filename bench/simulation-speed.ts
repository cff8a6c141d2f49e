/** Virtual seconds that a simulated cluster passes in a second of CPU, for three sizes. */
import { play, type Scenario } from '../src/simulation/scenario.ts';

const SECOND = 1_000;
const hop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Size {
  readonly clients: number;
  readonly shards: number;
  readonly virtualS: number;
}

const SIZES: readonly Size[] = [
  { clients: 5, shards: 20, virtualS: 600 },
  { clients: 50, shards: 200, virtualS: 120 },
  { clients: 500, shards: 2_000, virtualS: 30 },
];

/** All join within two seconds; records trickle in, and nothing else happens. */
const steady = ({ clients, shards, virtualS }: Size): Scenario => ({
  seed: 1,
  shards,
  start: 'TRIM_HORIZON',
  weather: 'calm',
  members: Array.from({ length: clients }, (_, slot) => ({ slot, profile: 'default' })),
  script: Array.from({ length: clients }, (_, slot) => ({
    atMs: (slot * 2 * SECOND) / clients,
    action: { kind: 'join', slot },
  })),
  quietAtMs: virtualS * SECOND,
  quietMs: 0,
});

const chosen = process.argv.slice(2).map(Number);
for (const [index, size] of SIZES.entries()) {
  if (chosen.length > 0 && !chosen.includes(index)) continue;
  const before = process.cpuUsage();
  const evidence = await play(steady(size), { hop });
  const { user, system } = process.cpuUsage(before);
  const cpuS = (user + system) / 1e6;
  const owned = evidence.events.filter(
    (event) => event.kind === 'notice' && event.name === 'shardStart',
  ).length;
  process.stdout.write(
    `${size.clients} clients x ${size.shards} shards: ${size.virtualS} virtual s in ${cpuS.toFixed(1)} CPU s = ` +
      `${(size.virtualS / cpuS).toFixed(1)}; ${owned} shards acquired\n`,
  );
}
