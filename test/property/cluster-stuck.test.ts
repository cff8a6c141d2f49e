import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/simulation/scenario.ts';
import { swarm } from '../../src/simulation/swarm.ts';
import { expectSound } from '../simulation/failing-run.ts';

const FILE = 'test/property/cluster-stuck.test.ts';
const STUCK_SHARD = 'shardId-000000000000';
const PROMPT_MS = 50;

/** A handler that never comes back, not in the quiet phase either, for one shard and whoever is in the first slot. */
const stuck: Pick<Host, 'handlerMs'> = {
  handlerMs: (process, shardId) =>
    shardId === STUCK_SHARD && process.startsWith('c0#') ? Number.POSITIVE_INFINITY : PROMPT_MS,
};

describe('a cluster under a swarm of faults, with a handler that never comes back', () => {
  it.each([2, 5, 6, 7, 8, 9, 10, 11])(
    'keeps every invariant: seed %i',
    async (seed) => {
      const replay = `npx vitest run --project unit ${FILE} -t 'seed ${seed}$'`;
      const { events } = await expectSound(swarm(seed), replay, stuck);
      const through = new Set(
        events.flatMap((event) =>
          event.kind === 'completed' ? [`${event.process} ${event.call}`] : [],
        ),
      );
      const held = events.filter(
        (event) =>
          event.kind === 'delivered' &&
          event.shardId === STUCK_SHARD &&
          !through.has(`${event.process} ${event.call}`),
      );
      expect(held.length).toBeGreaterThan(0);
    },
    60_000,
  );
});
