/** What became of the records of a run, counted the same way for any protocol: from puts, deliveries and readers. */
import { gapsOf } from '../gaps.ts';
import type { DeliveredEvent, Evidence, PutEvent } from '../history.ts';

export interface Tally {
  /** Records that were put in the window. */
  readonly records: number;
  /** Never given to a handler. */
  readonly lost: number;
  /** Times that a record was given again. */
  readonly twice: number;
  /** Records first given after a later one of their key. */
  readonly outOfOrder: number;
  /** Shards whose last record was never given, closed ones too. */
  readonly unreadShards: number;
  /** For each shard with records in the window: the longest that one of them waited to be given, ms. */
  readonly waitsMs: readonly number[];
  /** Stretches in which nobody read a shard, since the waits count, ms. */
  readonly gapsMs: readonly number[];
}

/**
 * @param fromMs the window begins: what was put before is not counted, since not every protocol reads what was there
 *   before its first client
 * @param waitsFromMs since when waits count
 * @param waitsToMs until when a record that counts was put
 */
export function tally(
  evidence: Evidence,
  fromMs: number,
  waitsFromMs: number,
  waitsToMs: number,
): Tally {
  const puts: PutEvent[] = [];
  const counted = new Set<string>();
  const first = new Map<string, DeliveredEvent>();
  let twice = 0;
  for (const event of evidence.events) {
    if (event.kind === 'put' && event.atMs >= fromMs) {
      puts.push(event);
      counted.add(nameOf(event));
    }
    if (event.kind !== 'delivered') continue;
    const record = nameOf(event);
    if (!first.has(record)) first.set(record, event);
    else if (counted.has(record)) twice++;
  }
  const lost = puts.filter((put) => !first.has(nameOf(put)));
  const lastOfShard = new Map(puts.map((put) => [`${put.stream}/${put.shardId}`, put]));
  const waits = new Map<string, number>();
  for (const put of puts) {
    const delivery = first.get(nameOf(put));
    if (delivery === undefined || put.atMs < waitsFromMs || put.atMs > waitsToMs) continue;
    const shard = `${put.stream}/${put.shardId}`;
    waits.set(shard, Math.max(waits.get(shard) ?? 0, delivery.atMs - put.atMs));
  }
  return {
    records: puts.length,
    lost: lost.length,
    twice,
    outOfOrder: outOfOrder(puts, first).length,
    unreadShards: [...lastOfShard.values()].filter((put) => !first.has(nameOf(put))).length,
    waitsMs: [...waits.values()],
    gapsMs: gapsOf(evidence).flatMap((gap) =>
      gap.fromMs < waitsFromMs || gap.toMs === Number.POSITIVE_INFINITY
        ? []
        : [gap.toMs - gap.fromMs],
    ),
  };
}

/** One name for a record, of its put and of its deliveries. */
export const nameOf = ({
  stream,
  sequenceNumber,
}: Pick<PutEvent, 'stream' | 'sequenceNumber'>): string => `${stream}/${sequenceNumber}`;

/**
 * Records first given after a later one of their key, the last one first.
 *
 * @param puts in their order
 * @param first the first delivery of each, by {@link nameOf}
 */
export function outOfOrder(
  puts: readonly PutEvent[],
  first: ReadonlyMap<string, DeliveredEvent>,
): readonly PutEvent[] {
  /** The earliest first delivery among the later records of a key. */
  const earliestAfter = new Map<string, number>();
  return puts.toReversed().filter((put) => {
    const order = first.get(nameOf(put))?.order;
    if (order === undefined) return false;
    const next = earliestAfter.get(put.key) ?? Number.POSITIVE_INFINITY;
    earliestAfter.set(put.key, Math.min(next, order));
    return order > next;
  });
}
