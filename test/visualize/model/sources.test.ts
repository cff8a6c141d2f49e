import { describe, expect, it } from 'vitest';
import type { GroupModel } from '../../../visualize/model/group-model.ts';
import { at, scenario } from '../../simulation/host.ts';
import { fed, played, shardsOf } from './played.ts';
import { Scene, shardOfMap, SHARDS, STREAM } from './scene.ts';

const memberOf = (model: GroupModel, clientId: string, atMs: number) =>
  model.view(atMs).members.find((member) => member.clientId === clientId);

describe('the table as a source', () => {
  it('tells owners and heartbeats, and leaves rates and lag unknown', async () => {
    const run = await played(
      scenario({
        script: [at(0, 'join', 0), at(0.5, 'join', 1), at(2, 'put', 60), at(6, 'crash', 1)],
        quietAtMs: 12_000,
        quietMs: 1_000,
      }),
    );
    const told = new Set(['member', 'generation', 'plan', 'map', 'shard']);
    const events = run.events.filter(({ kind }) => told.has(kind));
    const table = fed({ header: { ...run.header, source: 'table' }, events });
    const whole = fed(run);
    const atMs = 13_000;
    const view = table.view(atMs);
    expect(view).toMatchObject({
      source: 'table',
      behindMs: null,
      backlogRecords: null,
      recordsPerSecond: null,
      drainedInMs: null,
    });
    const truth = shardsOf(whole.view(atMs));
    expect(truth.length).toBeGreaterThan(2);
    for (const [index, shard] of shardsOf(view).entries()) {
      const { owner, target, fence, position, state } = truth[index] ?? {};
      expect(shard).toMatchObject({ owner, target, fence, position, state });
      expect(shard).toMatchObject({ behindMs: null, backlogRecords: null, recordsPerSecond: null });
    }
    for (const member of view.members) {
      const known = memberOf(whole, member.clientId, atMs);
      const { heartbeatAtMs, ttlMs, ownedShards, plannedShards, isLeader, index } = known ?? {};
      expect(member).toMatchObject({ heartbeatAtMs, ttlMs, ownedShards, plannedShards });
      expect(member).toMatchObject({ isLeader, index, recordsPerSecond: null, life: null });
      expect(member.generation).toBe(null);
    }
    expect(table.heat(STREAM, 0, atMs, 4).rows.every(({ behindMs }) => behindMs[1] === null)).toBe(
      true,
    );
    const { rows } = table.throughput(0, atMs, 4);
    expect(new Set(rows.flatMap((row) => row.recordsPerSecond))).toEqual(new Set([null]));
  });

  it('that begins to be read later tells no joins and takings that were long before', () => {
    const scene = new Scene('table');
    scene.member('a', 'active', 57).map().plan(9, { a: 's-0' }).owned('s-0', 'a', 7);
    const standing = { kind: 'shard', by: null, stream: STREAM, change: 'other' } as const;
    scene.tell({ ...standing, shardId: 's-2', owner: 'a/1', fence: 7, position: '~SHARD_END' });
    scene.tell({ ...standing, shardId: 's-3', owner: 'a/1', fence: 7, position: null });
    expect(scene.model.marks(0, 1_000)).toEqual([]);
    expect(scene.shard('s-3')).toMatchObject({
      owner: 'a',
      ownedSinceMs: null,
      positionAtMs: null,
    });
    scene.at(500).member('b').owned('s-1', 'a', 1).owned('s-0', 'a', 8).plan(10, { a: 's-0' });
    expect(scene.model.marks(0, 1_000).map(({ kind }) => kind)).toEqual([
      'join',
      'acquire',
      'acquire',
      'rebalance',
    ]);
  });

  it('shows shards of a map that is told only in part without a place', () => {
    const scene = new Scene('table').member('a').owned('s-1', 'a').owned('s-0', 'a');
    scene.tell({ kind: 'map', by: null, stream: STREAM, version: 9, startMs: null, shards: null });
    const shown = shardsOf(scene.model.view(0));
    expect(shown.map(({ shardId, from, startHash }) => [shardId, from, startHash])).toEqual([
      ['s-0', null, null],
      ['s-1', null, null],
    ]);
    scene.map();
    expect(
      shardsOf(scene.model.view(0)).map(({ shardId, from, to }) => [shardId, from, to]),
    ).toEqual([
      ['s-0', 0, 0.25],
      ['s-1', 0.25, 0.5],
      ['s-2', 0.5, 0.75],
      ['s-3', 0.75, 1],
    ]);
  });

  it('does not know how many shards a client shall have by a plan on a map that is not told', () => {
    const scene = new Scene('table').member('a').member('b').plan(5, { a: 's-0', b: 's-3' });
    const planned = () =>
      ['a', 'b', 'c'].map((id) => memberOf(scene.model, id, 0)?.plannedShards ?? null);
    scene.tell({ kind: 'map', by: null, stream: STREAM, version: 1, startMs: null, shards: null });
    expect(planned()).toEqual([null, null, null]);
    // one of the plan's streams is known, the other is not: what is known is no sum
    const other = { mapVersion: 1, stream: 'refunds' } as const;
    scene.map().member('c');
    expect(planned()).toEqual([3, 1, 0]);
    const both = new Scene('table').member('a').map().plan(5, { a: 's-0' }, other);
    expect(memberOf(both.model, 'a', 0)?.plannedShards).toBe(null);
  });

  it('shows whose a shard shall be by the newest plan and by the one before, also where plans come late', () => {
    const scene = Scene.settled('table').plan(2, { a: 's-0', b: 's-1' });
    expect(scene.shard('s-1')).toMatchObject({ owner: 'a', target: 'b', targetBefore: 'a' });
    // of a plan on a map that was never seen: by the next one that is
    const late = new Scene('table')
      .member('a')
      .member('b')
      .plan(5, { a: 's-0', b: 's-3' }, { mapVersion: 3 });
    late.map(2);
    expect(late.shard('s-3').target).toBe(null);
    late.map(4);
    expect(SHARDS.map((id) => late.shard(id).target)).toEqual(['a', 'a', 'a', 'b']);
    expect(memberOf(late.model, 'a', 0)?.plannedShards).toBe(3);
  });

  it('shows whose a shard was to be also where that plan is read later', () => {
    const scene = new Scene('table').member('a').member('b').map();
    const first = Scene.settled('table').events.filter(({ kind }) => kind === 'plan');
    const head = { kind: 'generation', by: null, leader: 'a/1' } as const;
    scene.tell({ ...head, generation: 1, planRef: 'plan#0000000001#n' });
    scene.plan(2, { a: 's-0', b: 's-1' });
    expect(scene.shard('s-1')).toMatchObject({ target: 'b', targetBefore: null });
    for (const event of first) scene.model.apply(event);
    expect(scene.shard('s-1')).toMatchObject({ target: 'b', targetBefore: 'a' });
  });

  it('hears a member where its record version moves, and only there', () => {
    const scene = new Scene('table').member('a', 'active', 1);
    const heard = () => memberOf(scene.model, 'a', 9_000)?.heartbeatAtMs;
    scene.at(3_000).member('a', 'active', 2);
    expect(heard()).toBe(3_000);
    scene.at(6_000).member('a', 'leaving', 2);
    expect(heard()).toBe(3_000);
  });
});

