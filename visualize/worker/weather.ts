import type { Climate } from '../../src/simulation/index.ts';

/** @param level how bad the ways to the services are: 0 fine … 1 rough */
export function weatherOf(level: number): Climate {
  const slowMs = { minMs: 1, maxMs: 10 + Math.round(140 * level) };
  const delays = { requestMs: slowMs, answerMs: slowMs };
  return {
    store: {
      ...delays,
      throttle: 0.08 * level,
      lostAnswer: 0.04 * level,
      lateApply: 0.02 * level,
      stale: { probability: 0.3 * level, maxMs: 1_000 },
    },
    stream: {
      ...delays,
      throttle: 0.1 * level,
      lostAnswer: 0.04 * level,
      emptyFetch: 0.1 * level,
      partialListing: 0.1 * level,
    },
    clockError: 0.02 * level,
  };
}
