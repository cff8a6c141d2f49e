import { boundsOf, overdue } from './calm.ts';
import type { Checker, Violation } from './evidence.ts';

interface Closing {
  readonly sinceMs: number;
  readonly state: 'going on' | 'stopped';
  readonly deadlineMs: number;
}

/**
 * L8: `close()` ends by its deadline (the drain and 5 s), by the slowest clock, over the whole run: also while the
 * table does not answer. A process that is stopped meanwhile ends when it goes on, within another second.
 */
export const closeEnds: Checker = (evidence) => {
  const { closeMs } = boundsOf(evidence.pace);
  const closing = new Map<string, Closing>();
  const violations: Violation[] = [];
  const judge = (process: string, untilMs: number): void => {
    const known = closing.get(process);
    closing.delete(process);
    if (known === undefined || known.state === 'stopped' || untilMs <= known.deadlineMs) return;
    const message = `${process} closes and does not end`;
    violations.push(overdue('L8', message, [known.sinceMs, known.deadlineMs, untilMs]));
  };
  const stopped = new Set<string>();
  for (const event of evidence.events) {
    if (event.kind !== 'process') continue;
    const { process, what, atMs } = event;
    const known = closing.get(process);
    switch (what) {
      case 'paused':
        stopped.add(process);
        if (known !== undefined) closing.set(process, { ...known, state: 'stopped' });
        break;
      case 'resumed':
        stopped.delete(process);
        if (known !== undefined) {
          const deadlineMs = Math.max(known.deadlineMs, atMs + AFTER_STOP_MS);
          closing.set(process, { ...known, state: 'going on', deadlineMs });
        }
        break;
      case 'leaving':
        closing.set(process, {
          sinceMs: atMs,
          state: stopped.has(process) ? 'stopped' : 'going on',
          deadlineMs: atMs + closeMs,
        });
        break;
      case 'left':
      case 'failed':
        judge(process, atMs);
        break;
      case 'crashed':
        closing.delete(process);
        break;
      default:
    }
  }
  for (const process of closing.keys()) judge(process, evidence.endMs);
  return violations;
};

const AFTER_STOP_MS = 1_000;
