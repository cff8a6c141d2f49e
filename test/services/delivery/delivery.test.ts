import { describe, expect, it } from 'vitest';
import type { ShardRecord } from '../../../src/services/delivery/record.ts';
import { batchOf, deferred, handlerWorld, positionAt, quiet, world } from './delivery-world.ts';

const keeper = (kept: ShardRecord<undefined>[]) =>
  handlerWorld<undefined>(
    { kind: 'eachRecord', call: (record) => void kept.push(record) },
    { marking: 'manual' },
  );

describe('DeliveryDesk', () => {
  it('opens no lane without a consumption', () => {
    expect(() => world().open()).toThrow('consumption');
    const { desk, open } = handlerWorld({ kind: 'eachBatch', call: () => {} });
    desk.detach();
    expect(() => open()).toThrow('consumption');
  });

  it('opens a lane at the acquired position, and the next fence of a shard after the old is idle', async () => {
    const end = deferred();
    const { open, push } = handlerWorld({ kind: 'eachBatch', call: () => end.promise });
    const lane = open('shard-1', positionAt(4), 1);
    expect([lane.completed(), lane.committed()]).toEqual([positionAt(4), positionAt(4)]);
    push(lane, batchOf(5, 5));
    const outcome = lane.deliver();
    await quiet();
    expect(() => open('shard-1', positionAt(4), 2)).toThrow('D9');
    end.resolve();
    await outcome;
    const next = open('shard-1', positionAt(5), 2);
    expect([lane.phase(), next.phase()]).toEqual(['closed', 'open']);
  });

  it('marks records of its own lanes and refuses all else', async () => {
    const kept: ShardRecord<undefined>[] = [];
    const { desk, open, push, events } = keeper(kept);
    const lane = open();
    push(lane, batchOf(1, 2));
    await lane.deliver();
    const [record] = kept;
    if (record === undefined) throw new Error('nothing was delivered');
    const refused = expect.objectContaining({ code: 'MarkRefused' });
    expect(() => keeper([]).desk.markRecord(record)).toThrow(refused);
    expect(() => desk.markRecord(Object.assign({}, record))).toThrow(refused);
    expect(lane.completed()).toBe(positionAt(0));
    desk.markRecord(record);
    expect(lane.completed()).toBe(positionAt(1));
    expect(events.filter((event) => event.kind === 'markRefused')).toHaveLength(1);
  });

  it('refuses a mark from a decode policy for a record that was not handed out', async () => {
    const marks: unknown[] = [];
    const { open, push } = handlerWorld<number>(
      { kind: 'eachBatch', call: () => {} },
      {
        decode: () => {
          throw new Error('bad');
        },
        onDecodeError: (_error, record) => {
          try {
            record.mark();
          } catch (error) {
            marks.push(error);
          }
          return 'fail';
        },
      },
    );
    const lane = open();
    push(lane, batchOf(1, 2));
    await lane.deliver();
    expect(marks).toEqual([expect.objectContaining({ code: 'MarkRefused' })]);
    expect(lane.completed()).toBe(positionAt(0));
  });

  it('opens lanes paused while everything is paused', async () => {
    const kept: ShardRecord<undefined>[] = [];
    const { desk, open, push } = keeper(kept);
    desk.pause();
    const lane = open();
    push(lane, batchOf(1, 1));
    const outcome = lane.deliver();
    await quiet();
    expect([lane.phase(), kept.length]).toEqual(['paused', 0]);
    desk.resume();
    await outcome;
    expect([lane.phase(), kept.length]).toEqual(['open', 1]);
  });

  it('never opens a lane again that drains', () => {
    const { desk, open } = keeper([]);
    const lane = open();
    lane.drain();
    desk.pause();
    desk.resume();
    expect(lane.phase()).toBe('draining');
  });

  it('shows its lanes as plain JSON', () => {
    const { desk, open, push } = keeper([]);
    const lane = open('shard-1', positionAt(3), 6);
    push(lane, batchOf(4, 6));
    const shown = desk.snapshot();
    expect(shown).toEqual([
      {
        stream: 'orders',
        shardId: 'shard-1',
        fence: 6,
        phase: 'open',
        activity: 'idle',
        pendingBatches: 1,
        backlogRecords: 3,
        completed: positionAt(3),
        committed: positionAt(3),
      },
    ]);
    expect(JSON.parse(JSON.stringify(shown))).toEqual(shown);
  });
});
