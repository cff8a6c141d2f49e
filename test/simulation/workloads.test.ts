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
