import { performance } from 'node:perf_hooks';
import type { Clock } from '../../machines/ports.ts';

/**
 * The time of this machine. Timers keep the process alive; whoever sets one clears it.
 *
 * `monotonicMs` stands still while the machine is suspended: compare with `wallMs` where that matters.
 */
export function systemClock(): Clock {
  return {
    monotonicMs: () => performance.now(),
    wallMs: () => Date.now(),
    setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
    clearTimeout: (timer) => {
      if (isTimer(timer)) clearTimeout(timer);
    },
  };
}

const isTimer = (timer: unknown): timer is NodeJS.Timeout =>
  typeof timer === 'object' && timer !== null && Symbol.toPrimitive in timer;
