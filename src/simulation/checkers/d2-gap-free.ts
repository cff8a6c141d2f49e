import { groupBy, type Checker, type Violation } from './evidence.ts';
import { isLapsedBetween } from './exempt.ts';
import { deliveriesOf, keyOfDelivery, placeOf, recordsOf, runOf } from './records.ts';

/**
 * D2: under one fence of a shard, deliveries are strictly increasing and without gaps, but for records that had
 * lapsed by then, and each is the record that was put there.
 */
export const gapFree: Checker = (evidence) => {
  const places = placeOf(evidence);
  const violations: Violation[] = [];
  for (const [run, deliveries] of groupBy(deliveriesOf(evidence), runOf)) {
    let before: number | undefined;
    for (const delivery of deliveries) {
      const { order, process, sequenceNumber, key, n } = delivery;
      const shard = keyOfDelivery(evidence, delivery);
      const put = places.get(`${shard}/${sequenceNumber}`);
      const say = (anomaly: Violation['anomaly'] & string, message: string): void =>
        void violations.push({
          invariant: 'D2',
          anomaly,
          order,
          message: `${run}: ${message}, at ${process}`,
        });
      if (put === undefined || put.key !== key || put.n !== n) {
        const known = put === undefined ? 'nothing' : `${put.key}:${put.n}`;
        say('inconsistent offset', `${key}:${n} came where ${known} was put`);
      }
      if (put === undefined) continue;
      const records = recordsOf(evidence).get(shard) ?? [];
      if (before !== undefined && !isLapsedBetween(evidence, records, before, put.index, order)) {
        const anomaly = put.index > before ? 'poll skip' : 'nonmonotonic poll';
        say(anomaly, `record ${put.index} (${key}:${n}) came after ${before}`);
      }
      before = put.index;
    }
  }
  return violations;
};
