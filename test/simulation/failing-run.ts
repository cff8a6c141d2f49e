/** What a failing run prints, and the assertion that prints it. */
import { expect } from 'vitest';
import { replayCommand as replayOfSoak } from '../../bench/soak/report.ts';
import { replayCommand } from '../../src/cli/simulate/report.ts';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import type { Evidence } from '../../src/simulation/history.ts';
import { play, type Host, type Scenario } from '../../src/simulation/scenario.ts';
import { scriptText, shrink } from '../../src/simulation/shrink.ts';
import { hop, shown } from './host.ts';

/** A failure is to be found, not to be waited for. */
const SHRINK_RUNS = 80;

/** The command that plays the swarm of a seed, of which nothing is fixed. */
export const replayOfSwarm = (seed: number): string =>
  replayCommand({
    seed,
    options: {
      protocol: 'kinesumer',
      runs: 1,
      seed,
      clients: 'any',
      shards: 'any',
      streams: 'any',
      minutes: 'any',
      faults: 'swarm',
      profile: 'fast',
      setup: {},
      scenarioPath: null,
      scenarioOutPath: null,
      tracePath: null,
      reportPath: null,
      pagePort: null,
      output: 'text',
    },
  });

/** The same of a seed with long spans, which the command `simulate` has not. */
export const replayOfLongSwarm = (seed: number): string => replayOfSoak(seed, 'long');

/**
 * Plays a scenario and judges it; where it fails, says how it is played again, with the least that still fails.
 *
 * @param replay the command that plays it again
 * @param host what differs from any other host
 */
export async function expectSound(
  scenario: Scenario,
  replay: string,
  host: Omit<Host, 'hop'> = {},
): Promise<Evidence> {
  const evidence = await play(scenario, { ...host, hop });
  const violations = violationsOf(evidence);
  if (violations.length > 0) expect.fail(await reportOf(scenario, violations[0]?.invariant ?? ''));
  return evidence;

  async function reportOf(failing: Scenario, invariant: string): Promise<string> {
    const fails = async (smaller: Scenario): Promise<boolean> =>
      violationsOf(await play(smaller, { ...host, hop })).some(
        (found) => found.invariant === invariant,
      );
    const { scenario: smallest, runs } = await shrink(failing, { fails, maxRuns: SHRINK_RUNS });
    return [
      `seed ${failing.seed}:`,
      ...shown(violations),
      '',
      `Shrunk in ${runs} runs to ${smallest.script.length} of ${failing.script.length} steps:`,
      scriptText(smallest.script),
      '',
      `To see it again: ${replay}`,
      'To keep it, add it to test/property/seeds.json:',
      JSON.stringify(smallest),
    ].join('\n');
  }
}
