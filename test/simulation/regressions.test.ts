import { describe, expect, it } from 'vitest';
import type { ListAnswer } from '../../src/machines/ports.ts';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import { play, type Host, type Scenario } from '../../src/simulation/scenario.ts';
import { at, hop, scenario, shown } from './host.ts';

const expectSound = async (given: Scenario, faults: Partial<Host> = {}): Promise<void> => {
  const evidence = await play(given, { hop, ...faults });
  expect(shown(violationsOf(evidence))).toEqual([]);
};

/**
 * Runs that once broke an invariant, in few steps. Their instants fit the draws of that time: where the order of
 * draws changes they are ordinary runs, and the search in test/property goes on.
 */
describe('a cluster', () => {
  it.each([118, 130])(
    'reads the children of a shard though listing and leading write the map at once (seed %i)',
    (seed) =>
      expectSound(
        scenario({
          seed,
          shards: 1,
          script: [at(0, 'join', 0), at(5, 'split', 0)],
          quietAtMs: 6_000,
          quietMs: 30_000,
        }),
      ),
  );

  it('reads the children of a shard though a listing is older than its end', () => {
    // long enough for a listing each minute to come too late
    const given = scenario({
      shards: 1,
      script: [at(0, 'join', 0), at(5, 'split', 0)],
      quietAtMs: 10_000,
      quietMs: 40_000,
    });
    return expectSound(given, {
      wrapStream: (stream) => {
        let first: ListAnswer | null = null;
        let stale = 4;
        return {
          describe: (name, options) => stream.describe(name, options),
          async listShards(name, options) {
            const answer = await stream.listShards(name, options);
            first ??= answer;
            return stale-- > 0 ? first : answer;
          },
          openIterator: (shard, from, options) => stream.openIterator(shard, from, options),
          fetch: (shard, iterator, limit, options) => stream.fetch(shard, iterator, limit, options),
          close: () => stream.close(),
        };
      },
    });
  });

  it('reads the children of a shard whose owner was stopped when it had ended it', () =>
    expectSound(
      scenario({
        seed: 92,
        shards: 4,
        weather: 'lossy',
        script: [
          at(0, 'join', 0),
          at(0.3, 'join', 1),
          at(9.058, 'split', 4),
          at(9.531, 'pause', 1, 6),
        ],
        quietAtMs: 12_000,
        quietMs: 30_000,
      }),
    ));

  it('reads the children of a shard whose owner died when it had ended it', () =>
    expectSound(
      scenario({
        seed: 188,
        shards: 4,
        weather: 'lossy',
        script: [
          at(0, 'join', 0),
          at(0.3, 'join', 1),
          at(0.6, 'join', 2),
          at(8.168, 'split', 4),
          at(8.956, 'crash', 2),
        ],
        quietAtMs: 12_000,
        quietMs: 30_000,
      }),
    ));

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
        quietMs: 30_000,
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
        quietMs: 30_000,
      }),
    ));
});
