import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../src/simulation/scenario.ts';
import { scriptText, shrink } from '../../src/simulation/shrink.ts';
import { at, scenario } from './host.ts';

const long = scenario({
  script: Array.from({ length: 23 }, (_, index) =>
    at(index, index === 7 || index === 16 ? 'crash' : 'put', index),
  ),
  members: [{ slot: 1, profile: 'default' }, { slot: 2 }],
  weather: {
    store: { throttle: 0.1, lostAnswer: 0.2 },
    stream: { throttle: 0.3 },
    clockError: 0,
  },
});

/** Fails as long as both crashes, the second member and the lost answers are in it. */
const fails = (given: Scenario): Promise<boolean> =>
  Promise.resolve(
    given.script.filter(({ action }) => action.kind === 'crash').length === 2 &&
      given.members?.some(({ slot }) => slot === 2) === true &&
      typeof given.weather !== 'string' &&
      given.weather.store.lostAnswer === 0.2,
  );

describe('shrinking', () => {
  it('keeps what the failure needs and nothing else', async () => {
    const { scenario: smallest } = await shrink(long, { fails });
    expect(smallest.script).toEqual([at(7, 'crash', 7), at(16, 'crash', 16)]);
    expect(smallest.members).toEqual([{ slot: 2 }]);
    expect(smallest.weather).toEqual({ store: { lostAnswer: 0.2 }, stream: {}, clockError: 0 });
    expect(await fails(smallest)).toBe(true);
  });

  it('ends at the runs that it is given, with something that fails', async () => {
    let runs = 0;
    const counted = (given: Scenario): Promise<boolean> => {
      runs++;
      return fails(given);
    };
    const shrunk = await shrink(long, { fails: counted, maxRuns: 5 });
    expect([runs, shrunk.runs]).toEqual([5, 5]);
    expect(await fails(shrunk.scenario)).toBe(true);
  });

  it('shows a script in lines', () => {
    const text = scriptText([
      at(1.5, 'pause', 2, 3),
      { atMs: 2_000, action: { kind: 'refresh', slot: 1, streams: ['a', 'b'] } },
    ]);
    expect(text).toBe(
      '1.500 s  pause  slot=2  forMs=3000\n2.000 s  refresh  slot=1  streams=["a","b"]',
    );
  });
});
