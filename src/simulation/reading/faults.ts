/** What of a scenario says how the ways to the services are. */
import { refuse } from '../../options/fields.ts';
import type { StoreFaults } from '../../services/memory/state-store.ts';
import type { StreamFaults } from '../../services/memory/stream.ts';
import { WEATHER_NAMES, type Climate, type Weather } from '../weather.ts';
import { among, maybe, number, object, type Fields, type Reader } from './shapes.ts';

const LONGEST_MS = 100 * 24 * 3_600_000;
/** A while of virtual time. */
export const span = number(0, LONGEST_MS);
const share = number(0, 1);
/** A clock whose rate is off by more would not go on. */
const MAX_CLOCK_ERROR = 0.5;

type Delay = NonNullable<StoreFaults['lateByMs']>;
type Stale = NonNullable<StoreFaults['stale']>;

const delay: Reader<Delay> = (path, value) => {
  const read = object<Delay>({ minMs: span, maxMs: span })(path, value);
  return read.minMs <= read.maxMs
    ? read
    : refuse(`${path}.minMs`, `must be at most maxMs (${read.maxMs})`, read.minMs);
};
const stale = object<Stale>({ probability: share, maxMs: span });

const WIRE = {
  throttle: maybe(share),
  requestMs: maybe(delay),
  answerMs: maybe(delay),
  lostAnswer: maybe(share),
  lostRequest: maybe(share),
  lateApply: maybe(share),
  duplicate: maybe(share),
  lateByMs: maybe(delay),
} satisfies Partial<Fields<StoreFaults & StreamFaults>>;

export const storeFaults = object<StoreFaults>({ ...WIRE, stale: maybe(stale) });
export const streamFaults = object<StreamFaults>({
  ...WIRE,
  emptyFetch: maybe(share),
  partialListing: maybe(share),
  closedLeftOut: maybe(share),
  staleListing: maybe(stale),
});

const climate = object<Climate>({
  store: storeFaults,
  stream: streamFaults,
  clockError: number(0, MAX_CLOCK_ERROR),
});

export const weather: Reader<Weather> = (path, value) =>
  typeof value === 'string' ? among(WEATHER_NAMES)(path, value) : climate(path, value);
