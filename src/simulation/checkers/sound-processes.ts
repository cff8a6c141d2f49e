import { Sessions, type Checker, type Violation } from './evidence.ts';

/** No client fails but one whose static id was taken over, and none finds one of its own invariants broken. */
export const soundProcesses: Checker = (evidence) => {
  const sessions = new Sessions(evidence.app);
  const owners = new Map<string, string | null>();
  const replaced = new Set<string | null>();
  const violations: Violation[] = [];
  for (const event of evidence.events) {
    if (event.kind === 'write') {
      const change = sessions.apply(event);
      if (change === null || change.after === change.before) continue;
      if (change.after !== null) owners.set(change.after, event.process);
      if (change.after !== null && change.before !== null) {
        replaced.add(owners.get(change.before) ?? null);
      }
    }
    const fault =
      event.kind === 'process' && event.what === 'failed'
        ? event.code === 'SessionReplaced' && replaced.has(event.process)
          ? null
          : `${event.process} failed: ${event.code}`
        : event.kind === 'notice' && event.detail?.startsWith('InvariantBroken') === true
          ? `${event.process}: ${event.detail}`
          : null;
    if (fault !== null) violations.push({ invariant: 'sound', order: event.order, message: fault });
  }
  return violations;
};
