/** What a failing run prints, and the assertion that prints it. */
import { expect } from 'vitest';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import type { Evidence } from '../../src/simulation/history.ts';
import { play, type Scenario } from '../../src/simulation/scenario.ts';
import { scriptText, shrink } from '../../src/simulation/shrink.ts';
import { hop, shown } from './host.ts';

/** A failure is to be found, not to be waited for. */
const SHRINK_RUNS = 80;

/** Plays a scenario and judges it; where it fails, says how it is played again, with the least that still fails. */
export async function expectSound(scenario: Scenario): Promise<Evidence> {
  const evidence = await play(scenario, { hop });
  const violations = violationsOf(evidence);
  if (violations.length > 0) expect.fail(await reportOf(scenario, violations[0]?.invariant ?? ''));
  return evidence;

  async function reportOf(failing: Scenario, invariant: string): Promise<string> {
    const fails = async (smaller: Scenario): Promise<boolean> =>
      violationsOf(await play(smaller, { hop })).some((found) => found.invariant === invariant);
    const { scenario: smallest, runs } = await shrink(failing, { fails, maxRuns: SHRINK_RUNS });
    return [
      `seed ${failing.seed}:`,
      ...shown(violations),
      '',
      `Shrunk in ${runs} runs to ${smallest.script.length} of ${failing.script.length} steps:`,
      scriptText(smallest.script),
      '',
      `To see it again: npx kinesumer simulate --seed ${failing.seed}`,
      'To keep it, add it to test/property/seeds.json:',
      JSON.stringify(smallest),
    ].join('\n');
  }
}
