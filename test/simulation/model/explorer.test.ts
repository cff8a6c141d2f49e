import { describe, expect, it } from 'vitest';
import { explore, type Model } from '../../../src/simulation/model/explorer.ts';
import { collisionOdds, Visited } from '../../../src/simulation/model/visited.ts';

interface Tokens {
  readonly red: number;
  readonly blue: number;
}
const LAST = 5;

/** Two tokens on squares 0 … 5, each moved by one; nobody minds which is which. */
const tokens = (wrongAt: (state: Tokens) => boolean = () => false): Model<Tokens> => ({
  name: 'two tokens',
  initial: { red: 0, blue: 0 },
  expand({ red, blue }, emit) {
    if (red < LAST) emit({ red: red + 1, blue }, () => `red to ${red + 1}`, []);
    if (blue < LAST) emit({ red, blue: blue + 1 }, () => `blue to ${blue + 1}`, []);
    if (red === blue && red === 2) {
      const faults = [{ invariant: 'swap', message: 'they met' }];
      emit({ red: blue, blue: red }, () => 'they swap', wrongAt({ red, blue }) ? faults : []);
    }
  },
  faultsOf: (state) => (wrongAt(state) ? [{ invariant: 'square', message: 'not there' }] : []),
  encode: ({ red, blue }) => [Math.min(red, blue), Math.max(red, blue)].join(),
  decode: (text) => {
    const [red = 0, blue = 0] = text.split(',').map(Number);
    return { red, blue };
  },
});

describe('an exploration', () => {
  it('sees each state once, those that differ in names as one, and goes to the end', () => {
    const found = explore(tokens());
    expect(found).toMatchObject({ states: 21, depth: 10, end: 'exhausted', violations: [] });
    // two moves each, but for the six with a token on the last square, of which one has both there; and the swap
    expect(found.transitions).toBe(2 * 21 - 6 - 1 + 1);
  });

  it('tells the shortest way to what is wrong, in the names that it began with', () => {
    const { violations } = explore(tokens(({ red, blue }) => Math.abs(red - blue) === 3));
    expect(violations).toEqual([
      { invariant: 'square', message: 'not there', path: ['red to 1', 'red to 2', 'red to 3'] },
    ]);
  });

  it('tells what is wrong with a step too, goes on elsewhere, and stops where it is told', () => {
    const model = tokens(({ red, blue }) => red + blue === 4);
    const whole = explore({ ...model, faultsOf: () => [] });
    expect(whole.violations.map(({ invariant, path }) => [invariant, path.at(-1)])).toEqual([
      ['swap', 'they swap'],
    ]);
    expect(whole).toMatchObject({ states: 21, end: 'exhausted' });
    // nothing behind a wrong state
    expect(explore(model)).toMatchObject({ states: 9, end: 'exhausted' });
    const stopped = explore(model, { stopAt: ({ invariant }) => invariant === 'square' });
    expect(stopped.end).toBe('stopped');
    expect(stopped.states).toBeLessThan(9);
  });

  it('says how far it is', () => {
    const depths: number[] = [];
    explore(tokens(), { onDepth: ({ depth, waiting }) => depths.push(depth, waiting) });
    expect(depths.slice(0, 6)).toEqual([0, 1, 1, 1, 2, 2]);
  });
});

describe('the states seen', () => {
  it('are told apart as their texts are', () => {
    const visited = new Visited();
    const ids = new Map<string, number>();
    const textOf = (n: number): string =>
      String.fromCharCode(n & 3, (n >> 2) & 3, n >> 9, n & 1, (n >> 4) & 31);
    const wrong: string[] = [];
    for (let n = 0; n < 600_000; n += 1) {
      const text = textOf(n);
      const expected = ids.has(text) ? -1 : ids.size;
      if (expected >= 0) ids.set(text, expected);
      if (visited.add(text, 0) !== expected) wrong.push(text);
    }
    for (const [text, id] of ids) if (visited.idOf(text) !== id) wrong.push(text);
    expect(wrong).toEqual([]);
    // more than fit at first
    expect(visited.size).toBeGreaterThan(2 ** 18);
    expect(visited.size).toBe(ids.size);
    expect(visited.idOf('another')).toBe(-1);
  });

  it('are taken for each other with a probability that can be said', () => {
    expect(collisionOdds(1_000_000)).toBeLessThan(1e-7);
    expect(collisionOdds(100_000_000)).toBeLessThan(1e-3);
  });
});
