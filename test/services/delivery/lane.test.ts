import { describe, expect, it } from 'vitest';
import { positionOf } from '../../../src/machines/rules/positions.ts';
import type { ShardBatch } from '../../../src/services/delivery/batch.ts';
import type { ShardRecord } from '../../../src/services/delivery/record.ts';
import {
  BATCH_BYTES,
  batchOf,
  deferred,
  fetched,
  handlerWorld,
  lost,
  positionAt,
  quiet,
  type Deferred,
  type SinkSettings,
  type World,
} from './delivery-world.ts';

interface Handled extends World {
  readonly batches: ShardBatch<undefined>[];
  readonly ends: Deferred<void>[];
}

/** A handler that the test ends. */
function handled(settings: SinkSettings<undefined> = {}): Handled {
  const batches: ShardBatch<undefined>[] = [];
  const ends: Deferred<void>[] = [];
  const made = handlerWorld<undefined>(
    {
      kind: 'eachBatch',
      call: (batch) => {
        batches.push(batch);
        const end = deferred();
        ends.push(end);
        return end.promise;
      },
    },
    settings,
  );
  return { ...made, batches, ends };
}

const numbers = (records: readonly ShardRecord<undefined>[] | undefined): number[] =>
  (records ?? []).map((record) => Number(record.sequenceNumber));

