import { describe, expect, it } from 'vitest';
import {
  batchOf,
  deferred,
  handlerWorld,
  lost,
  positionAt,
  quiet,
  SELF_FENCE_MS,
  type World,
} from './delivery-world.ts';

const poison = (bad: number) => (number: number) => (number === bad ? 'poison' : `${number}`);

/** Fails on the text `poison`. */
const decode = (data: Uint8Array): number => {
  const text = new TextDecoder().decode(data);
  if (text === 'poison') throw new Error('cannot read this');
  return Number(text);
};

describe('eachBatch', () => {
  it('completes the batch when the handler is through, and not before', async () => {
    const end = deferred();
    const { open, push } = handlerWorld({ kind: 'eachBatch', call: () => end.promise });
    const lane = open();
    push(lane, batchOf(1, 3));
    const outcome = lane.deliver();
    await quiet();
    expect(lane.completed()).toBe(positionAt(0));
    end.resolve();
    await outcome;
    expect(lane.completed()).toBe(positionAt(3));
  });

  it('leaves completing to the marks when they are manual', async () => {
    const { open, push } = handlerWorld(
      { kind: 'eachBatch', call: (batch) => batch.mark(batch.records[1]) },
      { marking: 'manual' },
    );
    const lane = open();
    push(lane, batchOf(1, 3));
    await expect(lane.deliver()).resolves.toEqual({ kind: 'delivered' });
    expect(lane.completed()).toBe(positionAt(2));
  });

  it('keeps the progress that a handler marked before it threw, and names the next record', async () => {
    const cause = new Error('sink is down');
    const { open, push } = handlerWorld({
      kind: 'eachBatch',
      call: async (batch) => {
        batch.mark(batch.records[1]);
        await Promise.resolve();
        throw cause;
      },
    });
    const lane = open();
    push(lane, batchOf(1, 4));
    const outcome = await lane.deliver();
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: {
        code: 'HandlerFailed',
        stream: 'orders',
        shardId: 'shard-1',
        sequenceNumber: '3',
        cause,
      },
    });
    expect(lane.completed()).toBe(positionAt(2));
  });

  it('reports a handler that throws before it returns a promise', async () => {
    const { open, push } = handlerWorld({
      kind: 'eachBatch',
      call: () => {
        throw new Error('at once');
      },
    });
    const lane = open();
    push(lane, batchOf(1, 2));
    await expect(lane.deliver()).resolves.toMatchObject({
      kind: 'failed',
      error: { code: 'HandlerFailed', sequenceNumber: '1' },
    });
  });

  it('gives the handler the fence, the lag and the records in order', async () => {
    const seen: unknown[] = [];
    const { open, push } = handlerWorld({
      kind: 'eachBatch',
      call: (batch) => {
        seen.push(
          batch.stream,
          batch.shardId,
          batch.fence,
          batch.millisBehindLatest,
          batch.records.map((record) => record.sequenceNumber),
        );
      },
    });
    const lane = open('shard-7', positionAt(0), 9);
    push(lane, { ...batchOf(8, 11), millisBehindLatest: 5 });
    await lane.deliver();
    expect(seen).toEqual(['orders', 'shard-7', 9, 5, ['8', '9', '10', '11']]);
  });

  it('runs shards beside each other: a stuck handler holds no other shard back', async () => {
    const seen: string[] = [];
    const { open, push } = handlerWorld({
      kind: 'eachBatch',
      call: (batch) => {
        seen.push(batch.shardId);
        return batch.shardId === 'stuck' ? deferred().promise : undefined;
      },
    });
    const stuck = open('stuck');
    const other = open('other');
    push(stuck, batchOf(1, 1));
    push(other, batchOf(1, 1));
    void stuck.deliver();
    await expect(other.deliver()).resolves.toEqual({ kind: 'delivered' });
    expect(seen).toEqual(['stuck', 'other']);
  });

  it('waits while the gate is shut and goes on with the next answered heartbeat', async () => {
    let calls = 0;
    const { open, push, clock, heartbeat } = handlerWorld({
      kind: 'eachBatch',
      call: () => void (calls += 1),
    });
    const lane = open();
    push(lane, batchOf(1, 1));
    clock.pass(SELF_FENCE_MS);
    const outcome = lane.deliver();
    await quiet();
    expect(calls).toBe(0);
    heartbeat();
    await expect(outcome).resolves.toEqual({ kind: 'delivered' });
    expect(calls).toBe(1);
  });

  it.each(['drain', 'abort'] as const)('gives up waiting for the gate on %s', async (how) => {
    let calls = 0;
    const { open, push, gate, heartbeat } = handlerWorld({
      kind: 'eachBatch',
      call: () => void (calls += 1),
    });
    const lane = open();
    push(lane, batchOf(1, 1));
    gate.shut();
    const outcome = lane.deliver();
    await quiet();
    if (how === 'drain') lane.drain();
    else lane.abort(lost());
    await expect(outcome).resolves.toEqual({ kind: 'interrupted' });
    heartbeat();
    await quiet();
    expect(calls).toBe(0);
  });

  it('delivers what stands before a record that cannot be decoded, then fails', async () => {
    const seen: (number | undefined)[][] = [];
    const { open, push } = handlerWorld<number>(
      { kind: 'eachBatch', call: (batch) => void seen.push(batch.records.map((r) => r.value)) },
      { decode },
    );
    const lane = open();
    push(lane, batchOf(1, 4, poison(3)));
    await expect(lane.deliver()).resolves.toMatchObject({
      kind: 'failed',
      error: { code: 'DecodeFailed', sequenceNumber: '3' },
    });
    expect(seen).toEqual([[1, 2]]);
    expect(lane.completed()).toBe(positionAt(2));
  });

  it('completes skipped records with their neighbours, at the end of a batch too', async () => {
    const seen: (number | undefined)[][] = [];
    const { open, push, events } = handlerWorld<number>(
      { kind: 'eachBatch', call: (batch) => void seen.push(batch.records.map((r) => r.value)) },
      { decode, onDecodeError: 'skip' },
    );
    const lane = open();
    push(lane, batchOf(1, 3, poison(3)));
    push(lane, batchOf(4, 4, poison(4)));
    await lane.deliver();
    expect(lane.completed()).toBe(positionAt(3));
    await lane.deliver();
    expect(lane.completed()).toBe(positionAt(4));
    expect(seen).toEqual([[1, 2]]);
    expect(lane.settled()).toBe(true);
    expect(events.filter((event) => event.kind === 'recordSkipped')).toHaveLength(2);
  });

  it('counts a skipped record only when the marks before it reach it', async () => {
    const { open, push } = handlerWorld<number>(
      { kind: 'eachBatch', call: (batch) => batch.records[0]?.mark() },
      { decode, onDecodeError: 'skip', marking: 'manual' },
    );
    const lane = open();
    push(lane, batchOf(1, 5, poison(2)));
    await lane.deliver();
    expect(lane.completed()).toBe(positionAt(2));
  });
});

