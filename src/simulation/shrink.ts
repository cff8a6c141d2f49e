/** The smallest script that still shows what a longer one showed. */
import type { Scenario, Step } from './scenario.ts';

export interface Shrunk {
  readonly scenario: Scenario;
  /** Runs that it took. */
  readonly runs: number;
}

/**
 * Leaves steps of the script out, in halves, quarters and at last one by one, as long as what was found is found
 * without them. The seed stays: only the script is shortened.
 *
 * @param shows whether a scenario still shows it
 * @param maxRuns bound on the runs. @default 200
 */
export async function shrink(
  scenario: Scenario,
  shows: (scenario: Scenario) => Promise<boolean>,
  maxRuns = 200,
): Promise<Shrunk> {
  let script = scenario.script;
  let runs = 0;
  let size = Math.ceil(script.length / 2);
  while (size >= 1 && runs < maxRuns) {
    const shorter = await withoutSome(script, size, async (steps) => {
      if (runs >= maxRuns) return false;
      runs += 1;
      return shows({ ...scenario, script: steps });
    });
    if (shorter === null && size === 1) break;
    if (shorter === null) size = Math.ceil(size / 2);
    else {
      script = shorter;
      size = Math.min(size, Math.max(1, script.length));
    }
    if (script.length === 0) break;
  }
  return { scenario: { ...scenario, script }, runs };
}

/** The script without the first stretch of this size that is not needed; null: all are. */
async function withoutSome(
  script: readonly Step[],
  size: number,
  shows: (script: readonly Step[]) => Promise<boolean>,
): Promise<readonly Step[] | null> {
  for (let from = 0; from < script.length; from += size) {
    const rest = [...script.slice(0, from), ...script.slice(from + size)];
    if (await shows(rest)) return rest;
  }
  return null;
}
