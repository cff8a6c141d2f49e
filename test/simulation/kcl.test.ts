/**
 * Defects of the Kinesis Client Library, kept as scenarios that would show them. The numbers are those of its issues
 * and pull requests. Each scenario is played twice over: the library is sound in it, and with the defect it is not.
 */
import { describe, expect, it } from 'vitest';
import { SHARD_END } from '../../src/machines/rules/positions.ts';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import { shardWritesOf } from '../../src/simulation/checkers/evidence.ts';
import { recordsOf } from '../../src/simulation/checkers/records.ts';
import type { Evidence } from '../../src/simulation/history.ts';
import { play, type Scenario } from '../../src/simulation/scenario.ts';
import { ENVIRONMENTS } from './environments.ts';
import { at, hop, scenario, shown } from './host.ts';
import { brokenIn } from './hunt.ts';
import { CONDITIONS, KCL_DEFECTS } from './kcl.ts';
import { within, type Wraps } from './wraps.ts';

const FIRST_SEED = 1;
const SOUND_SEEDS = 4;

const pair = [at(0, 'join', 0), at(0.5, 'join', 1)];
const reshard = [at(5, 'put', 30), at(7, 'split', 0), at(9, 'put', 30)];

interface Case {
  readonly title: string;
  readonly numbers: string;
  readonly script: Scenario['script'];
  readonly shards?: number;
  readonly condition: () => Wraps;
  readonly defect: keyof typeof KCL_DEFECTS;
  readonly breaks: readonly string[];
  /** Within how many seeds the defect shows. @default 4 */
  readonly seeds?: number;
  /** Whether the run came upon what the scenario is about. */
  readonly exposes: (evidence: Evidence) => boolean;
}

const endsOf = (evidence: Evidence) =>
  shardWritesOf(evidence).filter((write) => write.after.position === SHARD_END);

const handsOver = (evidence: Evidence): boolean =>
  shardWritesOf(evidence).some(
    ({ before, after }) => before.owner !== null && after.owner === null,
  );

const CASES: readonly Case[] = [
  {
    title: 'ends a shard whose last record was committed already',
    numbers: '1733',
    // so many that each is idle for a while
    shards: 8,
    script: [...pair, ...reshard],
    condition: CONDITIONS['as ever'],
    defect: 'swallows the end of a shard whose last record is committed',
    breaks: ['D1'],
    exposes: (evidence) =>
      endsOf(evidence).some(({ shard, before }) => {
        const last = recordsOf(evidence).get(shard)?.at(-1);
        return last !== undefined && before.position === last.position;
      }),
  },
  {
    title: 'tells no commit that the table does not hold',
    numbers: '1354',
    script: [...pair, at(3, 'put', 30)],
    condition: CONDITIONS['a table that refuses the first commits of each process'],
    defect: 'takes a failed commit for done',
    breaks: ['told'],
    exposes: (evidence) =>
      evidence.events.some(
        (event) => event.kind === 'notice' && event.detail?.startsWith('StoreThrottled') === true,
      ),
  },
  {
    title: 'does not keep a leader that heartbeats but cannot lead',
    numbers: '1669',
    script: [...pair, at(1, 'join', 2), at(9, 'crash', 1)],
    condition: CONDITIONS['a table that soon answers no query of the first leader'],
    defect: 'sends heartbeats, whether or not it leads',
    breaks: ['L2', 'D1'],
    exposes: (evidence) =>
      evidence.events.some((event) => event.kind === 'process' && event.what === 'crashed'),
  },
  {
    title: 'takes over from a leader that died without a word',
    numbers: '1803',
    script: [...pair, at(1, 'join', 2), at(7, 'crash', 0)],
    condition: CONDITIONS['as ever'],
    defect: 'takes a dead leader for one that lives',
    breaks: ['L1', 'L2'],
    exposes: (evidence) =>
      evidence.events.some((event) => event.kind === 'process' && event.what === 'crashed'),
  },
  {
    title: 'hands a shard over to its taker',
    numbers: '1718, 1765',
    script: [...pair, at(5, 'join', 2)],
    condition: CONDITIONS['as ever'],
    defect: 'hands a shard over and stays its owner',
    breaks: ['D1'],
    exposes: handsOver,
  },
  {
    title: 'hands over a shard that it came to own without knowing',
    numbers: '1743',
    shards: 6,
    script: [...pair, at(5, 'join', 2)],
    condition: ENVIRONMENTS['carries acquires out late'],
    defect: 'has no reader of a shard that it owns, and nothing to hand over',
    breaks: ['D1'],
    seeds: 16,
    exposes: handsOver,
  },
  {
    title: 'leaves nothing that speaks for a shard which it handed over',
    numbers: '1729',
    script: [...pair, at(6, 'leave', 0)],
    condition: CONDITIONS['as ever'],
    defect: 'leaves, but its shards and its sign of life stay',
    breaks: ['D1', 'L2'],
    exposes: handsOver,
  },
  {
    title: 'reads nothing of an ended shard when all restart before the group knows of its end',
    numbers: '1744',
    script: [
      ...pair,
      ...reshard,
      at(10, 'crash', 0),
      at(10, 'crash', 1),
      at(10.5, 'join', 2),
      at(10.6, 'join', 3),
    ],
    condition:
      CONDITIONS['a table that never hears from the first two processes which shards ended'],
    defect: 'goes on with a shard that is at its end',
    breaks: ['S9', 'sound'],
    exposes: (evidence) => {
      const crash = evidence.events.find(
        (event) => event.kind === 'process' && event.what === 'crashed',
      );
      return endsOf(evidence).some(({ order }) => order < (crash?.order ?? 0));
    },
  },
  {
    title: 'misses no shard of a reshard, whatever the listings lack',
    numbers: '339',
    script: [...pair, ...reshard],
    condition:
      CONDITIONS['listings that lack one of the children for a while, and no other word of them'],
    defect: 'takes any listing for whole',
    breaks: ['D1', 'L2'],
    exposes: (evidence) =>
      evidence.events.some(
        (event) =>
          event.kind === 'notice' && event.detail?.startsWith('ListingIncomplete') === true,
      ),
  },
];

const given = ({ script, shards = 3 }: Case, seed: number): Scenario =>
  scenario({ seed, shards, script, quietAtMs: 14_000, quietMs: 22_000 });

describe('a group', () => {
  it.each(CASES.map((each) => [each.title, each.numbers, each] as const))(
    '%s (KCL %s)',
    async (_title, _numbers, each) => {
      const exposed: boolean[] = [];
      for (let n = 0; n < SOUND_SEEDS; n++) {
        const evidence = await play(given(each, FIRST_SEED + n), { hop, ...each.condition() });
        expect(shown(violationsOf(evidence))).toEqual([]);
        exposed.push(each.exposes(evidence));
      }
      expect(exposed).toContain(true);
    },
  );

  it.each(CASES.map((each) => [each.defect, each] as const))(
    'that %s is found out',
    async (_defect, each) => {
      const { seeds = 4, breaks, defect, condition } = each;
      const broken = await brokenIn({
        wanted: breaks,
        runs: seeds,
        violationsIn: async (run) => {
          const wraps = within(KCL_DEFECTS[defect], condition());
          return violationsOf(await play(given(each, FIRST_SEED + run), { hop, ...wraps }));
        },
      });
      expect(broken).toEqual(expect.arrayContaining([...breaks]));
    },
  );
});
