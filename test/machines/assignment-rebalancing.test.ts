import { describe, expect, it } from 'vitest';
import type { AnyMachineSnapshot, StateValueFrom } from 'xstate';
import type { assignmentMachine } from '../../src/machines/assignment.ts';
import type { AssignmentContext } from '../../src/machines/assignment/setup.ts';
import type { AskResult } from '../../src/machines/steps/acquire.ts';
import {
  PATH,
  REBALANCING,
  acquired,
  asked,
  bench,
  books,
  children,
  context,
  contextWith,
  crowd,
  drains,
  keyOf,
  many,
  phases,
  readerDone,
  samples,
  shard,
  target,
} from './assignment-world.ts';
import { STREAM, errorOf, failure, mapOf } from './group.ts';
import { after, done, ignored, testRegion, threw, type Leaf, type Under } from './harness.ts';

type Value = StateValueFrom<typeof assignmentMachine>;
type Rebalancing = Under<Under<Value, 'staying'>, 'rebalancing'>;

describe('giving shards back', () => {
  const events = {
    'TARGET as before': { event: target(0) },
    'TARGET without shard 0': { event: target(1) },
    'the takers have seen the plan': { event: after('linger', `${PATH}.revoking.lingering`) },
    'the takers have seen the plan, 40 linger': {
      event: after('linger', `${PATH}.revoking.lingering`),
      context: contextWith({ owned: crowd }),
    },
    'the event loop has turned': { event: after(0, `${PATH}.revoking.draining`) },
    'reader released': { event: readerDone({ kind: 'released' }) },
  } as const;
  const later = { 'the event loop has turned': ignored } as const;
  const pending = { 1: 'take' } as const;

  testRegion<typeof assignmentMachine, Leaf<Under<Rebalancing, 'revoking'>>, keyof typeof events>({
    bench,
    region: ['staying', 'rebalancing', 'revoking'],
    beside: REBALANCING,
    context,
    contexts: {
      idle: contextWith({ owned: { 0: 'reading' }, pending, target: [0, 1] }),
      lingering: contextWith({ owned: { 0: 'lingering' }, pending, target: [1] }),
      draining: contextWith({ owned: { ...crowd, 0: 'draining' }, pending, target: [1] }),
    },
    children,
    samples,
    above: ['DRAIN_ALL'],
    events,
    rows: {
      idle: {
        ...later,
        'TARGET as before': 'idle',
        'TARGET without shard 0': {
          to: 'lingering',
          context: phases('lingering', 0),
          starts: [`after xstate.after.linger.${PATH}.revoking.lingering`],
        },
        'the takers have seen the plan': ignored,
        'the takers have seen the plan, 40 linger': 'lingering',
        'reader released': { to: 'idle', told: ['notify shardEnd'] },
      },
      lingering: {
        ...later,
        // wanted again: it is not touched
        'TARGET as before': { to: 'lingering', context: phases('reading', 0) },
        'TARGET without shard 0': 'lingering',
        'the takers have seen the plan': {
          to: 'idle',
          told: drains([0]),
          context: phases('draining', 0),
        },
        'the takers have seen the plan, 40 linger': {
          to: 'draining',
          told: drains(many.slice(0, 32)),
          starts: [`after xstate.after.0.${PATH}.revoking.draining`],
        },
        'reader released': { to: 'lingering', told: ['notify shardEnd'] },
      },
      draining: {
        'TARGET as before': { to: 'draining', context: phases('draining', 0) },
        'TARGET without shard 0': 'draining',
        'the takers have seen the plan': ignored,
        'the takers have seen the plan, 40 linger': ignored,
        'the event loop has turned': { to: 'draining', told: drains(many.slice(1, 33)) },
        'reader released': { to: 'draining', told: ['notify shardEnd'] },
      },
    },
  });
});

