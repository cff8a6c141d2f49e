import { describe, expect, it } from 'vitest';
import { CHAOS_ACTIONS, chaosSchedule } from '../../dev/chaos.ts';

describe('the schedule of the chaos', () => {
  it('has each action, in ascending order and within its time, also where the time is short', () => {
    for (const durationMs of [1_000, 5_000, 30_000, 300_000]) {
      for (let seed = 0; seed < 50; seed += 1) {
        const schedule = chaosSchedule(seed, durationMs);
        expect(new Set(schedule.map(({ action }) => action))).toEqual(new Set(CHAOS_ACTIONS));
        const times = schedule.map(({ atMs }) => atMs);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        expect(times.every((atMs) => atMs >= 0 && atMs < durationMs)).toBe(true);
      }
    }
  });

  it('follows from its seed', () => {
    expect(chaosSchedule(5, 30_000)).toEqual(chaosSchedule(5, 30_000));
    expect(chaosSchedule(5, 30_000)).not.toEqual(chaosSchedule(6, 30_000));
  });
});
