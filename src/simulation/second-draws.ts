/**
 * What of a swarm is drawn after all else, each by a generator of its own: so it changes the seeds in which it comes, and
 * no others.
 */
import { SeededRandom } from '../services/memory/seeded-random.ts';
import type { Step } from './action.ts';
import { Dice } from './dice.ts';
import type { Ground } from './swarm-faults.ts';

const SECOND = 1_000;

/** Any numbers, another one for each question. */
const GENERATORS = {
  recreations: 0x3c6ef372,
} as const;

const diceFor = (seed: number, question: keyof typeof GENERATORS): Dice =>
  new Dice(new SeededRandom(seed ^ GENERATORS[question]));

/** Share of the fault phase, its last, in which a stream is made anew that nobody resets. */
const LATE_SHARE = 0.15;
/** Until the operator of a reset sees it, at the latest. */
const SEEN_MS = 8 * SECOND;
/** Between his order to stop and the end of whoever did not: any close is through by then. */
const STOP_MS = 12 * SECOND;
/** Within which the clients start again. */
const START_MS = 5 * SECOND;
/** All of a reset, and a while of faults after it. */
const RESET_MS = SEEN_MS + STOP_MS + START_MS + 10 * SECOND;

/**
 * A group that reads one stream is over once that is made anew: no client reads the new one, and each that comes ends at
 * once. So it happens near the end of the faults, or in half of the seeds earlier, and an operator does what the README
 * tells him: he stops all clients, removes all items of the stream, and starts those of the beginning again.
 */
export function withTimelyRecreations(
  seed: number,
  steps: readonly Step[],
  { slots, fromMs, toMs }: Ground,
): readonly Step[] {
  const made = steps.find(({ action }) => action.kind === 'recreateStream');
  if (made?.action.kind !== 'recreateStream') return steps;
  const { stream } = made.action;
  const others = steps.filter((step) => step !== made);
  const dice = diceFor(seed, 'recreations');
  const share = (made.atMs - fromMs) / (toMs - fromMs);
  const lastMs = toMs - RESET_MS;
  if (lastMs <= fromMs || !dice.chance(0.5, 'is reset')) {
    const atMs = Math.floor(toMs - (1 - share) * LATE_SHARE * (toMs - fromMs));
    return [...others, { ...made, atMs }];
  }
  const atMs = Math.floor(fromMs + share * (lastMs - fromMs));
  const stopAtMs = atMs + dice.whole(SECOND, SEEN_MS, 'is seen');
  const resetAtMs = stopAtMs + STOP_MS;
  const taken = slotsOf(steps);
  const isStopped = ({ atMs: startMs, action: { kind } }: Step): boolean =>
    startMs >= stopAtMs &&
    startMs <= resetAtMs &&
    (kind === 'join' || kind === 'restart' || kind === 'replace');
  return [
    ...others.filter((step) => !isStopped(step)),
    { ...made, atMs },
    ...taken.map((slot): Step => ({ atMs: stopAtMs, action: { kind: 'leave', slot } })),
    ...taken.map((slot): Step => ({ atMs: resetAtMs, action: { kind: 'crash', slot } })),
    { atMs: resetAtMs, action: { kind: 'erase', what: { item: 'map', stream } } },
    ...slots.map((slot): Step => ({
      atMs: resetAtMs + dice.whole(1, START_MS, 'starts again'),
      action: { kind: 'join', slot },
    })),
  ];
}

/** Every slot that a script names. */
const slotsOf = (steps: readonly Step[]): readonly number[] => [
  ...new Set(steps.flatMap(({ action }) => ('slot' in action ? (action.slot ?? []) : []))),
];
