import { describe, expect, it } from 'vitest';
import type { AnyActorRef } from 'xstate';
import { KinesumerError } from '../../../src/errors.ts';
import { NOT_STARTED, positionOf } from '../../../src/machines/rules/positions.ts';
import type { ShardBatch } from '../../../src/services/delivery/batch.ts';
import { ME, STREAM, shardId } from '../group.ts';
import { APP, LiveWorld, turn, type LiveOptions } from '../live-world.ts';
import { checkpointKey } from '../../../src/machines/rules/keys.ts';
import { input } from './reader-world.ts';

interface Live {
  readonly world: LiveWorld;
  readonly reader: AnyActorRef;
}

/** A reader that owns its shard. */
function live(options: LiveOptions = {}): Live {
  const world = new LiveWorld(options);
  world.table.put({
    ...checkpointKey(APP, STREAM, shardId(0)),
    lease_owner: ME.id,
    fence: input.fence,
    position: NOT_STARTED,
  });
  return { world, reader: world.start(world.reader(), input) };
}

const gate = (): { readonly opened: Promise<void>; readonly open: () => void } => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
};

const positionAfter = (world: LiveWorld, nth: number): string => {
  const record = world.kinesis.records(STREAM).get(shardId(0))?.[nth - 1];
  return positionOf(record?.sequenceNumber ?? '', null);
};
const outcome = (world: LiveWorld): unknown => world.reports.map((r) => Reflect.get(r, 'outcome'));
const valueOf = (reader: AnyActorRef): unknown => Reflect.get(reader.getSnapshot(), 'value');
const released = [{ kind: 'released' }];

describe('the commits of a running reader', () => {
  it('go out one after another, each with the newest position', async () => {
    const { world, reader } = live();
    const positions: unknown[] = [];
    world.table.onWrite(({ after }) => positions.push(after?.['position']));
    world.put('1');
    await world.until('the first record', () => world.handled.length === 1);
    await turn();

    world.writes.shut();
    reader.send({ type: 'COMMIT' });
    await world.until('a commit on its way', () => world.writes.count() === 1);
    world.put('2');
    await world.until('the second record', () => world.handled.length === 2);
    reader.send({ type: 'COMMIT' });
    await world.pass(100);
    expect(world.writes.count()).toBe(1);

    world.writes.open();
    await world.until('both', () => positions.length === 2);
    expect(positions).toEqual([positionAfter(world, 1), positionAfter(world, 2)]);
  });

  it('do not forget what was completed at the very moment of an answer', async () => {
    const { world, reader } = live();
    const second = gate();
    world.put('1');
    await world.until('the first record', () => world.handled.length === 1);
    world.handler = () => second.opened;
    world.put('2');
    await world.until('the second record', () => world.handled.length === 2);
    // the store has answered, the reader has not heard yet
    world.onNotice = (notice) => {
      if (notice.kind === 'commit') second.open();
    };
    reader.send({ type: 'COMMIT' });
    await world.until('the first commit', () => world.shard()?.['position'] !== NOT_STARTED);
    await world.pass(100);
    reader.send({ type: 'COMMIT' });
    await world.pass(100);
    expect(world.shard()?.['position']).toBe(positionAfter(world, 2));
  });
});

describe('the pause of a running reader', () => {
  it('loses and doubles nothing of a fetch that was on its way', async () => {
    const { world, reader } = live();
    world.fetches.shut();
    world.put('1');
    world.put('2');
    await world.until('a fetch on its way', () => world.fetches.count() === 1);
    world.desk.pause();
    reader.send({ type: 'PAUSE' });
    world.fetches.open();
    await world.until('the pause', () =>
      JSON.stringify(valueOf(reader)).includes('"fetch":"paused"'),
    );
    world.put('3');
    await world.pass(2_000);
    expect(world.handled).toEqual([]);

    world.desk.resume();
    reader.send({ type: 'RESUME' });
    await world.until('all', () => world.handled.length >= 3);
    await world.pass(2_000);
    expect(world.handled).toEqual(['1', '2', '3']);
  });
});

