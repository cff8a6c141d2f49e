/** The records that passed the retention, and from when on nobody has to complete them. */
import type { LapsedEvent } from '../../feed/stream-events.ts';
import type { Evidence } from '../history.ts';
import { firstMapsOf, mapsOf } from './evidence.ts';
import type { Exempted } from './exempt.ts';
import { once } from './once.ts';
import { lifeOf, nameOfLife, recordsKey, recordsOf, type PlacedRecord } from './records.ts';

/**
 * Of single records of a shard that goes on Kinesis gives no sign: an iterator behind them begins at the oldest that is
 * left, and they are exempt from the lapse on. So are those of a closed shard of which some pass the retention before
 * others. It is gone with the last of its records, when its closing passed the retention as well: that has to be told,
 * and what is left of it then is exempt from the first `DataLapsed` about it on. One that is told of a shard that is
 * there exempts nothing. The records of a shard of which no map ever had a sign, neither itself nor a child, are exempt
 * from the lapse on. A map that begins only after a shard was gone, because the group is new to the stream or an
 * operator removed the map before, does not know that shard: nobody can tell.
 */
export function* lapsedRecords(evidence: Evidence): Iterable<Exempted> {
  const closedAtMs = new Map<string, number>();
  const epochMs = epochOf(evidence);
  const gone = new Set<string>();
  const firstMaps = new Map(
    [...firstMapsOf(evidence).values()].flat().map((write) => [write.order, write]),
  );
  const signs = signsOf(evidence);
  const exempted = new Set<PlacedRecord>();
  function* exempt(records: readonly PlacedRecord[], order: number): Iterable<Exempted> {
    for (const record of records) {
      if (exempted.has(record)) continue;
      exempted.add(record);
      yield [record, { because: 'lapsed', order }];
    }
  }
  for (const event of evidence.events) {
    const { order } = event;
    if (event.kind === 'reshard') {
      const name = nameOfLife(event.stream, lifeOf(evidence, event));
      for (const parent of event.parents) closedAtMs.set(`${name}/${parent}`, event.atMs);
    }
    if (event.kind === 'lapsed') {
      for (const [key, records] of lapsing(evidence, event)) {
        const isGone = (closedAtMs.get(key) ?? Infinity) + epochMs < event.beforeMs;
        if (isGone) gone.add(key);
        if (!isGone || !signs.has(key)) yield* exempt(records, order);
      }
    }
    const begun = firstMaps.get(order)?.map;
    if (begun !== undefined) {
      const known = new Set(begun.shards.map(({ shardId }) => shardId));
      for (const key of gone) {
        const shardId = key.slice(key.lastIndexOf('/') + 1);
        if (
          known.has(shardId) ||
          key !== recordsKey(evidence, { ...begun, shardId, order: order + 1 })
        ) {
          continue;
        }
        yield* exempt(recordsOf(evidence).get(key) ?? [], order);
      }
    }
    if (event.kind !== 'notice' || event.name !== 'error' || event.shard === undefined) continue;
    if (event.detail?.startsWith('DataLapsed') !== true) continue;
    const slash = event.shard.lastIndexOf('/');
    const [stream, shardId] = [event.shard.slice(0, slash), event.shard.slice(slash + 1)];
    const key = recordsKey(evidence, { stream, shardId, order });
    if (gone.has(key)) yield* exempt(recordsOf(evidence).get(key) ?? [], order);
  }
}

/** The instant of Kinesis' clock at which true time began, in whole milliseconds. */
function epochOf({ events }: Evidence): number {
  const put = events.find((event) => event.kind === 'put');
  return put === undefined ? 0 : Math.round(put.arrivalMs - put.atMs);
}

/** The shards that a map ever had, or named as the parent of one. */
function signsOf(evidence: Evidence): ReadonlySet<string> {
  return new Set(
    mapsOf(evidence).flatMap(({ order, map: { stream, shards } }) =>
      shards
        .flatMap(({ shardId, parents }) => [shardId, ...parents])
        .map((shardId) => recordsKey(evidence, { stream, shardId, order: order + 1 })),
    ),
  );
}

/** Of each shard, all that a map ever named as its parents. */
const parentsOf = once((evidence): ReadonlyMap<string, ReadonlySet<string>> => {
  const parents = new Map<string, Set<string>>();
  for (const { order, map } of mapsOf(evidence)) {
    const keyOf = (shardId: string): string =>
      recordsKey(evidence, { stream: map.stream, shardId, order: order + 1 });
    for (const shard of map.shards) {
      const own = parents.get(keyOf(shard.shardId)) ?? new Set();
      for (const parent of shard.parents) own.add(keyOf(parent));
      parents.set(keyOf(shard.shardId), own);
    }
  }
  return parents;
});

/** Whether the group knows that one shard came of another. */
function isKnownDescendant(evidence: Evidence, shard: string, ancestor: string): boolean {
  const known = new Set([shard]);
  // a set is walked together with what is added on the way
  for (const each of known) {
    for (const parent of parentsOf(evidence).get(each) ?? []) known.add(parent);
  }
  return known.has(ancestor);
}

/** Where in the history each record passed the retention, whether that was told or not. */
const lapsesOf = once((evidence): ReadonlyMap<PlacedRecord, number> => {
  const lapses = new Map<PlacedRecord, number>();
  for (const event of evidence.events) {
    if (event.kind !== 'lapsed') continue;
    for (const record of [...lapsing(evidence, event)].flatMap(([, records]) => records)) {
      if (!lapses.has(record)) lapses.set(record, event.order);
    }
  }
  return lapses;
});

/**
 * Where in the history a record passed the retention that a reader of another shard does not wait for: what came between
 * the two was gone before anybody saw it, and no map says that one comes of the other. Infinity: it waits.
 *
 * @param shard the key of the records of the record's shard
 * @param later the same of the shard that is read
 */
export function unawaitedFrom(
  evidence: Evidence,
  record: PlacedRecord,
  shard: string,
  later: string,
): number {
  const order = lapsesOf(evidence).get(record);
  if (order === undefined || isKnownDescendant(evidence, later, shard)) return Infinity;
  return order;
}

/** What passes the retention, by its shard. */
function* lapsing(
  evidence: Evidence,
  event: LapsedEvent,
): Iterable<readonly [string, readonly PlacedRecord[]]> {
  const name = nameOfLife(event.stream, lifeOf(evidence, event));
  for (const [key, records] of recordsOf(evidence)) {
    if (key.slice(0, key.lastIndexOf('/')) !== name) continue;
    yield [
      key,
      records.filter(({ order, arrivalMs }) => order < event.order && arrivalMs < event.beforeMs),
    ];
  }
}
