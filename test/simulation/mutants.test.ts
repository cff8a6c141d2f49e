import { describe, expect, it } from 'vitest';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import { oneReader } from '../../src/simulation/checkers/d9-one-reader.ts';
import { play, type Scenario } from '../../src/simulation/scenario.ts';
import { ENVIRONMENTS, type Environment } from './environments.ts';
import { at, hop, scenario, shown } from './host.ts';
import { brokenIn } from './hunt.ts';
import { MUTANTS } from './mutants.ts';
import { RULE_MUTANTS } from './mutants-of-rules.ts';
import { within, type Wraps } from './wraps.ts';

const ALL = { ...MUTANTS, ...RULE_MUTANTS };
type MutantName = keyof typeof ALL;

const FIRST_SEED = 11;
/** A fault shows within so many runs, unless its row says more; most show in the first. */
const SEEDS = 4;

const SCENES = {
  /** Members come and go, die and are replaced, shards split and merge: enough for most faults to show. */
  busy: {
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
  },
  /** Members stand still past their time to live, with work in hand. */
  stopped: {
    script: [
      at(0, 'join', 0),
      at(0.5, 'join', 1),
      at(1, 'join', 2),
      at(6, 'put', 300),
      at(6.7, 'pause', 0, 9),
      at(10, 'pause', 1, 8),
      at(14, 'put', 60),
      at(18, 'pause', 2, 7),
    ],
  },
  /** A third member takes shards from two. */
  shared: {
    shards: 6,
    script: [at(0, 'join', 0), at(0.5, 'join', 1), at(5, 'join', 2)],
    quietAtMs: 12_000,
    quietMs: 20_000,
  },
  /** Shards split and merge under members that stay. */
  resharded: {
    script: [
      at(0, 'join', 0),
      at(0.5, 'join', 1),
      at(5, 'put', 40),
      at(6, 'split', 1),
      at(9, 'merge', 2),
      at(10, 'put', 40),
    ],
    quietAtMs: 12_000,
    quietMs: 20_000,
  },
  /** All begin at once, and the one that leads dies. */
  crowded: {
    script: [
      at(0, 'join', 0),
      at(0, 'join', 1),
      at(0, 'join', 2),
      at(0, 'join', 3),
      at(8, 'crash', 0),
    ],
    quietAtMs: 10_000,
    quietMs: 15_000,
  },
  /** The table carries all out, and answers hardly anything for a while. */
  unheard: {
    script: [
      at(0, 'join', 0),
      at(0.5, 'join', 1),
      at(4, 'put', 60),
      { atMs: 6_000, action: { kind: 'spell', forMs: 8_000, store: { lostAnswer: 0.85 } } },
      at(8, 'put', 200),
      at(10, 'put', 200),
    ],
    quietAtMs: 16_000,
    quietMs: 20_000,
  },
  /** Two members mark what they have done, often long after their handlers were through. */
  byHand: {
    members: [0, 1].map((slot) => ({ slot, commits: 'byHand' as const })),
    script: [
      at(0, 'join', 0),
      at(0.5, 'join', 1),
      { atMs: 1_000, action: { kind: 'handler', slot: 0, manner: 'slow', forMs: 14_000 } },
      { atMs: 1_000, action: { kind: 'handler', slot: 1, manner: 'slow', forMs: 14_000 } },
      at(4, 'put', 60),
      at(6, 'put', 60),
      at(8, 'join', 2),
      at(8, 'put', 60),
      at(10, 'leave', 0),
    ],
    quietAtMs: 16_000,
    quietMs: 20_000,
  },
  /** The only member, under a client id of its own, is restarted in order. */
  restarted: {
    script: [at(0, 'join', 1), at(4, 'put', 60), at(5, 'restart', 1), at(7, 'put', 20)],
    quietAtMs: 12_000,
    quietMs: 15_000,
  },
} as const satisfies Record<string, Partial<Scenario> & Pick<Scenario, 'script'>>;

interface Expected {
  /** What it must break. */
  readonly breaks: readonly string[];
  /** @default 'busy' */
  readonly scene?: keyof typeof SCENES;
  /** @default 'calm' */
  readonly weather?: Scenario['weather'];
  /** In which it shows; a sound group lives with it. */
  readonly environment?: Environment;
  /** @default SEEDS */
  readonly seeds?: number;
}

const breaks = (...invariants: readonly string[]): Expected => ({ breaks: invariants });

