import { expect, it } from 'vitest';
import { ManualClock, SeededRandom } from '../../../src/services/memory/index.ts';

it('fires timers in the order of their instants, each at its own, and new ones that fall due', () => {
  const clock = new ManualClock(1_000);
  const fired: string[] = [];
  const note = (name: string) => () => fired.push(`${name} at ${clock.monotonicMs()}`);
  clock.setTimeout(note('late'), 30);
  clock.setTimeout(() => {
    note('first')();
    clock.setTimeout(note('nested'), 10);
  }, 10);
  clock.setTimeout(note('second'), 10);
  const never = clock.setTimeout(note('cleared'), 5);
  clock.setTimeout(note('after the end'), 41);
  clock.clearTimeout(never);
  clock.advance(40);
  expect(fired).toEqual(['first at 10', 'second at 10', 'nested at 20', 'late at 30']);
  expect([clock.monotonicMs(), clock.wallMs(), clock.pending()]).toEqual([40, 1_040, 1]);
  clock.jumpWall(-500);
  expect([clock.monotonicMs(), clock.wallMs()]).toEqual([40, 540]);
});

it('draws the same for the same seed, evenly, and never 1', () => {
  const draws = (seed: number): number[] => {
    const random = new SeededRandom(seed);
    return Array.from({ length: 1_000 }, () => random.next('test'));
  };
  expect(draws(0)).toEqual(draws(0));
  expect(draws(0)).not.toEqual(draws(1));
  for (const seed of [0, 1, 2 ** 31]) {
    const numbers = draws(seed);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    const mean = numbers.reduce((sum, number) => sum + number) / numbers.length;
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.05);
  }
  expect(new SeededRandom(1).id('test')).toMatch(/^[0-9a-f]{32}$/);
});
