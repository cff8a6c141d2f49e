import { describe, expect, it } from 'vitest';
import { Breather } from '../../../src/services/delivery/breather.ts';
import { ManualClock, quiet } from './delivery-world.ts';

describe('Breather', () => {
  it('asks for a turn of the event loop after a long stretch, and is rested by any turn', async () => {
    const clock = new ManualClock();
    const breather = new Breather(clock);
    expect(breather.breath()).toBeNull();
    clock.pass(49);
    expect(breather.breath()).toBeNull();
    clock.pass(1);
    const rest = breather.breath();
    expect(rest).not.toBeNull();
    let rested = 'no';
    void rest?.then(() => (rested = 'yes'));
    await quiet();
    expect(rested).toBe('no');
    clock.advance(0);
    await quiet();
    expect(rested).toBe('yes');
    expect(breather.breath()).toBeNull();
  });

  it('keeps one timer at most', () => {
    const clock = new ManualClock();
    const breather = new Breather(clock);
    for (let record = 0; record < 100; record += 1) {
      void breather.breath();
      clock.pass(1);
    }
    expect(clock.timers()).toBe(1);
  });
});
