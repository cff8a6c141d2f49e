/** What the chaos does and when: all of it follows from the seed. */
import { pick, seededRandom, shuffled } from './seeded-random.ts';

/** `killLeader`: kill -9 of whichever leads then. `freeze`: SIGSTOP for longer than a session lives without a heartbeat. */
export const CHAOS_ACTIONS = [
  'add',
  'stop',
  'kill',
  'killLeader',
  'freeze',
  'split',
  'merge',
] as const;

export type ChaosAction = (typeof CHAOS_ACTIONS)[number];

export interface ChaosEvent {
  /** From the beginning of the chaos. */
  readonly atMs: number;
  readonly action: ChaosAction;
}

/** One action in this time, on average, where there is time for each action to come once. */
const MEAN_REST_MS = 2_500;

/** Each action at least once, the first time in random order; ascending, all within the duration. */
export function chaosSchedule(seed: number, durationMs: number): readonly ChaosEvent[] {
  const random = seededRandom(seed);
  const count = Math.max(CHAOS_ACTIONS.length, Math.floor(durationMs / MEAN_REST_MS));
  const actions = shuffled(CHAOS_ACTIONS, random);
  while (actions.length < count) actions.push(pick(CHAOS_ACTIONS, random) ?? 'add');
  const slotMs = durationMs / count;
  return actions.map((action, index) => ({
    atMs: Math.floor(slotMs * (index + random())),
    action,
  }));
}
