import { describe, expect, it } from 'vitest';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import { gapsOf, type GapCause } from '../../src/simulation/gaps.ts';
import { play } from '../../src/simulation/scenario.ts';
import { workload, WORKLOADS, type WorkloadName } from '../../src/simulation/workloads.ts';
import { hop, shown } from './host.ts';

const options = {
  seed: 3,
  clients: 3,
  shards: 4,
  streams: 1,
  profile: 'fast',
  durationMs: 20_000,
} as const;

/** What each of them is there to show. */
const SHOWS: Record<Exclude<WorkloadName, 'swarm' | 'none'>, GapCause> = {
  roll: 'shutdown',
  leave: 'shutdown',
  crash: 'crash',
  leaderCrash: 'crash',
  scale: 'moved',
  reshard: 'reshard',
};

describe('the workload', () => {
  it.each(Object.entries(SHOWS))(
    '%s shows what it costs, and breaks nothing',
    async (name, cause) => {
      const evidence = await play(workload(name as WorkloadName, options), { hop });
      expect(shown(violationsOf(evidence))).toEqual([]);
      const causes = new Set(gapsOf(evidence).map((gap) => gap.cause));
      expect(causes).toContain(cause);
    },
  );

  it.each(WORKLOADS.filter((name) => name !== 'swarm'))(
    '%s happens within its time, whatever the size of the group',
    (name) => {
      const sizes = [
        [1, 6_000],
        [4, 120_000],
        [50, 120_000],
        [3, 900_000],
      ] as const;
      for (const [clients, durationMs] of sizes) {
        for (let seed = 0; seed < 10; seed += 1) {
          const scenario = workload(name, { ...options, seed, clients, durationMs });
          const fromMs = clients * 50 + 60_000;
          const happenings = scenario.script.filter(({ atMs }) => atMs >= fromMs);
          if (name !== 'none') expect(happenings).not.toEqual([]);
          for (const { atMs } of happenings) expect(atMs).toBeLessThanOrEqual(fromMs + durationMs);
          expect(scenario.quietAtMs).toBeLessThanOrEqual(fromMs + durationMs + 1_000);
        }
      }
    },
  );

  it.each(['leave', 'crash'] as const)('%s befalls one at a time, and all in turn', (name) => {
    const befallen = new Set<number>();
    for (let seed = 0; seed < 6; seed += 1) {
      const { script } = workload(name, { ...options, seed, clients: 12, durationMs: 130_000 });
      const steps = script.flatMap(({ action }) =>
        action.kind === name || action.kind === 'join' ? [action] : [],
      );
      const after = steps.slice(12);
      const slots = after.filter(({ kind }) => kind === name).map(({ slot }) => slot);
      expect(after).toEqual(
        slots.flatMap((slot) => [
          { kind: name, slot },
          { kind: 'join', slot },
        ]),
      );
      expect(slots).toHaveLength(2);
      for (const slot of slots) befallen.add(slot);
    }
    expect(befallen.size).toBe(7);
  });

  it('none is a quiet group', async () => {
    const evidence = await play(workload('none', options), { hop });
    expect(shown(violationsOf(evidence))).toEqual([]);
    const started = evidence.events.filter(
      (event) => event.kind === 'process' && event.what === 'started',
    );
    expect(started).toHaveLength(3);
  });

  it.each(WORKLOADS)(
    '%s is the same for the same options, and another for another seed',
    (name) => {
      expect(workload(name, options)).toEqual(workload(name, options));
      expect(workload(name, { ...options, seed: 4 })).not.toEqual(workload(name, options));
    },
  );
});
