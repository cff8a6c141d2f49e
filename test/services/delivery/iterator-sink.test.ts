import { describe, expect, it } from 'vitest';
import { KinesumerError } from '../../../src/errors.ts';
import type { ShardRecord } from '../../../src/services/delivery/record.ts';
import {
  BATCH_BYTES,
  batchOf,
  deferred,
  iteratorWorld,
  lost,
  positionAt,
  quiet,
  SELF_FENCE_MS,
  type World,
} from './delivery-world.ts';

type Answer = IteratorResult<ShardRecord<unknown>, undefined>;

const nameOf = ({ value }: Answer): string =>
  value === undefined ? 'done' : `${value.shardId}:${value.sequenceNumber}`;

/** Notes what a promise of `next()` comes to. */
function watch(call: Promise<Answer>): { state: string } {
  const watched = { state: 'waiting' };
  call.then(
    (answer) => (watched.state = nameOf(answer)),
    (error: KinesumerError) => (watched.state = error.code),
  );
  return watched;
}

describe('RecordIterator', () => {
  it('completes a record when the next one is asked for, also while none is at hand', async () => {
    const { iterator, open, push } = iteratorWorld();
    const lane = open();
    push(lane, batchOf(1, 2));
    const outcome = lane.deliver();
    await expect(iterator.next().then(nameOf)).resolves.toBe('shard-1:1');
    expect(lane.completed()).toBe(positionAt(0));
    await expect(iterator.next().then(nameOf)).resolves.toBe('shard-1:2');
    expect(lane.completed()).toBe(positionAt(1));
    void iterator.next();
    expect(lane.completed()).toBe(positionAt(2));
    expect(lane.settled()).toBe(true);
    await expect(outcome).resolves.toEqual({ kind: 'delivered' });
  });

  it('completes by marks alone when they are manual', async () => {
    const { iterator, open, push } = iteratorWorld({ marking: 'manual' });
    const lane = open();
    push(lane, batchOf(1, 3));
    const outcome = lane.deliver();
    const first = await iterator.next();
    await iterator.next();
    expect(lane.completed()).toBe(positionAt(0));
    first.value?.mark();
    expect(lane.completed()).toBe(positionAt(1));
    await iterator.next();
    void iterator.next();
    await expect(outcome).resolves.toEqual({ kind: 'delivered' });
    expect([lane.completed(), lane.settled()]).toEqual([positionAt(1), false]);
  });

  it('takes the shards in turn, batch by batch', async () => {
    const { iterator, open, push } = iteratorWorld();
    const lanes = ['a', 'b', 'c'].map((shardId) => open(shardId));
    for (const lane of lanes) {
      push(lane, batchOf(1, 2));
      push(lane, batchOf(3, 3));
      void (async () => {
        while (lane.pending() > 0) await lane.deliver();
      })();
    }
    const seen: string[] = [];
    for (let count = 0; count < 9; count += 1) seen.push(nameOf(await iterator.next()));
    expect(seen).toEqual(['a:1', 'a:2', 'b:1', 'b:2', 'c:1', 'c:2', 'a:3', 'b:3', 'c:3']);
  });

  it('answers a waiting call when a batch arrives, and several in their order', async () => {
    const { iterator, open, push } = iteratorWorld();
    const calls = [1, 2, 3].map(() => watch(iterator.next()));
    const lane = open();
    push(lane, batchOf(1, 2));
    void lane.deliver();
    await quiet();
    expect(calls.map(({ state }) => state)).toEqual(['shard-1:1', 'shard-1:2', 'waiting']);
    expect(lane.completed()).toBe(positionAt(2));
  });

  it('leaves the current record unmarked on break and waits for the leaving', async () => {
    const left = deferred();
    const calls: string[] = [];
    const { iterator, open, push } = iteratorWorld({
      onReturn: () => {
        calls.push('leave');
        return left.promise;
      },
    });
    const lane = open();
    push(lane, batchOf(1, 5));
    const outcome = lane.deliver();
    let loop = 'running';
    void (async () => {
      for await (const record of iterator) if (record.sequenceNumber === '3') break;
      loop = 'ended';
    })();
    await quiet();
    expect([calls, loop, lane.completed()]).toEqual([['leave'], 'running', positionAt(2)]);
    lane.drain();
    await expect(outcome).resolves.toEqual({ kind: 'interrupted' });
    left.resolve();
    await quiet();
    expect(loop).toBe('ended');
    expect(lane.settled()).toBe(false);
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
    await iterator.return();
    expect(calls).toEqual(['leave']);
  });

  it('does not complete the record of a loop body that threw', async () => {
    const { iterator, open, push } = iteratorWorld();
    const lane = open();
    push(lane, batchOf(1, 5));
    void lane.deliver();
    const loop = (async () => {
      for await (const record of iterator) {
        if (record.sequenceNumber === '2') throw new Error('body');
      }
    })();
    await expect(loop).rejects.toThrow('body');
    expect(lane.completed()).toBe(positionAt(1));
  });

  it('keeps the mark of a record that was marked before the break', async () => {
    const { iterator, open, push } = iteratorWorld({ marking: 'manual' });
    const lane = open();
    push(lane, batchOf(1, 5));
    void lane.deliver();
    for await (const record of iterator) {
      record.mark();
      break;
    }
    expect([lane.completed(), lane.settled()]).toEqual([positionAt(1), true]);
  });

  it('waits for no manual mark any more once the loop was left', async () => {
    const { iterator, open, push } = iteratorWorld({ marking: 'manual' });
    const lane = open();
    push(lane, batchOf(1, 5));
    void lane.deliver();
    await iterator.next();
    await iterator.return();
    lane.drain();
    await lane.whenSettled(new AbortController().signal);
    expect(lane.settled()).toBe(false);
  });

  it('answers waiting calls when the loop is left, and rejects when leaving failed', async () => {
    const { iterator } = iteratorWorld({ onReturn: () => Promise.reject(new Error('no store')) });
    const waiting = watch(iterator.next());
    await expect(iterator.return()).rejects.toThrow('no store');
    expect(waiting.state).toBe('done');
  });

  it('throw() leaves as return() does and rejects with what it was given', async () => {
    let leaves = 0;
    const { iterator } = iteratorWorld({ onReturn: async () => void (leaves += 1) });
    await expect(iterator.throw(new Error('given'))).rejects.toThrow('given');
    expect(leaves).toBe(1);
  });

  it('asks the gate for each answer and goes on with the next heartbeat', async () => {
    const { iterator, open, push, clock, heartbeat } = iteratorWorld();
    const lane = open();
    push(lane, batchOf(1, 3));
    void lane.deliver();
    await iterator.next();
    clock.pass(SELF_FENCE_MS);
    const waiting = watch(iterator.next());
    await quiet();
    expect([waiting.state, lane.completed()]).toEqual(['waiting', positionAt(1)]);
    heartbeat();
    clock.advance(0);
    await quiet();
    expect(waiting.state).toBe('shard-1:2');
  });

  it('asks the gate again after a decoder that took its time', async () => {
    const made = iteratorWorld<string>({
      decode: (data) => {
        if (data.byteLength === 'slow'.length) made.clock.pass(SELF_FENCE_MS);
        return 'decoded';
      },
    });
    const { iterator, open, push, clock, heartbeat } = made;
    const lane = open();
    push(
      lane,
      batchOf(1, 1, () => 'slow'),
    );
    void lane.deliver();
    const waiting = watch(iterator.next());
    await quiet();
    expect(waiting.state).toBe('waiting');
    heartbeat();
    clock.advance(0);
    await quiet();
    expect(waiting.state).toBe('shard-1:1');
  });

  it('drops unseen what a drained lane has left, and waits for the record in the user’s hands', async () => {
    const { iterator, open, push, budget } = iteratorWorld();
    const lane = open('a');
    const other = open('b');
    push(lane, batchOf(1, 3));
    push(other, batchOf(1, 3));
    const outcome = lane.deliver();
    const untouched = other.deliver();
    await iterator.next();
    lane.drain();
    other.drain();
    await expect(untouched).resolves.toEqual({ kind: 'interrupted' });
    expect(budget.usedBytes()).toBe(BATCH_BYTES);
    const waiting = watch(iterator.next());
    await expect(outcome).resolves.toEqual({ kind: 'interrupted' });
    expect([waiting.state, lane.completed(), lane.settled()]).toEqual([
      'waiting',
      positionAt(1),
      true,
    ]);
    expect(budget.usedBytes()).toBe(0);
  });

  it('answers no record of a lost shard any more and takes no mark for the one in hand', async () => {
    const { iterator, open, push, events } = iteratorWorld();
    const lane = open('a');
    const other = open('b');
    push(lane, batchOf(1, 3));
    push(other, batchOf(1, 3));
    const outcome = lane.deliver();
    void other.deliver();
    const held = await iterator.next();
    lane.abort(lost('a'));
    await expect(outcome).resolves.toEqual({ kind: 'interrupted' });
    await expect(iterator.next().then(nameOf)).resolves.toBe('b:1');
    expect(lane.completed()).toBe(positionAt(0));
    expect(events.filter((event) => event.kind === 'markRefused')).toEqual([]);
    expect(() => held.value?.mark()).toThrow('not owned under this fence');
  });

  it('passes a paused shard over and comes back to it where it stood', async () => {
    const { iterator, open, push, desk } = iteratorWorld();
    const lane = open('a');
    const other = open('b');
    push(lane, batchOf(1, 2));
    push(other, batchOf(1, 1));
    void lane.deliver();
    void other.deliver();
    const seen = [nameOf(await iterator.next())];
    desk.pause([{ stream: 'orders', shardId: 'a' }]);
    seen.push(nameOf(await iterator.next()));
    const waiting = watch(iterator.next());
    await quiet();
    expect([seen, waiting.state]).toEqual([['a:1', 'b:1'], 'waiting']);
    desk.resume();
    await quiet();
    expect(waiting.state).toBe('a:2');
  });

  it('ends with an error that the first waiting call is told, or the next one', async () => {
    const error = new KinesumerError('AccessDenied', 'no');
    const waitingWorld = iteratorWorld();
    const calls = [watch(waitingWorld.iterator.next()), watch(waitingWorld.iterator.next())];
    waitingWorld.iterator.fail(error);
    await quiet();
    expect(calls.map(({ state }) => state)).toEqual(['AccessDenied', 'done']);
    const { iterator } = iteratorWorld();
    iterator.fail(error);
    await expect(iterator.next()).rejects.toBe(error);
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
  });

  it('tells a loop that is left of an error that no call was told', async () => {
    const { iterator } = iteratorWorld();
    const error = new KinesumerError('AccessDenied', 'no');
    iterator.fail(error);
    await expect(iterator.return()).rejects.toBe(error);
    await expect(iterator.return()).resolves.toEqual({ done: true, value: undefined });
  });

  it('completes the record in hand when the end is asked for', async () => {
    const { iterator, open, push } = iteratorWorld();
    const lane = open();
    push(lane, batchOf(1, 1));
    void lane.deliver();
    await iterator.next();
    iterator.finish();
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
    expect(lane.completed()).toBe(positionAt(1));
  });

  it('fails the shard at a record that cannot be decoded, after those before it', async () => {
    const { iterator, open, push } = iteratorWorld<string>({
      decode: (data) => {
        if (new TextDecoder().decode(data) === 'record 2') throw new Error('bad');
        return 'good';
      },
    });
    const lane = open();
    push(lane, batchOf(1, 3));
    const outcome = lane.deliver();
    expect((await iterator.next()).value?.value).toBe('good');
    const waiting = watch(iterator.next());
    await expect(outcome).resolves.toMatchObject({
      kind: 'failed',
      error: { code: 'DecodeFailed', sequenceNumber: '2' },
    });
    expect([waiting.state, lane.completed()]).toEqual(['waiting', positionAt(1)]);
  });

  it('skips what cannot be decoded, with a decoder that takes its time', async () => {
    const { iterator, open, push } = iteratorWorld<string>({
      decode: async (data) => {
        await quiet();
        const text = new TextDecoder().decode(data);
        if (text !== 'record 2') throw new Error('bad');
        return text;
      },
      onDecodeError: 'skip',
    });
    const lane = open();
    push(lane, batchOf(1, 3));
    const outcome = lane.deliver();
    expect((await iterator.next()).value?.value).toBe('record 2');
    expect(lane.completed()).toBe(positionAt(1));
    void iterator.next();
    await expect(outcome).resolves.toEqual({ kind: 'delivered' });
    expect(lane.completed()).toBe(positionAt(3));
  });

  it('drops a record whose shard was lost while it was decoded', async () => {
    const decoded = deferred<string>();
    const { iterator, open, push } = iteratorWorld<string>({ decode: () => decoded.promise });
    const lane = open();
    push(lane, batchOf(1, 1));
    void lane.deliver();
    const waiting = watch(iterator.next());
    lane.abort(lost());
    decoded.resolve('late');
    await quiet();
    expect(waiting.state).toBe('waiting');
  });

  it('counts no record as skipped that was still being decoded when its lane was drained', async () => {
    const decoded = deferred<string>();
    const { iterator, open, push, events } = iteratorWorld<string>({
      decode: () => decoded.promise,
      onDecodeError: 'skip',
    });
    const lane = open();
    push(lane, batchOf(1, 1));
    const outcome = lane.deliver();
    void iterator.next();
    lane.drain();
    await expect(outcome).resolves.toEqual({ kind: 'interrupted' });
    decoded.reject(new Error('bad'));
    await quiet();
    expect(lane.completed()).toBe(positionAt(0));
    expect(events.map((event) => event.kind)).toEqual(['batch']);
  });

  it('lets the event loop turn when a loop without awaits takes long', async () => {
    const made: World & { readonly iterator: AsyncIterable<ShardRecord<undefined>> } =
      iteratorWorld();
    const lane = made.open();
    made.push(lane, batchOf(1, 4));
    void lane.deliver();
    const seen: string[] = [];
    void (async () => {
      for await (const record of made.iterator) {
        seen.push(record.sequenceNumber);
        made.clock.pass(30);
      }
    })();
    await quiet();
    expect(seen).toEqual(['1', '2']);
    made.clock.advance(0);
    await quiet();
    expect(seen).toEqual(['1', '2', '3', '4']);
  });
});
