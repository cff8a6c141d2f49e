import { describe, expect, it } from 'vitest';
import { PROFILES } from '../../../src/options.ts';
import { GroupModel } from '../../../visualize/model/group-model.ts';
import { movedWithinMs, takenWithinMs } from '../../../visualize/model/rhythm.ts';
import { at, scenario } from '../../simulation/host.ts';
import { played, shardsOf } from './played.ts';
import { Scene, shardOfMap, SHARDS, STREAM } from './scene.ts';

describe('why a shard whose owner lives', () => {
  it('is read, in the plainest case', () => {
    for (const source of ['simulation', 'table', 'process'] as const) {
      const why = Scene.settled(source).why('s-0');
      expect(why).toEqual({ kind: 'read', sentence: 'a reads it.', wayOut: null });
    }
  });

  it('is read until it drains, where the newest plan gives it to another', () => {
    const scene = Scene.settled('table').at(5_000).beat().plan(2, { a: 's-0', b: 's-1' });
    const why = scene.why('s-1');
    expect(why.kind).toBe('waiting');
    expect(why.sentence).toBe('a reads it until it drains; then b takes it.');
    expect(why.wayOut).toContain('drain timeout');
    expect(scene.why('s-0').kind).toBe('read');
    scene.at(5_500).life('a', 'leaving').member('a', 'leaving', 2).plan(3, { b: 's-0' });
    expect(scene.why('s-0').sentence).toBe(
      'a is leaving and reads it until it drains; then b takes it.',
    );
  });

  it('is given back, where nobody subscribes to its stream any more', () => {
    const scene = Scene.settled('table').at(5_000).plan(2, { a: 's-0' }, { stream: 'other' });
    const why = scene.why('s-0');
    expect(why.sentence).toBe(
      'a reads it until it drains; after that nobody subscribes to orders.',
    );
    expect(why.wayOut).toBe('Consume orders from a client to have it read on.');
  });

  it('is given back or ended, by the state of its reader', () => {
    const scene = Scene.settled('process');
    scene.reader('a', 's-0', 'reader.draining', 'reader.draining.handler.finishing');
    scene.reader('a', 's-1', 'reader.ending', 'reader.ending.writing');
    expect(scene.why('s-0').sentence).toBe('a is giving it back.');
    expect(scene.why('s-1').sentence).toBe('a has read it to its end and writes that down.');
    scene.reader('a', 's-0', 'reader.releasing', 'reader.releasing.resting');
    expect(scene.why('s-0')).toMatchObject({ kind: 'waiting', sentence: 'a is giving it back.' });
  });

  it('is paused', () => {
    const scene = Scene.settled('process');
    scene.reader('a', 's-0', 'reader.active', 'reader.active.mode.paused');
    expect(scene.why('s-0')).toEqual({
      kind: 'stopped',
      sentence: 'Paused by a.',
      wayOut: 'Call resume() of that client.',
    });
  });

  it('is throttled since it was told so first, until records come again', () => {
    const scene = Scene.settled('process');
    scene.at(10_000).error('a', 'StreamThrottled: too many reads', 's-0');
    scene.at(22_000).error('a', 'StreamThrottled: too many reads', 's-0');
    const why = scene.why('s-0', 23_000);
    expect(why.kind).toBe('slow');
    expect(why.sentence).toBe('Throttled by Kinesis for 13 s; a tries again by itself.');
    expect(why.wayOut).toContain('scanIntervalMs');
    scene.at(39_000).beat();
    expect(scene.why('s-0', 40_000).kind).toBe('read');
    scene.error('a', 'StreamThrottled: too many reads', 's-0');
    expect(scene.why('s-0', 40_000).sentence).toContain('Throttled by Kinesis for 1 s');
    const flow = { process: 'a', stream: STREAM, shardId: 's-0', bytes: 9, overMs: 1_000 };
    scene.at(40_000).tell({ kind: 'flow', ...flow, records: 3, behindMs: 0 });
    expect(scene.why('s-0', 40_000).kind).toBe('read');
  });

  it('is throttled no more once records are handed out, in a simulation', () => {
    const scene = Scene.settled('simulation');
    const record = { stream: STREAM, shardId: 's-0', sequenceNumber: '50', key: 'k', n: 1 };
    scene.at(1_000).error('a', 'StreamThrottled: too many reads', 's-0');
    expect(scene.why('s-0').kind).toBe('slow');
    scene.at(1_500).tell({ kind: 'delivered', process: 'a', call: 1, fence: 1, ...record });
    expect(scene.why('s-0').kind).toBe('read');
  });

  it('is throttled by the table, or meets another error', () => {
    const scene = Scene.settled('process').at(10_000);
    scene.error('a', 'StoreThrottled: slow down', 's-0');
    scene.error('a', 'ItemCorrupted: check_point#app#orders / s-1: fence\nand more', 's-1');
    expect(scene.why('s-0', 12_000)).toMatchObject({
      sentence: 'Throttled by the state table for 2 s; a tries again by itself.',
      wayOut: 'Give the state table more capacity.',
    });
    expect(scene.why('s-1', 12_000)).toMatchObject({
      kind: 'slow',
      sentence:
        'a has met ItemCorrupted for 2 s and tries again: check_point#app#orders / s-1: fence',
      wayOut: 'See ItemCorrupted in the table of errors.',
    });
  });

  it('has a handler that has been running for long, in a simulation', () => {
    const scene = Scene.settled('simulation').at(1_000);
    const record = { stream: STREAM, shardId: 's-0', sequenceNumber: '50', key: 'k', n: 1 };
    scene.tell({ kind: 'put', ...record, arrivalMs: 1_000 });
    scene.tell({ kind: 'delivered', process: 'a', call: 1, fence: 1, ...record });
    expect(scene.why('s-0', 2_000).kind).toBe('read');
    expect(scene.at(10_900).beat().why('s-0').kind).toBe('read');
    expect(scene.at(11_000).why('s-0').kind).toBe('slow');
    scene.at(43_000).beat();
    const why = scene.why('s-0');
    expect(why.kind).toBe('slow');
    expect(why.sentence).toBe('The handler of a has been running for 42 s.');
    expect(why.wayOut).toContain('return');
    scene.tell({ kind: 'completed', process: 'a', call: 1 });
    expect(scene.why('s-0').kind).toBe('read');
  });

  it('has a handler that has been running for long, by the state of its reader', () => {
    const scene = Scene.settled('process');
    const delivering = ['reader.active', 'reader.active.deliver.delivering'];
    scene.at(1_000).reader('a', 's-0', ...delivering, 'reader.active.fetch.reading');
    scene.at(20_000).reader('a', 's-0', ...delivering, 'reader.active.fetch.full');
    scene.at(43_000).member('a', 'active', 2);
    expect(scene.why('s-0').sentence).toBe('The handler of a has been running for 42 s.');
    scene.reader('a', 's-0', 'reader.active', 'reader.active.deliver.settling');
    expect(scene.why('s-0').sentence).toBe(
      'a has read it to its end; its last records are not completed yet.',
    );
  });

  it('is far behind', () => {
    const scene = Scene.settled('simulation').at(1_000);
    for (let n = 1; n <= 1_234; n += 1) {
      const record = { stream: STREAM, shardId: 's-0', sequenceNumber: `${n}`, key: 'k', n };
      scene.tell({ kind: 'put', ...record, arrivalMs: 1_000 });
    }
    scene.at(181_000).member('a', 'active', 2);
    const why = scene.why('s-0');
    expect(why.kind).toBe('slow');
    expect(why.sentence).toBe('a reads it and is 3 min behind, with 1,234 records waiting.');
  });

  it('has an owner that is silent, which says nothing while the table does not answer', () => {
    const scene = Scene.settled('table');
    scene.at(2_000).table('lost');
    expect(scene.why('s-0', 60_000).kind).toBe('read');
    scene.at(3_000).member('b', 'active', 2);
    const why = scene.why('s-0', 3_000);
    expect(why.kind).toBe('waiting');
    expect(why.sentence).toBe(
      'a has been silent for 3 s; if it stays so, another member takes it at most 8 s from now.',
    );
    expect(why.wayOut).toBe('See whether a runs and reaches the table.');
    expect(scene.why('s-2').kind).toBe('read');
    scene.at(20_000).member('b', 'active', 3);
    expect(scene.why('s-0').wayOut).toBe('It is overdue: look at the errors of the leader.');
  });

  it('has an owner that is silent, whatever else goes wrong beside the table', () => {
    const scene = Scene.settled('table');
    scene.at(2_000).error('inspector', 'InvariantBroken: A source of the feed threw: Error');
    expect(scene.why('s-0', 5_000).kind).toBe('waiting');
    // it answers again, and nothing has changed
    scene.at(6_000).table('lost').at(8_000).table('back');
    expect(scene.why('s-0', 9_000).kind).toBe('waiting');
  });

  it('has an owner that died, or stands still', () => {
    const scene = Scene.settled('simulation').at(1_000).life('a', 'crashed');
    expect(scene.shard('s-0').unread).toBe(true);
    expect(scene.why('s-0', 3_000)).toEqual({
      kind: 'waiting',
      sentence: 'a died 2 s ago; another member takes it at most 6 s from now.',
      wayOut: 'Nothing to do: the group finds out by its silence.',
    });
    const overdue = scene.why('s-0', 12_000);
    expect(overdue.sentence).toBe('a died 11 s ago; another member should have taken it 3 s ago.');
    expect(overdue.wayOut).toBe('It is overdue: look at the errors of the leader.');
    scene.at(12_000).life('b', 'paused');
    expect(scene.shard('s-2').unread).toBe(true);
    const halted = scene.why('s-2', 14_000).sentence;
    expect(halted).toMatch(/^b has stood still for 2 s; .* unless it goes on\.$/);
    scene.at(15_000).life('b', 'resumed');
    expect(scene.shard('s-2').unread).toBe(false);
  });
});

