import { expect, it } from 'vitest';
import { placeAfter } from '../../../visualize/page/heat/cursor.ts';

const last = { row: 20, column: 159 };

it('the first key shows the newest lag of the first shard', () => {
  expect(placeAfter('ArrowLeft', false, null, last)).toEqual({ row: 0, column: 159 });
  expect(placeAfter('a', false, null, last)).toBe(null);
});

it('arrows lead through shards and time, further with Shift, and not over the edge', () => {
  const from = { row: 5, column: 80 };
  const to = (key: string, isFar = false) => placeAfter(key, isFar, from, last);
  expect(to('ArrowUp')).toEqual({ row: 4, column: 80 });
  expect(to('ArrowUp', true)).toEqual({ row: 0, column: 80 });
  expect(to('ArrowDown', true)).toEqual({ row: 15, column: 80 });
  expect(to('PageDown')).toEqual({ row: 15, column: 80 });
  expect(to('ArrowLeft')).toEqual({ row: 5, column: 79 });
  expect(to('ArrowRight', true)).toEqual({ row: 5, column: 90 });
  expect(to('Home')).toEqual({ row: 5, column: 0 });
  expect(to('End')).toEqual({ row: 5, column: 159 });
  expect(placeAfter('ArrowRight', false, last, last)).toEqual(last);
});
