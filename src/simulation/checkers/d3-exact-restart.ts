import { NOT_STARTED } from '../../machines/rules/positions.ts';
import {
  groupBy,
  processesOfSessions,
  standingOf,
  type Checker,
  type Violation,
} from './evidence.ts';
import { isLapsedBetween } from './exempt.ts';
import {
  deliveriesOf,
  indexByMap,
  indexFrom,
  keyOfDelivery,
  placeOf,
  recordsOf,
  runOf,
} from './records.ts';

/**
 * D3: under a new fence, delivery begins exactly after the committed position, and in the process that acquired it. What
 * nobody began is read from the start of the map that stands: after an operator removed one, the next may start earlier.
 */
export const exactRestart: Checker = (evidence) => {
  const processes = processesOfSessions(evidence);
  const violations: Violation[] = [];
  for (const [run, deliveries] of groupBy(deliveriesOf(evidence), runOf)) {
    const [first] = deliveries;
    if (first === undefined) continue;
    const say = (message: string, anomaly?: Violation['anomaly']): void =>
      void violations.push({
        invariant: 'D3',
        ...(anomaly === undefined ? {} : { anomaly }),
        order: first.order,
        message: `${run}: ${message}`,
      });
    const { acquire } = first;
    if (acquire === null) {
      say(`delivered by ${first.process}, never acquired`);
      continue;
    }
    const owner = processes.get(acquire.after.owner ?? '');
    const stranger = deliveries.find((delivery) => delivery.process !== owner);
    if (stranger !== undefined) say(`acquired by ${owner}, delivered by ${stranger.process}`);

    const key = keyOfDelivery(evidence, first);
    const records = recordsOf(evidence).get(key) ?? [];
    const position = standingOf(acquire.after);
    const expected = indexFrom(evidence, key, position);
    const index = placeOf(evidence).get(`${key}/${first.sequenceNumber}`)?.index ?? -1;
    if (position === NOT_STARTED && index === indexByMap(evidence, key, acquire)) continue;
    if (
      index !== expected &&
      !isLapsedBetween(evidence, records, expected - 1, index, first.order)
    ) {
      const anomaly = index > expected ? 'poll skip' : 'nonmonotonic poll';
      say(`began with record ${index} instead of ${expected}, at ${first.process}`, anomaly);
    }
  }
  return violations;
};
