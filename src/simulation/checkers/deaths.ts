/** Who died together before the group was left in peace. */
import { boundsOf, calmOf } from './calm.ts';
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
