import { describe, expect, it } from 'vitest';
import { gapsOf, type Gap } from '../../src/simulation/gaps.ts';
import type { Evidence, HistoryEvent } from '../../src/simulation/history.ts';
import { paceOf } from '../../src/simulation/pace.ts';
import { play } from '../../src/simulation/scenario.ts';
import { at, hop, scenario } from './host.ts';

type Told = readonly [atMs: number, process: string, what: string, shard?: string];

/** A history of notices (`start`, `end moved`, …) and of turns in the lives of processes. */
function evidenceOf(told: readonly Told[], shards: Evidence['shards'] = {}): Evidence {
  const events = told.map(([atMs, process, what, shard], order): HistoryEvent => {
    const base = { order, atMs, process };
    if (shard === undefined) {
      return { ...base, kind: 'process', clientId: process, what } as HistoryEvent;
    }
    const [verb, reason = ''] = what.split(' ');
    const name = verb === 'start' ? 'shardStart' : 'shardEnd';
    return { ...base, kind: 'notice', name, shard: `orders/${shard}`, detail: reason };
  });
  const pace = paceOf([], []);
  return { app: 'a', events, shards, items: [], live: [], trustMs: 0, pace, endMs: 1_000 };
}

const gap = (shard: string, cause: Gap['cause'], fromMs: number, toMs: number): Gap => ({
  shard: `orders/${shard}`,
  cause,
  fromMs,
  toMs,
});

describe('the gaps of a run', () => {
  it('are the stretches between two readers of a shard, with what ended the first', () => {
    const evidence = evidenceOf([
      [10, 'a', 'start', 's0'],
      [50, 'a', 'end moved', 's0'],
      [80, 'b', 'start', 's0'],
      [90, 'b', 'crashed'],
      [190, 'c', 'start', 's0'],
      [200, 'c', 'end shutdown', 's0'],
    ]);
    expect(gapsOf(evidence)).toEqual([
      gap('s0', 'moved', 50, 80),
      gap('s0', 'crash', 90, 190),
      gap('s0', 'shutdown', 200, Infinity),
    ]);
  });

  it('are none while another reads, and one as long as a reader stands still', () => {
    const evidence = evidenceOf([
      [10, 'a', 'start', 's0'],
      [20, 'a', 'paused'],
      [25, 'a', 'resumed'],
      [30, 'b', 'start', 's0'],
      [40, 'a', 'end lost', 's0'],
    ]);
    expect(gapsOf(evidence)).toEqual([gap('s0', 'pause', 20, 25)]);
  });

  it('of a child begin with the end of its last parent, and a shard at its end has none', () => {
    const child = { parentShardId: 's0', adjacentParentShardId: 's1', closed: false };
    const hashes = { startingHashKey: '0', endingHashKey: '9' };
    const evidence = evidenceOf(
      [
        [10, 'a', 'start', 's0'],
        [10, 'a', 'start', 's1'],
        [20, 'a', 'end closed', 's0'],
        [30, 'a', 'end closed', 's1'],
        [42, 'a', 'start', 's2'],
      ],
      { orders: [{ shardId: 's2', ...child, ...hashes }] },
    );
    expect(gapsOf(evidence)).toEqual([gap('s2', 'reshard', 30, 42)]);
  });

  it('of a simulated group are short where a member leaves and about a TTL long where it dies', async () => {
    const evidence = await play(
      scenario({
        script: [
          at(0, 'join', 0),
          at(0.2, 'join', 2),
          at(0.4, 'join', 4),
          at(8, 'leave', 0),
          at(14, 'crash', 2),
        ],
        quietAtMs: 15_000,
        quietMs: 12_000,
      }),
      { hop },
    );
    const gaps = gapsOf(evidence);
    const longest = (cause: Gap['cause']): number =>
      Math.max(0, ...gaps.filter((g) => g.cause === cause).map((g) => g.toMs - g.fromMs));
    expect(longest('shutdown')).toBeLessThan(1_000);
    expect(longest('crash')).toBeGreaterThan(3_000);
    expect(longest('crash')).toBeLessThan(10_000);
  });
});
