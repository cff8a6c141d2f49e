import { groupedBy } from './grouped.ts';
import type { LedgerHistory } from '../ledger.ts';

/** A shard went from one fence to the next. */
export interface Move {
  readonly stream: string;
  readonly shardId: string;
  readonly from: { readonly consumer: string; readonly fence: number };
  readonly to: { readonly consumer: string; readonly fence: number };
  readonly atMs: number;
  /** Why the old owner stopped, by its own account; null: it said nothing, as after a crash. */
  readonly ending: string | null;
  /**
   * From the old owner's last sign of reading (answer of GetRecords, else the acquire) to the new owner's first, in ms.
   * Negative: they overlapped, as after a pause the old owner's last answer may.
   */
  readonly gapMs: number;
}

interface Reading {
  readonly stream: string;
  readonly shardId: string;
  readonly consumer: string;
  readonly fence: number;
  readonly startedAtMs: number;
  readonly firstPollAtMs: number | null;
  readonly lastPollAtMs: number | null;
  readonly ending: string | null;
}

/** By time. */
export function movesOf(histories: readonly LedgerHistory[]): readonly Move[] {
  const byShard = groupedBy(
    histories.flatMap(readingsOf),
    ({ stream, shardId }) => `${stream}/${shardId}`,
  );
  return [...byShard.values()]
    .flatMap((readings) => {
      const inLife = readings.toSorted((a, b) => a.fence - b.fence);
      return inLife.slice(1).map((to, index) => moveOf(inLife[index] ?? to, to));
    })
    .toSorted((a, b) => a.atMs - b.atMs);
}

function moveOf(from: Reading, to: Reading): Move {
  const { stream, shardId } = to;
  const endedAtMs = from.lastPollAtMs ?? from.startedAtMs;
  const goesOnAtMs = to.firstPollAtMs ?? to.startedAtMs;
  return {
    stream,
    shardId,
    from: { consumer: from.consumer, fence: from.fence },
    to: { consumer: to.consumer, fence: to.fence },
    atMs: goesOnAtMs,
    ending: from.ending,
    gapMs: goesOnAtMs - endedAtMs,
  };
}

function readingsOf({ consumer, starts, ends, polls }: LedgerHistory): Reading[] {
  const reasons = new Map(ends.map((end) => [fenceKey(end), end.reason]));
  const pollsOf = groupedBy(polls, fenceKey);
  return starts.map((start) => {
    const own = pollsOf.get(fenceKey(start)) ?? [];
    return {
      stream: start.stream,
      shardId: start.shardId,
      consumer,
      fence: start.fence,
      startedAtMs: start.atMs,
      firstPollAtMs: own[0]?.atMs ?? null,
      lastPollAtMs: own.at(-1)?.atMs ?? null,
      ending: reasons.get(fenceKey(start)) ?? null,
    };
  });
}

const fenceKey = (at: {
  readonly stream: string;
  readonly shardId: string;
  readonly fence: number;
}): string => `${at.stream}/${at.shardId}/${at.fence}`;
