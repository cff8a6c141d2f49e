import { describe, expect, it } from 'vitest';
import { blockAt, layOut, standingOf } from '../../../visualize/page/strip/layout.ts';
import { aShard, aStream } from './a-shard.ts';

const parent = aShard('parent', 0, 0.5, { closed: true });
const [left, right] = [
  aShard('left', 0, 0.25, { parents: ['parent'], state: 'waiting', owner: null }),
  aShard('right', 0.25, 0.5, { parents: ['parent'], state: 'waiting', owner: null }),
];
const other = aShard('other', 0.5, 1);

const rowsOf = (layout: ReturnType<typeof layOut>): Record<string, readonly [number, number]> =>
  Object.fromEntries(
    layout.blocks.map(({ shard, firstRow, lastRow }) => [shard.shardId, [firstRow, lastRow]]),
  );

describe('the strip of a stream', () => {
  it('is one row while nothing is resharded', () => {
    const layout = layOut(aStream(aShard('a', 0, 0.5), aShard('b', 0.5, 1)));
    expect(layout.rows).toBe(1);
    expect(rowsOf(layout)).toEqual({ a: [0, 0], b: [0, 0] });
  });

  it('has a parent that is still read above its children, and all others over both rows', () => {
    const layout = layOut(aStream(parent, left, right, other));
    expect(layout.rows).toBe(2);
    expect(rowsOf(layout)).toEqual({ parent: [0, 0], left: [1, 1], right: [1, 1], other: [0, 1] });
  });

  it('has a third row for children of children', () => {
    const grandchild = aShard('grandchild', 0, 0.25, { parents: ['left'], state: 'waiting' });
    const layout = layOut(aStream(parent, left, right, other, grandchild));
    expect(rowsOf(layout)).toMatchObject({ left: [1, 1], right: [1, 2], grandchild: [2, 2] });
  });

  it('shows children alone once their parent is ended', () => {
    const layout = layOut(aStream({ ...parent, state: 'ended' }, left, right, other));
    expect(layout.rows).toBe(1);
    expect(Object.keys(rowsOf(layout))).toEqual(['left', 'right', 'other']);
  });

  it('ends at a circle of parents, as a damaged map may have one', () => {
    const a = aShard('a', 0, 1, { parents: ['b'] });
    const b = aShard('b', 0, 1, { parents: ['a'] });
    expect(layOut(aStream(a, b)).blocks).toHaveLength(2);
  });

  it('tells where no shard stands for the keys', () => {
    const { holes } = layOut(aStream(aShard('a', 0.25, 0.5), aShard('b', 0.5, 0.75)));
    expect(holes).toEqual([
      { from: 0, to: 0.25 },
      { from: 0.75, to: 1 },
    ]);
  });

  it('calls nothing a hole while there are shards whose keys are not known', () => {
    const unknown = aShard('b', 0, 0, { from: null, to: null });
    expect(layOut(aStream(aShard('a', 0.25, 0.5), unknown)).holes).toEqual([]);
  });

  it('sets shards side by side where no map has told their keys', () => {
    const unknown = { from: null, to: null };
    const layout = layOut(aStream(aShard('a', 0, 0, unknown), aShard('b', 0, 0, unknown)));
    expect(layout.scale).toBe('order');
    expect(layout.blocks.map(({ from, to }) => [from, to])).toEqual([
      [0, 0.5],
      [0.5, 1],
    ]);
    expect(layout.holes).toEqual([]);
  });

  it('finds the shard under a point, in its row', () => {
    const layout = layOut(aStream(parent, left, right, other));
    expect(blockAt(layout, 0.3, 0)?.shard.shardId).toBe('parent');
    expect(blockAt(layout, 0.3, 1)?.shard.shardId).toBe('right');
    expect(blockAt(layout, 0.9, 1)?.shard.shardId).toBe('other');
  });
});

describe('a shard of the strip', () => {
  it.each([
    ['owned', {}],
    ['double', { otherReaders: ['worker-2'] }],
    ['double', { otherReaders: ['worker-2'], unread: true }],
    ['waiting', { state: 'waiting', owner: null }],
    ['gap', { owner: null, unread: true }],
    ['gap', { ownerLives: false, unread: true }],
    ['unknown', { owner: null, unread: null }],
  ] as const)('is %s with %o', (standing, but) => {
    expect(standingOf(aShard('a', 0, 1, but))).toBe(standing);
  });
});
