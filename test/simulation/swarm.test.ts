import { describe, expect, it } from 'vitest';
import { DrawComparer, DrawRecorder } from '../../src/simulation/draws.ts';
import { traceOf } from '../../src/simulation/history.ts';
import { play, type Scenario } from '../../src/simulation/scenario.ts';
import { FAULTS, type FaultName } from '../../src/simulation/swarm-faults.ts';
import { swarm, SWARM_FAULTS } from '../../src/simulation/swarm.ts';
import { at, hop, scenario } from './host.ts';

const names = Object.keys(FAULTS) as readonly FaultName[];
const seeds = Array.from({ length: 400 }, (_, seed) => seed);

describe('a swarm', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(swarm(7)).toEqual(swarm(7));
    expect(new Set(seeds.map((seed) => JSON.stringify(swarm(seed)))).size).toBe(seeds.length);
  });

  it('is plain data', () => {
    for (const seed of seeds) expect(JSON.parse(JSON.stringify(swarm(seed)))).toEqual(swarm(seed));
  });

  it.each(names)('draws %s within its time, with something to show for it', (fault) => {
    for (const seed of seeds.slice(0, 60)) {
      const plain: Scenario = swarm(seed, { faults: [] });
      const drawn = swarm(seed, { faults: [fault] });
      expect({ ...drawn, streams: [] }).not.toEqual({ ...plain, streams: [] });
      for (const { atMs } of drawn.script) {
        expect(atMs).toBeGreaterThanOrEqual(0);
        expect(atMs).toBeLessThanOrEqual(drawn.quietAtMs);
      }
    }
  });

  it('draws each of the faults that it may, all by default, and no others', () => {
    const kindsOf = (faults?: readonly FaultName[]) =>
      new Set(
        seeds.flatMap((seed) =>
          swarm(seed, faults === undefined ? {} : { faults }).script.map((s) => s.action.kind),
        ),
      );
    const intruding = ['erase', 'goClient', 'goCommit', 'lapse', 'recreateStream'] as const;
    const other = ['spell', 'outage', 'refresh', 'suspend', 'jumpWall', 'replace'] as const;
    const kinds = kindsOf();
    for (const kind of [...intruding, ...other, 'handler'] as const) expect(kinds).toContain(kind);
    expect(new Set(SWARM_FAULTS)).toEqual(new Set(names));
    const fewer = kindsOf(['delays', 'outages', 'streams', 'suspensions', 'wallClocks', 'kills']);
    for (const kind of intruding) expect(fewer).not.toContain(kind);
  });

  it('removes no map of a stream that is made anew, and waits for the listing that misses another', () => {
    const erasedOf = (faults: readonly FaultName[]) =>
      seeds.flatMap((seed) => {
        const { script, quietMs } = swarm(seed, { faults, streams: 2 });
        const remade = script.flatMap(({ action }) =>
          action.kind === 'recreateStream' ? [action.stream] : [],
        );
        const maps = script.flatMap(({ action }) =>
          action.kind === 'erase' && action.what.item === 'map' ? [action.what.stream] : [],
        );
        return [{ maps, remade, quietMs }];
      });
    const both = erasedOf(['erasures', 'recreations']);
    expect(both.some(({ maps }) => maps.length > 0)).toBe(true);
    for (const { maps, remade } of both) for (const map of maps) expect(remade).not.toContain(map);
    for (const { maps, quietMs } of erasedOf(['erasures'])) {
      expect(quietMs).toBe(maps.length > 0 ? 101_000 : 35_000);
    }
  });

  it('has what a user fixes', () => {
    const given = { clients: 7, shards: 9, streams: 3, profile: 'frugal', faultMs: 9_000 } as const;
    const { script, shards, streams, members, quietAtMs } = swarm(3, { ...given, faults: [] });
    const joins = script.filter(({ action }) => action.kind === 'join');
    expect(joins).toHaveLength(7);
    expect([shards, streams?.length, quietAtMs]).toEqual([9, 3, 14_000]);
    expect(members?.map(({ profile }) => profile)).toEqual(Array(7).fill('frugal'));
  });
});

describe('a run', () => {
  it.each([3, 28, 31])(
    'of seed %i is the same twice, to the last byte and draw',
    async (seed) => {
      const draws = new DrawRecorder();
      const first = traceOf(await play(swarm(seed), { hop, draws })).split('\n');
      const comparer = new DrawComparer(draws.draws);
      const second = traceOf(await play(swarm(seed), { hop, draws: comparer })).split('\n');
      const difference = first.findIndex((line, index) => line !== second[index]);
      expect(difference < 0 ? null : [first[difference], second[difference]]).toBeNull();
      expect(second.length).toBe(first.length);
      expect(comparer.divergence).toBeNull();
      expect(draws.draws.length).toBeGreaterThan(1_000);
      expect(draws.draws.every(({ reason }) => reason !== '')).toBe(true);
    },
    60_000,
  );

  it('that parts from an earlier one says at which draw', async () => {
    const draws = new DrawRecorder();
    const given = scenario({ script: [at(0, 'join', 0)], quietAtMs: 4_000, quietMs: 1_000 });
    await play(given, { hop, draws });
    const index = draws.draws.findIndex(({ reason }) => reason === 'heartbeat period');
    const wrong = draws.draws.map((draw) => (draw.index === index ? { ...draw, value: 2 } : draw));
    const comparer = new DrawComparer(wrong);
    await play(given, { hop, draws: comparer }).catch(() => null);
    const value = draws.draws[index]?.value;
    expect(comparer.divergence).toBe(
      `draw ${index}: c0#1 drew ${value} for heartbeat period, before: c0#1 drew 2 for heartbeat period`,
    );
  });
});
