import { NOT_STARTED } from '../../machines/rules/positions.ts';
import type { Evidence } from '../history.ts';
import { shardWritesOf, standingOf, type Checker, type Violation } from './evidence.ts';
import { exemptionsOf, unreadableFrom } from './exempt.ts';
import {
  deliveriesOf,
  firstIndexes,
  indexAfter,
  indexFrom,
  recordsKey,
  recordsKeys,
  recordsOf,
  type PlacedRecord,
} from './records.ts';

/**
 * D1: every record at or before a committed position was completed before the commit; and once the group is at rest,
 * every record put since the stream's start was. What a foreign write passes over is its writer's; after one the
 * records behind its position have to be completed again, by an owner that began there. Records that lapsed (`lapses.ts`),
 * and those behind a handler that never came back (`exempt.ts`), need not be completed, nor anything where nobody lives.
 */
export const noLoss: Checker = (evidence) => [...committed(evidence), ...atRest(evidence)];

function committed(evidence: Evidence): readonly Violation[] {
  const doneBy = completionsOf(evidence);
  const next = new Map(firstIndexes(evidence));
  const violations: Violation[] = [];
  for (const write of shardWritesOf(evidence)) {
    const key = recordsKey(evidence, write);
    const records = recordsOf(evidence).get(key) ?? [];
    const position = standingOf(write.after);
    if (write.kind === 'foreign') {
      // whatever its item was about before, it begins anew
      for (const anyKey of recordsKeys(evidence, write)) {
        next.set(anyKey, indexFrom(evidence, anyKey, NOT_STARTED));
      }
      next.set(key, indexFrom(evidence, key, position));
      continue;
    }
    for (let at = next.get(key) ?? 0; ; at++) {
      const record = records[at];
      // a record put after the commit is not covered by it, whatever the position says
      if (record === undefined || indexAfter(records, position) <= at) {
        next.set(key, at);
        break;
      }
      const lapsed = unreadableFrom(evidence, record) < write.order;
      if (lapsed || doneBy(record, write.epoch) < write.order) continue;
      violations.push({
        invariant: 'D1',
        anomaly: 'lost write',
        order: write.order,
        message: `${write.shard}: ${record.key}:${record.n} was committed before it was completed`,
      });
    }
  }
  return violations;
}

function atRest(evidence: Evidence): readonly Violation[] {
  if (evidence.live.length === 0) return [];
  const doneBy = completionsOf(evidence);
  return [...recordsOf(evidence)].flatMap(([shard, records]): Violation[] => {
    const from = firstIndexes(evidence).get(shard) ?? 0;
    const lost = records.filter(
      (record) =>
        record.index >= from &&
        !exemptionsOf(evidence).has(record) &&
        doneBy(record, 'any') === Infinity,
    );
    const [first] = lost;
    if (first === undefined) return [];
    return [
      {
        invariant: 'D1',
        anomaly: 'lost write',
        order: null,
        message: `${shard}: ${lost.length} of ${records.length} records never completed, the first ${first.key}:${first.n}`,
      },
    ];
  });
}

/** When a record was first completed, by an owner of an epoch or of any. */
function completionsOf(evidence: Evidence) {
  const completed = new Map<string, number>();
  const note = (key: string, order: number): void =>
    void completed.set(key, Math.min(order, completed.get(key) ?? Number.POSITIVE_INFINITY));
  for (const { sequenceNumber, completedOrder, acquire } of deliveriesOf(evidence)) {
    note(`${sequenceNumber}/${acquire?.epoch ?? 0}`, completedOrder);
    note(`${sequenceNumber}/any`, completedOrder);
  }
  return ({ sequenceNumber }: PlacedRecord, epoch: number | 'any'): number =>
    completed.get(`${sequenceNumber}/${epoch}`) ?? Number.POSITIVE_INFINITY;
}
