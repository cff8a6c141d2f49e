/**
 * What of a swarm is drawn after all else, each by a generator of its own: so it changes the seeds in which it comes, and
 * no others.
 */
import { SeededRandom } from '../services/memory/seeded-random.ts';
import type { Member, Step } from './action.ts';
import { Dice } from './dice.ts';
import type { FaultName, Ground } from './swarm-faults.ts';

const SECOND = 1_000;

/** Any numbers, another one for each question. */
const GENERATORS = {
  alone: 0x1f83d9ab,
  assignors: 0x5be0cd19,
  phase: 0x2b3e6c1f,
  recreations: 0x3c6ef372,
  spans: 0x7137449b,
  spells: 0x510e527f,
} as const;

const diceFor = (seed: number, question: keyof typeof GENERATORS): Dice =>
  new Dice(new SeededRandom(seed ^ GENERATORS[question]));

/** Share of the seeds whose group begins with one client. */
const ALONE_SHARE = 0.125;
/** Of those whose members plan otherwise than by default, one and all, or each in its own way. */
const ASSIGNORS_SHARE = 0.25;
/** Of the spells that hit one member alone. */
const ONE_SIDED_SHARE = 0.4;
const MAX_TOLERANCE = 3;

/** Whether the group of a seed begins with one client. */
export const beginsAlone = (seed: number): boolean =>
  diceFor(seed, 'alone').chance(ALONE_SHARE, 'alone');

/** How the members of a swarm plan, where it is otherwise than by default. */
export function plannersOf(
  seed: number,
  steps: readonly Step[],
  { slots }: Ground,
): readonly Member[] {
  const dice = diceFor(seed, 'assignors');
  if (!dice.chance(ASSIGNORS_SHARE, 'otherwise')) return [];
  const ways = [
    { assignor: 'range' },
    { assignor: 'sticky-range', assignorTolerance: dice.whole(1, MAX_TOLERANCE, 'tolerance') },
    { assignor: 'sticky-range' },
  ] as const;
  const [range, tolerant] = ways;
  const all = dice.one([range, tolerant, null], 'of all');
  return slotsOf([
    ...slots.map((slot): Step => ({ atMs: 0, action: { kind: 'join', slot } })),
    ...steps,
  ]).map((slot): Member => ({ slot, ...(all ?? dice.one(ways, 'of one')) }));
}

/** A network has its bad hours for all, or for one host. */
export function withOneSidedSpells(
  seed: number,
  steps: readonly Step[],
  { slots }: Ground,
): readonly Step[] {
  const dice = diceFor(seed, 'spells');
  return steps.map((step): Step => {
    const { action } = step;
    if (action.kind !== 'spell' || !dice.chance(ONE_SIDED_SHARE, 'one-sided')) return step;
    return { ...step, action: { ...action, slot: dice.one(slots, 'who') } };
  });
}

/** Of a long run. */
const LONG_PHASE_S = [200, 400] as const;
/** Share of the long runs in which a group that was left in peace stays so for more than ten minutes. */
const LONG_REST_SHARE = 0.2;
const LONG_REST_MS = 660 * SECOND;
/** Of what lasts for a while, so much lasts for as long as it may. */
const LONG_SPAN_SHARE = 0.6;
const LONG_SPAN_MS = [80 * SECOND, 120 * SECOND] as const;
/** The faults that last, and of which a long run has one at least. */
const LASTING = [
  'outages',
  'cuts',
  'pauses',
  'suspensions',
] as const satisfies readonly FaultName[];

/** Of a long run: how long its faults go on, which it has besides what others have, and how long its rest is. */
export function longRunOf(seed: number) {
  const dice = diceFor(seed, 'phase');
  return {
    faultMs: dice.whole(...LONG_PHASE_S, 'fault phase') * SECOND,
    faults: dice.some(LASTING, 0.3, 'faults'),
    restMs: dice.chance(LONG_REST_SHARE, 'rests') ? LONG_REST_MS : 0,
  };
}

/** Lets what lasts for a while last for one to two minutes, all of them before the faults end. */
export function withLongSpans(
  seed: number,
  steps: readonly Step[],
  { fromMs, toMs }: Ground,
): readonly Step[] {
  const dice = diceFor(seed, 'spans');
  return steps.map((step): Step => {
    const { atMs, action } = step;
    const lasts = ['pause', 'suspend', 'cut', 'outage', 'handler'].includes(action.kind);
    if (!lasts || !('forMs' in action) || !dice.chance(LONG_SPAN_SHARE, 'lasts')) return step;
    const forMs = dice.whole(...LONG_SPAN_MS, 'how long');
    return { atMs: Math.max(fromMs, Math.min(atMs, toMs - forMs)), action: { ...action, forMs } };
  });
}

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
 * tells him: he stops all clients, removes all items of the stream, and starts those of the beginning again when no
 * read shows what was removed.
 *
 * @param staleMs how old what reads show may be
 */
export function withTimelyRecreations(
  seed: number,
  steps: readonly Step[],
  { slots, fromMs, toMs }: Ground,
  staleMs: number,
): readonly Step[] {
  const made = steps.find(({ action }) => action.kind === 'recreateStream');
  if (made?.action.kind !== 'recreateStream') return steps;
  const { stream } = made.action;
  const others = steps.filter((step) => step !== made);
  const dice = diceFor(seed, 'recreations');
  const share = (made.atMs - fromMs) / (toMs - fromMs);
  const lastMs = toMs - RESET_MS - staleMs;
  if (lastMs <= fromMs || !dice.chance(0.5, 'is reset')) {
    const atMs = Math.floor(toMs - (1 - share) * LATE_SHARE * (toMs - fromMs));
    return [...others, { ...made, atMs }];
  }
  const atMs = Math.floor(fromMs + share * (lastMs - fromMs));
  const stopAtMs = atMs + dice.whole(SECOND, SEEN_MS, 'is seen');
  const resetAtMs = stopAtMs + STOP_MS;
  const startAtMs = resetAtMs + staleMs;
  const taken = slotsOf(steps);
  const isStopped = ({ atMs: startMs, action: { kind } }: Step): boolean =>
    startMs >= stopAtMs &&
    startMs <= startAtMs &&
    (kind === 'join' || kind === 'restart' || kind === 'replace');
  return [
    ...others.filter((step) => !isStopped(step)),
    { ...made, atMs },
    ...taken.map((slot): Step => ({ atMs: stopAtMs, action: { kind: 'leave', slot } })),
    ...taken.map((slot): Step => ({ atMs: resetAtMs, action: { kind: 'crash', slot } })),
    { atMs: resetAtMs, action: { kind: 'erase', what: { item: 'map', stream } } },
    ...slots.map((slot): Step => ({
      atMs: startAtMs + dice.whole(1, START_MS, 'starts again'),
      action: { kind: 'join', slot },
    })),
  ];
}

/** Every slot that a script names. */
const slotsOf = (steps: readonly Step[]): readonly number[] => [
  ...new Set(steps.flatMap(({ action }) => ('slot' in action ? (action.slot ?? []) : []))),
];
