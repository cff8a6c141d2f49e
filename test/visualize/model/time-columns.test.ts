import { describe, expect, it } from 'vitest';
import { MAX_COLUMNS, TimeColumns } from '../../../visualize/model/time-columns.ts';

const SECOND = 1_000;

describe('columns of time', () => {
  it('give the worst of what fell into each that is asked for, and null where nothing did', () => {
    const columns = new TimeColumns('max');
    columns.add(500, 'a', 3);
    columns.add(1_500, 'a', 9);
    columns.add(1_600, 'a', 4);
    columns.add(1_700, 'b', 1);
    columns.add(5_500, 'a', 2);
    expect(columns.read(['a', 'b', 'c'], 0, 8_000, 4)).toEqual([
      [9, null, 2, null],
      [1, null, null, null],
      [null, null, null, null],
    ]);
    expect(columns.read(['a'], 0, 2_000, 4)).toEqual([[3, 3, 9, 9]]);
    expect(columns.read(['a'], 1_000, 3_000, 2)).toEqual([[9, null]]);
  });

  it('give the mean where that is asked for', () => {
    const columns = new TimeColumns('mean');
    for (const [atMs, value] of [
      [0, 10],
      [1_000, 20],
      [2_000, 60],
      [3_000, 0],
    ] as const) {
      columns.add(atMs, 'a', value);
    }
    expect(columns.read(['a'], 0, 4_000, 2)).toEqual([[15, 30]]);
    expect(columns.read(['a'], 0, 3_000, 1)).toEqual([[30]]);
  });

  it('become wider instead of more, and keep the worst of a long time', () => {
    const columns = new TimeColumns('max');
    const hours = 10 * 3_600;
    for (let second = 0; second < hours; second += 1) {
      columns.add(second * SECOND, 'a', second === 1_234 ? 99 : 1);
      expect(columns.size).toBeLessThanOrEqual(MAX_COLUMNS);
    }
    expect(columns.widthMs).toBe(128 * SECOND);
    const [row = []] = columns.read(['a'], 0, hours * SECOND, 100);
    expect(row.length).toBe(100);
    const worst = row.flatMap((value, index) => (value === 99 ? [index] : []));
    expect(worst).toContain(Math.floor(1_234 / 360));
    expect(new Set(row)).toEqual(new Set([1, 99]));
  });

  it('that were copied go on by themselves', () => {
    const columns = new TimeColumns('max');
    columns.add(100, 'a', 1);
    const copy = columns.clone();
    copy.add(200, 'a', 7);
    columns.add(300, 'b', 5);
    columns.add(2_000, 'a', 3);
    expect(columns.read(['a', 'b'], 0, 3_000, 3)).toEqual([
      [1, null, 3],
      [5, null, null],
    ]);
    expect(copy.read(['a', 'b'], 0, 3_000, 3)).toEqual([
      [7, null, null],
      [null, null, null],
    ]);
  });
});
