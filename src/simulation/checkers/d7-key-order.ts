import { deliveriesOf, firstIndexes, groupBy, recordsOf, type Checker } from './evidence.ts';

/**
 * D7: the records of a partition key come in their order, over all reshards: a record is first delivered only after
 * the one before it of the same key was completed, or in the same handler call behind it.
 */
export const keyOrder: Checker = (evidence) => {
  const starts = firstIndexes(evidence);
  const expected = [...recordsOf(evidence)].flatMap(([shard, records]) =>
    records.filter((record) => record.index >= (starts.get(shard) ?? 0)),
  );
  const seen = groupBy(deliveriesOf(evidence), (delivery) => delivery.sequenceNumber);
  return [...groupBy(expected, (record) => record.key).values()].flatMap((records) => {
    const inOrder = records.toSorted((a, b) => a.n - b.n);
    return inOrder.flatMap((record, at) => {
      const before = inOrder[at - 1];
      const [first] = seen.get(record.sequenceNumber) ?? [];
      if (before === undefined || first === undefined) return [];
      const ready = (seen.get(before.sequenceNumber) ?? []).some(
        (earlier) =>
          earlier.completedOrder < first.order ||
          (earlier.process === first.process &&
            earlier.call === first.call &&
            earlier.order < first.order),
      );
      return ready
        ? []
        : [
            {
              invariant: 'D7',
              order: first.order,
              message: `${record.key}:${record.n} came to ${first.process} before ${before.n} was completed`,
            },
          ];
    });
  });
};
