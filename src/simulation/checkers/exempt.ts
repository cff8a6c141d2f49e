/** The records that nobody has to complete, each with what says so. */
import type { Evidence } from '../history.ts';
import { acquiresOf, firstMapsOf, shardWritesOf, standingOf } from './evidence.ts';
import { once } from './once.ts';
import {
  deliveriesOf,
  firstIndexes,
  indexAfter,
  placeOf,
  recordsKey,
  recordsOf,
  type PlacedRecord,
} from './records.ts';

/**
 * `skipped`: a foreign write moved the position past it, or removed a map whose successor starts behind it. `lapsed`: a client told `DataLapsed` of its shard. `deleted`:
 * its stream was. `stuck`: it is the record of a handler call that never came back, or behind one.
 */
export interface Exemption {
  readonly because: 'skipped' | 'lapsed' | 'deleted' | 'stuck';
  /** Place in the history of what says so; of a handler that never came back: Infinity. */
  readonly order: number;
}

/** Whether nothing but lapsed records stand between two places of a shard, both not counted. */
export function isLapsedBetween(
  evidence: Evidence,
  records: readonly PlacedRecord[],
  from: number,
  to: number,
): boolean {
  const exempt = exemptionsOf(evidence);
  return (
    to > from &&
    records.slice(from + 1, to).every((record) => exempt.get(record)?.because === 'lapsed')
  );
}

type Exempted = readonly [PlacedRecord, Exemption];

export const exemptionsOf = once(
  (evidence): ReadonlyMap<PlacedRecord, Exemption> =>
    new Map([
      ...recordsBehindStuck(evidence),
      ...deletedRecords(evidence),
      ...lapsedRecords(evidence),
      ...skippedRecords(evidence),
      ...forgottenRecords(evidence),
    ]),
);

function* skippedRecords(evidence: Evidence): Iterable<Exempted> {
  for (const write of shardWritesOf(evidence)) {
    if (write.kind !== 'foreign') continue;
    const key = recordsKey(evidence, write);
    const records = recordsOf(evidence).get(key) ?? [];
    const from = Math.max(
      indexAfter(records, standingOf(write.before)),
      firstIndexes(evidence).get(key) ?? 0,
    );
    for (const record of records.slice(from, indexAfter(records, standingOf(write.after)))) {
      // one that was put later is not passed over, whatever the position says
      if (record.order >= write.order) continue;
      yield [record, { because: 'skipped', order: write.order }];
    }
  }
}

/** A map that is made anew at the tip of its stream knows nothing of what was closed, or put, before and never read. */
function* forgottenRecords(evidence: Evidence): Iterable<Exempted> {
  for (const { map, epoch, order } of [...firstMapsOf(evidence).values()].flat()) {
    if (epoch === 0 || map.start.kind !== 'atTimestamp') continue;
    const { timestampMs } = map.start;
    for (const { shardId, ended } of map.shards) {
      const shard = `${map.stream}/${shardId}`;
      const acquired = (acquiresOf(evidence).get(shard) ?? []).some((a) => a.order < order);
      const key = recordsKey(evidence, { stream: map.stream, shardId, order: order + 1 });
      for (const record of recordsOf(evidence).get(key) ?? []) {
        const before = !acquired && record.arrivalMs < timestampMs;
        if (ended || before) yield [record, { because: 'skipped', order }];
      }
    }
  }
}

function* lapsedRecords(evidence: Evidence): Iterable<Exempted> {
  for (const event of evidence.events) {
    if (event.kind !== 'notice' || event.shard === undefined) continue;
    if (event.name !== 'error' || event.detail?.startsWith('DataLapsed') !== true) continue;
    const { shard, order } = event;
    const slash = shard.lastIndexOf('/');
    const [stream, shardId] = [shard.slice(0, slash), shard.slice(slash + 1)];
    const key = recordsKey(evidence, { stream, shardId, order });
    for (const record of recordsOf(evidence).get(key) ?? []) {
      yield [record, { because: 'lapsed', order }];
    }
  }
}

/** What was not read of a stream is gone with it. */
function* deletedRecords(evidence: Evidence): Iterable<Exempted> {
  for (const event of evidence.events) {
    if (event.kind !== 'stream' || event.what !== 'deleted') continue;
    for (const records of recordsOf(evidence).values()) {
      for (const record of records) {
        if (record.stream !== event.stream || record.order > event.order) continue;
        yield [record, { because: 'deleted', order: event.order }];
      }
    }
  }
}

/** Of shards whose owner, alive at the end, has a handler call that is overdue; and of all their descendants. */
function* recordsBehindStuck(evidence: Evidence): Iterable<Exempted> {
  const stuck = new Map<string, number>();
  const live = new Set(evidence.live);
  const { handlerMs, clockError } = evidence.pace;
  for (const delivery of deliveriesOf(evidence)) {
    const { shard, process, acquire, completedOrder, atMs } = delivery;
    if (completedOrder !== Infinity || !live.has(process) || acquire === null) continue;
    // it may come back yet
    if (atMs + handlerMs / (1 - clockError) >= evidence.endMs) continue;
    if (acquiresOf(evidence).get(shard)?.at(-1) !== acquire) continue;
    const key = recordsKey(evidence, delivery);
    const index = placeOf(evidence).get(`${key}/${delivery.sequenceNumber}`)?.index;
    if (index !== undefined) stuck.set(key, Math.min(index, stuck.get(key) ?? index));
  }
  if (stuck.size === 0) return;
  for (const [stream, shards] of Object.entries(evidence.shards)) {
    // parents are listed before their children
    for (const { shardId, parentShardId, adjacentParentShardId } of shards) {
      const waits = [parentShardId, adjacentParentShardId].some((id) =>
        stuck.has(`${stream}/${id}`),
      );
      if (waits) stuck.set(`${stream}/${shardId}`, 0);
    }
  }
  for (const [key, from] of stuck) {
    for (const record of (recordsOf(evidence).get(key) ?? []).slice(from)) {
      yield [record, { because: 'stuck', order: Number.POSITIVE_INFINITY }];
    }
  }
}
