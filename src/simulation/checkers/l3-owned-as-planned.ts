import { Bars } from './barred.ts';
import { boundsOf, calmOf, overdue, Spells } from './calm.ts';
import { secondTtlMs } from './deaths.ts';
import type { Checker, Violation } from './evidence.ts';
import { clientIdOf, Group } from './group.ts';
import { isNewestLife } from './records.ts';

/**
 * L3: in the quiet phase, each client owns what the plan gives it within the time of L2 and a drain. What a later plan
 * moves has the time of one move: 3 · poll and their spread, 1 s, a drain and 20 round trips (`calm.ts`). The owner is
 * that of L2; one that is barred from a stream (`barred.ts`) owns none of it.
 */
export const ownedAsPlanned: Checker = (evidence) => {
  const calm = calmOf(evidence);
  if (calm === null) return [];
  const { targetMs, moveMs } = boundsOf(evidence.pace);
  const violations: Violation[] = [];
  const spells = new Spells((name, sinceMs, untilMs) => {
    const deadlineMs = Math.max(
      calm.togetherFromMs + targetMs + secondTtlMs(evidence),
      sinceMs + moveMs,
    );
    if (untilMs <= deadlineMs) return;
    violations.push(overdue('L3', name, [sinceMs, deadlineMs, untilMs]));
  });
  const group = new Group(evidence);
  const bars = new Bars(evidence);
  const judged = new Map<string, string>();
  for (const event of evidence.events) {
    const change = group.apply(event);
    bars.apply(event, group, change);
    if (change === null) continue;
    const { targets } = bars;
    const touched =
      typeof change === 'string' ? new Set([...targets.keys(), ...judged.keys()]) : [change.shard];
    for (const shard of touched) {
      const clientId = targets.get(shard);
      const wanted =
        clientId !== undefined &&
        bars.sessionOf(clientId) !== null &&
        !bars.holds(shard) &&
        !group.hasEnded(shard) &&
        isNewestLife(evidence, shard.slice(0, shard.lastIndexOf('/')));
      const owner = group.readerOf(shard);
      const wrong = wanted && !(clientIdOf(owner) === clientId && group.isLive(owner));
      const name = `${shard} is not owned by ${clientId}, as the plan says`;
      const before = judged.get(shard);
      if (before !== undefined && (before !== name || !wrong)) {
        spells.set(before, 'right', event.atMs);
        judged.delete(shard);
      }
      if (wrong) {
        spells.set(name, 'wrong', event.atMs);
        judged.set(shard, name);
      }
    }
  }
  spells.end(evidence.endMs);
  return violations;
};
