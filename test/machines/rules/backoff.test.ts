import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fullJitter, jittered } from '../../../src/machines/rules/backoff.ts';

const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('a backoff lies between 0 and the doubled base, and never above the cap', () => {
  const tries = fc.record({
    attempt: fc.nat({ max: 5_000 }),
    baseMs: fc.nat({ max: 1_000 }),
    capMs: fc.nat({ max: 60_000 }),
    random: chances,
  });
  fc.assert(
    fc.property(tries, (tried) => {
      const delayMs = fullJitter(tried);
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(delayMs).toBeLessThanOrEqual(tried.capMs);
      expect(delayMs).toBeLessThanOrEqual(tried.baseMs * 2 ** Math.min(tried.attempt, 1_000));
    }),
  );
});

it('a backoff doubles with each attempt until the cap', () => {
  const delays = [0, 1, 2, 3, 4, 99].map((attempt) =>
    fullJitter({ attempt, baseMs: 100, capMs: 1_000, random: 0.5 }),
  );
  expect(delays).toEqual([50, 100, 200, 400, 500, 500]);
});

it('a jittered period spreads over the fraction on both sides', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10_000 }), chances, (periodMs, random) => {
      const delayMs = jittered(periodMs, 0.1, random);
      expect(Math.abs(delayMs - periodMs)).toBeLessThanOrEqual(periodMs * 0.1 + 1e-9);
    }),
  );
  expect([0, 0.5, 0.75].map((random) => jittered(1_000, 0.1, random))).toEqual([900, 1_000, 1_050]);
});
