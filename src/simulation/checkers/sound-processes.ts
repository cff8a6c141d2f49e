import type { ProcessEvent } from '../history.ts';
import type { Checker, Violation } from './evidence.ts';

/**
 * No client finds one of its own invariants broken, and none fails but for a good reason: its static id was taken by
 * another process, it was stopped or cut off while it had to leave, a handler was not through within the drain timeout
 * while it left, its handler threw, or a stream was deleted.
 */
export const soundProcesses: Checker = (evidence) => {
  const lives: ProcessEvent[] = [];
  const threw = new Set<string>();
  const cutOff = new Set<string>();
  let streams: 'as they were' | 'remade' = 'as they were';
  const violations: Violation[] = [];
  for (const event of evidence.events) {
    const { order } = event;
    if (event.kind === 'notice' && event.detail?.startsWith('InvariantBroken') === true) {
      const message = `${event.process}: ${event.detail}`;
      violations.push({ invariant: 'sound', order, message });
    }
    if (event.kind === 'notice' && event.detail?.startsWith('DrainTimeout') === true) {
      cutOff.add(event.process);
    }
    if (event.kind === 'threw') threw.add(event.process);
    if (event.kind === 'stream' && event.what === 'deleted') streams = 'remade';
    if (event.kind !== 'process') continue;
    lives.push(event);
    // what was cut off before is no reason why the leaving takes too long
    if (event.what === 'leaving') cutOff.delete(event.process);
    if (event.what !== 'failed') continue;
    if (event.code === 'HandlerFailed' && threw.has(event.process)) continue;
    if (event.code === 'CloseTimeout' && cutOff.has(event.process)) continue;
    if (event.code === 'StreamRecreated' && streams === 'remade') continue;
    if (isExcused(event, lives)) continue;
    violations.push({
      invariant: 'sound',
      order,
      message: `${event.process} failed: ${event.code}`,
    });
  }
  return violations;
};

function isExcused({ process, clientId, code }: ProcessEvent, lives: readonly ProcessEvent[]) {
  const own = lives.filter((life) => life.process === process);
  switch (code) {
    case 'SessionReplaced':
      // two that start together may take the id in either order
      return lives.some((life) => life.clientId === clientId && life.process !== process);
    case 'CloseTimeout':
      return own.some((life) => life.what === 'paused' || life.what === 'cut');
    default:
      return false;
  }
}
