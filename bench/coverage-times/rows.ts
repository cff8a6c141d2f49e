/** What is measured, and what PROTOCOL's derivation promises for it. */
import type { ProfileName } from '../../src/options.ts';

export const EVENTS = ['crash', 'leaderCrash', 'leave', 'join', 'shardEnd'] as const;
export type EventName = (typeof EVENTS)[number];

/** Who runs: ours in one of its rhythms, or the Go algorithm in its own. */
export type Runner = ProfileName | 'go';

/** The rows of the table, in its order, each with the event that it needs. */
export const ROWS = {
  crash: { event: 'crash', title: 'crash → shards of the dead read again' },
  crashRest: { event: 'crash', title: 'crash → those handed over by the living, too' },
  leaderCrash: { event: 'leaderCrash', title: 'leader crash → shards of the dead read again' },
  leaderCrashRest: {
    event: 'leaderCrash',
    title: 'leader crash → those handed over by the living, too',
  },
  leave: { event: 'leave', title: 'graceful leave, gap of a moved shard' },
  leaveLongest: { event: 'leave', title: 'graceful leave, longest gap of all that moved' },
  join: { event: 'join', title: 'join → balanced (owned = target)' },
  child: { event: 'shardEnd', title: 'parent ended → child read' },
  childOther: { event: 'shardEnd', title: 'parent ended → child read, other owner' },
  childSame: { event: 'shardEnd', title: 'parent ended → child read, same owner' },
} as const satisfies Record<string, { readonly event: EventName; readonly title: string }>;
export type RowName = keyof typeof ROWS;

/** Mean and 99th percentile, ms; null: nothing is said of it. */
export type Target = readonly [meanMs: number, p99Ms: number | null];

/**
 * Derived from the timers for 10 clients. A join waits a second for further ones besides what is derived: that second
 * is in the target. Of `frugal` nothing is derived.
 */
export const TARGETS: Readonly<Record<Runner, Readonly<Partial<Record<RowName, Target>>>>> = {
  default: {
    crash: [10_000, 12_600],
    leaderCrash: [10_000, 13_000],
    leave: [500, 700],
    join: [4_000, 4_900],
    childOther: [1_300, 2_500],
    childSame: [100, null],
  },
  fast: {
    crash: [4_500, 5_400],
    leaderCrash: [4_500, 6_000],
    leave: [400, 600],
    join: [3_000, 3_400],
    childOther: [700, 1_300],
  },
  frugal: {},
  go: {
    crash: [12_000, 14_800],
    leaderCrash: [12_000, 14_800],
    leave: [4_500, 5_000],
    join: [4_600, 5_000],
    child: [7_100, 9_900],
  },
};
