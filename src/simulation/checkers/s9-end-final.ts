import { SHARD_END } from '../../machines/rules/positions.ts';
import { UNLISTED_FOR_MS } from '../../machines/rules/tidying.ts';
import type { Evidence } from '../history.ts';
import { demands, mapsOf, shardWritesOf, type Checker, type ShardWrite } from './evidence.ts';

const MARK = 'unlisted_since';

/**
 * S9: SHARD_END is final: an ended shard has no owner, is not acquired again, and nothing is written to its item but
 * the mark of a tidy, which may remove it once the shard is in no map and no listing, and was marked for a week.
 * What no client wrote is no client's fault, and begins a new life of the shard.
 */
export const endFinal: Checker = (evidence) => {
  const ended = new Set<string>();
  /** When the mark that stands was written, in true time. */
  const markedAtMs = new Map<string, number>();
  return shardWritesOf(evidence).flatMap((write) => {
    if (write.kind === 'foreign') {
      ended.delete(write.shard);
      markedAtMs.delete(write.shard);
      return [];
    }
    const fault = faultOf(write, ended, markedAtMs.get(write.shard), evidence);
    if (write.after.position === SHARD_END) ended.add(write.shard);
    if (write.kind === 'tidy') markedAtMs.set(write.shard, write.atMs);
    return fault === null
      ? []
      : [
          {
            invariant: 'S9',
            order: write.order,
            message: `${write.shard} ${fault}, by ${write.process}`,
          },
        ];
  });
};

function faultOf(
  write: ShardWrite,
  ended: ReadonlySet<string>,
  markedAtMs: number | undefined,
  evidence: Evidence,
): string | null {
  if (write.kind === 'tidy') return faultOfTidy(write, markedAtMs, evidence);
  if (write.before.position === SHARD_END) return 'was written after its end';
  // also where its item is gone by now
  if (write.kind === 'acquire' && ended.has(write.shard)) return 'was acquired after its end';
  return write.after.position === SHARD_END && write.after.owner !== null
    ? 'ended and kept its owner'
    : null;
}

function faultOfTidy(
  { stream, shardId, order, atMs, event }: ShardWrite,
  markedAtMs: number | undefined,
  evidence: Evidence,
): string | null {
  const { before, after, write } = event;
  const mark = before?.[MARK];
  if (!demands(write, 'position', SHARD_END)) return 'was written without demanding its end';
  if (after !== null) return after[MARK] === mark ? 'was written after its end' : null;
  if (mark === undefined || !demands(write, MARK, mark)) return 'was removed without a mark';
  if (markedAtMs === undefined || atMs - markedAtMs < UNLISTED_FOR_MS) {
    return 'was removed within a week';
  }
  // what is listed at the end was listed before
  if (evidence.shards[stream]?.some((shard) => shard.shardId === shardId) === true) {
    return 'was removed and is listed';
  }
  const map = mapsOf(evidence).findLast(
    (known) => known.map.stream === stream && known.order < order,
  );
  return map?.map.shards.some((shard) => shard.shardId === shardId) === true
    ? 'was removed and is in the map'
    : null;
}
