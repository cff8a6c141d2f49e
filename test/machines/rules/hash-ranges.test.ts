import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlapping, type HashRange } from '../../../src/machines/rules/hash-ranges.ts';

/** Few keys, and numbers of several lengths: ranges share their ends, touch, hold one another and are the same. */
const someRanges: fc.Arbitrary<readonly HashRange[]> = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 0, max: 40 }))
    .map(([start, length]) => ({ start: `${start}`, end: `${start + length}` })),
  { maxLength: 30 },
);

describe('overlapping ranges', () => {
  it('are all that have a hash key in common, and no others', () => {
    fc.assert(
      fc.property(someRanges, someRanges, (ranges, others) => {
        const all = ranges.map((one) =>
          others.flatMap((other, index) => {
            const first = Math.max(Number(one.start), Number(other.start));
            return first <= Math.min(Number(one.end), Number(other.end)) ? [index] : [];
          }),
        );
        expect(overlapping(ranges, others)).toEqual(all);
      }),
    );
  });
});