describe('asking for shards', () => {
  const two = contextWith({ pending: { 0: 'take', 1: 'take' }, target: [0, 1] });
  const events = {
    'TARGET of shards 0 and 1': { event: target(0) },
    'TARGET of nothing': { event: target(null) },
    'TARGET of shards 0 and 1, after a long rest': {
      event: target(0),
      context: { againInMs: 4_000 },
    },
    'it is time to ask again': { event: after('askAgain', `${PATH}.acquiring.resting`) },
    'the event loop has turned': { event: after(0, `${PATH}.acquiring.more`) },
    'acquired, and no more to ask for': { event: asked(1, acquired) },
    'acquired, another to be asked for': { event: asked(1, acquired), context: two },
    'acquired, not wanted any more': {
      event: asked(1, acquired),
      context: { ...contextWith({}), turn: [] },
    },
    'acquired, barred meanwhile': {
      event: asked(1, acquired),
      context: { ...contextWith({}), barred: [STREAM] },
    },
    'acquired, not in the map that came meanwhile': {
      event: asked(1, acquired),
      context: { ...contextWith({}), maps: { [STREAM]: mapOf(1) } },
    },
    held: { event: asked(1, { kind: 'held', owner: 'client-1/n' }) },
    waitsForParents: { event: asked(1, { kind: 'waitsForParents' }) },
    outrun: { event: asked(1, { kind: 'outrun' }) },
    throttled: {
      event: asked(1, { kind: 'throttled', ...errorOf('StoreThrottled') }),
      context: { throttled: 2 },
    },
    'throttled as a whole': {
      event: done('ask', { ...failure('throttled'), againInMs: 4_000 }),
      context: { throttled: 2 },
    },
    ended: { event: asked(1, { kind: 'ended' }) },
    doubt: { event: asked(1, { kind: 'doubt', fence: 5 }) },
    'settled, not wanted any more': {
      event: asked(1, { kind: 'settled' }),
      context: contextWith({ pending: { 1: 'settle' }, doubt: 5 }),
    },
    'refused as a whole': { event: done('ask', { ...failure('failed'), againInMs: 230 }) },
    'refused for good': { event: asked(1, { kind: 'refused', ...errorOf('AccessDenied') }) },
    unanswered: { event: done('ask', { ...failure('unanswered'), againInMs: 230 }) },
    'it threw': { event: threw('ask') },
  } as const;
  type Event = keyof typeof events;
  const noneAsked = {
    'acquired, and no more to ask for': ignored,
    'acquired, another to be asked for': ignored,
    held: ignored,
    waitsForParents: ignored,
    outrun: ignored,
    throttled: ignored,
    'throttled as a whole': ignored,
    ended: ignored,
    doubt: ignored,
    'refused for good': ignored,
    'refused as a whole': ignored,
    unanswered: ignored,
    'it threw': ignored,
    // nothing is left to be asked for, so that the rebalancing is over
    'acquired, not wanted any more': '#settled.sure',
    'acquired, barred meanwhile': '#settled.sure',
    'acquired, not in the map that came meanwhile': '#settled.sure',
    'settled, not wanted any more': ignored,
  } as const;
  const rest = {
    to: 'resting',
    starts: [`after xstate.after.askAgain.${PATH}.acquiring.resting`],
  } as const;
  const asks = { to: 'asking', starts: ['ask'] } as const;
  const wanted = contextWith({ pending: { 1: 'take' }, target: [1] });

  testRegion<
    typeof assignmentMachine,
    Exclude<Leaf<Under<Rebalancing, 'acquiring'>>, 'asked'>,
    Event
  >({
    bench,
    region: ['staying', 'rebalancing', 'acquiring'],
    beside: { staying: { rebalancing: { revoking: 'lingering', acquiring: 'idle' } } },
    context,
    contexts: {
      idle: contextWith({ owned: { 0: 'lingering' } }),
      asking: wanted,
      more: wanted,
      resting: { ...wanted, turn: [] },
    },
    children,
    samples,
    above: ['DRAIN_ALL'],
    events,
    rows: {
      idle: {
        ...noneAsked,
        'acquired, another to be asked for': 'asking',
        'settled, not wanted any more': 'asking',
        'TARGET of shards 0 and 1': { ...asks, context: { turn: [keyOf(1)] } },
        'TARGET of shards 0 and 1, after a long rest': asks,
        'TARGET of nothing': 'idle',
        'it is time to ask again': ignored,
        'the event loop has turned': ignored,
      },
      asking: {
        'TARGET of shards 0 and 1': { to: 'asking', context: { turn: [keyOf(0), keyOf(1)] } },
        'TARGET of shards 0 and 1, after a long rest': 'asking',
        // the answer may bring a shard, wanted or not: it is waited for
        'TARGET of nothing': { to: 'asking', context: { own: books({}), turn: [] } },
        'it is time to ask again': ignored,
        'the event loop has turned': ignored,
        'acquired, and no more to ask for': {
          to: '#settled.sure',
          told: ['notify shardStart'],
          context: phases('reading', 1),
          starts: [`reader/${keyOf(1)}/2`],
        },
        'acquired, another to be asked for': {
          to: 'more',
          context: { turn: [keyOf(0)] },
          starts: [`after xstate.after.0.${PATH}.acquiring.more`],
        },
        'acquired, not wanted any more': {
          to: 'idle',
          context: phases('lingering', 1),
          starts: [`reader/${keyOf(1)}/2`],
        },
        // it gets no reader, and so no end
        'acquired, barred meanwhile': {
          ...rest,
          told: [],
          context: { own: { ...books({ pending: { 1: 'settle' }, doubt: 2 }) } },
        },
        // it may be one of a stream that is no more, and its end would pass for that of a later shard of its name
        'acquired, not in the map that came meanwhile': {
          ...rest,
          told: [],
          context: { own: { ...books({ pending: { 1: 'settle' }, doubt: 2 }) } },
        },
        held: { ...rest, told: [], context: { againInMs: 240 } },
        waitsForParents: { ...rest, told: [] },
        outrun: { ...rest, told: [], context: { throttled: 0 } },
        throttled: { ...rest, told: ['notify error'], context: { throttled: 3 } },
        // a pace like this holds up nobody but those who were asked for already
        'throttled as a whole': {
          ...rest,
          told: ['notify error'],
          context: { throttled: 3, againInMs: 4_000, turn: [] },
        },
        ended: {
          to: '#settled.unsure',
          told: ['parent SHARD_ENDED'],
          context: { own: books({ ended: [1] }) },
          starts: ['after xstate.after.askEnded.assignment.staying.settled.unsure'],
        },
        doubt: {
          ...rest,
          context: { own: books({ pending: { 1: 'take' }, doubt: 5, target: [1] }) },
        },
        'settled, not wanted any more': { to: '#settled.sure', told: [] },
        'refused as a whole': { ...rest, told: ['notify error', 'parent FATAL'] },
        'refused for good': { ...rest, told: ['notify error', 'parent FATAL'] },
        unanswered: { ...rest, told: ['notify error'], context: { againInMs: 230 } },
        'it threw': { ...rest, told: ['parent FATAL'], context: { againInMs: 250 } },
      },
      more: {
        ...noneAsked,
        'TARGET of shards 0 and 1': 'more',
        'TARGET of shards 0 and 1, after a long rest': 'more',
        'TARGET of nothing': '#settled.sure',
        'it is time to ask again': ignored,
        'the event loop has turned': asks,
      },
      resting: {
        ...noneAsked,
        'TARGET of shards 0 and 1': 'resting',
        // what is wanted does not wait for what nobody waits for
        'TARGET of shards 0 and 1, after a long rest': asks,
        'TARGET of nothing': '#settled.sure',
        'it is time to ask again': { ...asks, context: { turn: [keyOf(1)] } },
        'the event loop has turned': ignored,
      },
    },
  });
});