describe('a process as a source', () => {
  const flow = (records: number, behindMs: number | null, shardId = 's-0') =>
    ({
      kind: 'flow',
      process: 'p1',
      stream: STREAM,
      shardId,
      records,
      bytes: records * 10,
      overMs: 1_000,
      behindMs,
    }) as const;
  const started = (): Scene =>
    new Scene('process').tell(
      { kind: 'process', process: 'p1', clientId: 'a', what: 'started' },
      { kind: 'notice', process: 'p1', name: 'ready', detail: 'a/1' },
      { kind: 'notice', process: 'p1', name: 'rebalance', detail: '7' },
      { kind: 'notice', process: 'p1', name: 'shardStart', shard: `${STREAM}/s-0`, fence: 3 },
    );

  it('adds up what is read now only from those who told it lately, and says when that was', () => {
    const scene = started().tell(
      { kind: 'process', process: 'p2', clientId: 'b', what: 'started' },
      { kind: 'notice', process: 'p2', name: 'ready', detail: 'b/1' },
      { kind: 'notice', process: 'p2', name: 'shardStart', shard: `${STREAM}/s-1`, fence: 3 },
    );
    for (let second = 1; second <= 10; second += 1) {
      scene.at(second * 1_000).tell(flow(50, 0), { ...flow(20, 0, 's-1'), process: 'p2' });
    }
    expect(scene.model.view(10_000).recordsPerSecond?.value).toBeCloseTo(70, 0);
    // the first stands still, and nobody knows what it reads since
    for (let second = 11; second <= 20; second += 1) {
      scene.at(second * 1_000).tell({ ...flow(20, 0, 's-1'), process: 'p2' });
    }
    expect(scene.model.view(29_000).recordsPerSecond?.value).toBeCloseTo(20, 0);
    expect(scene.model.view(29_000).recordsPerSecond?.atMs).toBe(20_000);
  });

  it('tells what its own client reads, how far behind, and when that was', () => {
    const scene = started();
    for (let second = 1; second <= 4; second += 1) {
      scene.at(second * 1_000).tell(flow(50, 5_000 - second * 1_000));
    }
    expect(scene.shard('s-0', 9_000)).toMatchObject({
      owner: 'a',
      fence: 3,
      ownedSinceMs: 0,
      behindMs: { value: 1_000, atMs: 4_000 },
      recordsPerSecond: { value: 50, atMs: 4_000 },
      backlogRecords: null,
      position: null,
    });
    const view = scene.model.view(9_000);
    expect(view).toMatchObject({ backlogRecords: null, behindMs: { value: 1_000, atMs: 4_000 } });
    const member = memberOf(scene.model, 'a', 9_000);
    expect(member).toMatchObject({ session: 'a/1', generation: 7, process: 'p1', life: 'running' });
    expect(member?.ownedShards).toBe(null);
    expect(member?.recordsPerSecond?.atMs).toBe(4_000);
    expect(member?.recordsPerSecond?.value).toBeCloseTo(50, 0);
  });

  it('tells when the lag will be gone by how it went', () => {
    const scene = started();
    for (let second = 1; second <= 9; second += 1) {
      scene.at(second * 1_000).tell(flow(50, 100_000 - second * 2_000));
    }
    // 82 s, and 2 s less in each second
    const drained = scene.model.view(9_000).drainedInMs ?? 0;
    expect(drained).toBeGreaterThan(35_000);
    expect(drained).toBeLessThan(48_000);
    scene.at(10_000).tell(flow(50, 300_000));
    expect(scene.model.view(10_000).drainedInMs).toBe(Number.POSITIVE_INFINITY);
    scene.at(11_000).tell(flow(50, 0));
    expect(scene.model.view(11_000).drainedInMs).toBe(0);
  });

  it('knows nothing of a shard that it reads no more', () => {
    const scene = started().at(1_000).tell(flow(50, 0));
    const end = { process: 'p1', shard: `${STREAM}/s-0`, fence: 3, detail: 'moved' } as const;
    scene.map().tell({ kind: 'notice', name: 'shardEnd', ...end });
    expect(scene.shard('s-0')).toMatchObject({
      behindMs: null,
      recordsPerSecond: null,
      reader: null,
    });
  });

  it('tells its actors with their newest states, and which of them reads a shard', () => {
    const scene = started().at(1_000);
    scene.reader('p1', 's-0', 'reader.active', 'reader.active.fetch.reading');
    expect(scene.shard('s-0').reader).toEqual({ process: 'p1', actorId: 'x:s-0' });
    const [actor] = scene.model.actors();
    expect(actor).toMatchObject({
      machine: 'reader',
      name: 'reader orders/s-0',
      shardId: 's-0',
      status: 'active',
      activeIds: ['reader', 'reader.active', 'reader.active.fetch.reading'],
      last: { event: 'xstate.init', from: [] },
      atMs: 1_000,
    });
    scene.at(2_000).tell({ kind: 'actorGone', process: 'p1', actorId: 'x:s-0' });
    expect(scene.shard('s-0').reader).toBe(null);
    expect(scene.model.actors()).toMatchObject([{ status: 'stopped', atMs: 2_000 }]);
    for (let n = 0; n < 200; n += 1) {
      scene.reader('p1', `t-${n}`, 'reader.active');
      scene.tell({ kind: 'actorGone', process: 'p1', actorId: `x:t-${n}` });
    }
    expect(scene.model.actors().length).toBeLessThan(60);
  });
});

