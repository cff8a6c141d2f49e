/**
 * Swarms: each seed draws a few of the faults, with intensities of its own. All faults at once hide each other: where
 * everything is cut off, nothing else can go wrong.
 */
import type { ProfileName } from '../options.ts';
import { SeededRandom } from '../services/memory/seeded-random.ts';
import type { StoreFaults } from '../services/memory/state-store.ts';
import type { Member, Step } from './action.ts';
import { Dice } from './dice.ts';
import type { Scenario } from './scenario.ts';
import {
  beginsAlone,
  longRunOf,
  plannersOf,
  withLongSpans,
  withOneSidedSpells,
  withTimelyRecreations,
} from './second-draws.ts';
import { FAULTS, type FaultName, type Share } from './swarm-faults.ts';

export type { FaultName } from './swarm-faults.ts';

const SECOND = 1_000;
/** Share of the faults that one seed draws. */
const FAULT_SHARE = 0.25;
/** When members that join one after the other have formed a group. */
const FORMED_MS = 5 * SECOND;
/** After the last fault: twice the time to live, the drain, and room for the checkers' rest. */
const SETTLE_MS = 35 * SECOND;
/** The same for the slower rhythms. */
const SLOW_SETTLE_MS = 75 * SECOND;
/** Until a map that an operator removed is missed by the next listing, at the latest. */
const LISTING_MS = 66 * SECOND;
const STREAM_NAMES = ['orders', 'payments', 'returns', 'visits'] as const;

/** Every fault that there is: swarms draw from all of them by default. */
export const SWARM_FAULTS = Object.keys(FAULTS) as readonly FaultName[];

/** What a user fixes; all else is drawn. */
export interface SwarmOptions {
  /** Faults to draw from. @default {@link SWARM_FAULTS} */
  readonly faults?: readonly FaultName[];
  /** Whether a seed draws a few of them, or has them all. @default 'some' */
  readonly draw?: 'some' | 'all';
  /** Members that the group begins with. @default 2 … 5 */
  readonly clients?: number;
  /** Shards that each stream begins with. @default 1 … 6 */
  readonly shards?: number;
  /** How many streams there are. @default 1, more for the faults of streams */
  readonly streams?: number;
  /** Rhythm of the members that no fault gives another. @default 'fast' */
  readonly profile?: ProfileName;
  /** Length of the fault phase. @default 40 … 80 s, 200 … 400 s with long spans */
  readonly faultMs?: number;
  /**
   * With `long` ones most of what lasts (pauses, outages, cuts, stuck handlers) lasts for 80 to 120 s, each run has some
   * of it, and some have ten minutes of rest at the end. @default 'short'
   */
  readonly spans?: 'short' | 'long';
}

