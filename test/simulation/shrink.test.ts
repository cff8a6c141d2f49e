import { describe, expect, it } from 'vitest';
import { shrink } from '../../src/simulation/shrink.ts';
import type { Scenario } from '../../src/simulation/scenario.ts';
import { at, scenario } from './host.ts';

const long = scenario({
  script: Array.from({ length: 40 }, (_, n) => at(n, n % 3 === 0 ? 'join' : 'put', n)),
});
const times = ({ script }: Scenario): number[] => script.map(({ atMs }) => atMs / 1_000);
const has = (given: Scenario, ...seconds: readonly number[]): boolean =>
  seconds.every((second) => times(given).includes(second));

describe('a failing script', () => {
  it('is shortened to the steps that it takes', async () => {
    const { scenario: shrunk, runs } = await shrink(long, async (s) => has(s, 7, 31));
    expect(times(shrunk)).toEqual([7, 31]);
    expect(shrunk.seed).toBe(long.seed);
    expect(runs).toBeLessThan(60);
  });

  it('stays as it is where every step is needed', async () => {
    const few = { ...long, script: long.script.slice(0, 5) };
    const { scenario: shrunk } = await shrink(few, async (s) => has(s, 0, 1, 2, 3, 4));
    expect(shrunk).toEqual(few);
  });

  it('may shrink to nothing, and takes no more runs than it may', async () => {
    expect((await shrink(long, async () => true)).scenario.script).toEqual([]);
    let asked = 0;
    const { runs } = await shrink(long, async () => ((asked += 1), false), 9);
    expect([runs, asked]).toEqual([9, 9]);
  });
});
