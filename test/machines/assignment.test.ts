import { describe, expect, it } from 'vitest';
import type { EventObject, StateValueFrom } from 'xstate';
import type { assignmentMachine } from '../../src/machines/assignment.ts';
import {
  REBALANCING,
  bench,
  books,
  children,
  context,
  contextWith,
  drains,
  expectOwned,
  keyOf,
  phases,
  reader,
  readerDone,
  readerFailing,
  samples,
  shard,
  target,
} from './assignment-world.ts';
import { STREAM, errorOf, planOf, viewOf } from './group.ts';
import { after, ignored, testRegion, type Leaf } from './harness.ts';

type Value = StateValueFrom<typeof assignmentMachine>;

describe('the assignment', () => {
  const fault = { event: { type: 'STREAM_FAULT', stream: STREAM, ...errorOf('StreamRecreated') } };
  const events = {
    'TARGET as before': { event: target(0) },
    'TARGET without shard 0': { event: target(1) },
    STREAM_FAULT: fault,
    COMMIT: { event: samples.COMMIT },
    'PAUSE of all': { event: samples.PAUSE },
    'PAUSE of shard 0': { event: { type: 'PAUSE', shards: [shard(0)] } },
    'PAUSE of a shard that is not owned': { event: { type: 'PAUSE', shards: [shard(77)] } },
    'RESUME of all': { event: samples.RESUME, context: { mode: 'paused' as const } },
    DRAIN_ALL: { event: samples.DRAIN_ALL },
    'reader released': { event: readerDone({ kind: 'released' }) },
    'reader ended': {
      event: readerDone({ kind: 'ended', why: 'closed', childShardIds: ['child'] }),
    },
    'reader lost': { event: readerDone({ kind: 'lost', why: 'fence' }) },
    'reader failed': { event: readerDone({ kind: 'failed', ...errorOf('HandlerFailed') }) },
    'reader fails': { event: readerFailing('HandlerFailed') },
    'reader fails, another stream': { event: readerFailing('StreamRecreated') },
    'reader fails, another stream, as it is known': {
      event: readerFailing('StreamRecreated'),
      context: { barred: [STREAM] },
    },
    'the event loop has turned': { event: after(0, 'assignment.leaving.draining') },
    'the plan without what ended is overdue': {
      event: after('askEnded', 'assignment.staying.settled.unsure'),
    },
  } as const;
  type State = Exclude<Leaf<Value>, `staying.rebalancing.${string}`> | 'staying.rebalancing';

  const forwarded = (to: string) =>
    ({
      COMMIT: { to, told: [`${reader(0)} COMMIT`] },
      'PAUSE of all': { to, told: [`${reader(0)} PAUSE`], context: { mode: 'paused' } },
      'PAUSE of shard 0': { to, told: [`${reader(0)} PAUSE`], context: { mode: 'open' } },
      'PAUSE of a shard that is not owned': { to, told: [] },
      'RESUME of all': { to, told: [`${reader(0)} RESUME`], context: { mode: 'open' } },
    }) as const;
  const gone = (...more: string[]) => ['notify shardEnd', ...more];
  const staying = (to: string) =>
    ({
      ...forwarded(to),
      'TARGET without shard 0': {
        to: 'staying.rebalancing',
        told: ['notify rebalance'],
        context: phases('lingering', 0),
      },
      STREAM_FAULT: {
        to: 'staying.rebalancing',
        told: [`${reader(0)} ABORT`],
        context: { barred: [STREAM] },
      },
      'reader released': {
        to: 'staying.rebalancing',
        told: gone(),
        // it is still wanted: it is asked for again
        context: { turn: [keyOf(0)] },
        starts: ['ask'],
      },
      'reader ended': { told: gone('parent SHARD_ENDED') },
      'reader lost': { to: 'staying.rebalancing', told: gone(), starts: ['ask'] },
      'reader failed': { to: 'staying.rebalancing', told: gone(), starts: ['ask'] },
      // its handler would be given the same again
      'reader fails': {
        to: 'staying.rebalancing',
        told: ['parent FATAL'],
        context: { barred: [keyOf(0)], ...phases('lingering', 0) },
      },
      // nothing of that stream is read any more; the others go on
      'reader fails, another stream': {
        to: 'staying.rebalancing',
        told: ['parent STREAM_FAULT'],
        context: { barred: [keyOf(0)] },
      },
      'reader fails, another stream, as it is known': {
        to: 'staying.rebalancing',
        told: [],
        context: { barred: [STREAM, keyOf(0)] },
      },
      'the event loop has turned': ignored,
      'the plan without what ended is overdue': ignored,
    }) as const;
  const givenBack = {
    to: 'left',
    told: ['notify shardEnd', 'parent DRAINED'],
    context: { own: expectOwned({}) },
  };
  const leaving = {
    'TARGET as before': ignored,
    'TARGET without shard 0': ignored,
    'the plan without what ended is overdue': ignored,
    STREAM_FAULT: ignored,
    DRAIN_ALL: ignored,
    'reader released': givenBack,
    'reader ended': {
      to: 'left',
      told: ['notify shardEnd', 'parent SHARD_ENDED', 'parent DRAINED'],
    },
    'reader lost': givenBack,
    'reader failed': givenBack,
  } as const;
  const failing = (to: string) =>
    ({
      'reader fails': { to, told: ['parent FATAL'] },
      'reader fails, another stream': { to, told: ['parent STREAM_FAULT'] },
      'reader fails, another stream, as it is known': { to, told: [] },
    }) as const;
  const settled = staying('staying.settled.sure');
  const unsure = staying('staying.settled.unsure');
  const rebalancing = staying('staying.rebalancing');
  const pendingToo = contextWith({
    owned: { 0: 'reading' },
    pending: { 1: 'take' },
    target: [0, 1],
  });

  testRegion<typeof assignmentMachine, State, keyof typeof events>({
    bench,
    region: [],
    beside: {},
    values: { 'staying.rebalancing': REBALANCING },
    context,
    contexts: {
      'staying.settled.unsure': contextWith({
        owned: { 0: 'reading' },
        target: [0],
        ended: [1],
      }),
      'staying.rebalancing': { ...pendingToo, generation: 4 },
      'leaving.draining': contextWith({ owned: { 0: 'lingering' } }),
      'leaving.drained': contextWith({ owned: { 0: 'draining' } }),
      left: contextWith({}),
    },
    children,
    samples,
    events,
    rows: {
      'staying.settled.sure': {
        ...settled,
        'TARGET as before': {
          to: 'staying.rebalancing',
          told: ['notify rebalance'],
          starts: ['ask'],
          context: { generation: 4, turn: [keyOf(1)] },
        },
        'reader ended': {
          to: 'staying.settled.unsure',
          ...settled['reader ended'],
          context: { own: books({ ended: [0] }) },
          starts: ['after xstate.after.askEnded.assignment.staying.settled.unsure'],
        },
        DRAIN_ALL: { to: 'leaving.drained', told: drains([0]), context: phases('draining', 0) },
      },
      'staying.settled.unsure': {
        ...unsure,
        'TARGET as before': {
          to: 'staying.rebalancing',
          told: ['notify rebalance'],
          starts: ['ask'],
          context: { generation: 4, turn: [keyOf(1)] },
        },
        'reader ended': { to: 'staying.settled.unsure', ...unsure['reader ended'] },
        'the plan without what ended is overdue': {
          to: 'staying.rebalancing',
          told: [],
          starts: ['ask'],
          context: { turn: [keyOf(1)] },
        },
        DRAIN_ALL: { to: 'leaving.drained', told: drains([0]), context: phases('draining', 0) },
      },
      'staying.rebalancing': {
        ...rebalancing,
        'TARGET as before': { to: 'staying.rebalancing', told: [] },
        'TARGET without shard 0': {
          to: 'staying.rebalancing',
          told: ['notify rebalance'],
          context: phases('lingering', 0),
        },
        'reader released': {
          to: 'staying.rebalancing',
          told: gone(),
          context: { turn: [keyOf(1), keyOf(0)] },
        },
        'reader lost': { to: 'staying.rebalancing', told: gone() },
        'reader ended': { to: 'staying.rebalancing', ...rebalancing['reader ended'] },
        'reader failed': { to: 'staying.rebalancing', told: gone() },
        DRAIN_ALL: { to: 'leaving.drained', told: drains([0]), context: { turn: [] } },
      },
      'leaving.draining': {
        ...forwarded('leaving.draining'),
        ...leaving,
        ...failing('leaving.draining'),
        'the event loop has turned': { to: 'leaving.drained', told: drains([0]) },
      },
      'leaving.drained': {
        ...forwarded('leaving.drained'),
        ...leaving,
        ...failing('leaving.drained'),
        'the event loop has turned': ignored,
      },
      left: {
        ...leaving,
        COMMIT: ignored,
        'PAUSE of all': { to: 'left', told: [] },
        'PAUSE of shard 0': ignored,
        'PAUSE of a shard that is not owned': ignored,
        'RESUME of all': { to: 'left', told: [] },
        'reader released': ignored,
        'reader ended': ignored,
        'reader lost': ignored,
        'reader failed': ignored,
        'reader fails': ignored,
        'reader fails, another stream': ignored,
        'reader fails, another stream, as it is known': ignored,
        'the event loop has turned': ignored,
      },
    },
  });
});