describe('why a shard that nobody owns', () => {
  const free = (): Scene => Scene.settled('table').at(5_000);

  it('was its owner’s whose session is gone', () => {
    const scene = free().gone('a', 'b');
    expect(scene.why('s-0').sentence).toBe(
      'The session of its owner a is gone; another member takes it at most 5 s from now.',
    );
    scene.at(5_500).plan(2, { b: 's-0' });
    expect(scene.why('s-0', 6_000).sentence).toBe(
      'The session of its owner a is gone; b takes it at most 4 s from now.',
    );
    const late = scene.why('s-0', 11_000);
    expect(late.sentence).toBe(
      'The session of its owner a is gone; b should have taken it 1 s ago.',
    );
    expect(late.wayOut).toBe('It is overdue: look at the errors of the leader.');
    scene.gone('b');
    expect(scene.why('s-0')).toMatchObject({
      kind: 'stopped',
      sentence: 'The session of its owner a is gone, and no client is in the group.',
    });
  });

  it('waits for the one that the plan names', () => {
    const scene = free().owned('s-0', null);
    const why = scene.why('s-0', 8_000);
    expect(why.kind).toBe('waiting');
    expect(why.sentence).toBe(
      'The plan of generation 1 names a, which has not taken it yet, for 3 s.',
    );
    scene.at(20_000).error('a', 'StoreUnanswered: no answer').member('a', 'active', 2);
    expect(scene.why('s-0', 30_000).wayOut).toBe(
      'See whether a reaches the state table. Its last error: StoreUnanswered: no answer',
    );
    scene.life('a', 'paused');
    expect(scene.why('s-0', 30_000).sentence).toContain(
      'names a, which stands still and has not taken it yet',
    );
    scene.gone('a');
    expect(scene.why('s-0').sentence).toBe(
      'The plan of generation 1 names a, which is gone; the next plan names another member.',
    );
  });

  it('is named by no plan yet', () => {
    const scene = free().ended('s-0');
    const child = shardOfMap('s-4', { parents: ['s-0'], endHash: shardOfMap('s-0').endHash });
    scene.map(2, [...SHARDS.map((id) => shardOfMap(id, { ended: id === 's-0' })), child]);
    expect(scene.shard('s-4')).toMatchObject({ state: 'active', target: null, unread: true });
    expect(scene.why('s-4', 7_000)).toEqual({
      kind: 'waiting',
      sentence: 'No plan names it yet, 2 s after it could be read; generation 1 is older.',
      wayOut: 'Nothing to do: the leader publishes a plan with it.',
    });
    expect(scene.why('s-4', 60_000).wayOut).toContain('overdue');
  });

  it('is of a stream that nobody subscribes to', () => {
    const scene = free().owned('s-0', null).plan(2, { a: 's-0' }, { stream: 'other' });
    expect(scene.why('s-0')).toEqual({
      kind: 'stopped',
      sentence: 'Nobody subscribes to orders.',
      wayOut: 'Consume orders from a client.',
    });
  });

  it('is of a group without clients, or without a plan', () => {
    const scene = new Scene('table').map();
    expect(scene.why('s-0')).toMatchObject({
      kind: 'stopped',
      sentence: 'No client is in the group.',
    });
    scene.member('a');
    expect(scene.why('s-0')).toMatchObject({
      kind: 'waiting',
      sentence: 'No plan has been published yet.',
    });
  });

  it('is not known where the map that the plan divides was not told', () => {
    const scene = new Scene('table').member('a').owned('s-0', null).plan(7, { a: 's-0' });
    scene.tell({ kind: 'map', by: null, stream: STREAM, version: 1, startMs: null, shards: null });
    expect(scene.why('s-0')).toEqual({
      kind: 'unknown',
      sentence: 'Nobody owns it; whose it is by generation 7 is not known here.',
      wayOut: null,
    });
    scene.map();
    expect(scene.why('s-0').sentence).toContain('The plan of generation 7 names a');
  });

  it('is not known, where the plan was seen only in part', () => {
    const scene = new Scene('table').map().member('a');
    const planRef = 'plan#0000000007#n';
    const head = { generation: 7, leader: 'a/1', planRef } as const;
    scene.tell({ kind: 'plan', by: null, planRef, generation: 7, body: '{"gen":7,"pl', parts: 2 });
    scene.tell({ kind: 'generation', by: null, ...head });
    expect(scene.why('s-0')).toEqual({
      kind: 'unknown',
      sentence: 'Nobody owns it; the plan of generation 7 is not known here.',
      wayOut: null,
    });
    expect(scene.model.view(0).generation).toMatchObject({ number: 7, plan: 'unknown' });
  });

  it('is not known, where only a process is heard that has not said whose it is', () => {
    const scene = new Scene('process').reads('a', 's-0');
    expect(scene.shard('s-0')).toMatchObject({ owner: null, ownerKnown: false, unread: null });
    expect(scene.why('s-0')).toMatchObject({
      kind: 'unknown',
      sentence: 'A process reads it; whose that is has not been told.',
    });
  });

  it('is not shown, where only a process is heard', () => {
    const scene = new Scene('process').life('a', 'started').reads('a', 's-0');
    const end = {
      process: 'a',
      name: 'shardEnd',
      shard: `${STREAM}/s-0`,
      detail: 'moved',
    } as const;
    expect(scene.shard('s-0')).toMatchObject({ owner: 'a', ownerKnown: true, unread: false });
    scene.reads('a', 's-1').tell({ kind: 'notice', ...end });
    expect(scene.model.view(0).streams[0]?.shards.map(({ shardId }) => shardId)).toEqual(['s-1']);
  });
});

