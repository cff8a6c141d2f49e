import { Bars } from './barred.ts';
import { boundsOf, calmOf, overdue, Spells } from './calm.ts';
import { secondTtlMs } from './deaths.ts';
import type { Checker, Violation } from './evidence.ts';
import { Group, lineageOf } from './group.ts';
import { unknownUntilMs } from './missing-maps.ts';

/**
 * L2: in the quiet phase, live sessions own all active shards within TTL + 2 · heartbeat + 3 · poll + drain, one TTL
 * more where the leader died with others, by the slowest clock, and 40 round trips (`calm.ts`). A shard that becomes
 * active after that, or changes hands, has the time of L7. Whose item a foreign write took, and who has had nothing to
 * commit since, reads on and counts as the owner: it can not know. What the plan gives a session that is barred from its
 * stream (`barred.ts`) is read by nobody. A shard that no plan named when an operator removed its map has the time of L7
 * from the next map on, which comes with the next listing (`missing-maps.ts`).
 */
export const allOwned: Checker = (evidence) => {
  const calm = calmOf(evidence);
  if (calm === null) return [];
  const bounds = boundsOf(evidence.pace);
  const { parents, children } = lineageOf(evidence);
  const group = new Group(evidence);
  const bars = new Bars(evidence);
  const found: { readonly shard: string; readonly sinceMs: number; readonly untilMs: number }[] =
    [];
  const spells = new Spells(
    (shard, sinceMs, untilMs) => void found.push({ shard, sinceMs, untilMs }),
  );
  for (const event of evidence.events) {
    const change = group.apply(event);
    bars.apply(event, group, change);
    const touched =
      change === null
        ? []
        : typeof change === 'string'
          ? parents.keys()
          : [change.shard, ...(children.get(change.shard) ?? [])];
    for (const shard of touched) {
      const owner = group.readerOf(shard);
      const wanted = !group.isDeserted() && group.isActive(shard) && !bars.holds(shard);
      const wrong = wanted && !group.isLive(owner);
      spells.set(shard, wrong ? 'wrong' : 'right', event.atMs);
    }
  }
  spells.end(evidence.endMs);

  const allowedMs = bounds.ownedMs + secondTtlMs(evidence);
  return found.flatMap(({ shard, sinceMs, untilMs }): Violation[] => {
    const deadlineMs = Math.max(
      calm.togetherFromMs + allowedMs,
      sinceMs + bounds.childMs + bounds.listingMs,
      unknownUntilMs(evidence, shard, calm.togetherFromMs) + bounds.childMs,
    );
    if (untilMs <= deadlineMs) return [];
    return [overdue('L2', `${shard} has no live owner`, [sinceMs, deadlineMs, untilMs])];
  });
};
