import { describe, expect, it } from 'vitest';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import { play, type Weather } from '../../src/simulation/scenario.ts';
import { at, hop, scenario, shown } from './host.ts';
import { MUTANTS } from './mutants.ts';

type MutantName = keyof typeof MUTANTS;

const FIRST_SEED = 11;
/** A fault shows within so many runs; most show in the first. */
const SEEDS = 8;

/** Members come and go, die and are replaced, shards split and merge: enough for each fault to show. */
const busy = (weather: Weather, seed = FIRST_SEED) =>
  scenario({
    seed,
    weather,
    script: [
      at(0, 'join', 0),
      at(0.5, 'join', 1),
      at(3, 'put', 40),
      at(5, 'split', 1),
      at(8, 'join', 2),
      at(8.5, 'put', 60),
      at(12, 'crash', 1),
      at(15, 'put', 500),
      at(16, 'split', 0),
      at(16, 'merge', 2),
      at(19, 'join', 3),
      at(20, 'leave', 2),
      at(20.2, 'put', 60),
      at(23, 'restart', 0),
    ],
  });

/** Invariants that each fault must break; the weather in which it shows. */
const EXPECTED: Record<MutantName, readonly [Weather, ...string[]]> = {
  'commits without the fence': ['calm', 'S3'],
  'commits without owner and fence': ['calm', 'S3'],
  'repeats an old commit, whatever the position': ['calm', 'S2'],
  'acquires again, late and without compare-and-set': ['calm', 'S1'],
  'takes every owner for dead': ['calm', 'S4'],
  'heartbeats by upsert, after it left': ['calm', 'S5'],
  'believes in heartbeats that nobody got': ['calm', 'D5', 'D6'],
  'publishes two generations at once': ['calm', 'S6'],
  'plans without the last member': ['calm', 'S7'],
  'forgets the parents of a shard': ['calm', 'S8', 'D7'],
  'ends a shard and keeps it': ['calm', 'S9'],
  'removes the item of a shard that ended': ['calm', 'S9'],
  'moves the start with each map': ['calm', 'S10'],
  'commits before the handler is through': ['calm', 'D1'],
  'releases without the position': ['calm', 'D4'],
  'drops a record of each batch': ['calm', 'D2'],
  'begins a shard one record late': ['calm', 'D3'],
  'never acquires its last shard': ['calm', 'L2'],
  'publishes without a cause': ['calm', 'L4'],
};

describe('the checkers', () => {
  it('find nothing in a sound group', async () => {
    for (const weather of ['calm', 'rough'] as const) {
      const evidence = await play(busy(weather), { hop });
      expect(shown(violationsOf(evidence))).toEqual([]);
    }
  });

  it.each(Object.keys(MUTANTS) as MutantName[])('find a group that %s', async (name) => {
    const [weather, ...invariants] = EXPECTED[name];
    const found = new Set<string>();
    for (let n = 0; n < SEEDS && !invariants.every((id) => found.has(id)); n++) {
      const evidence = await play(busy(weather, FIRST_SEED + n), { hop, ...MUTANTS[name] });
      for (const violation of violationsOf(evidence)) found.add(violation.invariant);
    }
    expect([...found]).toEqual(expect.arrayContaining(invariants));
  });
});
