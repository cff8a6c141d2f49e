import { comparePositions, positionOf } from '../../machines/rules/positions.ts';
import { boundsOf, calmOf, overdue } from './calm.ts';
import { groupBy, shardWritesOf, type Checker, type Violation } from './evidence.ts';
import { endOfRight } from './owners.ts';
import { deliveriesOf, runOf, type Delivery } from './records.ts';

/**
 * L5: in the quiet phase, a shard whose completed position moved is committed within two commit intervals, by the
 * slowest clock, and 4 round trips (`calm.ts`), while its owner is there.
 */
export const commitsInTime: Checker = (evidence) => {
  const calm = calmOf(evidence);
  if (calm === null) return [];
  const { commitMs } = boundsOf(evidence.pace);
  const writes = groupBy(shardWritesOf(evidence), (write) => `${write.shard}/${write.epoch}`);
  const violations: Violation[] = [];
  for (const [run, deliveries] of groupBy(deliveriesOf(evidence), runOf)) {
    const { acquire, shard } = deliveries[0] as Delivery;
    if (acquire === null) continue;
    const rightEndsMs = endOfRight(evidence, acquire);
    const own = writes.get(`${shard}/${acquire.epoch}`) ?? [];
    let at = 0;
    let prefix: 'complete' | 'broken' = 'complete';
    for (const { completedAtMs, sequenceNumber, key, n } of deliveries) {
      // what is behind a call that is not through is not committed yet
      if (completedAtMs === Infinity) prefix = 'broken';
      const deadlineMs = Math.max(completedAtMs, calm.fromMs) + commitMs;
      if (prefix === 'broken' || deadlineMs >= Math.min(rightEndsMs, evidence.endMs)) break;
      const position = positionOf(sequenceNumber, null);
      while (at < own.length && comparePositions(own[at]?.after.position ?? '', position) < 0) at++;
      const committedMs = own[at]?.atMs ?? evidence.endMs;
      if (committedMs <= deadlineMs) continue;
      const message = `${run}: ${key}:${n} is completed and not committed`;
      violations.push(overdue('L5', message, [completedAtMs, deadlineMs, committedMs]));
      break;
    }
  }
  return violations;
};
