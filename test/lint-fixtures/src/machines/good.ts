// expects: nothing
import { setup } from 'xstate';
import type { Timings } from '../options.ts';
import type { Clock } from './ports.ts';
import { backoff } from './rules/good.ts';

export const machine = (timings: Timings, clock: Clock) => [
  setup,
  timings,
  clock.setTimeout,
  backoff,
];
