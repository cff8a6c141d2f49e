import { describe, expect, it } from 'vitest';
import { play, type Action } from '../../src/simulation/scenario.ts';
import { struckOf } from '../../src/simulation/struck.ts';
import { at, hop, scenario } from './host.ts';

const SECOND = 1_000;

const struckBy = async (...actions: readonly Action[]) => {
  const given = scenario({
    script: [
      at(0, 'join', 0),
      ...actions.map((action, index) => ({ atMs: (8 + index) * SECOND, action })),
    ],
    quietAtMs: 15 * SECOND,
    quietMs: 5 * SECOND,
  });
  return struckOf(given, await play(given, { hop }));
};

describe('what struck a run', () => {
  it('is what found somebody to happen to, by its name', async () => {
    const struck = await struckBy(
      { kind: 'outage', of: 'stream', forMs: SECOND },
      { kind: 'erase', what: { item: 'head' } },
      { kind: 'jumpWall', slot: 0, byMs: SECOND },
      { kind: 'goCommit', pick: 0 },
      { kind: 'crash', slot: 0 },
    );
    const counts = Object.fromEntries(struck);
    expect(counts).toMatchObject({ 'outage.stream': 1, 'erase.head': 1, jumpWall: 1 });
    expect(counts).toMatchObject({ join: 1, goCommit: 1, crash: 1 });
    expect(struck.get('stream.down')).toBeGreaterThan(0);
  });

  it('is not what found nobody', async () => {
    const struck = await struckBy(
      { kind: 'crash', slot: 0 },
      { kind: 'crash', slot: 0 },
      { kind: 'pause', slot: 5, forMs: SECOND },
      { kind: 'jumpWall', slot: 0, byMs: SECOND },
      { kind: 'erase', what: { item: 'client', slot: 3 } },
      { kind: 'deleteStream', stream: 'unknown' },
    );
    expect(struck.get('crash')).toBe(1);
    for (const name of ['pause', 'jumpWall', 'erase.client', 'deleteStream']) {
      expect([name, struck.get(name)]).toEqual([name, undefined]);
    }
  });

  it('is told apart where it lasted for more than 80 s, however it was meant', async () => {
    const script = [
      at(0, 'join', 0),
      at(0.5, 'join', 2),
      at(5, 'pause', 0, 90),
      at(5, 'cut', 2, 90),
      at(100, 'pause', 2, 90),
      at(101, 'pause', 2, 5),
      at(110, 'pause', 0, 90),
    ];
    const given = scenario({ script, quietAtMs: 180 * SECOND, quietMs: 5 * SECOND });
    const struck = struckOf(given, await play(given, { hop }));
    expect([struck.get('pause'), struck.get('pause.long')]).toEqual([4, 1]);
    expect(struck.get('cut.store.long')).toBe(1);
  });

  it('counts the handler calls that were not prompt', async () => {
    const struck = await struckBy(
      { kind: 'handler', slot: 0, manner: 'slow', forMs: 2 * SECOND },
      { kind: 'put', records: 20 },
    );
    expect(struck.get('handler.slow')).toBe(1);
    expect(struck.get('call.slow')).toBeGreaterThan(0);
    expect(struck.get('call.stuck')).toBeUndefined();
  });
});