describe('ShardLane', () => {
  it('delivers the oldest batch first and counts those that wait', async () => {
    const { open, push, batches, ends } = handled();
    const lane = open();
    push(lane, batchOf(1, 2));
    push(lane, batchOf(3, 3));
    expect(lane.pending()).toBe(2);
    const first = lane.deliver();
    expect(lane.pending()).toBe(1);
    await quiet();
    ends[0]?.resolve();
    await expect(first).resolves.toEqual({ kind: 'delivered' });
    void lane.deliver();
    await quiet();
    expect(batches.map((batch) => numbers(batch.records))).toEqual([[1, 2], [3]]);
  });

  it('answers at once when nothing waits', async () => {
    const { open } = handled();
    const lane = open();
    await expect(lane.deliver()).resolves.toEqual({ kind: 'delivered' });
    lane.drain();
    await expect(lane.deliver()).resolves.toEqual({ kind: 'interrupted' });
  });

  it('refuses two deliveries at once', () => {
    const { open, push } = handled();
    const lane = open();
    push(lane, batchOf(1, 1));
    push(lane, batchOf(2, 2));
    void lane.deliver();
    expect(() => lane.deliver()).toThrow('D9');
  });

  it('drops what is at or before the acquired position, also inside an aggregate', async () => {
    const { open, push, batches } = handled();
    const lane = open('shard-1', positionOf('10', 1));
    const records = [0, 1, 2, 3].map((subsequenceNumber) => ({
      ...fetched(10),
      subsequenceNumber,
    }));
    push(lane, { records, bytes: BATCH_BYTES, millisBehindLatest: 0 });
    void lane.deliver();
    await quiet();
    expect(batches[0]?.records.map((record) => record.subsequenceNumber)).toEqual([2, 3]);
  });

  it('drops what was pushed before, so that a new iterator may overlap', async () => {
    const { open, push, batches, ends } = handled();
    const lane = open();
    push(lane, batchOf(1, 3));
    push(lane, batchOf(2, 5));
    void lane.deliver();
    await quiet();
    ends[0]?.resolve();
    await quiet();
    void lane.deliver();
    await quiet();
    expect(numbers(batches[1]?.records)).toEqual([4, 5]);
  });

  it('passes a batch with nothing new in it by the handler and gives its bytes back', async () => {
    const { open, push, batches, budget } = handled();
    const lane = open('shard-1', positionAt(5));
    push(lane, batchOf(4, 5));
    await expect(lane.deliver()).resolves.toEqual({ kind: 'delivered' });
    expect(batches).toEqual([]);
    expect(budget.usedBytes()).toBe(0);
  });

  it('keeps the bytes of a batch until its handler is through', async () => {
    const { open, push, budget, ends } = handled();
    const lane = open();
    push(lane, batchOf(1, 2));
    void lane.deliver();
    await quiet();
    expect(budget.usedBytes()).toBe(BATCH_BYTES);
    ends[0]?.resolve();
    await quiet();
    expect(budget.usedBytes()).toBe(0);
  });

  it('drain lets the running handler finish and drops the rest unseen', async () => {
    const { open, push, batches, budget, ends } = handled();
    const lane = open();
    push(lane, batchOf(1, 2));
    push(lane, batchOf(3, 4));
    const outcome = lane.deliver();
    await quiet();
    lane.drain();
    expect(lane.pending()).toBe(0);
    expect(batches[0]?.signal.aborted).toBe(false);
    ends[0]?.resolve();
    await expect(outcome).resolves.toEqual({ kind: 'delivered' });
    expect(lane.completed()).toBe(positionAt(2));
    push(lane, batchOf(5, 6));
    expect(budget.usedBytes()).toBe(0);
    expect(batches).toHaveLength(1);
  });

  it('abort ends a delivery at once though its handler never returns', async () => {
    const { open, push, batches, budget } = handled();
    const lane = open();
    push(lane, batchOf(1, 2));
    push(lane, batchOf(3, 4));
    const outcome = lane.deliver();
    await quiet();
    const reason = lost();
    lane.abort(reason);
    await expect(outcome).resolves.toEqual({ kind: 'interrupted' });
    expect(batches[0]?.signal.aborted).toBe(true);
    expect(batches[0]?.signal.reason).toBe(reason);
    expect(budget.usedBytes()).toBe(0);
    lane.abort(lost());
    expect(budget.usedBytes()).toBe(0);
  });

  it('aborts a signal that was taken before, and only once the lane refuses marks', async () => {
    const { open, push, batches } = handled();
    const lane = open();
    push(lane, batchOf(1, 1));
    void lane.deliver();
    await quiet();
    const seen: unknown[] = [];
    batches[0]?.signal.addEventListener('abort', () => {
      try {
        batches[0]?.mark();
      } catch (error) {
        seen.push(error);
      }
    });
    lane.abort(lost());
    expect(seen).toEqual([expect.objectContaining({ code: 'MarkRefused' })]);
  });

  it('takes nothing from a handler that returns or throws after the abort', async () => {
    const { open, push, ends, events } = handled();
    const lane = open();
    push(lane, batchOf(1, 2));
    void lane.deliver();
    await quiet();
    lane.abort(lost());
    ends[0]?.resolve();
    await quiet();
    expect(lane.completed()).toBe(positionAt(0));
    expect(events.filter((event) => event.kind === 'batch')).toHaveLength(1);
  });

  it('refuses marks after the abort, tells of them and writes nothing', async () => {
    const { open, push, batches, events } = handled({ marking: 'manual' });
    const lane = open();
    push(lane, batchOf(1, 2));
    void lane.deliver();
    await quiet();
    lane.abort(lost());
    const refused = expect.objectContaining({ code: 'MarkRefused', shardId: 'shard-1' });
    expect(() => batches[0]?.mark()).toThrow(refused);
    expect(() => batches[0]?.records[0]?.mark()).toThrow(refused);
    expect(lane.completed()).toBe(positionAt(0));
    expect(events.filter((event) => event.kind === 'markRefused')).toHaveLength(2);
  });

  it('refuses a mark that names a record of another shard or fence, or no record', async () => {
    const { open, push, batches, ends } = handled({ marking: 'manual' });
    const older = open('shard-1', positionAt(0), 1);
    push(older, batchOf(1, 1));
    void older.deliver();
    await quiet();
    ends[0]?.resolve();
    await quiet();
    const newer = open('shard-1', positionAt(0), 2);
    push(newer, batchOf(1, 1));
    void newer.deliver();
    await quiet();
    const [ofOlder] = batches[0]?.records ?? [];
    const [ofNewer] = batches[1]?.records ?? [];
    if (ofOlder === undefined || ofNewer === undefined) throw new Error('nothing was delivered');
    expect(() => batches[1]?.mark(ofOlder)).toThrow('not of the shard and fence');
    expect(() => batches[1]?.mark(Object.assign({}, ofNewer))).toThrow(
      'not of the shard and fence',
    );
    expect(newer.completed()).toBe(positionAt(0));
    batches[1]?.mark(ofNewer);
    expect(newer.completed()).toBe(positionAt(1));
  });

  it('is settled when all that was handed over is marked', async () => {
    const { open, push, batches, ends } = handled({ marking: 'manual' });
    const lane = open();
    push(lane, batchOf(1, 3));
    void lane.deliver();
    await quiet();
    ends[0]?.resolve();
    await quiet();
    expect(lane.settled()).toBe(false);
    let settled = 'no';
    void lane.whenSettled(new AbortController().signal).then(() => (settled = 'yes'));
    batches[0]?.mark(batches[0].records[1]);
    await quiet();
    expect([lane.settled(), settled]).toEqual([false, 'no']);
    batches[0]?.mark();
    await quiet();
    expect([lane.settled(), settled]).toEqual([true, 'yes']);
  });

  it('goes on waiting for manual marks while it drains, until the signal or the close', async () => {
    const { open, push, ends } = handled({ marking: 'manual' });
    const lane = open();
    push(lane, batchOf(1, 1));
    void lane.deliver();
    await quiet();
    ends[0]?.resolve();
    await quiet();
    lane.drain();
    const stop = new AbortController();
    const seen: string[] = [];
    void lane.whenSettled(stop.signal).then(() => seen.push('stopped'));
    void lane.whenSettled(new AbortController().signal).then(() => seen.push('closed'));
    await quiet();
    expect(seen).toEqual([]);
    stop.abort();
    await quiet();
    expect(seen).toEqual(['stopped']);
    lane.abort(lost());
    await quiet();
    expect(seen).toEqual(['stopped', 'closed']);
    expect(lane.settled()).toBe(false);
  });

  it('waits no longer for automatic marks that cannot come any more', async () => {
    const { open, push, ends } = handled();
    const lane = open();
    push(lane, batchOf(1, 1));
    const outcome = lane.deliver();
    await quiet();
    lane.drain();
    let settled = 'no';
    void lane.whenSettled(new AbortController().signal).then(() => (settled = 'yes'));
    await quiet();
    expect(settled).toBe('no');
    ends[0]?.reject(new Error('handler'));
    await outcome;
    await quiet();
    expect([lane.settled(), settled]).toEqual([false, 'yes']);
  });

  it('commit() asks for a commit of its shard and resolves when the store holds the marks', async () => {
    const { open, push, batches, asked } = handled({ marking: 'manual' });
    const lane = open();
    push(lane, batchOf(1, 2));
    void lane.deliver();
    await quiet();
    const [batch] = batches;
    await batch?.commit();
    expect(asked).toEqual([]);
    batch?.mark();
    let committed = 'no';
    void batch?.commit().then(() => (committed = 'yes'));
    await quiet();
    expect([asked, committed]).toEqual([['shard-1'], 'no']);
    lane.noteCommitted(positionAt(2));
    await quiet();
    expect(committed).toBe('yes');
  });

  it('tells its reader of a mark before it asks for the commit of that mark', async () => {
    const { open, push, batches, asked } = handled({ marking: 'manual' });
    const lane = open();
    const order: string[] = [];
    lane.onDirty(() => order.push(`dirty, ${asked.length} asked`));
    push(lane, batchOf(1, 2));
    void lane.deliver();
    await quiet();
    batches[0]?.mark();
    void batches[0]?.commit();
    await quiet();
    expect([order, asked]).toEqual([['dirty, 0 asked'], ['shard-1']]);
  });

  it('commit() rejects with the reason for which the shard was lost', async () => {
    const { open, push, batches } = handled({ marking: 'manual' });
    const lane = open();
    push(lane, batchOf(1, 2));
    void lane.deliver();
    await quiet();
    batches[0]?.mark();
    const running = batches[0]?.commit();
    const reason = lost();
    lane.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(batches[0]?.commit()).rejects.toBe(reason);
  });

  it('tells of each batch without any record data', async () => {
    const { open, push, ends, events } = handled();
    const lane = open();
    push(lane, { ...batchOf(1, 2), millisBehindLatest: 77 });
    void lane.deliver();
    await quiet();
    ends[0]?.resolve();
    await quiet();
    expect(events).toEqual([
      {
        kind: 'batch',
        stream: 'orders',
        shardId: 'shard-1',
        fence: 1,
        records: 2,
        bytes: BATCH_BYTES,
        millisBehindLatest: 77,
        outcome: 'delivered',
      },
    ]);
  });
});
