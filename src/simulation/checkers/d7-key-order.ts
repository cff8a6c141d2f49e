import { groupBy, type Checker, type Violation } from './evidence.ts';
import { exemptFrom } from './exempt.ts';
import { unawaitedFrom } from './lapses.ts';
import { deliveriesOf, firstIndexes, recordsOf } from './records.ts';

/**
 * D7: the records of a partition key come in their order, over all reshards: a record is first delivered only after the
 * one before it of the same key was completed, or in the same handler call behind it. In one shard it is enough that
 * the call before was through: who commits by hand may mark it later, but always before a child is read. Records that
 * lapsed, that went with their stream, or that a foreign write passed over, have no place in that order from then on.
 * Neither has what lapsed before anybody read it, as soon as it did, for a shard of which nobody can know that it came
 * of that one (`lapses.ts`).
 */
export const keyOrder: Checker = (evidence) => {
  const starts = firstIndexes(evidence);
  const expected = [...recordsOf(evidence)].flatMap(([shard, records]) => {
    const stream = shard.slice(0, shard.lastIndexOf('/'));
    return records.flatMap((record) => {
      if (record.index < (starts.get(shard) ?? 0)) return [];
      return [{ record, ...record, shard, stream, exemptOrder: exemptFrom(evidence, record) }];
    });
  });
  const seen = groupBy(deliveriesOf(evidence), (delivery) => delivery.sequenceNumber);
  return [...groupBy(expected, ({ stream, key }) => `${stream}/${key}`).values()].flatMap(
    (records) => {
      const inOrder = records.toSorted((a, b) => a.n - b.n);
      return inOrder.flatMap((record, at): Violation[] => {
        const [first] = seen.get(record.sequenceNumber) ?? [];
        if (first === undefined) return [];
        const before = inOrder.slice(0, at).findLast((earlier) => {
          if (earlier.exemptOrder <= first.order) return false;
          if (seen.has(earlier.sequenceNumber)) return true;
          return unawaitedFrom(evidence, earlier.record, earlier.shard, record.shard) > first.order;
        });
        if (before === undefined) return [];
        const ready = (seen.get(before.sequenceNumber) ?? []).some(
          (earlier) =>
            (earlier.shard === first.shard ? earlier.throughOrder : earlier.completedOrder) <
              first.order ||
            (earlier.process === first.process &&
              earlier.call === first.call &&
              earlier.order < first.order),
        );
        return ready
          ? []
          : [
              {
                invariant: 'D7',
                anomaly: 'nonmonotonic poll',
                order: first.order,
                message: `${record.key}:${record.n} came to ${first.process} before ${before.n} was completed`,
              },
            ];
      });
    },
  );
};