describe('what ended of the plan in hand', () => {
  const parts = contextWith({ owned: { 0: 'reading' }, target: [0], ended: [1] });
  const unsure = bench.at({ staying: { settled: 'unsure' } }, { ...context, ...parts }, [
    reader(0),
  ]);
  const asks = (event: EventObject): boolean => bench.send(unsure, event).started.includes('ask');
  const planned = (gen: number) => ({ type: 'TARGET', view: viewOf(planOf(gen, 0)) });

  it('is not asked for because that plan comes once more, nor told as gained, but by the next one', () => {
    const { after: then, told } = bench.send(unsure, planned(3));
    expect(told).toEqual([]);
    expect(then.context).toMatchObject({ own: { ended: { [keyOf(1)]: shard(1) } } });
    expect([asks(planned(3)), asks(planned(4))]).toEqual([false, true]);
  });

  it('is kept in mind where another stream is barred', () => {
    const { after: then } = bench.send(unsure, samples.STREAM_FAULT);
    expect(then.context).toMatchObject({ own: { ended: { [keyOf(1)]: shard(1) } } });
    const barred = bench.send(unsure, Object.assign({}, samples.STREAM_FAULT, { stream: STREAM }));
    expect(barred.after.context).toMatchObject({ own: { ended: {} } });
  });
});
