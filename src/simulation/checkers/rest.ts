/** The time in which a group that was left in peace has nothing to do but to live on. */
import type { MapShard } from '../../machines/rules/lineage.ts';
import { SHARD_END } from '../../machines/rules/positions.ts';
import type { Evidence } from '../history.ts';
import { boundsOf, calmOf } from './calm.ts';
import { secondTtlMs } from './deaths.ts';
import { mapsOf, shardWritesOf } from './evidence.ts';
import { anewUntilMs, missingMapsOf } from './missing-maps.ts';
import { once } from './once.ts';
import { generationsOf } from './plans.ts';

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
    ({ kind }) =>
      kind === 'delivered' || kind === 'completed' || kind === 'marked' || kind === 'put',
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
 * A map that an operator removed began anew, and so does the plan. Whoever made it may have died of it: the next
 * listing finds that the plan stands on another one.
 */
const lastMapMs = (evidence: Evidence, calmFromMs: number): number =>
  missingMapsOf(evidence).reduce((lastMs, map) => {
    const { stream, anewAtMs } = map;
    if (anewAtMs > anewUntilMs(evidence, map, calmFromMs)) return lastMs;
    const foundByMs = anewUntilMs(evidence, { ...map, removedAtMs: anewAtMs }, calmFromMs);
    const generations = generationsOf(evidence);
    const next = generations.findIndex(({ head }) => head.event.atMs > anewAtMs);
    const [before, after] = [generations[next - 1]?.plan, generations[next]];
    const plannedAtMs = after?.head.event.atMs ?? Infinity;
    const moved = before?.streams[stream]?.mapVersion !== after?.plan?.streams[stream]?.mapVersion;
    return Math.max(lastMs, anewAtMs, moved && plannedAtMs <= foundByMs ? plannedAtMs : 0);
  }, 0);

/** Children of an ended shard come into the plan, and others move. */
const lastEndMs = (evidence: Evidence): number =>
  shardWritesOf(evidence).findLast((write) => write.after.position === SHARD_END)?.atMs ?? 0;
