import type { Violation } from '../../src/simulation/checkers/evidence.ts';
import type { Scenario, Step } from '../../src/simulation/scenario.ts';

type Happening =
  'join' | 'leave' | 'crash' | 'restart' | 'replace' | 'pause' | 'cut' | 'put' | 'split' | 'merge';

/** A turn of Node's event loop: all microtasks drain before it comes. */
export const hop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A step in few words: `at(12, 'crash', 0)` is "after 12 s the process in slot 0 dies". */
export function at(second: number, kind: Happening, number: number, forS = 0): Step {
  const atMs = second * 1_000;
  switch (kind) {
    case 'pause':
    case 'cut':
      return { atMs, action: { kind, slot: number, forMs: forS * 1_000 } };
    case 'put':
      return { atMs, action: { kind, records: number } };
    case 'split':
    case 'merge':
      return { atMs, action: { kind, pick: number } };
    default:
      return { atMs, action: { kind, slot: number } };
  }
}

/** A quiet little group, to be overridden. */
export function scenario(overrides: Partial<Scenario> & Pick<Scenario, 'script'>): Scenario {
  return {
    seed: 1,
    shards: 3,
    start: 'TRIM_HORIZON',
    weather: 'calm',
    quietAtMs: 25_000,
    quietMs: 25_000,
    ...overrides,
  };
}

/** The first few, for a message that can be read. */
export const shown = (violations: readonly Violation[]): readonly string[] =>
  violations
    .slice(0, 8)
    .map(({ invariant, order, message }) => `${invariant} @${order}: ${message}`);
