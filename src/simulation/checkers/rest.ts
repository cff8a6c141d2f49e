/** The time in which a group that was left in peace has nothing to do but to live on. */
import { mapsPk } from '../../machines/rules/keys.ts';
import type { MapShard } from '../../machines/rules/lineage.ts';
import { SHARD_END } from '../../machines/rules/positions.ts';
import type { Evidence } from '../history.ts';
import { boundsOf, calmOf } from './calm.ts';
import { secondTtlMs } from './deaths.ts';
import { mapsOf, shardWritesOf, writesOf } from './evidence.ts';
import { once } from './once.ts';

/** Each stream is listed once in that time. */
const LISTING_MS = 60_000;

export interface Rest {
  /** Every shard is where the plan has it, and none ends, since the time of L3. */
  readonly settledFromMs: number;
  /** And nothing was delivered or completed, since two commit intervals. */
  readonly idleFromMs: number;
}

/** Judged by what comes to the group from outside, never by what it does of itself. Null: no quiet phase. */
export const restOf = once((evidence): Rest | null => {
  const calm = calmOf(evidence);
  if (calm === null) return null;
  const { targetMs, commitMs } = boundsOf(evidence.pace);
  const lastMs = Math.max(
    calm.togetherFromMs,
    lastEndMs(evidence),
    lastLeaveMs(evidence),
    lastMapMs(evidence, calm.togetherFromMs),
  );
  // a late request costs units, whatever becomes of it
  const settledFromMs = Math.max(lastMs + targetMs + secondTtlMs(evidence), calm.stragglersUntilMs);
  const work = evidence.events.findLast(
    ({ kind }) => kind === 'delivered' || kind === 'completed' || kind === 'put',
  );
  const lastWorkMs = (work?.atMs ?? 0) + commitMs;
  const idleFromMs = Math.max(settledFromMs, lastWorkMs);
  return { settledFromMs, idleFromMs };
});

/**
 * What lapsed comes from outside too, and the group learns of it by its next listing, within a minute: the shards that
 * are gone leave the map then, each once, and the generation after it stands on that map. One that leaves a map again
 * came back by the group's own doing.
 */
function lastLeaveMs(evidence: Evidence): number {
  const lapsed = new Set<string>();
  const maps = new Map(mapsOf(evidence).map((write) => [write.order, write]));
  const standing = new Map<string, readonly MapShard[]>();
  const left = new Set<string>();
  let lastMs = 0;
  for (const event of evidence.events) {
    if (event.kind === 'lapsed') lapsed.add(event.stream);
    const write = maps.get(event.order);
    if (write === undefined) continue;
    const { atMs, epoch, map } = write;
    const kept = new Set(map.shards.map(({ shardId }) => shardId));
    for (const { shardId, ended } of standing.get(map.stream) ?? []) {
      const name = `${map.stream}/${shardId}@${epoch}`;
      if (!ended || kept.has(shardId) || left.has(name)) continue;
      left.add(name);
      if (lapsed.has(map.stream)) lastMs = Math.max(lastMs, atMs);
    }
    standing.set(map.stream, map.shards);
  }
  return lastMs;
}

/**
 * A map that an operator removed is missed by nobody while its plan stands: it begins anew with the next listing, within
 * a minute of the removal or of the time when nothing disturbs listings any more.
 */
function lastMapMs(evidence: Evidence, calmFromMs: number): number {
  const { listingMs } = boundsOf(evidence.pace);
  const removedAtMs = new Map<string, number>();
  let lastMs = 0;
  for (const event of writesOf(evidence)) {
    const { pk, sk } = event.after ?? event.before ?? { pk: '', sk: '' };
    if (pk !== mapsPk(evidence.app)) continue;
    if (event.process === null) removedAtMs.set(sk, event.atMs);
    else if (event.before === null && removedAtMs.has(sk)) {
      const sinceMs = Math.max(removedAtMs.get(sk) ?? 0, calmFromMs);
      const withinMs = LISTING_MS / (1 - evidence.pace.clockError) + listingMs;
      if (event.atMs <= sinceMs + withinMs) lastMs = Math.max(lastMs, event.atMs);
      removedAtMs.delete(sk);
    }
  }
  return lastMs;
}

/** Children of an ended shard come into the plan, and others move. */
const lastEndMs = (evidence: Evidence): number =>
  shardWritesOf(evidence).findLast((write) => write.after.position === SHARD_END)?.atMs ?? 0;
