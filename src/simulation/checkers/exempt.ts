/** The records that nobody has to complete, each with what says so. */
import { SHARD_END } from '../../machines/rules/positions.ts';
import type { Evidence } from '../history.ts';
import { barredShards } from './barred.ts';
import { acquiresOf, firstMapsOf, shardWritesOf, standingOf, type ShardWrite } from './evidence.ts';
import { lapsedRecords } from './lapses.ts';
import { once } from './once.ts';
import {
  deliveriesOf,
  hasItem,
  indexAfter,
  indexFrom,
  keyOfDelivery,
  placeOf,
  recordsKey,
  recordsKeys,
  recordsOf,
  type PlacedRecord,
} from './records.ts';

/**
 * `skipped`: a foreign write moved the position past it. `forgotten`: an operator removed the map, and the next one
 * starts behind it. `lapsed`: it passed the retention, which a client told where its shard was gone with it. `deleted`:
 * its stream was. `stuck`: it is the record of a handler call that never came back, or behind one. `unreadable`: what
 * stands in the item of its shard was left of another stream of that name, a position that a client told Kinesis does
 * not know, or the end; or it is behind such a position. `barred`: whom the plan gives its shard reads nothing of that
 * stream any more (`barred.ts`), or it is behind such a shard.
 */
export interface Exemption {
  readonly because:
    'skipped' | 'forgotten' | 'lapsed' | 'deleted' | 'stuck' | 'unreadable' | 'barred';
  /** Place in the history of what says so; of what lasts to the end: Infinity. */
  readonly order: number;
}

/** Where in the history a record was first exempt, by whatever; Infinity: never, or at the end only. */
export const exemptFrom = (evidence: Evidence, record: PlacedRecord): number =>
  exemptFromOf(evidence).get(record) ?? Number.POSITIVE_INFINITY;

/** Where in the history nobody could read a record any more, as it lapsed or was forgotten; Infinity: never. */
export const unreadableFrom = (evidence: Evidence, record: PlacedRecord): number =>
  unreadableFromOf(evidence).get(record) ?? Number.POSITIVE_INFINITY;

/** Whether nothing but such records stands between two places of a shard, both not counted, by a place in the history. */
export function isLapsedBetween(
  evidence: Evidence,
  records: readonly PlacedRecord[],
  from: number,
  to: number,
  order: number,
): boolean {
  return (
    to > from &&
    records.slice(from + 1, to).every((record) => unreadableFrom(evidence, record) < order)
  );
}

export type Exempted = readonly [PlacedRecord, Exemption];

const allExemptions = once((evidence): readonly Exempted[] => [
  ...recordsBehind(evidence, 'stuck', stuckHandlers(evidence)),
  ...recordsBehind(evidence, 'unreadable', strangePositions(evidence)),
  ...recordsBehind(evidence, 'barred', unreadShards(evidence)),
  ...endedRecords(evidence),
  ...deletedRecords(evidence),
  ...skippedRecords(evidence),
  ...forgottenRecords(evidence),
  // the last one: what lapsed can be delivered to nobody, whatever else became of it
  ...lapsedRecords(evidence),
]);

export const exemptionsOf = once(
  (evidence): ReadonlyMap<PlacedRecord, Exemption> => new Map(allExemptions(evidence)),
);

const exemptFromOf = once((evidence) => firsts(allExemptions(evidence)));
const unreadableFromOf = once((evidence) =>
  firsts(
    allExemptions(evidence).filter(
      ([, { because }]) => because === 'lapsed' || because === 'forgotten',
    ),
  ),
);

function firsts(exempted: readonly Exempted[]): ReadonlyMap<PlacedRecord, number> {
  const from = new Map<PlacedRecord, number>();
  for (const [record, { order }] of exempted) {
    from.set(record, Math.min(order, from.get(record) ?? Number.POSITIVE_INFINITY));
  }
  return from;
}

function* skippedRecords(evidence: Evidence): Iterable<Exempted> {
  for (const write of shardWritesOf(evidence)) {
    if (write.kind !== 'foreign') continue;
    const key = recordsKey(evidence, write);
    const records = recordsOf(evidence).get(key) ?? [];
    const from = indexFrom(evidence, key, standingOf(write.before));
    for (const record of records.slice(from, indexAfter(records, standingOf(write.after)))) {
      // one that was put later is not passed over, whatever the position says
      if (record.order >= write.order) continue;
      yield [record, { because: 'skipped', order: write.order }];
    }
  }
}

/**
 * A map that is made anew at the tip of its stream knows nothing of what was closed, or put, before and never read. Of
 * what was begun an item tells: that is read to its end.
 */
function* forgottenRecords(evidence: Evidence): Iterable<Exempted> {
  for (const { map, epoch, order } of [...firstMapsOf(evidence).values()].flat()) {
    if (epoch === 0 || map.start.kind !== 'atTimestamp') continue;
    const { timestampMs } = map.start;
    for (const { shardId, ended, origin } of map.shards) {
      const begun = hasItem(evidence, `${map.stream}/${shardId}`, order);
      const key = recordsKey(evidence, { stream: map.stream, shardId, order: order + 1 });
      for (const record of recordsOf(evidence).get(key) ?? []) {
        const before = origin !== 'later' && record.arrivalMs < timestampMs;
        if (!begun && (ended || before)) yield [record, { because: 'forgotten', order }];
      }
    }
  }
}