/** Invariants that each fault must break, and where it shows. */
const EXPECTED: Record<MutantName, Expected> = {
  'commits without the fence': breaks('S3'),
  'commits without owner and fence': breaks('S3'),
  'repeats an old commit, whatever the position': breaks('S2'),
  'acquires again, late and without compare-and-set': breaks('S1'),
  'takes every owner for dead': breaks('S4'),
  'heartbeats by upsert, after it left': breaks('S5'),
  'believes in heartbeats that nobody got': breaks('D5', 'D6'),
  'takes an unanswered heartbeat for answered': { breaks: ['D5'], scene: 'unheard' },
  'publishes two generations at once': breaks('S6'),
  'plans without the last member': breaks('S7'),
  'forgets the parents of a shard': breaks('S8', 'D7'),
  'ends a shard and keeps it': breaks('S9'),
  'removes the item of a shard that ended': breaks('S9'),
  'moves the start with each map': breaks('S10'),
  'commits before the handler is through': breaks('D1'),
  'commits what its handler is through with, marked or not': { breaks: ['D1'], scene: 'byHand' },
  'releases without the position': breaks('D4'),
  'restarts without the position': { breaks: ['D4'], scene: 'restarted' },
  'drops a record of each batch': breaks('D2'),
  'begins a shard one record late': breaks('D3'),
  'never acquires its last shard': breaks('L2'),
  'publishes without a cause': breaks('L4'),

  'commits on no condition': { breaks: ['S2', 'S3'], scene: 'stopped' },
  'commits whatever the position': {
    breaks: ['S2'],
    environment: 'carries commits out late',
    seeds: 8,
  },
  'heartbeats by upsert': { breaks: ['S5', 'D6'], scene: 'stopped' },
  'acquires without compare-and-set': {
    breaks: ['S1', 'S4'],
    scene: 'stopped',
    environment: 'carries acquires out late',
  },
  'takes registering for a heartbeat': breaks('S7', 'D5'),
  'plans for who never sent a heartbeat': {
    breaks: ['S7'],
    environment: 'loses first heartbeats',
    seeds: 8,
  },
  'expels whom it sees twice without a heartbeat between': {
    breaks: ['D6', 'L4'],
    scene: 'stopped',
  },
  'forgets acquires that were not answered': {
    breaks: ['D1'],
    scene: 'shared',
    weather: 'lossy',
    environment: 'carries acquires out late',
    seeds: 16,
  },
  'publishes on an old look at the clients': breaks('S7'),
  'publishes over any generation': { breaks: ['S6'], scene: 'crowded' },
  'starts a shard where its tip is when it is acquired': breaks('D1', 'D3', 'D7'),
  'takes a closed shard for an ended one': breaks('S8', 'D1', 'D7'),
  'keeps the owner of a shard that it gives back': breaks('D1'),
  'expels nobody': breaks('D1', 'L2'),
  'lists its shards once': { breaks: ['D1'], scene: 'resharded' },
  'takes the end of a batch for the end of a shard': breaks('D1'),
};

const sceneOf = ({ scene = 'busy', weather = 'calm' }: Partial<Expected>, seed: number) =>
  scenario({ ...SCENES[scene], weather, seed });

describe('the checkers', () => {
  it.each(Object.keys(SCENES) as (keyof typeof SCENES)[])(
    'find nothing in a sound group, in the scene "%s"',
    async (scene) => {
      for (const weather of ['calm', 'rough'] as const) {
        const evidence = await play(sceneOf({ scene, weather }, FIRST_SEED), { hop });
        expect(shown(violationsOf(evidence))).toEqual([]);
      }
    },
  );

  it.each(Object.keys(ENVIRONMENTS) as Environment[])(
    'find nothing in a sound group whose table %s',
    async (environment) => {
      for (const scene of ['busy', 'shared'] as const) {
        for (const weather of ['calm', 'rough'] as const) {
          const given = sceneOf({ scene, weather }, FIRST_SEED);
          const evidence = await play(given, { hop, ...ENVIRONMENTS[environment]() });
          expect(shown(violationsOf(evidence))).toEqual([]);
        }
      }
    },
  );

  it.each(Object.keys(EXPECTED) as MutantName[])('find a group that %s', async (name) => {
    const expected = EXPECTED[name];
    const { environment, seeds = SEEDS } = expected;
    const mutant: Wraps = ALL[name];
    const broken = await brokenIn({
      wanted: expected.breaks,
      runs: seeds,
      violationsIn: async (run) => {
        const wraps =
          environment === undefined ? mutant : within(mutant, ENVIRONMENTS[environment]());
        return violationsOf(await play(sceneOf(expected, FIRST_SEED + run), { hop, ...wraps }));
      },
    });
    expect(broken).toEqual(expect.arrayContaining([...expected.breaks]));
  });

  // between a client and its services nothing can make it read a shard twice: it would end with `InvariantBroken`
  it('find a process that runs two clients, where one takes a shard over that the other still reads', async () => {
    const brokenAsOne = async (scene: keyof typeof SCENES): Promise<string[]> => {
      const evidence = await play(sceneOf({ scene }, FIRST_SEED), { hop });
      expect(shown(oneReader(evidence))).toEqual([]);
      const events = evidence.events.map((event) =>
        'process' in event && event.process !== null ? { ...event, process: 'both' } : event,
      );
      return oneReader({ ...evidence, events }).map(({ invariant }) => invariant);
    };
    expect(await brokenAsOne('stopped')).toContain('D9');
    // what is given back before it is taken is read once at a time
    expect(await brokenAsOne('shared')).toEqual([]);
  });
});
