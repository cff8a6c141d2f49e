import { comparePositions, NOT_STARTED } from '../../machines/rules/positions.ts';
import {
  deliveriesOf,
  firstIndexes,
  recordsOf,
  shardWritesOf,
  type Checker,
  type Violation,
} from './evidence.ts';

/**
 * D1: every record at or before a committed position was completed before the commit; and once the group is at rest,
 * every record put since the stream's start was.
 */
export const noLoss: Checker = (evidence) => {
  const completed = new Map<string, number>();
  for (const delivery of deliveriesOf(evidence)) {
    const before = completed.get(delivery.sequenceNumber) ?? Number.POSITIVE_INFINITY;
    completed.set(delivery.sequenceNumber, Math.min(before, delivery.completedOrder));
  }
  const doneBy = (sequenceNumber: string): number =>
    completed.get(sequenceNumber) ?? Number.POSITIVE_INFINITY;
  const shards = recordsOf(evidence);
  const firsts = firstIndexes(evidence);
  const next = new Map(firsts);
  const violations: Violation[] = [];

  for (const write of shardWritesOf(evidence)) {
    const records = shards.get(write.shard) ?? [];
    const position = write.after.position ?? NOT_STARTED;
    for (let at = next.get(write.shard) ?? 0; ; at++) {
      const record = records[at];
      // a record put after the commit is not covered by it, whatever the position says
      const covered = record !== undefined && comparePositions(record.position, position) <= 0;
      if (!covered) {
        next.set(write.shard, at);
        break;
      }
      if (doneBy(record.sequenceNumber) < write.order) continue;
      violations.push({
        invariant: 'D1',
        order: write.order,
        message: `${write.shard}: ${record.key}:${record.n} was committed before it was completed`,
      });
    }
  }
  for (const [shard, records] of shards) {
    const lost = records.filter(
      (record) =>
        record.index >= (firsts.get(shard) ?? 0) && doneBy(record.sequenceNumber) === Infinity,
    );
    const [first] = lost;
    if (first === undefined) continue;
    violations.push({
      invariant: 'D1',
      order: null,
      message: `${shard}: ${lost.length} of ${records.length} records never completed, the first ${first.key}:${first.n}`,
    });
  }
  return violations;
};
