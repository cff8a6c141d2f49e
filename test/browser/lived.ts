/** A little life of a simulated group, the same in Node and in a browser. */
import { LiveGroup } from '../../src/simulation/index.ts';

/** Every event as a line of JSON, but those of statecharts: their ids count all actors that the host ever had. */
export async function lived(hop: () => Promise<void>): Promise<readonly string[]> {
  const group = new LiveGroup({ seed: 9, clients: 4, shards: 6, weather: 'rough', hop });
  const reader = group.follow();
  await group.advance(8_000);
  group.perform({ kind: 'crash', slot: 1 });
  group.perform({ kind: 'split', pick: 2 });
  await group.advance(8_000);
  return reader
    .take(Number.POSITIVE_INFINITY)
    .filter((line) => !('actorId' in line))
    .map((line) => JSON.stringify(line));
}
