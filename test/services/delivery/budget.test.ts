import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ByteBudget } from '../../../src/services/delivery/budget.ts';
import { quiet } from './delivery-world.ts';

const never = new AbortController().signal;

describe('ByteBudget', () => {
  it('grants at once while there is room', async () => {
    const budget = new ByteBudget(100);
    await expect(budget.reserve(60, never)).resolves.toBe(true);
    await expect(budget.reserve(40, never)).resolves.toBe(true);
    expect(budget.usedBytes()).toBe(100);
  });

  it('grants in the order of the asking, though a later claim would fit', async () => {
    const budget = new ByteBudget(100);
    budget.take(90);
    const order: string[] = [];
    void budget.reserve(50, never).then(() => order.push('large'));
    void budget.reserve(10, never).then(() => order.push('small'));
    await quiet();
    expect(order).toEqual([]);
    budget.give(50);
    await quiet();
    expect(order).toEqual(['large', 'small']);
    expect(budget.usedBytes()).toBe(100);
  });

  it('grants a claim beyond the whole budget when nothing else is taken', async () => {
    const budget = new ByteBudget(100);
    budget.take(1);
    let granted = 'no';
    void budget.reserve(500, never).then(() => (granted = 'yes'));
    await quiet();
    expect(granted).toBe('no');
    budget.give(1);
    await quiet();
    expect(granted).toBe('yes');
  });

  it('answers false when the signal aborts, takes nothing and lets those behind go on', async () => {
    const budget = new ByteBudget(100);
    budget.take(90);
    const stop = new AbortController();
    const large = budget.reserve(50, stop.signal);
    const small = budget.reserve(10, never);
    stop.abort();
    await expect(large).resolves.toBe(false);
    await expect(small).resolves.toBe(true);
    expect(budget.usedBytes()).toBe(100);
    await expect(budget.reserve(1, stop.signal)).resolves.toBe(false);
  });

  it('says so when more is given back than was taken', () => {
    const budget = new ByteBudget(100);
    budget.take(10);
    expect(() => budget.give(11)).toThrow('budget');
  });

  it('never exceeds its limit but for one claim alone, and grants first come, first served', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('reserve' as const), bytes: fc.integer({ min: 1, max: 150 }) }),
      fc.record({ kind: fc.constant('give' as const), bytes: fc.constant(0) }),
      fc.record({ kind: fc.constant('abort' as const), bytes: fc.nat(5) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const budget = new ByteBudget(100);
        const held: number[] = [];
        const granted: number[] = [];
        const stops: AbortController[] = [];
        for (const { kind, bytes } of steps) {
          if (kind === 'reserve') {
            const stop = new AbortController();
            const index = stops.push(stop) - 1;
            void budget.reserve(bytes, stop.signal).then((answer) => {
              if (!answer) return;
              granted.push(index);
              held.push(bytes);
            });
          } else if (kind === 'give') {
            const back = held.shift();
            if (back !== undefined) budget.give(back);
          } else {
            stops[bytes]?.abort();
          }
          await quiet();
          const sum = held.reduce((all, one) => all + one, 0);
          expect(budget.usedBytes()).toBe(sum);
          expect(sum <= 100 || held.length === 1).toBe(true);
          expect(granted).toEqual([...granted].sort((a, b) => a - b));
        }
      }),
      { numRuns: 60 },
    );
  });
});
