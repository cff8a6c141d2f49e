import { SHARD_END } from '../../machines/rules/positions.ts';
import type { Evidence } from '../history.ts';
import { barredShards } from './barred.ts';
import { boundsOf, calmOf, overdue } from './calm.ts';
import {
  acquiresOf,
  mapsOf,
  shardWritesOf,
  type Checker,
  type ShardWrite,
  type Violation,
} from './evidence.ts';
import { deadTargetsOf, secondTtlMs } from './deaths.ts';
import { lineageOf } from './group.ts';
import { unknownUntilMs } from './missing-maps.ts';
import { endOfProcess } from './owners.ts';

/**
 * L7: once a leader stands in the quiet phase (L1), a child is acquired within 3 · poll and their spread after its last
 * parent ended, by the slowest clock, and 30 round trips; where the map lacks it, a listing and its retry of 2 s come
 * on top (`calm.ts`). Whom the plan gives it may be barred from its stream (`barred.ts`). Where no plan named it when an
 * operator removed its map, it has that time from the next map on (`missing-maps.ts`); where the plan gave it to a client
 * that had died, that of L2.
 */
export const childrenInTime: Checker = (evidence) => {
  const calm = calmOf(evidence);
  if (calm === null) return [];
  const { leaderMs, ownedMs, childMs, listingMs } = boundsOf(evidence.pace);
  const ends = new Map<string, ShardWrite>();
  for (const write of shardWritesOf(evidence)) {
    if (write.after.position === SHARD_END) ends.set(write.shard, write);
  }
  const { parents, passed } = lineageOf(evidence);
  // whoever remains has to be there to read
  if (!evidence.live.some((process) => endOfProcess(evidence, process) === Infinity)) return [];

  const violations: Violation[] = [];
  const barred = new Set(barredShards(evidence));
  for (const [child, own] of parents) {
    if (own.length === 0 || passed.has(child) || barred.has(child)) continue;
    const parentEnds = own.filter((parent) => !passed.has(parent)).map((id) => ends.get(id));
    if (parentEnds.includes(undefined)) continue;
    const last = parentEnds.reduce(
      (a, b) => ((a?.order ?? 0) < (b?.order ?? 0) ? b : a),
      undefined,
    );
    const lastMs = last?.atMs ?? 0;
    const listed = isInMap(evidence, child, last?.order ?? 0);
    const startMs = Math.max(lastMs, calm.togetherFromMs + leaderMs);
    const unknownMs = unknownUntilMs(evidence, child, calm.togetherFromMs);
    const childDeadlineMs = Math.max(startMs + (listed ? 0 : listingMs), unknownMs) + childMs;
    const acquiredMs = acquiresOf(evidence).get(child)?.[0]?.atMs ?? evidence.endMs;
    if (acquiredMs <= childDeadlineMs) continue;
    const livesWhoReads = (deadTargetsOf(evidence).get(child) ?? 0) <= lastMs;
    const expelledMs = livesWhoReads ? 0 : calm.togetherFromMs + ownedMs + secondTtlMs(evidence);
    const deadlineMs = Math.max(childDeadlineMs, expelledMs);
    if (acquiredMs <= deadlineMs) continue;
    violations.push(
      overdue('L7', `${child} waits though its parents ended`, [lastMs, deadlineMs, acquiredMs]),
    );
  }
  return violations;
};

function isInMap(evidence: Evidence, shard: string, order: number): boolean {
  const slash = shard.lastIndexOf('/');
  const [stream, shardId] = [shard.slice(0, slash), shard.slice(slash + 1)];
  const map = mapsOf(evidence).findLast(
    (version) => version.map.stream === stream && version.order < order,
  );
  return map?.map.shards.some((known) => known.shardId === shardId) === true;
}
