import { Sessions, writesOf, type Checker, type Violation } from './evidence.ts';

/**
 * S5: a session whose item went never stands again: no heartbeat brings it back. A late create of a try to register
 * that nobody answered is no session: its item never had a heartbeat.
 */
export const deathStable: Checker = (evidence) => {
  const sessions = new Sessions(evidence.app);
  const gone = new Set<string>();
  const violations: Violation[] = [];
  for (const event of writesOf(evidence)) {
    const change = sessions.apply(event);
    if (change === null) continue;
    const hasBeat = Number(event.after?.['rv'] ?? 0) > 0;
    if (change.after !== null && hasBeat && gone.has(change.after)) {
      violations.push({
        invariant: 'S5',
        order: event.order,
        message: `${change.after} came back by ${event.process}`,
      });
    }
    if (change.before !== null && change.before !== change.after) gone.add(change.before);
  }
  return violations;
};
