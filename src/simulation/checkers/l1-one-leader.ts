import { boundsOf, calmOf, overdue, Spells } from './calm.ts';
import type { Checker, Violation } from './evidence.ts';
import { Group } from './group.ts';

/**
 * L1: in the quiet phase, a live session leads within TTL + 2 · poll + 2 s, by the slowest clock, and 16 round trips
 * (`calm.ts`): of when the last session was there, or of when the leader before went.
 */
export const oneLeader: Checker = (evidence) => {
  const calm = calmOf(evidence);
  if (calm === null) return [];
  const { leaderMs } = boundsOf(evidence.pace);
  const group = new Group(evidence);
  const violations: Violation[] = [];
  const spells = new Spells((leader, sinceMs, untilMs) => {
    const deadlineMs = Math.max(sinceMs, calm.togetherFromMs) + leaderMs;
    if (untilMs <= deadlineMs) return;
    const message = `the leader ${leader} does not live`;
    violations.push(overdue('L1', message, [sinceMs, deadlineMs, untilMs]));
  });
  for (const event of evidence.events) {
    const change = group.apply(event);
    if (change !== 'head' && change !== 'members') continue;
    const leader = group.head()?.leader ?? null;
    const wrong = !group.isDeserted() && !group.isLive(leader);
    for (const name of spells.names()) {
      if (!wrong || name !== String(leader)) spells.set(name, 'right', event.atMs);
    }
    if (wrong) spells.set(String(leader), 'wrong', event.atMs);
  }
  spells.end(evidence.endMs);
  return violations;
};