/** The scenario of a seed: the same for the same seed and options. */
export function swarm(seed: number, options: SwarmOptions = {}): Scenario {
  const random = new SeededRandom(seed);
  const dice = new Dice(random);
  const { profile = 'fast' } = options;
  const some = options.clients === undefined ? dice.whole(2, 5, 'clients') : 0;
  const clients = options.clients ?? (beginsAlone(seed) ? 1 : some);
  const shards = options.shards ?? dice.whole(1, 6, 'shards');
  const long = options.spans === 'long' ? longRunOf(seed) : null;
  const faultMs = options.faultMs ?? long?.faultMs ?? dice.whole(40, 80, 'fault phase') * SECOND;
  const start = dice.one(['TRIM_HORIZON', 'LATEST'] as const, 'start');
  const candidates = options.faults ?? SWARM_FAULTS;
  const isGiven = options.draw === 'all' || candidates.length === 0;
  const few = isGiven ? candidates : dice.some(candidates, FAULT_SHARE, 'faults');
  const lasting = (long?.faults ?? []).filter((fault) => candidates.includes(fault));
  const faults = [...new Set([...few, ...lasting])];
  const drawn = dice.whole(2, STREAM_NAMES.length, 'streams');
  const streams = namesOf(options.streams ?? (faults.includes('streams') ? drawn : 1));

  const slots = Array.from({ length: clients }, (_, slot) => slot);
  const quietAtMs = FORMED_MS + faultMs;
  const ground = { slots, streams, fromMs: FORMED_MS, toMs: quietAtMs };
  const shares = faults.map((fault): Share => FAULTS[fault](dice, ground));
  const joins = slots.map((slot): Step => ({ atMs: slot * 700, action: { kind: 'join', slot } }));
  const bursts = dice
    .instants(dice.whole(2, 6, 'bursts'), 0, quietAtMs, 'burst')
    .map((atMs): Step => ({
      atMs,
      action: { kind: 'put', records: dice.whole(5, 120, 'records') },
    }));
  const drawnSteps = [...joins, ...bursts, ...shares.flatMap((share) => share.steps ?? [])];
  const lastingSteps = long === null ? drawnSteps : withLongSpans(seed, drawnSteps, ground);
  const covered = withoutForgottenStreams(withoutBlindSleep(lastingSteps));
  const store: StoreFaults = Object.assign({}, ...shares.map((share) => share.store));
  const spelled = withOneSidedSpells(seed, covered, ground);
  const steps = withTimelyRecreations(seed, spelled, ground, store.stale?.maxMs ?? 0);
  const planners = options.faults === undefined ? plannersOf(seed, steps, ground) : [];
  const settleMs = profile === 'fast' ? SETTLE_MS : SLOW_SETTLE_MS;
  const listingMs = covered.some((step) => erasedMapOf(step) !== null) ? LISTING_MS : 0;

  return {
    seed,
    streams,
    shards,
    start,
    weather: {
      store,
      stream: Object.assign({}, ...shares.map((share) => share.stream)),
      clockError: 0,
    },
    kinesis: Object.assign({}, ...shares.map((share) => share.kinesis)),
    members: membersOf([...shares, { members: planners }], profile, steps),
    script: steps.toSorted((a, b) => a.atMs - b.atMs),
    quietAtMs,
    quietMs:
      settleMs +
      listingMs +
      Math.max(0, ...shares.map((share) => share.settleMs ?? 0)) +
      (long?.restMs ?? 0),
  };
}

/**
 * Leaves the wall clocks of machines that sleep alone: one that is set back over a sleep shows on neither of its clocks,
 * which SPEC.md does not cover.
 */
function withoutBlindSleep(steps: readonly Step[]): readonly Step[] {
  const sleepers = new Set(
    steps.flatMap(({ action }) => (action.kind === 'suspend' ? [action.slot] : [])),
  );
  return steps.filter(({ action }) => action.kind !== 'jumpWall' || !sleepers.has(action.slot));
}

/** The stream whose map an operator removes; null: the step is another one. */
const erasedMapOf = ({ action }: Step): string | null =>
  action.kind === 'erase' && action.what.item === 'map' ? action.what.stream : null;

/**
 * Leaves the maps of streams alone that are made anew, but for a reset: without its map a group that runs cannot know
 * that it was, which SPEC.md does not cover.
 */
function withoutForgottenStreams(steps: readonly Step[]): readonly Step[] {
  const remade = new Set(
    steps.flatMap(({ action }) => (action.kind === 'recreateStream' ? [action.stream] : [])),
  );
  return steps.filter((step) => !remade.has(erasedMapOf(step) ?? ''));
}

function namesOf(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => STREAM_NAMES[index] ?? `stream-${index}`);
}

/** What the faults say of each slot, in one. */
function membersOf(
  shares: readonly Share[],
  profile: ProfileName,
  steps: readonly Step[],
): readonly Member[] {
  const members = new Map<number, Member>();
  const add = (member: Member): void =>
    void members.set(member.slot, { ...members.get(member.slot), ...member });
  if (profile !== 'fast') {
    for (const { action } of steps) if ('slot' in action) add({ slot: action.slot ?? 0, profile });
  }
  for (const share of shares) for (const member of share.members ?? []) add(member);
  return [...members.values()];
}