describe('a feed with gaps', () => {
  it('counts what was left out, and goes by what is told anew', () => {
    const scene = Scene.settled('table');
    const told = [...scene.events];
    const colours = scene.model.view(0).members.map(({ clientId, colour }) => [clientId, colour]);
    const marks = scene.model.marks(0, 1_000);
    scene.at(1_000).tell({ kind: 'dropped', count: 40 });
    expect(scene.model.view(1_000)).toMatchObject({ droppedEvents: 40, generation: null });
    for (const event of told) scene.model.apply(event);
    const view = scene.model.view(1_000);
    expect(view.generation?.number).toBe(1);
    expect(shardsOf(view).map(({ owner }) => owner)).toEqual(['a', 'a', 'b', 'b']);
    expect(view.members.map(({ clientId, colour }) => [clientId, colour])).toEqual(colours);
    // what is told again happened once
    expect(scene.model.marks(0, 1_000)).toEqual(marks);
  });

  it('does not tell how many members and shards the group has, unless the table is told too', () => {
    const scene = new Scene('process').life('a', 'started').reads('a', 's-0').at(1_000);
    const notice = { kind: 'notice', process: 'a' } as const;
    scene.tell({ ...notice, name: 'ready', detail: 'a/1' });
    const alone = scene.model.view(1_000);
    expect(alone.members).toMatchObject([{ clientId: 'a', state: 'active', ownedShards: null }]);
    expect(alone).toMatchObject({ tableKnown: false, memberCounts: null });
    scene.at(2_000).member('a').member('b', 'leaving').member('c', 'registering');
    const { memberCounts, tableKnown } = scene.model.view(2_000);
    expect([tableKnown, memberCounts]).toEqual([true, { standing: 2, leaving: 1 }]);
  });

  it('that is read from the table has as many members as that says, once it was read', () => {
    expect(new Scene('table').model.view(0).memberCounts).toBe(null);
    expect(new Scene('simulation').model.view(0).memberCounts).toEqual({ standing: 0, leaving: 0 });
    const scene = new Scene('table').member('a');
    expect(scene.model.view(0).memberCounts).toEqual({ standing: 1, leaving: 0 });
    // what stands is told anew after it
    scene.tell({ kind: 'dropped', count: 7 });
    expect(scene.model.view(0).memberCounts).toBe(null);
  });

  it('counts records once that it is told twice', () => {
    const scene = new Scene('process').life('a', 'started').reads('a', 's-0').at(1_000);
    const flow = { process: 'a', stream: STREAM, shardId: 's-0', bytes: 9, overMs: 1_000 };
    scene.tell({ kind: 'flow', ...flow, records: 30, behindMs: 0 });
    for (const event of scene.events) scene.model.apply(event);
    expect(scene.model.view(1_000).recordsPerSecond?.value).toBe(30);
  });

  it('that told of records knows no lag any more', () => {
    const scene = Scene.settled('simulation');
    const record = { stream: STREAM, shardId: 's-0', sequenceNumber: '1', key: 'k', n: 1 };
    scene.tell({ kind: 'put', ...record, arrivalMs: 0 });
    expect(scene.model.view(0).backlogRecords?.value).toBe(1);
    scene.tell({ kind: 'dropped', count: 1 });
    scene.map().tell({ kind: 'put', ...record, sequenceNumber: '2', arrivalMs: 0 });
    expect(scene.model.view(0).backlogRecords).toBe(null);
    expect(scene.shard('s-0').behindMs).toBe(null);
  });
});

