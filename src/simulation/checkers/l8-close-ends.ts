import { boundsOf, overdue } from './calm.ts';
import type { Checker, Violation } from './evidence.ts';

interface Closing {
  readonly sinceMs: number;
  readonly deadlineMs: number;
}

/** How a process was stopped, and since when. */
interface Stop {
  readonly how: 'pause' | 'suspend';
  readonly sinceMs: number;
}

/**
 * L8: `close()` ends by its deadline (the drain and 5 s), by the slowest clock, over the whole run: also while the
 * table does not answer. A process that is stopped meanwhile and whose clock goes on ends when it goes on, within another
 * second. The clock of one that sleeps with its machine stands still: it has what was left of its deadline.
 */
export const closeEnds: Checker = (evidence) => {
  const { closeMs } = boundsOf(evidence.pace);
  const closing = new Map<string, Closing>();
  const stops = new Map<string, Stop>();
  const violations: Violation[] = [];
  let how: Stop['how'] = 'pause';
  const judge = (process: string, untilMs: number): void => {
    const known = closing.get(process);
    closing.delete(process);
    if (known === undefined || stops.has(process) || untilMs <= known.deadlineMs) return;
    const message = `${process} closes and does not end`;
    violations.push(overdue('L8', message, [known.sinceMs, known.deadlineMs, untilMs]));
  };
  for (const event of evidence.events) {
    // a stop follows the step of the script that tells what it is
    if (event.kind === 'action') how = event.action.kind === 'suspend' ? 'suspend' : 'pause';
    if (event.kind !== 'process') continue;
    const { process, what, atMs } = event;
    const known = closing.get(process);
    switch (what) {
      case 'paused':
        if (!stops.has(process)) stops.set(process, { how, sinceMs: atMs });
        break;
      case 'resumed': {
        const stop = stops.get(process);
        stops.delete(process);
        if (known === undefined || stop === undefined) break;
        const sleptMs = atMs - Math.max(stop.sinceMs, known.sinceMs);
        const deadlineMs =
          stop.how === 'suspend'
            ? known.deadlineMs + sleptMs
            : Math.max(known.deadlineMs, atMs + AFTER_STOP_MS);
        closing.set(process, { ...known, deadlineMs });
        break;
      }
      case 'leaving':
        closing.set(process, { sinceMs: atMs, deadlineMs: atMs + closeMs });
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
