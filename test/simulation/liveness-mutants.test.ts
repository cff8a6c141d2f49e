import { describe, expect, it } from 'vitest';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import { play } from '../../src/simulation/scenario.ts';
import { hop, shown } from './host.ts';
import { brokenIn } from './hunt.ts';
import { LIVENESS_MUTANTS, livenessScenario, STUCK_HANDLER } from './liveness-mutants.ts';

type MutantName = keyof typeof LIVENESS_MUTANTS;

const FIRST_SEED = 21;
/** A fault shows within so many runs; most show in the first. */
const SEEDS = 3;

describe('the checkers of liveness and cost', () => {
  const scripts = new Set(
    Object.values(LIVENESS_MUTANTS).map(({ given }) => JSON.stringify(given)),
  );

  it.each([...scripts].map((text) => JSON.parse(text) as { script: [] }))(
    'find nothing in a sound group to which the same happens (%#)',
    async (given) => {
      for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
        const evidence = await play(livenessScenario(given, seed), { hop });
        expect(shown(violationsOf(evidence))).toEqual([]);
      }
    },
  );

  it('find nothing in a sound group with a handler that never comes back', async () => {
    const { host, given } = STUCK_HANDLER;
    const evidence = await play(livenessScenario(given, FIRST_SEED), { hop, ...host });
    expect(shown(violationsOf(evidence))).toEqual([]);
  });

  it.each(Object.keys(LIVENESS_MUTANTS) as MutantName[])('find a group that %s', async (name) => {
    const { host, given, breaks } = LIVENESS_MUTANTS[name];
    const broken = await brokenIn({
      wanted: breaks,
      runs: SEEDS,
      violationsIn: async (run) =>
        violationsOf(await play(livenessScenario(given, FIRST_SEED + run), { hop, ...host() })),
    });
    expect(broken).toEqual(expect.arrayContaining([...breaks]));
  });
});