describe('a view', () => {
  it('is made of the same objects where nothing changed', () => {
    const scene = Scene.settled('table');
    const first = scene.model.view(1_000);
    expect(scene.model.view(1_000)).toBe(first);
    scene.at(1_100).owned('s-3', null);
    const second = scene.model.view(1_100);
    const [before, after] = [shardsOf(first), shardsOf(second)];
    expect(after[0]).toBe(before[0]);
    expect(after[2]).toBe(before[2]);
    expect(after[3]).not.toBe(before[3]);
    expect(second.members[0]).toBe(first.members[0]);
    expect(second.members[1]).not.toBe(first.members[1]);
    const third = scene.model.view(1_150);
    expect(third.streams).toBe(second.streams);
    expect(third.members).toBe(second.members);
  });

  it('keeps the colours of members, and gives those of members that are long gone again', () => {
    const scene = Scene.settled('table').at(1_000).member('c');
    const colourOf = (clientId: string) => memberOf(scene.model, clientId, 1_000)?.colour;
    expect(['a', 'b', 'c'].map(colourOf)).toEqual([0, 1, 2]);
    scene.gone('b').at(2_000).member('d');
    expect(colourOf('d')).toBe(3);
    expect(memberOf(scene.model, 'b', 2_000)).toMatchObject({ state: 'gone', session: null });
    scene.at(3_000).plan(2, { a: 's-0', c: 's-2' }).owned('s-2', 'c').owned('s-3', 'c');
    scene.at(70_000).plan(3, { a: 's-0', c: 's-3' });
    expect(memberOf(scene.model, 'b', 70_000)).toBe(undefined);
    scene.member('e');
    expect(['a', 'c', 'd', 'e'].map(colourOf)).toEqual([0, 2, 3, 1]);
  });

  it('tells two readers of a shard only where the former one went on after the taking', () => {
    const scene = Scene.settled('simulation').at(1_000);
    const record = { stream: STREAM, shardId: 's-0', sequenceNumber: '50', key: 'k', n: 1 };
    const before = { ...record, sequenceNumber: '49' };
    scene.at(500).tell({ kind: 'delivered', process: 'a', call: 0, fence: 1, ...before });
    scene.at(1_000).owned('s-0', 'b', 2).reads('b', 's-0', 2);
    expect(scene.shard('s-0').otherReaders).toEqual([]);
    scene.at(2_000).tell({ kind: 'delivered', process: 'a', call: 1, fence: 1, ...record });
    expect(scene.shard('s-0')).toMatchObject({ owner: 'b', otherReaders: ['a'] });
    const end = { process: 'a', shard: `${STREAM}/s-0`, fence: 1, detail: 'lost' } as const;
    scene.tell({ kind: 'notice', name: 'shardEnd', ...end });
    expect(scene.shard('s-0').otherReaders).toEqual([]);
  });
});

