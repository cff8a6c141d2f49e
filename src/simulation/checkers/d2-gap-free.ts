import { deliveriesOf, groupBy, recordsOf, type Checker, type Violation } from './evidence.ts';

/** D2: under one fence of a shard, deliveries are strictly increasing and without gaps. */
export const gapFree: Checker = (evidence) => {
  const shards = recordsOf(evidence);
  const runs = groupBy(
    deliveriesOf(evidence),
    ({ stream, shardId, fence }) => `${stream}/${shardId}/${fence}`,
  );
  const violations: Violation[] = [];
  for (const [run, deliveries] of runs) {
    const records = shards.get(run.slice(0, run.lastIndexOf('/'))) ?? [];
    const indexes = new Map(records.map((record) => [record.sequenceNumber, record.index]));
    let before: number | undefined;
    for (const { order, process, sequenceNumber, key, n } of deliveries) {
      const index = indexes.get(sequenceNumber) ?? -1;
      if (before !== undefined && index !== before + 1) {
        violations.push({
          invariant: 'D2',
          order,
          message: `${run}: record ${index} (${key}:${n}) came after ${before}, at ${process}`,
        });
      }
      before = index;
    }
  }
  return violations;
};