/** A shard counts as read where an item says so that was left of another stream of that name. */
function* endedRecords(evidence: Evidence): Iterable<Exempted> {
  const ended = new Map<string, ShardWrite>();
  for (const write of shardWritesOf(evidence)) {
    const isEnd = write.kind !== 'foreign' && write.after.position === SHARD_END;
    if (!isEnd) ended.delete(write.shard);
    else if (!ended.has(write.shard)) ended.set(write.shard, write);
  }
  for (const write of ended.values()) {
    const newest = recordsKeys(evidence, write).at(-1) ?? write.shard;
    if (recordsKey(evidence, write) === newest) continue;
    for (const record of recordsOf(evidence).get(newest) ?? []) {
      yield [record, { because: 'unreadable', order: Number.POSITIVE_INFINITY }];
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

/** Shards whose owner, alive at the end, has a handler call that is overdue, and the first record of such a call. */
function stuckHandlers(evidence: Evidence): Map<string, number> {
  const stuck = new Map<string, number>();
  const live = new Set(evidence.live);
  const { handlerMs, clockError } = evidence.pace;
  for (const delivery of deliveriesOf(evidence)) {
    const { shard, process, acquire, throughOrder, atMs } = delivery;
    if (throughOrder !== Infinity || !live.has(process) || acquire === null) continue;
    // it may come back yet
    if (atMs + handlerMs / (1 - clockError) >= evidence.endMs) continue;
    if (acquiresOf(evidence).get(shard)?.at(-1) !== acquire) continue;
    const key = keyOfDelivery(evidence, delivery);
    const index = placeOf(evidence).get(`${key}/${delivery.sequenceNumber}`)?.index;
    if (index !== undefined) stuck.set(key, Math.min(index, stuck.get(key) ?? index));
  }
  return stuck;
}

/**
 * Shards of which a client told that Kinesis does not know their position, where it is indeed one of another stream that
 * had the name, and still stands at the end: an operator has to put it right, and until then nothing of them is read.
 * Nor is it where somebody puts another position there, as long as the reader lives that began at the strange one: it
 * has nothing to commit, and can not know.
 */
function strangePositions(evidence: Evidence): Map<string, number> {
  const strange = new Map<string, number>();
  const last = new Map(shardWritesOf(evidence).map((write) => [write.shard, write]));
  const told = new Set(
    evidence.events.flatMap((event) =>
      event.kind === 'notice' && event.detail?.startsWith('ItemCorrupted') === true
        ? [event.shard]
        : [],
    ),
  );
  for (const [shard, write] of last) {
    if (!told.has(shard)) continue;
    const { after } = readAtTheEnd(evidence, shard) ?? write;
    const position = standingOf(after);
    const keys = recordsKeys(evidence, write);
    const newest = keys.at(-1) ?? shard;
    const isOf = (key: string): boolean =>
      (recordsOf(evidence).get(key) ?? []).some((record) => record.position === position);
    if (!isOf(newest) && keys.some(isOf)) strange.set(newest, 0);
  }
  return strange;
}

/** The last acquire of a shard that foreign writes alone followed, where its reader lives at the end. */
function readAtTheEnd(evidence: Evidence, shard: string): ShardWrite | null {
  const acquire = acquiresOf(evidence).get(shard)?.at(-1);
  if (acquire === undefined || !evidence.live.includes(acquire.process ?? '')) return null;
  const isOver =
    shardWritesOf(evidence).some(
      (write) => write.shard === shard && write.order > acquire.order && write.kind !== 'foreign',
    ) ||
    evidence.events.some(
      (event) =>
        event.kind === 'notice' &&
        event.name === 'shardEnd' &&
        event.order > acquire.order &&
        event.process === acquire.process &&
        event.shard === shard,
    );
  return isOver ? null : acquire;
}

/** The shards that nobody may read, by the key of their records. */
const unreadShards = (evidence: Evidence): Map<string, number> =>
  new Map(
    barredShards(evidence).map((shard): [string, number] => {
      const slash = shard.lastIndexOf('/');
      const [stream, shardId] = [shard.slice(0, slash), shard.slice(slash + 1)];
      return [recordsKeys(evidence, { stream, shardId }).at(-1) ?? shard, 0];
    }),
  );

/** The records of some shards, from a place on, and of all their descendants. */
function* recordsBehind(
  evidence: Evidence,
  because: Exemption['because'],
  from: Map<string, number>,
): Iterable<Exempted> {
  if (from.size === 0) return;
  for (const [stream, shards] of Object.entries(evidence.shards)) {
    // what is listed at the end is of the last stream of the name; parents are listed before their children
    const keyOf = (shardId: string | null): string =>
      recordsKeys(evidence, { stream, shardId: shardId ?? '' }).at(-1) ?? `${stream}/${shardId}`;
    for (const { shardId, parentShardId, adjacentParentShardId } of shards) {
      const waits = [parentShardId, adjacentParentShardId].some((id) => from.has(keyOf(id)));
      if (waits) from.set(keyOf(shardId), 0);
    }
  }
  for (const [key, index] of from) {
    for (const record of (recordsOf(evidence).get(key) ?? []).slice(index)) {
      yield [record, { because, order: Number.POSITIVE_INFINITY }];
    }
  }
}