it('asks again as soon as the most urgent of its chunks says, and forgets that with the next turn', () => {
  const resting = { staying: { rebalancing: { revoking: 'idle', acquiring: 'resting' } } };
  const takes = contextWith({ pending: { 0: 'take', 1: 'take' }, target: [0, 1] });
  const askAgain = after('askAgain', `${PATH}.acquiring.resting`);
  const answer = (n: number, result: AskResult, againInMs: number) =>
    done('ask', { kind: 'asked', answers: [{ ...shard(n), result }], againInMs });
  const held = answer(0, { kind: 'held', owner: 'client-1/n' }, 240);
  const unreadable = { kind: 'refused', ...errorOf('ItemCorrupted') } as const;
  const pace = (snapshot: AnyMachineSnapshot) => (snapshot.context as AssignmentContext).againInMs;

  let now = bench.send(bench.at(resting, { ...context, ...takes }), askAgain).after;
  now = bench.send(now, held).after;
  now = bench.send(now, after(0, `${PATH}.acquiring.more`)).after;
  now = bench.send(now, answer(1, unreadable, 5_000)).after;
  expect([now.matches(resting), pace(now)]).toEqual([true, 240]);

  now = bench.send(now, askAgain).after;
  now = bench.send(now, answer(0, unreadable, 5_200)).after;
  now = bench.send(now, after(0, `${PATH}.acquiring.more`)).after;
  now = bench.send(now, answer(1, unreadable, 5_000)).after;
  expect(pace(now)).toBe(5_000);
});
