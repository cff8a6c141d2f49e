import { boundsOf, calmOf, overdue, Spells } from './calm.ts';
import { secondTtlMs } from './deaths.ts';
import type { Checker, Violation } from './evidence.ts';
import { clientIdOf, Group } from './group.ts';
import { generationsOf } from './plans.ts';
import { isNewestLife } from './records.ts';

const NO_TARGETS: ReadonlyMap<string, string> = new Map();

/**
 * L3: in the quiet phase, each client owns what the plan gives it within the time of L2 and a drain. What a later plan
 * moves has the time of one move: 3 · poll and their spread, 1 s, a drain and 20 round trips (`calm.ts`).
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
  const targetsAt = new Map(generationsOf(evidence).map((g) => [g.head.event.order, g.targets]));
  const group = new Group(evidence);
  const running = new Map<string, string | null>();
  const judged = new Map<string, string>();
  let targets = NO_TARGETS;
  for (const event of evidence.events) {
    const change = group.apply(event);
    if (change === null) continue;
    if (change === 'head') targets = targetsAt.get(event.order) ?? NO_TARGETS;
    if (change === 'members') {
      running.clear();
      for (const { clientId, session } of group.running()) running.set(clientId, session);
    }
    const touched =
      typeof change === 'string' ? new Set([...targets.keys(), ...judged.keys()]) : [change.shard];
    for (const shard of touched) {
      const clientId = targets.get(shard);
      const wanted =
        clientId !== undefined &&
        (running.get(clientId) ?? null) !== null &&
        !group.hasEnded(shard) &&
        isNewestLife(evidence, shard.slice(0, shard.lastIndexOf('/')));
      const owner = group.ownerOf(shard);
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
