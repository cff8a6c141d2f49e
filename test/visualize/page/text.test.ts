import { describe, expect, it } from 'vitest';
import { age, duration, moment, sinceBeginning } from '../../../visualize/page/text/durations.ts';
import {
  byName,
  count,
  rate,
  readable,
  shardNumber,
  shortened,
} from '../../../visualize/page/text/numbers.ts';

describe('figures in words', () => {
  it('are a dash where nothing is known, and never 0', () => {
    expect([duration(null), age(null), count(null), rate(null)]).toEqual(['—', '—', '—', '—']);
  });

  it.each([
    [0, '0 ms'],
    [7, '7 ms'],
    [420, '0.4 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [99_499, '99 s'],
    [245_000, '4 min 05 s'],
    [3_599_499, '59 min 59 s'],
    [3_599_600, '1 h 00 min'],
    [3_600_000, '1 h 00 min'],
    [12_000_000, '3 h 20 min'],
    [259_200_000, '3.0 days'],
    [Infinity, '∞'],
  ])('are %d ms as %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('tell an age in whole seconds, so that it does not flicker', () => {
    expect([age(900), age(1_900), age(99_999), age(245_000)]).toEqual([
      'now',
      '1 s ago',
      '99 s ago',
      '4 min 05 s ago',
    ]);
  });

  it('tell a moment since the beginning where no wall time is known', () => {
    expect(moment(62_340, null)).toBe('1:02.3');
    expect(sinceBeginning(3_723_400)).toBe('1:02:03.4');
  });

  it('tell a moment in wall time where it is known', () => {
    const epochMs = new Date(2026, 0, 1, 9, 5, 0).getTime();
    expect(moment(62_340, epochMs)).toBe('09:06:02');
  });

  it('keep a figure behind the point only of small rates', () => {
    expect([rate(0), rate(3.42), rate(1_204.4)]).toEqual(['0', '3.4', '1,204']);
  });
});

describe('names', () => {
  it('are shortened in their middle', () => {
    expect(shortened('worker-1', 8)).toBe('worker-1');
    expect(shortened('ip-10-0-14-201.internal-4821', 12)).toBe('ip-10-…-4821');
    expect(shortened('ip-10-0-14-201.internal-4821', 12)).toHaveLength(12);
  });

  it('of shards are their numbers', () => {
    expect(shardNumber('shardId-000000000007')).toBe('7');
    expect(shardNumber('shardId-000000000000')).toBe('0');
    expect(readable('waits for shardId-000000000012.')).toBe('waits for shard 12.');
  });

  it('stand in the order of their numbers', () => {
    expect(['w10', 'w9', 'w1'].sort(byName)).toEqual(['w1', 'w9', 'w10']);
  });
});
