import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import { Channel } from '../../src/simulation/go/channel.ts';
import { measurePeer, scenarioOf, type SceneName } from '../../src/simulation/go/compare.ts';
import { aliveOf, openIds, outdatedOf, rangeOf, seatOf } from '../../src/simulation/go/rules.ts';
import { tally } from '../../src/simulation/go/tally.ts';
import { Recorder, traceOf, type Evidence } from '../../src/simulation/history.ts';
import { paceOf } from '../../src/simulation/pace.ts';
import { play } from '../../src/simulation/scenario.ts';
import { hop } from './host.ts';

const SEEDS = [1, 2];

describe('the rules of the Go algorithm', () => {
  const client = (sk: string, lastUpdate: string) => ({
    pk: 'client#a',
    sk,
    last_update: lastUpdate,
  });
  const clients = [
    client('a', '2025-01-01T00:00:00.000Z'),
    client('b', '2025-01-01T00:00:09.000Z'),
    client('c', '2025-01-01T00:01:00.000Z'),
  ];
  const nowMs = Date.parse('2025-01-01T00:00:12.000Z');

  it('take for alive whose last sign is not older than 10 s by the own wall clock, or lies in the future', () => {
    expect(aliveOf(clients, nowMs)).toEqual(['b', 'c']);
    expect(outdatedOf(clients, nowMs)).toEqual(['a']);
  });

  it('give the first seat to a client that is missing in the list', () => {
    expect([seatOf(['b', 'c'], 'c'), seatOf(['b', 'c'], 'a')]).toEqual([1, 0]);
  });

  it('give each shard to one seat', () => {
    const shards = fc.array(fc.string(), { maxLength: 60 });
    fc.assert(
      fc.property(shards, fc.integer({ min: 1, max: 12 }), (ids, seats) => {
        const ranges = Array.from({ length: seats }, (_, seat) => rangeOf(ids, seat, seats));
        expect(ranges.flat()).toEqual(ids);
      }),
    );
  });

  it('leave closed shards out', () => {
    const shard = (shardId: string, closed: boolean) => ({
      shardId,
      parentShardId: null,
      adjacentParentShardId: null,
      startingHashKey: '0',
      endingHashKey: '1',
      closed,
    });
    expect(openIds([shard('s0', true), shard('s1', false)])).toEqual(['s1']);
  });
});

describe('the channel to the application', () => {
  it('holds so many records and no more, and gives those of one shard together', async () => {
    const channel = new Channel<string>(3);
    const put: string[] = [];
    const writing = (async () => {
      for (const item of ['a1', 'a2', 'b1', 'b2', 'b3']) {
        await channel.put(item);
        put.push(item);
      }
      channel.close();
    })();
    const same = (one: string, other: string): boolean => one[0] === other[0];
    await hop();
    expect(put).toEqual(['a1', 'a2', 'b1']);
    expect(await channel.take(same)).toEqual(['a1', 'a2']);
    await writing;
    expect([await channel.take(same), await channel.take(same)]).toEqual([['b1', 'b2', 'b3'], []]);
  });
});

describe('the tally', () => {
  it('counts lost, repeated and disordered records, the longest wait of each shard, and its gaps', () => {
    let nowMs = 0;
    const recorder = new Recorder(() => nowMs);
    const put = (shardId: string, sequenceNumber: string, key: string, n: number): void =>
      recorder.note({
        kind: 'put',
        stream: 's',
        shardId,
        sequenceNumber,
        key,
        n,
        arrivalMs: nowMs,
      });
    const deliver = (shardId: string, sequenceNumber: string, key: string, n: number): void => {
      const where = { stream: 's', shardId, fence: 1, sequenceNumber };
      recorder.note({ kind: 'delivered', process: 'p', call: 0, ...where, key, n });
    };
    const reads = (name: 'shardStart' | 'shardEnd'): void =>
      recorder.note({ kind: 'notice', process: 'p', name, shard: 's/one', detail: 'moved' });
    put('early', '1', 'k', 1);
    reads('shardStart');
    nowMs = 100;
    reads('shardEnd');
    put('one', '2', 'k', 2);
    put('one', '3', 'k', 3);
    put('two', '4', 'l', 1);
    nowMs = 300;
    reads('shardStart');
    nowMs = 400;
    deliver('one', '3', 'k', 3);
    deliver('one', '2', 'k', 2);
    deliver('one', '2', 'k', 2);
    const evidence: Evidence = {
      app: 'a',
      events: recorder.events,
      shards: {},
      items: [],
      live: [],
      trustMs: 0,
      pace: paceOf([], []),
      endMs: 400,
    };
    expect(tally(evidence, 50, 50, 500)).toEqual({
      records: 3,
      lost: 1,
      twice: 1,
      outOfOrder: 1,
      unreadShards: 1,
      waitsMs: [300],
      gapsMs: [200],
    });
  });
});

