import { describe, expect, it } from 'vitest';
import type { Scenario } from '../../src/simulation/scenario.ts';
import { parseScenario } from '../../src/simulation/reading/scenario.ts';
import { scenarioText } from '../../src/simulation/scenario-text.ts';
import { swarm } from '../../src/simulation/swarm.ts';
import { workload, WORKLOADS } from '../../src/simulation/workloads.ts';
import seeds from '../property/seeds.json' with { type: 'json' };

const written = (scenario: unknown): unknown => JSON.parse(JSON.stringify(scenario));

const PLAIN = {
  seed: 1,
  shards: 2,
  start: 'LATEST',
  weather: 'calm',
  script: [{ atMs: 0, action: { kind: 'join', slot: 0 } }],
  quietAtMs: 10_000,
  quietMs: 5_000,
} as const satisfies Scenario;

const withAction = (action: unknown): unknown => ({ ...PLAIN, script: [{ atMs: 0, action }] });

describe('a scenario that was written as JSON', () => {
  it('is read as it was, whatever a swarm drew, to the order of its fields', () => {
    for (let seed = 0; seed < 400; seed += 1) {
      const scenario = written(swarm(seed));
      expect(JSON.stringify(parseScenario(scenario))).toBe(JSON.stringify(scenario));
    }
  });

  it('is read as it was, whatever is asked for or kept', () => {
    const setup = {
      membership: 'static',
      restartAfterMs: 500,
      handlerMs: 7_000,
      commitIntervalMs: 100,
      drainTimeoutMs: 0,
    } as const;
    const size = { clients: 3, shards: 2, streams: 2, durationMs: 20_000 };
    for (const name of WORKLOADS) {
      const scenario = workload(name, { seed: 5, ...size, profile: 'frugal', setup });
      expect(parseScenario(written(scenario))).toEqual(written(scenario));
    }
    for (const { scenario } of seeds) expect(parseScenario(scenario)).toEqual(scenario);
    const all = { ...PLAIN, protocol: 'go', wallSkewMs: 0, trickleMs: 1, maxOpenShards: 3 };
    expect(parseScenario(all)).toEqual(all);
  });

  it('may say what no swarm draws', () => {
    const actions: readonly Scenario['script'][number]['action'][] = [
      { kind: 'pauseReading', slot: 0 },
      { kind: 'commit', slot: 0 },
      { kind: 'close', slot: 0, options: { timeoutMs: 5, abort: true, leave: false } },
      { kind: 'createStream', stream: 'a', shards: 1 },
      { kind: 'deleteStream', stream: 'a' },
      { kind: 'lapse', stream: 'a', olderThanMs: 5 },
      { kind: 'jumpWall', slot: 0, byMs: -5 },
      { kind: 'spell', forMs: 1, slot: 2, stream: { staleListing: { probability: 1, maxMs: 9 } } },
      { kind: 'erase', what: { item: 'client', slot: 1 } },
    ];
    for (const action of actions)
      expect(parseScenario(withAction(action))).toEqual(withAction(action));
  });

  it.each<[unknown, string]>([
    [null, 'it must be an object; got null'],
    [[], 'it must be an object; got an array of 0'],
    [{ ...PLAIN, seed: -1 }, 'seed must be a whole number from 0 to 4294967295; got -1'],
    [{ ...PLAIN, seed: undefined }, 'seed must be a whole number'],
    [{ ...PLAIN, shards: 0 }, 'shards must be a whole number from 1 to'],
    [{ ...PLAIN, start: 'NOW' }, `start must be one of TRIM_HORIZON, LATEST; got 'NOW'`],
    [{ ...PLAIN, wether: 'calm' }, 'wether is no field of it; did you mean weather?'],
    [{ ...PLAIN, weather: 'wet' }, `weather must be one of calm, lossy, rough; got 'wet'`],
    [
      { ...PLAIN, weather: { store: {}, stream: {} } },
      'weather.clockError must be a number from 0',
    ],
    [
      { ...PLAIN, weather: { store: { throttle: 2 }, stream: {}, clockError: 0 } },
      'weather.store.throttle must be a number from 0 to 1; got 2',
    ],
    [
      {
        ...PLAIN,
        weather: { store: { lateByMs: { minMs: 2, maxMs: 1 } }, stream: {}, clockError: 0 },
      },
      'weather.store.lateByMs.minMs must be at most maxMs (1); got 2',
    ],
    [{ ...PLAIN, streams: ['a', 'a'] }, 'streams must name each stream once'],
    [{ ...PLAIN, streams: [] }, 'streams must hold at least 1'],
    [{ ...PLAIN, streams: ['a b'] }, 'streams[0] must be the name of a stream'],
    [{ ...PLAIN, trickleMs: 0 }, 'trickleMs must be a number from 1'],
    [{ ...PLAIN, setup: { commitIntervalMs: 5 } }, 'setup.commitIntervalMs must be a whole number'],
    [{ ...PLAIN, kinesis: { limits: 'yes' } }, `kinesis.limits must be true or false; got 'yes'`],
    [{ ...PLAIN, members: [{ slot: 0 }, { slot: 0.5 }] }, 'members[1].slot must be a whole number'],
    [
      { ...PLAIN, members: [{ slot: 0, assignor: 'range', assignorTolerance: 1 }] },
      `members[0].assignorTolerance must be 0 where assignor is 'range'; got 1`,
    ],
    [{ ...PLAIN, script: {} }, 'script must be an array'],
    [{ ...PLAIN, script: [{ atMs: 0 }] }, 'script[0].action must be an object; got undefined'],
    [withAction({ kind: 'rain' }), `script[0].action.kind must be one of join, leave, crash,`],
    [withAction({ kind: 'join' }), 'script[0].action.slot must be a whole number'],
    [withAction({ kind: 'join', slot: 0, forMs: 1 }), 'script[0].action.forMs is no field of it'],
    [withAction({ kind: 'put', records: 1, constructor: 1 }), 'action.constructor is no field'],
    [withAction({ kind: 'erase', what: { item: 'all' } }), 'action.what.item must be one of head'],
  ])('is refused where it is wrong: %j', (scenario, message) => {
    const refused = expect.objectContaining({
      code: 'InvalidOption',
      message: expect.stringContaining(message) as unknown,
    }) as unknown;
    expect(() => parseScenario(scenario)).toThrow(refused as Error);
  });

  it('is refused with the place in what it was taken from', () => {
    expect(() => parseScenario({ ...PLAIN, shards: 0 }, '[3].scenario')).toThrow(
      '[3].scenario.shards must be',
    );
  });
});