describe('the drain of a running reader', () => {
  it('waits for the handler, writes what it completed and gives the shard back', async () => {
    const { world, reader } = live();
    const handler = gate();
    world.handler = () => handler.opened;
    world.put('1');
    await world.until('the handler', () => world.handled.length === 1);
    world.put('2');
    await world.pass(1_000);
    reader.send({ type: 'DRAIN' });
    await world.pass(5_000);
    expect(world.reports).toEqual([]);
    expect(world.shard()).toMatchObject({ lease_owner: ME.id });

    handler.open();
    await world.until('the end', () => world.reports.length === 1);
    expect(outcome(world)).toEqual(released);
    expect(world.shard()).toMatchObject({ position: positionAfter(world, 1), fence: input.fence });
    expect(world.shard()).not.toHaveProperty('lease_owner');
    // what was fetched ahead was not seen
    expect(world.handled).toEqual(['1']);
    expect([world.budget.usedBytes(), world.clock.pending()]).toEqual([0, 0]);
  });

  it('goes on with the commit that the handler waits for, also where the store fails at first', async () => {
    const { world, reader } = live({ marking: 'manual' });
    const asked = gate();
    world.handler = async (batch: ShardBatch) => {
      batch.mark();
      const committed = batch.commit();
      asked.open();
      await committed;
    };
    let failures = 2;
    world.loses = () => failures-- > 0;
    world.writes.shut();
    world.put('1');
    await world.until('a commit on its way', () => world.writes.count() === 1);
    await asked.opened;
    reader.send({ type: 'DRAIN' });
    world.writes.open();
    await world.until('the end', () => world.reports.length === 1);
    expect(outcome(world)).toEqual(released);
    expect(world.errors()).not.toContain('DrainTimeout');
    expect(world.shard()).toMatchObject({ position: positionAfter(world, 1) });
  });

  it('takes the batch from a handler that does not end in time, and gives the shard back', async () => {
    const { world, reader } = live({ drainTimeoutMs: 3_000 });
    const signals: AbortSignal[] = [];
    world.put('1');
    await world.until('the first record', () => world.handled.length === 1);
    world.handler = (batch: ShardBatch) => {
      signals.push(batch.signal);
      return new Promise(() => {});
    };
    world.put('2');
    await world.until('the handler', () => signals.length === 1);
    reader.send({ type: 'DRAIN' });
    await world.until('the end', () => world.reports.length === 1);
    expect(outcome(world)).toEqual(released);
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
    expect(world.errors()).toEqual(['DrainTimeout']);
    expect(world.shard()).toMatchObject({ position: positionAfter(world, 1) });
    expect(world.shard()).not.toHaveProperty('lease_owner');
  });
});

describe('the read of a reader that is drained', () => {
  const isReading = (reader: AnyActorRef): boolean =>
    JSON.stringify(valueOf(reader)).includes('"fetch":"reading"');

  it('is given up at once, with the room for its answer, and is no error', async () => {
    const { world, reader } = live();
    const handled = gate();
    world.handler = () => handled.opened;
    world.put('1');
    await world.until('the record', () => world.handled.length === 1);
    world.stream.cut();
    const takenBytes = world.budget.usedBytes();
    await world.until('a read', () => isReading(reader) && world.budget.usedBytes() > takenBytes);
    reader.send({ type: 'DRAIN' });
    await turn();
    // what is with the handler
    expect(world.budget.usedBytes()).toBe(takenBytes);

    handled.open();
    await world.until('the end', () => world.reports.length === 1);
    expect(outcome(world)).toEqual(released);
    expect(world.errors()).toEqual([]);
    expect(world.shard()).toMatchObject({ position: positionAfter(world, 1) });
    expect([world.budget.usedBytes(), world.clock.pending()]).toEqual([0, 0]);
  });
});

describe('the abort of a running reader', () => {
  const never = (): Promise<never> => new Promise(() => {});
  /** How a reader comes into a state, and a piece of that state's value. */
  const states = {
    reading: {
      path: '"fetch":"reading"',
      reach: ({ world }: Live) => world.fetches.shut(),
    },
    waiting: { path: '"fetch":"waiting"', reach: () => {} },
    paused: {
      path: '"fetch":"paused"',
      reach: ({ reader }: Live) => reader.send({ type: 'PAUSE' }),
    },
    delivering: {
      path: '"deliver":"delivering"',
      reach: ({ world }: Live) => {
        world.handler = never;
        world.put('1');
      },
    },
    committing: {
      path: '"committing":"once"',
      reach: async ({ world, reader }: Live) => {
        world.put('1');
        await world.until('a record', () => world.handled.length === 1);
        await turn();
        world.writes.shut();
        reader.send({ type: 'COMMIT' });
      },
    },
    draining: {
      path: '"draining"',
      reach: async ({ world, reader }: Live) => {
        world.handler = never;
        world.put('1');
        await world.until('a record', () => world.handled.length === 1);
        reader.send({ type: 'DRAIN' });
      },
    },
    // it writes its last word already, and goes on with that
    releasing: {
      ends: 'released',
      path: '"releasing":"writing"',
      reach: ({ world, reader }: Live) => {
        world.writes.shut();
        reader.send({ type: 'DRAIN' });
      },
    },
    ending: {
      ends: 'ended',
      path: '"ending":"writing"',
      reach: ({ world }: Live) => {
        world.writes.shut();
        world.kinesis.splitShard(STREAM, shardId(0));
      },
    },
  } as const;

  it.each(Object.entries(states))('ends it when %s, and closes its lane', async (_, state) => {
    const rig = live();
    const { world, reader } = rig;
    await state.reach(rig);
    await world.until(state.path, () => JSON.stringify(valueOf(reader)).includes(state.path));
    const error = new KinesumerError('StreamRecreated', 'why');
    reader.send({ type: 'ABORT', error });
    world.writes.open();
    world.fetches.open();
    await world.until('the end', () => world.reports.length === 1);
    // it is given back, whatever was on its way
    const kind = 'ends' in state ? state.ends : 'failed';
    expect(outcome(world)).toMatchObject([{ kind }]);
    expect(world.shard()?.['lease_owner']).toBeUndefined();
    expect(world.desk.snapshot()).toEqual([]);

    await world.pass(10_000);
    expect(world.reports).toHaveLength(1);
    expect([world.budget.usedBytes(), world.clock.pending()]).toEqual([0, 0]);
  });
});