const both = async (scene: SceneName) => ({
  go: await measurePeer(scene, 'go', SEEDS, { hop }),
  ours: await measurePeer(scene, 'kinesumer', SEEDS, { hop }),
});

describe('beside the Go algorithm, in one world', () => {
  it('both give every record once and in order while nothing happens', async () => {
    const { go, ours } = await both('nothing');
    const faultless = { lost: 0, twice: 0, outOfOrder: 0, unreadShards: 0 };
    expect([go, ours]).toMatchObject([faultless, faultless]);
    expect(go.records).toBeGreaterThan(1_000);
    expect(ours.records).toBe(go.records);
  });

  it.each(['split', 'merge', 'split with a backlog'] as const)(
    'a %s loses records and repeats others there, and neither here',
    async (scene) => {
      const { go, ours } = await both(scene);
      expect(go.lost).toBeGreaterThan(0);
      expect(go.twice).toBeGreaterThan(0);
      expect(ours).toMatchObject({ lost: 0, twice: 0, outOfOrder: 0, unreadShards: 0 });
    },
  );

  it('a parent with a backlog is dropped unread there, and its children come before it', async () => {
    const go = await measurePeer('split with a backlog', 'go', SEEDS, { hop });
    expect([go.unreadShards, go.outOfOrder]).not.toContain(0);
  });

  it('clocks a minute apart make two read one shard there, and change nothing here', async () => {
    const { go, ours } = await both('clocks a minute apart');
    expect(go.twice).toBeGreaterThan(500);
    expect(ours).toMatchObject({ lost: 0, twice: 0 });
  });

  it('a join stops readers of shards that stay there, and hands over only those that move here', async () => {
    const { go, ours } = await both('join');
    expect(go.gaps).toBeGreaterThan(ours.gaps);
    expect(ours).toMatchObject({ lost: 0, twice: 0 });
  });

  it('a crash leaves shards unread for longer there, and repeats more', async () => {
    const { go, ours } = await both('crash');
    expect(go.waitMaxMs).toBeGreaterThan(ours.waitMaxMs);
    expect(go.gapMaxMs).toBeGreaterThan(ours.gapMaxMs);
    expect(go.twice).toBeGreaterThan(ours.twice);
    expect(ours.lost).toBe(0);
  });
});

describe('the checkers', () => {
  it('find the loss of the Go algorithm: children that were not read from their first record', async () => {
    const evidence = await play(scenarioOf('split', 'go', 1), { hop });
    const children = evidence.shards['orders']?.flatMap(({ shardId, parentShardId }) =>
      parentShardId === null ? [] : [shardId],
    );
    const lost = violationsOf(evidence).filter(
      ({ invariant, message }) =>
        invariant === 'D1' && children?.some((shardId) => message.includes(shardId)),
    );
    expect(lost.length).toBeGreaterThan(0);
  });
});

describe('a run of the Go algorithm', () => {
  it('is the same twice for the same seed, to the last byte', async () => {
    const traces = [];
    for (let n = 0; n < 2; n++) {
      traces.push(traceOf(await play(scenarioOf('bad network', 'go', 7), { hop })));
    }
    expect(traces[1]).toBe(traces[0]);
  });
});