describe('lag over time', () => {
  it('is what it was at the end of each second', () => {
    const scene = Scene.settled('simulation').at(100);
    const record = { stream: STREAM, shardId: 's-1', sequenceNumber: '50', key: 'k', n: 1 };
    scene.tell({ kind: 'put', ...record, arrivalMs: 0 });
    scene.at(2_500).tell({ kind: 'delivered', process: 'a', call: 1, fence: 1, ...record });
    scene.tell({ kind: 'completed', process: 'a', call: 1 });
    scene.at(4_100).beat();
    const { rows, columnMs } = scene.model.heat(STREAM, 0, 5_000, 5);
    expect(columnMs).toBe(1_000);
    expect(rows.map(({ shardId, behindMs }) => [shardId, behindMs])).toEqual([
      ['s-0', [0, 0, 0, 0, null]],
      ['s-1', [900, 1_900, 0, 0, null]],
      ['s-2', [0, 0, 0, 0, null]],
      ['s-3', [0, 0, 0, 0, null]],
    ]);
  });
});

describe('the timeline', () => {
  it('has a mark for what happens to a group, in the lane of its client', () => {
    const scene = Scene.settled('simulation').at(10_000);
    scene.error('a', 'CommitLost: the fence', 's-0');
    scene
      .error('b', 'StreamThrottled: too many', 's-2')
      .error('b', 'StreamThrottled: too many', 's-3');
    scene.error('b', 'HandlerFailed: thrown').life('a', 'crashed').life('b', 'paused');
    scene.gone('a', 'b').ended('s-3').owned('s-0', null);
    scene.tell({ kind: 'reshard', stream: STREAM, parents: ['s-1'], children: ['s-4', 's-5'] });
    scene.tell({ kind: 'violation', invariant: 'S1', message: 'fence went back' });
    const marks = scene.model.marks(9_000, 11_000);
    expect(marks.map(({ lane, kind, count }) => [lane, kind, count])).toEqual([
      ['a', 'fenced', 1],
      ['b', 'throttle', 2],
      ['b', 'error', 1],
      ['a', 'crash', 1],
      ['b', 'pause', 1],
      ['a', 'gone', 1],
      ['b', 'end', 1],
      ['a', 'release', 1],
      [null, 'reshard', 1],
      [null, 'violation', 1],
    ]);
    expect(marks.at(-2)?.text).toBe('s-1 became s-4 and s-5');
    expect(marks.find(({ kind }) => kind === 'gone')?.text).toBe('a was expelled by b');
  });

  it('learns of a reshard by the map, where nobody else tells it', () => {
    const scene = Scene.settled('table').at(5_000);
    const children = ['s-4', 's-5'].map((id) => shardOfMap(id, { parents: ['s-1'] }));
    scene.map(2, [...SHARDS.map((id) => shardOfMap(id, { closed: id === 's-1' })), ...children]);
    expect(scene.model.marks(5_000, 5_000)).toMatchObject([
      { kind: 'reshard', lane: null, text: 's-1 became s-4 and s-5', shardId: 's-4' },
    ]);
  });

  it('joins the commits of a second, and forgets the oldest marks', () => {
    const scene = Scene.settled('table');
    const commit = (shardId: string, n: number) =>
      ({
        kind: 'shard',
        by: 'a',
        stream: STREAM,
        shardId,
        change: 'committed',
        owner: 'a/1',
        fence: 1,
        position: `003${100 + n}.~`,
      }) as const;
    for (let n = 0; n < 5; n += 1)
      scene.at(5_000 + n * 300).tell(commit('s-0', n), commit('s-1', n));
    const commits = scene.model.marks(5_000, 7_000);
    expect(commits.map(({ kind, atMs, count }) => [kind, atMs, count])).toEqual([
      ['commit', 5_000, 8],
      ['commit', 6_200, 2],
    ]);
    for (let n = 0; n < 40_000; n += 1)
      scene.at(10_000 + n).owned('s-0', n % 2 === 0 ? null : 'a', n);
    const kept = scene.model.marks(0, 100_000);
    expect(kept.length).toBeLessThan(17_000);
    expect(kept.at(-1)?.atMs).toBe(49_999);
  });
});
