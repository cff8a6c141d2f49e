import { describe, expect, it } from 'vitest';
import { columnsOf, ticks } from '../../../visualize/page/timeline/time-window.ts';

describe('columns of a part of time', () => {
  it('stay where they are while the window moves on', () => {
    const before = columnsOf({ fromMs: 10_000, toMs: 40_000 }, 30);
    const after = columnsOf({ fromMs: 10_400, toMs: 40_400 }, 30);
    expect(before).toEqual({ fromMs: 10_000, toMs: 40_000, columns: 30 });
    expect(after).toEqual({ fromMs: 10_000, toMs: 41_000, columns: 31 });
  });

  it('hold all of the window', () => {
    const { fromMs, toMs } = columnsOf({ fromMs: 12_345, toMs: 98_765 }, 7);
    expect(fromMs).toBeLessThanOrEqual(12_345);
    expect(toMs).toBeGreaterThanOrEqual(98_765);
  });
});

describe('ticks of the axis', () => {
  it('are round moments, not more than asked for', () => {
    expect(ticks({ fromMs: 0, toMs: 30_000 }, 7, null)).toEqual([
      0, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000,
    ]);
    expect(ticks({ fromMs: 0, toMs: 600_000 }, 7, null).length).toBeLessThanOrEqual(8);
  });

  it('are round in wall time where that is known', () => {
    const epochMs = 1_700_000_003_000;
    for (const at of ticks({ fromMs: 0, toMs: 60_000 }, 7, epochMs)) {
      expect((epochMs + at) % 10_000).toBe(0);
    }
  });

  it('do not stand before the beginning', () => {
    expect(ticks({ fromMs: -20_000, toMs: 10_000 }, 7, null)[0]).toBe(0);
  });
});
