import { describe, it } from 'vitest';
import type { Scenario } from '../../src/simulation/scenario.ts';
import { expectSound } from '../simulation/failing-run.ts';
import seeds from './seeds.json' with { type: 'json' };

/** A scenario that once failed, in full: what a seed draws changes with the faults that there are. */
interface Kept {
  /** What it broke and why. */
  readonly found: string;
  readonly scenario: Scenario;
}

describe('a cluster', () => {
  it.each(seeds as unknown as readonly Kept[])(
    'does not fail again: $found',
    async ({ found, scenario }) => {
      const file = 'test/property/cluster-kept.test.ts';
      await expectSound(scenario, `npx vitest run --project unit ${file} -t '${found}'`);
    },
    120_000,
  );
});