describe('eachRecord', () => {
  it('completes each record when its promise resolves, one after another', async () => {
    const ends = [deferred(), deferred()];
    const seen: string[] = [];
    const { open, push } = handlerWorld({
      kind: 'eachRecord',
      call: (record) => {
        seen.push(record.sequenceNumber);
        return ends[seen.length - 1]?.promise;
      },
    });
    const lane = open();
    push(lane, batchOf(1, 2));
    const outcome = lane.deliver();
    await quiet();
    expect(seen).toEqual(['1']);
    ends[0]?.resolve();
    await quiet();
    expect([seen, lane.completed()]).toEqual([['1', '2'], positionAt(1)]);
    ends[1]?.resolve();
    await outcome;
    expect(lane.completed()).toBe(positionAt(2));
  });

  it('calls a synchronous handler without giving up its turn between records', async () => {
    const order: string[] = [];
    const { open, push } = handlerWorld({
      kind: 'eachRecord',
      call: (record) => {
        order.push(record.sequenceNumber);
        queueMicrotask(() => order.push('microtask'));
      },
    });
    const lane = open();
    push(lane, batchOf(1, 3));
    await lane.deliver();
    await quiet();
    expect(order).toEqual(['1', '2', '3', 'microtask', 'microtask', 'microtask']);
  });

  it('stops at the record whose handler threw and keeps those before it', async () => {
    const cause = new Error('no');
    const { open, push } = handlerWorld({
      kind: 'eachRecord',
      call: (record) => (record.sequenceNumber === '3' ? Promise.reject(cause) : undefined),
    });
    const lane = open();
    push(lane, batchOf(1, 5));
    await expect(lane.deliver()).resolves.toMatchObject({
      kind: 'failed',
      error: { code: 'HandlerFailed', sequenceNumber: '3', cause },
    });
    expect(lane.completed()).toBe(positionAt(2));
  });

  it('stops after the current record on drain', async () => {
    const end = deferred();
    const seen: string[] = [];
    const { open, push } = handlerWorld({
      kind: 'eachRecord',
      call: (record) => {
        seen.push(record.sequenceNumber);
        return end.promise;
      },
    });
    const lane = open();
    push(lane, batchOf(1, 5));
    const outcome = lane.deliver();
    await quiet();
    lane.drain();
    end.resolve();
    await expect(outcome).resolves.toEqual({ kind: 'interrupted' });
    expect([seen, lane.completed()]).toEqual([['1'], positionAt(1)]);
  });

  it('stops on an abort from within a synchronous handler', async () => {
    const seen: string[] = [];
    const made: World = handlerWorld({
      kind: 'eachRecord',
      call: (record, { signal }) => {
        seen.push(record.sequenceNumber);
        if (record.sequenceNumber !== '2') return;
        lane.abort(lost());
        seen.push(String(signal.aborted));
      },
    });
    const lane = made.open();
    made.push(lane, batchOf(1, 5));
    await expect(lane.deliver()).resolves.toEqual({ kind: 'interrupted' });
    expect([seen, lane.completed()]).toEqual([['1', '2', 'true'], positionAt(1)]);
  });

  it('asks the gate before each record, though they come in one turn', async () => {
    const seen: string[] = [];
    const made: World = handlerWorld({
      kind: 'eachRecord',
      call: (record) => {
        seen.push(record.sequenceNumber);
        if (record.sequenceNumber === '2') made.clock.pass(SELF_FENCE_MS);
      },
    });
    const lane = made.open();
    made.push(lane, batchOf(1, 4));
    const outcome = lane.deliver();
    await quiet();
    expect([seen, lane.completed()]).toEqual([['1', '2'], positionAt(2)]);
    made.heartbeat();
    made.clock.advance(0);
    await expect(outcome).resolves.toEqual({ kind: 'delivered' });
    expect(seen).toEqual(['1', '2', '3', '4']);
  });

  it('lets the event loop turn when synchronous handlers take long', async () => {
    const seen: string[] = [];
    const made: World = handlerWorld({
      kind: 'eachRecord',
      call: (record) => {
        seen.push(record.sequenceNumber);
        made.clock.pass(30);
      },
    });
    const lane = made.open();
    made.push(lane, batchOf(1, 4));
    const outcome = lane.deliver();
    await quiet();
    expect(seen).toEqual(['1', '2']);
    made.clock.advance(0);
    await outcome;
    expect(seen).toEqual(['1', '2', '3', '4']);
  });

  it('hands out nothing while paused and goes on where it stopped', async () => {
    const end = deferred();
    const seen: string[] = [];
    const { open, push, desk } = handlerWorld({
      kind: 'eachRecord',
      call: (record) => {
        seen.push(record.sequenceNumber);
        return record.sequenceNumber === '1' ? end.promise : undefined;
      },
    });
    const lane = open();
    push(lane, batchOf(1, 3));
    const outcome = lane.deliver();
    await quiet();
    desk.pause();
    end.resolve();
    await quiet();
    expect([seen, lane.completed()]).toEqual([['1'], positionAt(1)]);
    desk.resume();
    await outcome;
    expect(seen).toEqual(['1', '2', '3']);
  });

  it('decodes each record right before it: what stands before a bad one is delivered', async () => {
    const seen: (number | undefined)[] = [];
    const { open, push } = handlerWorld<number>(
      { kind: 'eachRecord', call: (record) => void seen.push(record.value) },
      { decode },
    );
    const lane = open();
    push(lane, batchOf(1, 4, poison(3)));
    await expect(lane.deliver()).resolves.toMatchObject({
      kind: 'failed',
      error: { code: 'DecodeFailed', sequenceNumber: '3' },
    });
    expect([seen, lane.completed()]).toEqual([[1, 2], positionAt(2)]);
  });

  it('skips what cannot be decoded and moves on', async () => {
    const seen: (number | undefined)[] = [];
    const { open, push } = handlerWorld<number>(
      { kind: 'eachRecord', call: (record) => void seen.push(record.value) },
      { decode: (data) => Promise.resolve(decode(data)), onDecodeError: 'skip' },
    );
    const lane = open();
    push(lane, batchOf(1, 3, poison(3)));
    await expect(lane.deliver()).resolves.toEqual({ kind: 'delivered' });
    expect([seen, lane.completed()]).toEqual([[1, 2], positionAt(3)]);
  });
});

describe.each(['eachBatch', 'eachRecord'] as const)(
  '%s with a decoder that answers late',
  (kind) => {
    it.each(['skip', 'fail'] as const)(
      'takes no verdict (%s) for a record whose lane was drained meanwhile',
      async (onDecodeError) => {
        const decoded = deferred<number>();
        const { open, push, events } = handlerWorld<number>(
          { kind, call: () => {} },
          { decode: () => decoded.promise, onDecodeError },
        );
        const lane = open();
        push(lane, batchOf(1, 1));
        const outcome = lane.deliver();
        await quiet();
        lane.drain();
        decoded.reject(new Error('bad'));
        await expect(outcome).resolves.toEqual({ kind: 'interrupted' });
        expect(lane.completed()).toBe(positionAt(0));
        expect(events.map((event) => event.kind)).toEqual(['batch']);
      },
    );
  },
);
