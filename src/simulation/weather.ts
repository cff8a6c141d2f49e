/** How the ways to the services are. */
import type { StoreFaults } from '../services/memory/state-store.ts';
import type { StreamFaults } from '../services/memory/stream.ts';

/** Faults of the ways to the services, and of clocks. */
export interface Climate {
  readonly store: StoreFaults;
  readonly stream: StreamFaults;
  /** How far the rate of a process's monotonic clock may be from the true one, as a share. */
  readonly clockError: number;
}

/** Delays stay when the faults end: no network answers at once. */
const BRISK = {
  requestMs: { minMs: 1, maxMs: 10 },
  answerMs: { minMs: 1, maxMs: 10 },
} as const;

const SLOW = { requestMs: { minMs: 1, maxMs: 80 }, answerMs: { minMs: 1, maxMs: 80 } } as const;

export const CALM: Climate = { store: BRISK, stream: BRISK, clockError: 0 };

const WEATHERS = {
  calm: CALM,
  /** Answers are lost and reads are stale now and then. */
  lossy: {
    store: { ...SLOW, lostAnswer: 0.02, stale: { probability: 0.2, maxMs: 500 } },
    stream: { ...SLOW, lostAnswer: 0.01, emptyFetch: 0.05 },
    clockError: 0.02,
  },
  /** Requests are refused, and carried out long after the client gave them up. */
  rough: {
    store: {
      ...SLOW,
      throttle: 0.02,
      lostAnswer: 0.02,
      lateApply: 0.02,
      stale: { probability: 0.3, maxMs: 1_000 },
    },
    stream: { ...SLOW, throttle: 0.03, lostAnswer: 0.02, emptyFetch: 0.1, partialListing: 0.1 },
    clockError: 0.05,
  },
} as const satisfies Record<string, Climate>;

export const WEATHER_NAMES = Object.keys(WEATHERS) as readonly (keyof typeof WEATHERS)[];

/** A weather by its name, or one of one's own. */
export type Weather = keyof typeof WEATHERS | Climate;

export function climateOf(weather: Weather): Climate {
  if (typeof weather === 'string') return WEATHERS[weather];
  const { store, stream, clockError } = weather;
  return { store: { ...BRISK, ...store }, stream: { ...BRISK, ...stream }, clockError };
}
