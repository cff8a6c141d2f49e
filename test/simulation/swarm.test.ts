import { describe, expect, it } from 'vitest';
import { DrawComparer, DrawRecorder } from '../../src/simulation/draws.ts';
import { traceOf } from '../../src/simulation/history.ts';
import { play, type Scenario } from '../../src/simulation/scenario.ts';
import { FAULTS, type FaultName } from '../../src/simulation/swarm-faults.ts';
import { swarm, SWARM_FAULTS } from '../../src/simulation/swarm.ts';
import { climateOf } from '../../src/simulation/weather.ts';
import { at, hop, scenario } from './host.ts';

const names = Object.keys(FAULTS) as readonly FaultName[];
const seeds = Array.from({ length: 400 }, (_, seed) => seed);

/** The maps that an operator removes, and when. */
const mapsErased = ({ script }: Scenario) =>
  script.flatMap(({ atMs, action }) =>
    action.kind === 'erase' && action.what.item === 'map' ? [{ atMs, of: action.what.stream }] : [],
  );

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

  it('waits for the listing that misses a map which an operator removed', () => {
    const script = (faults: readonly FaultName[]) =>
      seeds.map((seed) => swarm(seed, { faults, streams: 2 }));
    const erased = script(['erasures']);
    expect(erased.some((given) => mapsErased(given).length > 0)).toBe(true);
    for (const given of erased) {
      expect(given.quietMs).toBe(mapsErased(given).length > 0 ? 101_000 : 35_000);
    }
  });

  it('makes a stream anew at the end of the faults, or lets an operator reset it while nobody runs', () => {
    const outcomes = seeds.map((seed) => {
      const faults = ['erasures', 'recreations'] as const;
      const given = swarm(seed, { faults, draw: 'all', streams: 2 });
      const { script, quietAtMs } = given;
      const made = script.find(({ action }) => action.kind === 'recreateStream');
      if (made?.action.kind !== 'recreateStream') throw new Error(`seed ${seed} makes none anew`);
      const { stream } = made.action;
      const reset = mapsErased(given).filter(({ of }) => of === stream);
      if (reset.length === 0) {
        expect(made.atMs).toBeGreaterThanOrEqual(quietAtMs - 0.15 * (quietAtMs - 5_000) - 1);
        return 'late';
      }
      const [{ atMs } = { atMs: 0 }, ...more] = reset;
      expect(more).toEqual([]);
      expect(atMs).toBeGreaterThan(made.atMs + 12_000);
      const later = script.filter((step) => step.atMs > atMs).map(({ action }) => action);
      const joins = script.flatMap(({ atMs: joinMs, action }) =>
        action.kind === 'join' && joinMs < 5_000 ? [action] : [],
      );
      expect(later).toEqual(expect.arrayContaining(joins));
      for (const { slot } of joins) {
        expect(script).toContainEqual({ atMs, action: { kind: 'crash', slot } });
      }
      return 'reset';
    });
    const resets = outcomes.filter((outcome) => outcome === 'reset').length;
    expect(resets).toBeGreaterThan(seeds.length * 0.4);
    expect(resets).toBeLessThan(seeds.length * 0.6);
  });

  it('lets an operator start nobody after a reset while a read may show what was there before', () => {
    const starts = seeds.flatMap((seed) => {
      const faults = ['recreations', 'staleReads', 'deployments'] as const;
      const { script, weather } = swarm(seed, { faults, draw: 'all', streams: 1 });
      const reset = script.find(({ action }) => action.kind === 'erase');
      if (reset === undefined) return [];
      const staleMs = climateOf(weather).store.stale?.maxMs ?? 0;
      return script.flatMap(({ atMs, action }) =>
        atMs >= reset.atMs && ['join', 'restart', 'replace'].includes(action.kind)
          ? [atMs - reset.atMs - staleMs]
          : [],
      );
    });
    expect(starts.length).toBeGreaterThan(0);
    expect(Math.min(...starts)).toBeGreaterThan(0);
  });

  const joinsOf = ({ script }: Scenario) =>
    script.filter(({ atMs, action }) => action.kind === 'join' && atMs < 5_000).length;

  it('begins with one client in some seeds, and with up to five in others', () => {
    const counts = seeds.map((seed) => joinsOf(swarm(seed, { faults: [] })));
    expect(new Set(counts)).toEqual(new Set([1, 2, 3, 4, 5]));
    const alone = counts.filter((count) => count === 1).length;
    expect(alone).toBeGreaterThan(seeds.length / 16);
    expect(alone).toBeLessThan(seeds.length / 4);
    expect(new Set(seeds.map((seed) => joinsOf(swarm(seed, { clients: 3 }))))).toEqual(
      new Set([3]),
    );
  });

  it('has members that plan otherwise in a quarter of the seeds, and in none where its faults are given', () => {
    const waysOf = (given: Scenario) => [
      ...new Set(
        (given.members ?? []).flatMap(({ assignor, assignorTolerance }) =>
          assignor === undefined ? [] : [`${assignor} ${assignorTolerance ?? 0}`],
        ),
      ),
    ];
    const ways = seeds.map((seed) => waysOf(swarm(seed)));
    const planned = ways.filter((found) => found.length > 0);
    expect(planned.length).toBeGreaterThan(seeds.length * 0.18);
    expect(planned.length).toBeLessThan(seeds.length * 0.32);
    for (const way of ['range 0', 'sticky-range 1', 'sticky-range 3']) {
      expect(planned).toContainEqual([way]);
    }
    expect(planned.some((found) => found.length > 1)).toBe(true);
    for (const seed of seeds) expect(waysOf(swarm(seed, { faults: ['delays'] }))).toEqual([]);
  });

  it('has spells that hit one member, and spells that hit all', () => {
    const slots = seeds.flatMap((seed) =>
      swarm(seed, { faults: ['delays'] }).script.flatMap(({ action }) =>
        action.kind === 'spell' ? [action.slot] : [],
      ),
    );
    const all = slots.filter((slot) => slot === undefined).length;
    expect(all).toBeGreaterThan(slots.length * 0.5);
    expect(all).toBeLessThan(slots.length * 0.7);
    expect(Math.max(...slots.map((slot) => slot ?? 0))).toBe(4);
  });

  it('has minutes of faults that last for up to two minutes where its spans are long', () => {
    const given = seeds.map((seed) => swarm(seed, { spans: 'long' }));
    const lasting = given.map(({ script, quietAtMs }) =>
      script.flatMap(({ atMs, action }) =>
        'forMs' in action && ['pause', 'suspend', 'cut', 'outage'].includes(action.kind)
          ? [Math.min(action.forMs, quietAtMs - atMs)]
          : [],
      ),
    );
    for (const spans of lasting) expect(spans.length).toBeGreaterThan(0);
    expect(Math.max(...lasting.flat())).toBeGreaterThan(119_000);
    expect(lasting.filter((spans) => Math.max(...spans) > 80_000).length).toBeGreaterThan(300);
    const ends = given.map(({ quietAtMs }) => quietAtMs);
    expect([Math.min(...ends) >= 205_000, Math.max(...ends) <= 405_000]).toEqual([true, true]);
    const rested = given.filter(({ quietMs }) => quietMs > 660_000).length;
    expect(rested).toBeGreaterThan(seeds.length * 0.1);
    expect(rested).toBeLessThan(seeds.length * 0.3);
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
