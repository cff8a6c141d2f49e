import { describe, expect, it } from 'vitest';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import { play, type Scenario } from '../../src/simulation/scenario.ts';
import { at, hop, scenario, shown } from './host.ts';

const expectSound = async (given: Scenario): Promise<void> => {
  const evidence = await play(given, { hop });
  expect(shown(violationsOf(evidence))).toEqual([]);
};

/** Runs that once broke an invariant, in few steps. */
describe('a cluster', () => {
  it('reads the children of a split shard though listing and leading write its map at the same time', () =>
    expectSound(
      scenario({
        seed: 134,
        shards: 1,
        start: 'LATEST',
        script: [at(0, 'join', 0), at(1.16, 'split', 4)],
        quietAtMs: 2_160,
      }),
    ));

  it('reads the child of two merged shards though listing and leading write its map at the same time', () =>
    expectSound(
      scenario({
        seed: 92,
        shards: 2,
        script: [at(0, 'join', 0), at(6.382, 'merge', 9)],
        quietAtMs: 7_382,
      }),
    ));

  it.each([0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1, 1.3])(
    'reads on when all owners die %f s after the shards were split',
    (delay) =>
      expectSound(
        scenario({
          seed: 7,
          shards: 2,
          script: [
            at(0, 'join', 0),
            at(0.3, 'join', 1),
            at(8, 'split', 0),
            at(8, 'split', 2),
            at(8 + delay, 'crash', 0),
            at(8 + delay, 'crash', 1),
            at(9, 'join', 2),
          ],
          quietAtMs: 12_000,
        }),
      ),
  );

  it.each([0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1, 1.3])(
    'reads on when an owner leaves %f s after its shard was split',
    (delay) =>
      expectSound(
        scenario({
          seed: 9,
          shards: 2,
          weather: 'lossy',
          script: [
            at(0, 'join', 0),
            at(0.3, 'join', 1),
            at(8, 'split', 1),
            at(8 + delay, 'leave', 1),
          ],
          quietAtMs: 12_000,
        }),
      ),
  );

  it('names no leader that leaves, though it was publishing when it said so', () =>
    expectSound(
      scenario({
        seed: 38,
        shards: 4,
        weather: 'lossy',
        script: [
          at(0, 'join', 0),
          at(0.3, 'join', 1),
          at(8.323, 'split', 1),
          at(9.443, 'leave', 0),
        ],
        quietAtMs: 12_000,
      }),
    ));

  it('begins after what the owner before committed while the shard was being acquired', () =>
    expectSound(
      scenario({
        seed: 14,
        shards: 2,
        weather: 'rough',
        script: [
          at(0, 'join', 0),
          at(0.3, 'join', 1),
          at(9.94, 'put', 60),
          at(9.941, 'replace', 1),
        ],
        quietAtMs: 12_000,
      }),
    ));
});
