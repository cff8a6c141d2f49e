import type { Evidence } from '../history.ts';
import { storeUnits } from './c1-store-units.ts';
import { idleHeartbeats } from './c2-idle-heartbeats.ts';
import { noLoss } from './d1-no-loss.ts';
import { gapFree } from './d2-gap-free.ts';
import { exactRestart } from './d3-exact-restart.ts';
import { noDuplicates } from './d4-no-duplicates.ts';
import { withinValidity } from './d5-within-validity.ts';
import { oneDeliverer } from './d6-one-deliverer.ts';
import { keyOrder } from './d7-key-order.ts';
import { keptReaders } from './d8-kept-readers.ts';
import { oneReader } from './d9-one-reader.ts';
import type { Checker, Violation } from './evidence.ts';
import { heldCommits } from './held-commits.ts';
import { oneLeader } from './l1-one-leader.ts';
import { allOwned } from './l2-all-owned.ts';
import { ownedAsPlanned } from './l3-owned-as-planned.ts';
import { causedGenerations } from './l4-caused-generations.ts';
import { commitsInTime } from './l5-commits-in-time.ts';
import { backAgain } from './l6-back-again.ts';
import { childrenInTime } from './l7-children-in-time.ts';
import { closeEnds } from './l8-close-ends.ts';
import { nobodyStarves } from './l9-nobody-starves.ts';
import { startOnce } from './s10-start-once.ts';
import { fenceMonotone } from './s1-fence-monotone.ts';
import { positionForward } from './s2-position-forward.ts';
import { commitFenced } from './s3-commit-fenced.ts';
import { acquireFromDead } from './s4-acquire-from-dead.ts';
import { deathStable } from './s5-death-stable.ts';
import { generationSteps } from './s6-generation-steps.ts';
import { membersStand } from './s7-members-stand.ts';
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
  membersStand,
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
  keptReaders,
  oneReader,
  oneLeader,
  allOwned,
  ownedAsPlanned,
  causedGenerations,
  commitsInTime,
  backAgain,
  childrenInTime,
  closeEnds,
  nobodyStarves,
  storeUnits,
  idleHeartbeats,
  soundProcesses,
  heldCommits,
];

/** Everything that a run did wrong: safety first, then liveness, then cost. */
export function violationsOf(evidence: Evidence): readonly Violation[] {
  return CHECKERS.flatMap((check) => check(evidence));
}
