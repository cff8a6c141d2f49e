/** What became of records, counted the same way for any protocol: from puts, deliveries and readers. */
import { groupBy } from './checkers/evidence.ts';
import { exemptionsOf } from './checkers/exempt.ts';
import {
  deliveriesOf,
  firstIndexes,
  recordsOf,
  type Delivery,
  type PlacedRecord,
} from './checkers/records.ts';
import { nameOf, outOfOrder } from './go/tally.ts';
import type { Evidence } from './history.ts';

/** From a reader's start to its first iterator: whoever starts at the tip misses what is put meanwhile. */
const FIRST_LOOK_MS = 2_000;

/** A record that came once more, and who had it before. */
export interface Repetition {
  readonly before: Delivery;
  readonly again: Delivery;
}

/** Two members gave records of one shard to their handlers in turns. */
export interface Overlap {
  readonly shard: string;
  readonly older: Delivery;
  readonly younger: Delivery;
  /** The first delivery of the older one after the younger one had begun. */
  readonly late: Delivery;
}

export interface Mishaps {
  /**
   * Never completed, by shard. Of a shard that was there from the beginning, records count from its first reader's
   * first look on; of a child of one that was read all do.
   */
  readonly lost: ReadonlyMap<string, readonly PlacedRecord[]>;
  readonly again: readonly Repetition[];
  /** First given after a later one of their key. */
  readonly disordered: readonly Delivery[];
  readonly overlaps: readonly Overlap[];
}

export function mishapsOf(evidence: Evidence): Mishaps {
  const deliveries = deliveriesOf(evidence);
  const byRecord = groupBy(deliveries, nameOf);
  const first = new Map([...byRecord].flatMap(([name, [one]]) => (one ? [[name, one]] : [])));
  const puts = evidence.events.filter((event) => event.kind === 'put');
  return {
    lost: lostOf(evidence, byRecord),
    again: [...byRecord.values()].flatMap(repetitionsOf),
    disordered: outOfOrder(puts, first).flatMap((put) => first.get(nameOf(put)) ?? []),
    overlaps: [...groupBy(deliveries, ({ shard }) => shard).values()].flatMap(overlapsOf),
  };
}

function lostOf(
  evidence: Evidence,
  byRecord: ReadonlyMap<string, readonly Delivery[]>,
): ReadonlyMap<string, readonly PlacedRecord[]> {
  const exempt = exemptionsOf(evidence);
  const fromMs = firstLooksOf(evidence);
  const lost = new Map<string, readonly PlacedRecord[]>();
  for (const [shard, records] of recordsOf(evidence)) {
    const firstIndex = firstIndexes(evidence).get(shard) ?? 0;
    const missing = records.filter((record) => {
      const since = fromMs.get(`${record.stream}/${record.shardId}`) ?? Number.POSITIVE_INFINITY;
      const given = byRecord.get(nameOf(record)) ?? [];
      const completed = given.some(({ completedOrder }) => completedOrder !== Infinity);
      const counts = record.atMs >= since && record.index >= firstIndex && !exempt.has(record);
      return counts && !completed;
    });
    if (missing.length > 0) lost.set(shard, missing);
  }
  return lost;
}

/** Since when the records of a shard count; of one that nobody ever read: never. */
function firstLooksOf(evidence: Evidence): ReadonlyMap<string, number> {
  const looks = new Map<string, number>();
  for (const event of evidence.events) {
    if (event.kind === 'reshard') {
      const { stream, parents, children, atMs } = event;
      const isRead = parents.some((id) => (looks.get(`${stream}/${id}`) ?? Infinity) <= atMs);
      if (isRead) for (const id of children) looks.set(`${stream}/${id}`, atMs);
    }
    if (event.kind !== 'notice' || event.name !== 'shardStart' || event.shard === undefined)
      continue;
    if (!looks.has(event.shard)) looks.set(event.shard, event.atMs + FIRST_LOOK_MS);
  }
  return looks;
}

function repetitionsOf(deliveries: readonly Delivery[]): readonly Repetition[] {
  return deliveries.slice(1).map((again, at) => ({ before: deliveries[at] ?? again, again }));
}

/** Each reader that still gave records after the next one had begun. */
function overlapsOf(deliveries: readonly Delivery[]): readonly Overlap[] {
  const readers = [
    ...groupBy(deliveries, ({ process, fence }) => `${process}/${fence}`).values(),
  ].flatMap((own) => (own[0] === undefined ? [] : [{ begin: own[0], own }]));
  return readers.flatMap(({ begin: younger }, at) => {
    const before = readers[at - 1];
    const late = before?.own.find(({ order }) => order > younger.order);
    if (before === undefined || late === undefined) return [];
    if (before.begin.process === younger.process) return [];
    return [{ shard: younger.shard, older: before.begin, younger, late }];
  });
}
