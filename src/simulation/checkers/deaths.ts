/** Who died together before the group was left in peace. */
import { Bars } from './barred.ts';
import { boundsOf, calmOf, Spells } from './calm.ts';
import { Group, lineageOf } from './group.ts';
import { once } from './once.ts';

/**
 * How much more time the group has where the leader died with owners of shards: the next leader has to see those
 * silent for their TTL itself. 0 where it did not.
 */
export const secondTtlMs = once((evidence): number => {
  const calm = calmOf(evidence);
  if (calm === null) return 0;
  const bounds = boundsOf(evidence.pace);
  const { parents } = lineageOf(evidence);
  const group = new Group(evidence);
  for (const event of evidence.events) {
    const change = group.apply(event);
    if (event.atMs < calm.fromMs - bounds.ownedMs) continue;
    if (change !== 'members' && change !== 'head') continue;
    const leader = group.head()?.leader ?? null;
    if (group.isLive(leader)) continue;
    for (const shard of parents.keys()) {
      const owner = group.ownerOf(shard);
      if (owner === null || owner === leader || group.isLive(owner)) continue;
      return bounds.secondTtlMs;
    }
  }
  return 0;
});

/**
 * Until when each shard was planned for a client that did not live, by `stream/shardId`: nobody takes it before a leader
 * saw that one silent, expelled it and published again, which is L2's to judge.
 */
export const deadTargetsOf = once((evidence): ReadonlyMap<string, number> => {
  const untilMs = new Map<string, number>();
  const group = new Group(evidence);
  const bars = new Bars(evidence);
  const spells = new Spells((shard, _sinceMs, atMs) => void untilMs.set(shard, atMs));
  for (const event of evidence.events) {
    const change = group.apply(event);
    bars.apply(event, group, change);
    if (change !== 'members' && change !== 'head') continue;
    for (const [shard, clientId] of bars.targets) {
      const lives = group.isLive(bars.sessionOf(clientId));
      spells.set(shard, lives ? 'right' : 'wrong', event.atMs);
    }
  }
  spells.end(evidence.endMs);
  return untilMs;
});
