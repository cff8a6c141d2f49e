import type { Evidence } from '../history.ts';
import { noLoss } from './d1-no-loss.ts';
import { gapFree } from './d2-gap-free.ts';
import { exactRestart } from './d3-exact-restart.ts';
import { noDuplicates } from './d4-no-duplicates.ts';
import { withinValidity } from './d5-within-validity.ts';
import { oneDeliverer } from './d6-one-deliverer.ts';
import { keyOrder } from './d7-key-order.ts';
import { oneReader } from './d9-one-reader.ts';
import type { Checker, Violation } from './evidence.ts';
import { allOwned } from './l2-all-owned.ts';
import { quietGroup } from './l4-quiet-group.ts';
import { startOnce } from './s10-start-once.ts';
import { fenceMonotone } from './s1-fence-monotone.ts';
import { positionForward } from './s2-position-forward.ts';
import { commitFenced } from './s3-commit-fenced.ts';
import { acquireFromDead } from './s4-acquire-from-dead.ts';
import { deathStable } from './s5-death-stable.ts';
import { generationSteps } from './s6-generation-steps.ts';
import { planCovers } from './s7-plan-covers.ts';
import { parentsFirst } from './s8-parents-first.ts';
import { endFinal } from './s9-end-final.ts';
import { soundProcesses } from './sound-processes.ts';

const CHECKERS: readonly Checker[] = [
  fenceMonotone,
  positionForward,
  commitFenced,
  acquireFromDead,
  deathStable,
  generationSteps,
  planCovers,
  parentsFirst,
  endFinal,
  startOnce,
  noLoss,
  gapFree,
  exactRestart,
  noDuplicates,
  withinValidity,
  oneDeliverer,
  keyOrder,
  oneReader,
  allOwned,
  quietGroup,
  soundProcesses,
];

/** Everything that a run did wrong, safety first. */
export function violationsOf(evidence: Evidence): readonly Violation[] {
  return CHECKERS.flatMap((check) => check(evidence));
}
