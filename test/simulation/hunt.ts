/** Looks for what a fault breaks. */
import type { Violation } from '../../src/simulation/checkers/evidence.ts';

export interface Hunt {
  /** Invariants that the fault must break. */
  readonly wanted: readonly string[];
  /** It shows within so many runs. */
  readonly runs: number;
  /** @param run from 0 */
  readonly violationsIn: (run: number) => Promise<readonly Violation[]>;
}

/** The invariants that broke in one run after another, until all that are wanted have. */
export async function brokenIn({ wanted, runs, violationsIn }: Hunt): Promise<string[]> {
  const broken = new Set<string>();
  for (let run = 0; run < runs && !wanted.every((id) => broken.has(id)); run++) {
    for (const { invariant } of await violationsIn(run)) broken.add(invariant);
  }
  return [...broken];
}
