/** What was put and what was delivered, as several checkers read it. */
import { comparePositions, NOT_STARTED, positionOf } from '../../machines/rules/positions.ts';
import type { DeliveredEvent, Evidence, PutEvent } from '../history.ts';
import {
  acquiresOf,
  firstMapsOf,
  groupBy,
  mapsOf,
  shardWritesOf,
  standingOf,
  type MapWrite,
  type ShardWrite,
} from './evidence.ts';
import { marksOf, processesByHand, type Moment } from './marks.ts';
import { once } from './once.ts';

// ---------------------------------------------------------------- streams

/** One life of a stream's name: where it was deleted and created again, the later one is another stream. */
interface StreamLife {
  readonly fromOrder: number;
  readonly createdAtMs: number;
  readonly state: 'there' | 'deleted';
}

const livesOf = once((evidence): ReadonlyMap<string, readonly StreamLife[]> => {
  const lives = new Map<string, StreamLife[]>();
  for (const event of evidence.events) {
    if (event.kind !== 'stream') continue;
    const { stream, order, createdAtMs, what } = event;
    const own = lives.get(stream) ?? [];
    lives.set(stream, own);
    if (what === 'created') own.push({ fromOrder: order, createdAtMs, state: 'there' });
    else own.push({ ...(own.pop() ?? { fromOrder: 0, createdAtMs }), state: 'deleted' });
  }
  return lives;
});

/** The first life of a name goes by the name alone. */
export const nameOfLife = (stream: string, life: number): string =>
  life <= 0 ? stream : `${stream}~${life + 1}`;

const lastIndex = <T>(items: readonly T[], fits: (item: T) => boolean): number =>
  items.reduce((found, item, index) => (fits(item) ? index : found), -1);

/** The life of its stream that a record was put in. */
export const lifeOf = (
  evidence: Evidence,
  { stream, order }: { readonly stream: string; readonly order: number },
): number => lastIndex(livesOf(evidence).get(stream) ?? [], ({ fromOrder }) => fromOrder < order);

/**
 * The foreign writes to each shard, with the life of its stream that their positions are of; null: they name no record,
 * and leave it to the map. Kinesis takes a sequence number of the stream that has the name now, whatever the map knows.
 */
const foreignLivesOf = once((evidence) => {
  const lives = new Map<string, number>();
  for (const event of evidence.events) {
    if (event.kind !== 'put') continue;
    lives.set(
      `${event.shardId}/${positionOf(event.sequenceNumber, null)}`,
      lifeOf(evidence, event),
    );
  }
  return groupBy(
    shardWritesOf(evidence).flatMap(({ kind, shard, shardId, order, after }) =>
      kind === 'foreign'
        ? [{ shard, order, life: lives.get(`${shardId}/${standingOf(after)}`) ?? null }]
        : [],
    ),
    ({ shard }) => shard,
  );
});

/**
 * Under which name the records stand that a shard's item is about: those of the stream whose map stood then, or of the
 * one whose sequence number a foreign write put there since.
 */
export function recordsKey(
  evidence: Evidence,
  { stream, shardId, order }: Pick<ShardWrite, 'stream' | 'shardId' | 'order'>,
): string {
  const lives = livesOf(evidence).get(stream) ?? [];
  if (lives.length <= 1) return `${stream}/${shardId}`;
  const foreign = (foreignLivesOf(evidence).get(`${stream}/${shardId}`) ?? []).findLast(
    (write) => write.order <= order,
  );
  if (typeof foreign?.life === 'number') return `${nameOfLife(stream, foreign.life)}/${shardId}`;
  const map = mapsOf(evidence).findLast(
    (version) => version.map.stream === stream && version.order < order,
  )?.map;
  const life = lastIndex(lives, ({ createdAtMs }) => createdAtMs === map?.createdAtMs);
  return `${nameOfLife(stream, life)}/${shardId}`;
}

/** The same for all lives of the stream. */
export function recordsKeys(
  evidence: Evidence,
  { stream, shardId }: Pick<ShardWrite, 'stream' | 'shardId'>,
): readonly string[] {
  const lives = livesOf(evidence).get(stream) ?? [];
  return lives.map((_, life) => `${nameOfLife(stream, life)}/${shardId}`);
}

/** Whether a stream is there, and the group's map of it is of the one that has the name now. */
export function isNewestLife(evidence: Evidence, stream: string): boolean {
  const lives = livesOf(evidence).get(stream) ?? [];
  const map = mapsOf(evidence).findLast((version) => version.map.stream === stream)?.map;
  const newest = lives.at(-1);
  if (newest?.state === 'deleted') return false;
  return lives.length <= 1 || map === undefined || map.createdAtMs === newest?.createdAtMs;
}