describe('why a shard', () => {
  it('waits for its parents', () => {
    const scene = Scene.settled('table');
    const both = shardOfMap('s-4', { parents: ['s-0', 's-1'] });
    scene.map(2, [...SHARDS.map((id) => shardOfMap(id)), both]);
    expect(scene.why('s-4')).toEqual({
      kind: 'waiting',
      sentence: 'Waits for its parents s-0 and s-1, which are not read to the end yet.',
      wayOut: 'It begins by itself after that; look at s-0 and s-1 for what holds it up.',
    });
    scene.ended('s-0');
    expect(scene.why('s-4').sentence).toBe(
      'Waits for its parent s-1, which is not read to the end yet.',
    );
    expect(scene.shard('s-4')).toMatchObject({ state: 'waiting', unread: false });
  });

  it('was read to its end', () => {
    const scene = Scene.settled('table').ended('s-0');
    expect(scene.why('s-0')).toEqual({ kind: 'ended', sentence: 'Read to its end.', wayOut: null });
    expect(scene.shard('s-0')).toMatchObject({
      state: 'ended',
      position: 'SHARD_END',
      closed: true,
    });
  });
});

describe('the times in these sentences', () => {
  it('are those of the profiles', () => {
    for (const { heartbeatIntervalMs, ttlMs, pollIntervalMs } of Object.values(PROFILES)) {
      const takenMs = ttlMs + 2 * heartbeatIntervalMs + 3 * pollIntervalMs + 1_000;
      expect(takenWithinMs(ttlMs)).toBe(takenMs);
      expect(movedWithinMs(ttlMs)).toBe(3 * pollIntervalMs + 1_000);
    }
    // own timings: as slow as they may be
    expect(takenWithinMs(6_000)).toBe(6_000 + 6_000 + 9_000 + 1_000);
  });

  it('are kept by a group whose members die', async () => {
    const run = await played(
      scenario({
        shards: 6,
        script: [
          at(0, 'join', 0),
          at(0.2, 'join', 1),
          at(0.4, 'join', 2),
          at(8, 'crash', 0),
          at(16, 'crash', 1),
        ],
        quietAtMs: 24_000,
        quietMs: 3_000,
      }),
    );
    const model = new GroupModel(run.header);
    const deadlines = new Map<string, number>();
    let promises = 0;
    for (const event of run.events) {
      model.apply(event);
      for (const { shardId, why, unread } of shardsOf(model.view(event.atMs))) {
        const [, seconds] = / at most (\d+) s from now/.exec(why.sentence) ?? [];
        if (seconds === undefined) deadlines.delete(shardId);
        else {
          const known = deadlines.get(shardId) ?? Number.POSITIVE_INFINITY;
          // a sentence is as old as a tick
          deadlines.set(shardId, Math.min(known, event.atMs + Number(seconds) * 1_000 + 250));
          promises += 1;
        }
        if (unread === true) expect(why.sentence).not.toContain('should have');
        expect(event.atMs).toBeLessThanOrEqual(deadlines.get(shardId) ?? event.atMs);
      }
    }
    expect(promises).toBeGreaterThan(50);
  });
});
