/** What happens to a group by itself. Chance comes from outside. */
import type { Action } from '../../src/simulation/index.ts';

/** Something that is to happen at an instant of virtual time. */
export interface Happening {
  readonly atMs: number;
  readonly action: Action;
}

/** From 0 to below 1. */
export type Chance = () => number;

/** Happenings in a virtual minute where the chaos is 1. */
const MOST_PER_MINUTE = 20;
/** A process that died is back after this: somebody looks after it. */
const BACK_AFTER_MS = 15_000;
/** Longer than any session lives without a heartbeat. */
export const PAUSE_MS = 15_000;

const TURNS = ['crash', 'pause', 'restart', 'split', 'merge'] as const;

/**
 * @param slots of the processes that run
 * @returns what happens within the next `spanMs`
 */
export function chaosWithin(
  { level, nowMs, spanMs }: { level: number; nowMs: number; spanMs: number },
  slots: readonly number[],
  chance: Chance,
): readonly Happening[] {
  if (chance() >= (level * MOST_PER_MINUTE * spanMs) / 60_000) return [];
  const atMs = nowMs + Math.floor(chance() * spanMs);
  const turn = TURNS[Math.floor(chance() * TURNS.length)] ?? 'split';
  const drawn = chance();
  const slot = slots[Math.floor(drawn * slots.length)];
  if (turn === 'split' || turn === 'merge') {
    return [{ atMs, action: { kind: turn, pick: Math.floor(drawn * 1_000) } }];
  }
  // whoever is last stays
  if (slot === undefined || slots.length < 2) return [];
  switch (turn) {
    case 'crash':
      return [
        { atMs, action: { kind: 'crash', slot } },
        { atMs: atMs + BACK_AFTER_MS, action: { kind: 'join', slot } },
      ];
    case 'pause':
      return [{ atMs, action: { kind: 'pause', slot, forMs: PAUSE_MS } }];
    case 'restart':
      return [{ atMs, action: { kind: 'restart', slot } }];
  }
}