describe('a scenario to be read', () => {
  it('is its script, where nothing else makes it differ', () => {
    expect(scenarioText({ ...PLAIN, kinesis: {}, members: [{ slot: 0 }] })).toBe(
      'seed: 1, 2 shards, from LATEST\nquiet: from 10 s, for 5 s\n0.000 s  join  slot=0',
    );
  });

  it('says all that differs', () => {
    const scenario: Scenario = {
      ...PLAIN,
      protocol: 'go',
      streams: ['a', 'b'],
      weather: { store: { throttle: 0.5 }, stream: { emptyFetch: 0.1 }, clockError: 0.02 },
      kinesis: { limits: true },
      setup: { membership: 'static' },
      members: [
        { slot: 0, profile: 'frugal' },
        { slot: 2, profile: 'frugal' },
        { slot: 1, profile: 'frugal' },
        { slot: 7, profile: 'frugal' },
        { slot: 8, clockRate: 1.1 },
      ],
    };
    expect(scenarioText(scenario).split('\n').slice(0, -2)).toEqual([
      'seed: 1, 2 shards of a, b, from LATEST',
      'the way to the table: throttle=0.5',
      'the way to the streams: emptyFetch=0.1',
      'clocks are off by: 0.02',
      'Kinesis: limits=true',
      'clients: membership=static',
      'slots 0–2, 7: profile=frugal',
      'slot 8: clockRate=1.1',
      'besides: protocol=go',
    ]);
    expect(scenarioText({ ...PLAIN, weather: 'rough' })).toContain('\nweather: rough\n');
  });
});
