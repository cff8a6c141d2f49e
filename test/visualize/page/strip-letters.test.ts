import { describe, expect, it } from 'vitest';
import { runsOf } from '../../../visualize/page/strip/runs.ts';

const block = (owner: number | null, x: number, width: number, y = 0) => ({
  owner,
  box: { x, y, width, height: 20 },
});

describe('letters on the strip', () => {
  it('stand on each block that has room for one', () => {
    expect(runsOf([block(0, 0, 20), block(0, 20, 20)])).toHaveLength(2);
  });

  it('stand once on thin neighbours of one owner', () => {
    const runs = runsOf([block(0, 0, 2), block(0, 2, 2), block(1, 4, 2), block(1, 6, 2)]);
    expect(runs).toEqual([block(0, 0, 4), block(1, 4, 4)]);
  });

  it('do not reach over a gap, nor into another row', () => {
    const runs = runsOf([block(0, 0, 2), block(null, 2, 2), block(0, 4, 2), block(0, 6, 2, 22)]);
    expect(runs).toHaveLength(4);
  });
});
