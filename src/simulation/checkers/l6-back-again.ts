import type { Evidence } from '../history.ts';
import { boundsOf, calmOf, overdue, Spells } from './calm.ts';
import { processesOfSessions, Sessions, type Checker, type Violation } from './evidence.ts';
import { Group } from './group.ts';
import { generationsOf } from './plans.ts';

const NOBODY: ReadonlySet<string> = new Set();

/**
 * L6: in the quiet phase, a process whose session is gone has a new one within a heartbeat, a poll and the longest
 * backoff of a registration (5 s); it has a place in the plan within the time of L1, three polls and the second in
 * which joins are gathered; and nobody who heartbeats is expelled any more (`calm.ts`). What it reads then is L3's. One
 * under whose id a client of the Go library stands waits for that.
 */
export const backAgain: Checker = (evidence) => {
  const calm = calmOf(evidence);
  if (calm === null) return [];
  const bounds = boundsOf(evidence.pace);
  const violations: Violation[] = [];
  const spells = new Spells((name, sinceMs, untilMs) => {
    const allowedMs = name.endsWith('session') ? bounds.returnMs : bounds.plannedMs;
    const deadlineMs = Math.max(sinceMs, calm.fromMs) + allowedMs;
    if (untilMs <= deadlineMs) return;
    violations.push(overdue('L6', name, [sinceMs, deadlineMs, untilMs]));
  });
  const members = new Map(
    generationsOf(evidence).map(({ head, plan }) => [
      head.event.order,
      new Set(plan?.members.map(({ clientId }) => clientId)),
    ]),
  );
  const group = new Group(evidence);
  let planned: ReadonlySet<string> = NOBODY;
  for (const event of evidence.events) {
    const change = group.apply(event);
    if (change !== 'members' && change !== 'head') continue;
    if (change === 'head') planned = members.get(event.order) ?? NOBODY;
    const wrong = new Set<string>();
    for (const { process, clientId, session } of group.running()) {
      if (group.isTaken(clientId)) continue;
      if (session === null) wrong.add(`${process} runs and has no session`);
      else if (!planned.has(clientId)) wrong.add(`${process} is in no plan`);
    }
    for (const name of spells.names()) {
      if (!wrong.has(name)) spells.set(name, 'right', event.atMs);
    }
    for (const name of wrong) spells.set(name, 'wrong', event.atMs);
  }
  spells.end(evidence.endMs);
  return [...violations, ...wrongExpulsions(evidence, calm.fromMs + bounds.forgivenMs)];
};

function wrongExpulsions(evidence: Evidence, fromMs: number): readonly Violation[] {
  const processes = processesOfSessions(evidence);
  const sessions = new Sessions(evidence.app);
  const running = new Set<string>();
  const violations: Violation[] = [];
  for (const event of evidence.events) {
    if (event.kind === 'process' && event.what !== 'cut') {
      if (event.what === 'started' || event.what === 'resumed') running.add(event.process);
      else running.delete(event.process);
    }
    if (event.kind !== 'write') continue;
    const change = sessions.apply(event);
    const process = processes.get(change?.before ?? '');
    if (process === undefined || change === null || change.before === change.after) continue;
    if (event.atMs <= fromMs || !running.has(process) || event.process === process) continue;
    violations.push({
      invariant: 'L6',
      order: event.order,
      message: `${change.before} of ${process} was expelled by ${event.process}, though nothing was wrong`,
    });
  }
  return violations;
}
