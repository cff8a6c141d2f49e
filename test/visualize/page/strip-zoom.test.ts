import { describe, expect, it } from 'vitest';
import { layOut } from '../../../visualize/page/strip/layout.ts';
import {
  isWhole,
  keyMarks,
  panned,
  seenIn,
  showing,
  WHOLE,
  zoomed,
} from '../../../visualize/page/strip/zoom.ts';
import { aShard, aStream } from './a-shard.ts';

const thousand = layOut(
  aStream(...Array.from({ length: 1_000 }, (_, n) => aShard(`s-${n}`, n / 1_000, (n + 1) / 1_000))),
);

describe('a strip that is zoomed', () => {
  it('keeps in its place what it is zoomed at, and comes back to all keys', () => {
    const near = zoomed(WHOLE, 4, 0.6);
    expect(near.to - near.from).toBeCloseTo(0.25);
    expect(near.from + 0.6 * 0.25).toBeCloseTo(0.6);
    expect(isWhole(zoomed(near, 1 / 4, 0.6))).toBe(true);
    expect(isWhole(zoomed(WHOLE, 1 / 2, 0.5))).toBe(true);
  });

  it('is moved no further than its ends, and closer only to a bound', () => {
    const near = zoomed(WHOLE, 4, 0.5);
    expect(panned(near, -10)).toEqual({ from: 0, to: 0.25 });
    expect(panned(near, 10)).toEqual({ from: 0.75, to: 1 });
    let span = WHOLE;
    for (let n = 0; n < 60; n += 1) span = zoomed(span, 2, 1);
    expect(span.to).toBe(1);
    expect(span.to - span.from).toBeGreaterThan(1e-5);
  });

  it('shows the shards that are in it, over its whole width', () => {
    const seen = seenIn(thousand, { from: 0.4995, to: 0.5095 });
    expect(seen.blocks.map(({ shard }) => shard.shardId)).toEqual(
      Array.from({ length: 11 }, (_, n) => `s-${499 + n}`),
    );
    expect(seen.blocks[0]?.from).toBe(0);
    expect(seen.blocks[0]?.to).toBeCloseTo(0.05);
    expect(seen.blocks.at(-1)?.to).toBe(1);
    expect(seenIn(thousand, WHOLE)).toBe(thousand);
  });

  it('follows the shard that the keys lead to, and no further', () => {
    const span = { from: 0.5, to: 0.51 };
    const at = (n: number) => ({ from: n / 1_000, to: (n + 1) / 1_000 });
    expect(showing(span, at(505))).toBe(span);
    expect(showing(span, at(510)).to).toBeCloseTo(0.511);
    expect(showing(span, at(499)).from).toBeCloseTo(0.499);
    expect(showing(span, { from: 0.2, to: 0.9 }).from).toBeCloseTo(0.2);
  });

  it('names its keys by as many digits as tell them apart', () => {
    expect(keyMarks(WHOLE, 5)).toEqual(['00', '40', '80', 'c0', 'ff']);
    expect(keyMarks({ from: 0.5, to: 0.5 + 1 / 256 }, 3)).toEqual(['8000', '8080', '8100']);
  });
});
