import { describe, expect, it } from 'vitest';
import { tell } from '../../bench/coverage-times/story.ts';
import { Sums, tableText } from '../../bench/coverage-times/table.ts';

const largest = (values: readonly number[] = []): number => Math.max(...values);
const least = (values: readonly number[] = []): number => Math.min(...values);

describe('the times of coverage', () => {
  it('of a crash are about a TTL, those of the shards that the living hand over a little more', async () => {
    const { samples, restless } = await tell({ runner: 'fast', event: 'crash', seed: 1, times: 3 });
    expect(restless).toBe(0);
    expect(samples.crash).toHaveLength(3);
    expect(least(samples.crash)).toBeGreaterThan(3_000);
    expect(largest(samples.crash)).toBeLessThan(7_000);
    for (const [at, ms] of (samples.crashRest ?? []).entries()) {
      expect(ms).toBeGreaterThanOrEqual(samples.crash?.[at] ?? Infinity);
    }
    // who comes back takes its share
    expect(samples.join).toHaveLength(3);
  }, 60_000);

  it('of a leave are those of each shard that moves: short here, and there until all have looked', async () => {
    const ours = await tell({ runner: 'fast', event: 'leave', seed: 2, times: 2 });
    expect(ours.samples.leave?.length).toBeGreaterThanOrEqual(8);
    expect(largest(ours.samples.leave)).toBeLessThan(1_500);
    const go = await tell({ runner: 'go', event: 'leave', seed: 2, times: 2 });
    expect(largest(go.samples.leaveLongest)).toBeGreaterThan(largest(ours.samples.leaveLongest));
    expect([ours.restless, go.restless]).toEqual([0, 0]);
  }, 60_000);

  it('of a child count from the end of its parent, by who reads it', async () => {
    const { samples } = await tell({ runner: 'fast', event: 'shardEnd', seed: 1, times: 4 });
    const { child = [], childOther = [], childSame = [] } = samples;
    expect(new Set(child)).toEqual(new Set([...childOther, ...childSame]));
    expect(least(child)).toBeGreaterThan(0);
    expect(largest(child)).toBeLessThan(3_000);
    expect(childOther.length * childSame.length).toBeGreaterThan(0);
  }, 60_000);

  it('stand beside what is derived, and say which are above it', () => {
    const sums = new Sums();
    sums.add({ samples: { leave: [300, 500], join: [4_000, 6_000] }, restless: 0, virtualS: 1 });
    const results = sums.results('default');
    expect(results.map(({ row, verdict }) => [row, verdict])).toEqual([
      ['leave', 'reached'],
      ['join', 'MISSED'],
    ]);
    expect(tableText(results)).toMatch(
      /join → .* 2 +\| 5\.00 \/ 6\.00 +\| .* 4\.0 \/ 4\.9 +\| MISSED/,
    );
    expect(sums.results('go').map(({ verdict }) => verdict)).toEqual(['derived', 'derived']);
  });
});
