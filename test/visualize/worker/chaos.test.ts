import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../src/services/memory/seeded-random.ts';
import { chaosWithin, type Happening } from '../../../visualize/worker/chaos.ts';

const SPAN_MS = 50;
const MINUTE_MS = 60_000;

/** What happens in so many minutes to processes in these slots. */
function happenings(level: number, minutes: number, slots: readonly number[]) {
  const random = new SeededRandom(4);
  const all: Happening[] = [];
  for (let nowMs = 0; nowMs < minutes * MINUTE_MS; nowMs += SPAN_MS) {
    const within = { level, nowMs, spanMs: SPAN_MS };
    all.push(...chaosWithin(within, slots, () => random.next('chaos')));
  }
  return all;
}

describe('the chaos of a simulated group', () => {
  it('does all that it can, about so often as its level says', () => {
    const full = happenings(1, 30, [0, 1, 2]);
    const kinds = new Set(full.map(({ action }) => action.kind));
    expect(kinds).toEqual(new Set(['crash', 'join', 'pause', 'restart', 'split', 'merge']));
    const struck = full.filter(({ action }) => action.kind !== 'join').length;
    expect(struck / 30).toBeGreaterThan(16);
    expect(struck / 30).toBeLessThan(24);
    expect(happenings(0.25, 30, [0, 1, 2]).length).toBeLessThan(full.length / 2);
    expect(happenings(0, 30, [0, 1, 2])).toEqual([]);
  });

  it('brings back whoever died', () => {
    const full = happenings(1, 30, [0, 1, 2]);
    const of = (kind: string): readonly Happening[] =>
      full.filter(({ action }) => action.kind === kind);
    expect(of('join').map(({ atMs, action }) => ({ ...action, atMs, kind: 'crash' }))).toEqual(
      of('crash').map(({ atMs, action }) => ({ ...action, atMs: atMs + 15_000 })),
    );
  });

  it('leaves the last one in peace', () => {
    const alone = happenings(1, 30, [7]);
    expect(new Set(alone.map(({ action }) => action.kind))).toEqual(new Set(['split', 'merge']));
  });
});
