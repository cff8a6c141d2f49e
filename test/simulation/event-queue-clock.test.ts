import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/services/memory/seeded-random.ts';
import { EventQueueClock } from '../../src/simulation/event-queue-clock.ts';
import { hop } from './host.ts';

const clockOf = (seed: number): EventQueueClock =>
  new EventQueueClock({ hop, random: new SeededRandom(seed) });

describe('the event-queue clock', () => {
  it('runs events in the order of their instants, each seeing its own', async () => {
    const clock = clockOf(1);
    const seen: (readonly [string, number])[] = [];
    for (const [name, delayMs] of [
      ['c', 30],
      ['a', 10],
      ['d', 40],
      ['b', 20],
    ] as const) {
      clock.setTimeout(() => seen.push([name, clock.monotonicMs()]), delayMs);
    }

    await clock.runUntil(35);
    expect(seen).toEqual([
      ['a', 10],
      ['b', 20],
      ['c', 30],
    ]);
    expect(clock.monotonicMs()).toBe(35);
    await clock.runUntil(50);
    expect(seen.at(-1)).toEqual(['d', 40]);
  });

  it('lets all microtasks of an event drain before the next one of the same instant', async () => {
    const clock = clockOf(1);
    const seen: string[] = [];
    for (const name of ['x', 'y']) {
      clock.setTimeout(() => {
        seen.push(name);
        void (async () => {
          for (let depth = 0; depth < 20; depth++) await Promise.resolve();
          seen.push(`${name} done`);
        })();
      }, 5);
    }
    await clock.runUntil(5);
    expect(seen).toEqual([seen[0], `${seen[0]} done`, seen[2], `${seen[2]} done`]);
  });

  it('draws the order of one instant from the seed', async () => {
    const orderOf = async (seed: number): Promise<string> => {
      const clock = clockOf(seed);
      const seen: string[] = [];
      for (const name of ['1', '2', '3', '4', '5', '6']) {
        clock.setTimeout(() => seen.push(name), 5);
      }
      await clock.runUntil(5);
      return seen.join('');
    };
    expect(await orderOf(3)).toBe(await orderOf(3));
    const orders = new Set(await Promise.all([1, 2, 3, 4, 5].map(orderOf)));
    expect(orders.size).toBeGreaterThan(1);
  });

  it('never runs what was cleared, also within the same instant', async () => {
    const clock = clockOf(1);
    const seen: string[] = [];
    const timers = ['a', 'b'].map((name, index) =>
      clock.setTimeout(() => {
        seen.push(name);
        clock.clearTimeout(timers[1 - index]);
      }, 5),
    );
    await clock.runUntil(10);
    expect(seen).toHaveLength(1);
  });

  it('never fires the timers of a dead process, and lets nothing into it', async () => {
    const clock = clockOf(1);
    const process = clock.process();
    const seen: string[] = [];
    process.setTimeout(() => seen.push('before'), 5);
    process.setTimeout(() => seen.push('after'), 15);
    clock.setTimeout(() => process.kill(), 10);
    await clock.runUntil(20);
    process.admit(() => seen.push('admitted'));
    expect(seen).toEqual(['before']);
  });

  it('keeps what comes to a stopped process until it goes on, while its clock goes on', async () => {
    const clock = clockOf(1);
    const process = clock.process({ monotonicOriginMs: 1_000, wallOffsetMs: -60_000 });
    const seen: number[] = [];
    process.setTimeout(() => seen.push(process.monotonicMs()), 5);
    process.pause();
    await clock.runUntil(50);
    expect(seen).toEqual([]);
    process.resume();
    await clock.runUntil(60);
    expect(seen).toEqual([1_050]);
    expect(process.wallMs()).toBe(clock.wallMs() - 60_000);
  });

  it('lets no time pass by the monotonic clock of a machine that sleeps, nor by its timers', async () => {
    const clock = clockOf(1);
    const process = clock.process({ rate: 1.25 });
    const seen: (readonly [string, number, number])[] = [];
    const note = (name: string) => (): void =>
      void seen.push([name, Math.round(process.monotonicMs()), clock.monotonicMs()]);
    process.setTimeout(note('a'), 50);
    const cleared = process.setTimeout(note('never'), 60);
    process.setTimeout(note('b'), 125);
    clock.setTimeout(() => process.suspend(), 20);
    clock.setTimeout(() => process.clearTimeout(cleared), 70);
    clock.setTimeout(() => process.admit(note('answer')), 90);
    await clock.runUntil(99);
    expect([process.monotonicMs(), process.state(), seen]).toEqual([25, 'suspended', []]);
    expect(process.wallMs()).toBe(clock.wallMs());
    clock.setTimeout(() => process.resume(), 1);
    await clock.runUntil(300);
    expect(seen).toEqual([
      ['answer', 25, 100],
      ['a', 50, 120],
      ['b', 125, 180],
    ]);
  });

  it('moves the wall clock of a process alone', async () => {
    const clock = clockOf(1);
    const process = clock.process();
    process.jumpWall(-86_400_000);
    await clock.runUntil(10);
    expect(process.wallMs()).toBe(clock.wallMs() - 86_400_000);
    expect(process.monotonicMs()).toBe(10);
  });

  it('never runs what a stopped process held, where something before it cleared that', async () => {
    const clock = clockOf(1);
    const process = clock.process();
    const seen: string[] = [];
    const timers = ['a', 'b'].map((name, index) =>
      process.setTimeout(() => {
        seen.push(name);
        process.clearTimeout(timers[1 - index]);
      }, 5),
    );
    process.pause();
    await clock.runUntil(10);
    process.resume();
    await clock.runUntil(20);
    expect(seen).toHaveLength(1);
  });

  it('fires the timers of a fast clock early and those of a slow one late', async () => {
    const clock = clockOf(1);
    const firedAt: Record<string, number> = {};
    for (const [name, rate] of [
      ['fast', 1.25],
      ['slow', 0.8],
    ] as const) {
      const process = clock.process({ rate });
      process.setTimeout(() => {
        firedAt[name] = clock.monotonicMs();
        expect(process.monotonicMs()).toBeCloseTo(100);
      }, 100);
    }
    await clock.runUntil(200);
    expect(firedAt).toEqual({ fast: 80, slow: 125 });
  });

  it('says so where zero delays keep time from moving on', async () => {
    const clock = new EventQueueClock({
      hop: () => Promise.resolve(),
      random: new SeededRandom(1),
    });
    const spin = (): void => void clock.setTimeout(spin, 0);
    spin();
    await expect(clock.runUntil(1)).rejects.toThrow('time-moves-on');
  });
});