// ---------------------------------------------------------------- records

/** A producer's record and its place in its shard. */
export interface PlacedRecord extends PutEvent {
  /** From 0, among all records of the shard. */
  readonly index: number;
  readonly position: string;
}

/** The records of each shard, by `stream/shardId`, in their order; of later lives of a stream, by {@link recordsKey}. */
export const recordsOf = once((evidence): ReadonlyMap<string, readonly PlacedRecord[]> => {
  const shards = new Map<string, PlacedRecord[]>();
  for (const event of evidence.events) {
    if (event.kind !== 'put') continue;
    const shard = `${nameOfLife(event.stream, lifeOf(evidence, event))}/${event.shardId}`;
    const records = shards.get(shard) ?? [];
    const position = positionOf(event.sequenceNumber, null);
    records.push({ ...event, index: records.length, position });
    shards.set(shard, records);
  }
  return shards;
});

/** Each record, by `key of its shard's records/sequence number`. */
export const placeOf = once((evidence): ReadonlyMap<string, PlacedRecord> => {
  const places = new Map<string, PlacedRecord>();
  for (const [shard, records] of recordsOf(evidence)) {
    for (const record of records) places.set(`${shard}/${record.sequenceNumber}`, record);
  }
  return places;
});

/** The index of the first record behind a position. */
export function indexAfter(records: readonly PlacedRecord[], position: string): number {
  let from = 0;
  let to = records.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const record = records[middle];
    if (record !== undefined && comparePositions(record.position, position) <= 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The first record that the group has to read, by the key of the records; Infinity: none of that shard. */
export const firstIndexes = once((evidence): ReadonlyMap<string, number> => {
  const firsts = new Map<string, number>();
  const maps = new Map<string, ReturnType<typeof firstMapOf>>();
  for (const [shard, records] of recordsOf(evidence)) {
    const name = shard.slice(0, shard.lastIndexOf('/'));
    if (!maps.has(name)) maps.set(name, firstMapOf(evidence, name));
    const map = maps.get(name) ?? null;
    if (map === 'none') {
      firsts.set(shard, Number.POSITIVE_INFINITY);
      continue;
    }
    const shardId = shard.slice(name.length + 1);
    const listed = map?.byId.get(shardId);
    // one that came later is read from its first record; one that never came may be from before the start
    const isLater =
      listed === undefined ? map?.known.has(shardId) === true : map?.begun.has(shardId) === true;
    if (map === null || isLater || map.start.kind === 'trimHorizon') {
      firsts.set(shard, 0);
      continue;
    }
    const { timestampMs } = map.start;
    const first = records.findIndex((record) => record.arrivalMs >= timestampMs);
    firsts.set(shard, listed?.ended === true || first < 0 ? Number.POSITIVE_INFINITY : first);
  }
  return firsts;
});

/** The index of the first record that is read from a position; a sequence number counts wherever the stream starts. */
export function indexFrom(evidence: Evidence, key: string, position: string): number {
  return position === NOT_STARTED
    ? (firstIndexes(evidence).get(key) ?? 0)
    : indexAfter(recordsOf(evidence).get(key) ?? [], position);
}

/**
 * The index of the first record that is read of a shard that nobody began, by the map that stands where it is acquired:
 * one that began anew, after an operator removed the one before, has a start of its own.
 */
export function indexByMap(
  evidence: Evidence,
  key: string,
  { stream, shardId, order }: Pick<ShardWrite, 'stream' | 'shardId' | 'order'>,
): number {
  const first = (firstMapsOf(evidence).get(stream) ?? []).findLast((map) => map.order < order);
  const isListed = first?.map.shards.some((shard) => shard.shardId === shardId) === true;
  if (first?.map.start.kind !== 'atTimestamp' || !isListed) return 0;
  if (begunShards(evidence, first).has(shardId)) return 0;
  const { timestampMs } = first.map.start;
  const records = recordsOf(evidence).get(key) ?? [];
  const index = records.findIndex((record) => record.arrivalMs >= timestampMs);
  return index < 0 ? Number.POSITIVE_INFINITY : index;
}

/** The first map of a life of a stream; `none`: the group never took that one in. */
function firstMapOf(evidence: Evidence, name: string) {
  const [stream = '', life = '1'] = name.split('~');
  const lives = livesOf(evidence).get(stream) ?? [];
  const created = lives.length > 1 ? lives[Number(life) - 1]?.createdAtMs : undefined;
  const maps = mapsOf(evidence).filter(
    ({ map }) => map.stream === stream && (created === undefined || map.createdAtMs === created),
  );
  const [first] = maps;
  if (first === undefined) return created === undefined ? null : ('none' as const);
  const { map } = first;
  return {
    start: map.start,
    byId: new Map(map.shards.map((shard) => [shard.shardId, shard])),
    known: new Set(maps.flatMap(({ map: { shards } }) => shards.map(({ shardId }) => shardId))),
    begun: begunShards(evidence, first),
  };
}

/**
 * The shards that a map which begins anew takes for the group's: those that an item told of, also one that a late
 * acquire made after an operator removed all of them, and what came of such a shard.
 */
function begunShards(evidence: Evidence, { map, order }: MapWrite): ReadonlySet<string> {
  const byId = new Map(map.shards.map((shard) => [shard.shardId, shard]));
  const isBegun = (shardId: string): boolean => {
    const shard = byId.get(shardId);
    if (shard === undefined) return false;
    return hasItem(evidence, `${map.stream}/${shardId}`, order) || shard.parents.some(isBegun);
  };
  return new Set(
    map.shards.flatMap(({ shardId, origin }) =>
      origin === 'later' && isBegun(shardId) ? [shardId] : [],
    ),
  );
}

/** Whether an item told of a shard at a place in the history. */
export const hasItem = (evidence: Evidence, shard: string, order: number): boolean =>
  (shardWritesOf(evidence).findLast((write) => write.shard === shard && write.order < order)?.event
    .after ?? null) !== null;

// ---------------------------------------------------------------- deliveries

/** A delivery, when its handler call was through, when it was completed, and by what right it came. */
export interface Delivery extends DeliveredEvent {
  /** `stream/shardId`. */
  readonly shard: string;
  /** Order of its handler call's end; Infinity: never. */
  readonly throughOrder: number;
  /** True time of its handler call's end; Infinity: never. */
  readonly throughAtMs: number;
  /** Order of the completion: the end of its handler call, or, of who commits by hand, a mark; Infinity: never. */
  readonly completedOrder: number;
  /** True time of the completion; Infinity: never. */
  readonly completedAtMs: number;
  /** Order of what its handler call threw; Infinity: it did not. */
  readonly threwOrder: number;
  /** The acquire of its shard under its fence; null: there was none before it. */
  readonly acquire: ShardWrite | null;
}

const NEVER: Moment = { order: Number.POSITIVE_INFINITY, atMs: Number.POSITIVE_INFINITY };

export const deliveriesOf = once((evidence): readonly Delivery[] => {
  const ends = new Map<string, Moment>();
  const byHand = processesByHand(evidence);
  const marks = marksOf(evidence);
  const throws = new Map<string, number>();
  for (const event of evidence.events) {
    if (event.kind === 'completed') ends.set(`${event.process}/${event.call}`, event);
    if (event.kind === 'threw') throws.set(`${event.process}/${event.call}`, event.order);
  }
  const rights = groupBy(
    [...acquiresOf(evidence).values()].flat(),
    ({ shard, after }) => `${shard}/${after.fence}`,
  );
  return evidence.events.flatMap((event) => {
    if (event.kind !== 'delivered') return [];
    const through = ends.get(`${event.process}/${event.call}`) ?? NEVER;
    const completed = byHand.has(event.process) ? (marks.get(event.order) ?? NEVER) : through;
    const shard = `${event.stream}/${event.shardId}`;
    // a fence may come again after a foreign write
    const own = (rights.get(`${shard}/${event.fence}`) ?? []).filter(
      ({ order }) => order < event.order,
    );
    const acquire = own.findLast(({ process }) => process === event.process) ?? own.at(-1) ?? null;
    return [
      {
        ...event,
        shard,
        throughOrder: through.order,
        throughAtMs: through.atMs,
        completedOrder: completed.order,
        completedAtMs: completed.atMs,
        threwOrder: throws.get(`${event.process}/${event.call}`) ?? Number.POSITIVE_INFINITY,
        acquire,
      },
    ];
  });
});

/** The same as {@link recordsKey} for what its reader reads: the records that the shard was about when it was acquired. */
export const keyOfDelivery = (evidence: Evidence, delivery: Delivery): string =>
  recordsKey(evidence, {
    ...delivery,
    order: delivery.acquire === null ? delivery.order : delivery.acquire.order + 1,
  });

/** What came by one acquire, or under one fence where there was none. */
export const runOf = ({
  shard,
  fence,
  acquire,
}: Pick<Delivery, 'shard' | 'fence' | 'acquire'>): string =>
  `${shard}/${fence}${acquire !== null && acquire.epoch > 0 ? `@${acquire.order}` : ''}`;
