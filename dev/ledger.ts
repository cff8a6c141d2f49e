/** Holds what was delivered and committed against what Kinesis accepted. Pure: histories in, findings out. */
import { groupedBy } from './ledger/grouped.ts';
import { judgeCheckpoints, type CheckpointFault } from './ledger/checkpoints.ts';
import { judgeFences, type FenceFault } from './ledger/fences.ts';
import { judgeKeys, type KeyDisorder } from './ledger/keys.ts';
import { movesOf, type Move } from './ledger/moves.ts';

interface InShard {
  readonly stream: string;
  readonly shardId: string;
}

/** A record that Kinesis accepted. */
export interface ProducedRecord extends InShard {
  readonly sequenceNumber: string;
  readonly key: string;
  /** Number of the record within its key, from 1. */
  readonly n: number;
  /** When the answer came, ms since the epoch. */
  readonly atMs: number;
}

interface ByConsumer extends InShard {
  readonly consumer: string;
  readonly fence: number;
  /** By the host's wall clock, ms since the epoch. */
  readonly atMs: number;
}

/** A record handed to a handler. */
export interface Delivery extends ByConsumer {
  readonly sequenceNumber: string;
  readonly key: string;
  readonly n: number;
}

/** One answer of GetRecords. */
export interface Poll extends ByConsumer {
  readonly records: number;
  readonly millisBehindLatest: number;
}

/** A shard was acquired under this fence; reading starts behind `position`. */
export interface ShardStart extends ByConsumer {
  readonly position: string;
}

/** The store holds `position`. */
export interface Commit extends ByConsumer {
  readonly position: string;
}

/** A shard is not read under this fence any more. */
export interface ShardEnd extends ByConsumer {
  readonly reason: string;
}

/** What one consumer reported, each list in its order. */
export interface LedgerHistory {
  readonly consumer: string;
  readonly deliveries: readonly Delivery[];
  readonly polls: readonly Poll[];
  readonly starts: readonly ShardStart[];
  readonly ends: readonly ShardEnd[];
  readonly commits: readonly Commit[];
}

export interface LedgerInput {
  readonly produced: readonly ProducedRecord[];
  /** Records that may be in the stream or not; their delivery is neither demanded nor a surprise. */
  readonly doubtful?: readonly Pick<ProducedRecord, 'stream' | 'key' | 'n'>[];
  readonly histories: readonly LedgerHistory[];
}

/** A record with all its deliveries, in the order of time. */
export interface Duplicate {
  readonly record: ProducedRecord;
  readonly deliveries: readonly Delivery[];
}

export interface Ledger {
  readonly produced: number;
  /** Different records delivered. */
  readonly delivered: number;
  /** Deliveries in all. */
  readonly deliveries: number;
  /** Accepted by Kinesis and never delivered. */
  readonly missing: readonly ProducedRecord[];
  /** Delivered more than once. */
  readonly duplicated: readonly Duplicate[];
  /** Delivered, and neither produced nor doubtful. */
  readonly unknown: readonly Delivery[];
  /** First deliveries of a key that came after a later one of that key. */
  readonly outOfOrder: readonly KeyDisorder[];
  /** Deliveries of a (shard, fence) that are not strictly ascending, or not gap-free from the acquired position. */
  readonly fenceFaults: readonly FenceFault[];
  /** Committed positions that went back, and shards acquired behind what was committed before. */
  readonly checkpointFaults: readonly CheckpointFault[];
  /** Each change of a shard's owner or fence, with the time in which nobody read it. */
  readonly moves: readonly Move[];
}

/**
 * Call it when the group is at rest: what is only on its way counts as missing.
 *
 * Order is judged twice, as the guarantee is twofold: per key over the first deliveries by whichever consumer, and per
 * (shard, fence) over all deliveries.
 */
export function balance(input: LedgerInput): Ledger {
  const { produced, doubtful = [], histories } = input;
  const deliveries = histories.flatMap((history) => history.deliveries);
  // Stable: within a consumer its own order stays where the clock does not tell.
  const byTime = deliveries.toSorted((a, b) => a.atMs - b.atMs);
  const byRecord = groupedBy(byTime, recordKey);
  const known = new Set(produced.map(recordKey));
  const inDoubt = new Set(doubtful.map(({ stream, key, n }) => `${stream}/${key}/${n}`));

  return {
    produced: produced.length,
    delivered: produced.filter((record) => byRecord.has(recordKey(record))).length,
    deliveries: deliveries.length,
    missing: produced.filter((record) => !byRecord.has(recordKey(record))),
    duplicated: produced.flatMap((record) => {
      const times = byRecord.get(recordKey(record)) ?? [];
      return times.length > 1 ? [{ record, deliveries: times }] : [];
    }),
    unknown: deliveries.filter(
      (delivery) =>
        !known.has(recordKey(delivery)) &&
        !inDoubt.has(`${delivery.stream}/${delivery.key}/${delivery.n}`),
    ),
    outOfOrder: judgeKeys([...byRecord.values()].flatMap((times) => times.slice(0, 1))),
    fenceFaults: judgeFences(produced, histories),
    checkpointFaults: judgeCheckpoints(histories),
    moves: movesOf(histories),
  };
}

const recordKey = ({ stream, shardId, sequenceNumber }: Delivery | ProducedRecord): string =>
  `${stream}/${shardId}/${sequenceNumber}`;

/** Whether nothing was lost, mixed up or taken back. Duplicates are no fault as such: see each of them. */
export const isSound = (ledger: Ledger): boolean =>
  ledger.missing.length === 0 &&
  ledger.unknown.length === 0 &&
  ledger.outOfOrder.length === 0 &&
  ledger.fenceFaults.length === 0 &&
  ledger.checkpointFaults.length === 0;

export type { CheckpointFault } from './ledger/checkpoints.ts';
export type { FenceFault } from './ledger/fences.ts';
export type { KeyDisorder } from './ledger/keys.ts';
export type { Move } from './ledger/moves.ts';
