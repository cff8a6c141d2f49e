import { groupedBy } from './grouped.ts';
import type { Delivery, LedgerHistory, ProducedRecord } from '../ledger.ts';
import { compareSequenceNumbers, isBehind } from './positions.ts';

export type FenceFault =
  /** Not above the delivery before it under the same fence. */
  | { readonly kind: 'notAscending'; readonly delivery: Delivery; readonly before: Delivery }
  /** Was passed over: `delivery` of the same fence comes after it. */
  | { readonly kind: 'skipped'; readonly record: ProducedRecord; readonly delivery: Delivery }
  /** At or before the position from which the fence was acquired. */
  | { readonly kind: 'rewound'; readonly delivery: Delivery; readonly position: string }
  /** Two consumers delivered under one fence. */
  | { readonly kind: 'shared'; readonly delivery: Delivery; readonly before: Delivery };

/** Invariants D2 and D3: per (shard, fence) strictly ascending, gap-free from the acquired position. */
export function judgeFences(
  produced: readonly ProducedRecord[],
  histories: readonly LedgerHistory[],
): readonly FenceFault[] {
  const starts = new Map(
    histories.flatMap(({ starts: own }) => own.map((start) => [fenceKey(start), start.position])),
  );
  const recordsOf = groupedBy(produced, shardKey);
  for (const records of recordsOf.values()) {
    records.sort((a, b) => compareSequenceNumbers(a.sequenceNumber, b.sequenceNumber));
  }
  const byFence = groupedBy(
    histories.flatMap(({ deliveries }) => deliveries),
    fenceKey,
  );
  return [...byFence].flatMap(([fence, deliveries]) => [
    ...judgeAscent(deliveries),
    ...judgeGaps(recordsOf.get(shardKey(deliveries[0])) ?? [], deliveries, starts.get(fence)),
  ]);
}

/** @param deliveries - Of one fence; each consumer's in its own order. */
function judgeAscent(deliveries: readonly Delivery[]): FenceFault[] {
  const faults: FenceFault[] = [];
  let before: Delivery | null = null;
  for (const delivery of deliveries) {
    if (before !== null && before.consumer !== delivery.consumer) {
      faults.push({ kind: 'shared', delivery, before });
    } else if (
      before !== null &&
      compareSequenceNumbers(delivery.sequenceNumber, before.sequenceNumber) <= 0
    ) {
      faults.push({ kind: 'notAscending', delivery, before });
    }
    before = delivery;
  }
  return faults;
}

/** @param records - All of the shard, ascending. */
function judgeGaps(
  records: readonly ProducedRecord[],
  deliveries: readonly Delivery[],
  position: string | undefined,
): FenceFault[] {
  const faults: FenceFault[] = [];
  if (position !== undefined) {
    for (const delivery of deliveries) {
      if (isBehind(delivery.sequenceNumber, position) === false) {
        faults.push({ kind: 'rewound', delivery, position });
      }
    }
  }
  const seen = new Set(deliveries.map(({ sequenceNumber }) => sequenceNumber));
  const last = deliveries.at(-1);
  if (last === undefined) return faults;
  const first = deliveries[0]?.sequenceNumber ?? last.sequenceNumber;
  for (const record of records) {
    const { sequenceNumber } = record;
    if (compareSequenceNumbers(sequenceNumber, last.sequenceNumber) >= 0) break;
    // Where the position does not tell where reading starts, the first delivery does.
    const due =
      (position === undefined ? null : isBehind(sequenceNumber, position)) ??
      compareSequenceNumbers(sequenceNumber, first) > 0;
    if (due && !seen.has(sequenceNumber)) faults.push({ kind: 'skipped', record, delivery: last });
  }
  return faults;
}

interface InShard {
  readonly stream: string;
  readonly shardId: string;
}

const shardKey = (at: InShard | undefined): string =>
  at === undefined ? '' : `${at.stream}/${at.shardId}`;

const fenceKey = (at: InShard & { readonly fence: number }): string =>
  `${shardKey(at)}/${at.fence}`;
