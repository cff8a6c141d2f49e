import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binsOf, histogramText, summaryOf } from '../../src/cli/simulate/histogram.ts';

describe('a histogram', () => {
  it('counts every time once, in the bin that it lies in', () => {
    const times = fc.array(fc.double({ min: 0, max: 3_600, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(times, (seconds) => {
        const bins = binsOf(seconds);
        for (const { fromS, toS, count } of bins) {
          expect(count).toBe(seconds.filter((s) => s >= fromS && s < toS).length);
        }
        expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(seconds.length);
        expect(bins[0]?.count).toBeGreaterThan(0);
      }),
    );
  });

  it('is drawn with a line per bin', () => {
    expect(histogramText([0.3, 0.3, 0.4, 5])).toBe(
      [
        '    250 ms – 500 ms  ████████████████████████████████████████ 3',
        '       500 ms – 1 s   0',
        '          1 s – 2 s   0',
        '          2 s – 4 s   0',
        '          4 s – 8 s  ██████████████ 1',
      ].join('\n'),
    );
    expect(histogramText([])).toBe('');
  });

  it('is summed up by its mean and the times that half and nearly all stay below', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => n + 1);
    expect(summaryOf(hundred)).toEqual({ count: 100, meanS: 50.5, p50S: 50, p99S: 99, maxS: 100 });
  });
});
