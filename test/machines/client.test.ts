import { describe } from 'vitest';
import type { StateValueFrom } from 'xstate';
import type { clientMachine } from '../../src/machines/client.ts';
import {
  active,
  bench,
  children,
  drain,
  drainAndStay,
  registered,
  registering,
  samples,
} from './client-world.ts';
import { ME, STREAM, errorOf, failedFor, failure, planOf, shardId, viewOf } from './group.ts';
import { after, done, ignored, testRegion, threw, type Leaf, type Under } from './harness.ts';

type Value = StateValueFrom<typeof clientMachine>;
type Active = Under<Value, 'active'>;

const AT_REST = { active: { commits: 'byHand', streams: 'steady', duty: 'serving' } };

describe('the client', () => {
  const view = viewOf(planOf(3, 0, ['client-9']));
  const missing = { ...view, unmappedStreams: [STREAM] };
  const events = {
    CLOSE: { event: samples.CLOSE },
    REFRESH: { event: samples.REFRESH },
    'PAUSE of all': { event: samples.PAUSE },
    'PAUSE of one': {
      event: { type: 'PAUSE', shards: [{ stream: STREAM, shardId: shardId(0) }] },
    },
    'RESUME of all': { event: samples.RESUME, context: { mode: 'paused' as const } },
    BEAT: { event: samples.BEAT },
    WORKED: { event: samples.WORKED },
    'VIEW of one that lists the stream': { event: { type: 'VIEW', view } },
    'VIEW that misses a map': { event: { type: 'VIEW', view: missing }, context: { view } },
    'VIEW that misses it still': {
      event: { type: 'VIEW', view: missing },
      context: { view: missing },
    },
    MAP_CHANGED: { event: samples.MAP_CHANGED },
    'MAP_LISTED, as planned': { event: samples.MAP_LISTED, context: { view } },
    'MAP_LISTED, not as planned': {
      event: { ...samples.MAP_LISTED, version: 2 },
      context: { view },
    },
    'SHARD_ENDED, its children are known': {
      event: { type: 'SHARD_ENDED', stream: STREAM, childShardIds: [shardId(1)] },
      context: { view },
    },
    'SHARD_ENDED, its children are not known': {
      event: { type: 'SHARD_ENDED', stream: STREAM, childShardIds: [shardId(7)] },
      context: { view },
    },
    STREAM_FAULT: { event: samples.STREAM_FAULT },
    'STREAM_FAULT, no other stream is left': {
      event: { ...samples.STREAM_FAULT, stream: STREAM },
    },
    SESSION_LOST: { event: samples.SESSION_LOST },
    SESSION_REPLACED: { event: samples.SESSION_REPLACED },
    'the rest is over': { event: after('retry', 'client.registering.resting') },
    'prepare: prepared': { event: done('prepare', { kind: 'prepared' }) },
    'prepare: unusable': {
      event: done('prepare', { kind: 'unusable', ...errorOf('StreamMissing') }),
    },
    'prepare: unusable, after a session': {
      event: done('prepare', { kind: 'unusable', ...errorOf('StreamMissing') }),
      context: { registrations: 1 },
    },
    'prepare: not yet': {
      event: done('prepare', { kind: 'notYet', ...errorOf('StreamCreating'), retryInMs: 70 }),
    },
    'prepare: not yet, after a session': {
      event: done('prepare', { kind: 'notYet', ...errorOf('StreamCreating'), retryInMs: 70 }),
      context: { registrations: 1 },
    },
    'prepare: unanswered': {
      event: done('prepare', { ...failure('unanswered'), retryInMs: 80 }),
    },
    'prepare: refused for good': {
      event: done('prepare', { ...failure('failed'), retryInMs: 80 }),
    },
    'prepare: threw': { event: threw('prepare') },
    'register: registered': { event: done('register', registered) },
    'register: registered, closed meanwhile': {
      event: done('register', registered),
      context: { close: drain },
    },
    'register: registered, closed meanwhile, and keeps its place': {
      event: done('register', registered),
      context: { close: drainAndStay },
    },
    'register: replaced': {
      event: done('register', { kind: 'replaced', ...errorOf('SessionReplaced') }),
    },
    'register: unanswered': {
      event: done('register', { ...failure('unanswered'), triedNonce: 'n1', retryInMs: 90 }),
    },
    'register: unanswered, closed meanwhile': {
      event: done('register', { ...failure('unanswered'), triedNonce: 'n1', retryInMs: 90 }),
      context: { close: drain },
    },
    'register: refused for good': {
      event: done('register', { ...failure('failed'), triedNonce: 'n1', retryInMs: 90 }),
    },
    'register: threw': { event: threw('register') },
    'withdraw: left': { event: done('withdraw', { kind: 'left' }) },
    'withdraw: unanswered': { event: done('withdraw', failure('unanswered')) },
    'withdraw: threw': { event: threw('withdraw') },
  } as const;
  type State = Exclude<Leaf<Value>, `active.${string}` | 'ending'> | 'active';

  const noSession = {
    BEAT: ignored,
    WORKED: ignored,
    'VIEW of one that lists the stream': ignored,
    'VIEW that misses a map': ignored,
    'VIEW that misses it still': ignored,
    MAP_CHANGED: ignored,
    'MAP_LISTED, as planned': ignored,
    'MAP_LISTED, not as planned': ignored,
    'SHARD_ENDED, its children are known': ignored,
    'SHARD_ENDED, its children are not known': ignored,
    STREAM_FAULT: ignored,
    'STREAM_FAULT, no other stream is left': ignored,
    SESSION_LOST: ignored,
    SESSION_REPLACED: ignored,
  } as const;
  const noWishes = {
    CLOSE: ignored,
    REFRESH: ignored,
    'PAUSE of all': ignored,
    'PAUSE of one': ignored,
    'RESUME of all': ignored,
  } as const;
  const noPrepare = {
    'prepare: prepared': ignored,
    'prepare: unusable': ignored,
    'prepare: unusable, after a session': ignored,
    'prepare: not yet': ignored,
    'prepare: not yet, after a session': ignored,
    'prepare: unanswered': ignored,
    'prepare: refused for good': ignored,
    'prepare: threw': ignored,
  } as const;
  const noRegister = {
    'register: registered': ignored,
    'register: registered, closed meanwhile': ignored,
    'register: registered, closed meanwhile, and keeps its place': ignored,
    'register: replaced': ignored,
    'register: unanswered': ignored,
    'register: unanswered, closed meanwhile': ignored,
    'register: refused for good': ignored,
    'register: threw': ignored,
  } as const;
  const noWithdraw = {
    'withdraw: left': ignored,
    'withdraw: unanswered': ignored,
    'withdraw: threw': ignored,
  } as const;
  /** What is wished for before there is a session holds once there is one. */
  const remembered = (to: string) =>
    ({
      REFRESH: { to, context: { nextStreams: ['b'], streams: [STREAM] }, told: [] },
      'PAUSE of all': { to, context: { mode: 'paused' }, told: [] },
      'PAUSE of one': { to, context: { mode: 'open' } },
      'RESUME of all': { to, context: { mode: 'open' } },
    }) as const;
  const rest = { to: 'registering.resting', told: ['notify error'] } as const;

  testRegion<typeof clientMachine, State, keyof typeof events>({
    bench,
    region: [],
    beside: {},
    values: { active: AT_REST },
    context: registering,
    contexts: { active, withdrawing: active },
    children,
    samples,
    above: ['FATAL'],
    events,
    rows: {
      'registering.preparing': {
        ...noSession,
        ...noRegister,
        ...noWithdraw,
        ...remembered('registering.preparing'),
        CLOSE: 'stopped',
        'the rest is over': ignored,
        'prepare: prepared': { to: 'registering.joining', starts: ['register'] },
        'prepare: unusable': { to: 'failed', context: failedFor('StreamMissing') },
        'prepare: unusable, after a session': {
          to: 'registering.joining',
          told: ['notify error'],
          starts: ['register'],
        },
        'prepare: not yet': { ...rest, context: { attempt: 1, retryInMs: 70 } },
        'prepare: not yet, after a session': {
          to: 'registering.joining',
          told: ['notify error'],
        },
        'prepare: unanswered': { ...rest, context: { attempt: 1, retryInMs: 80 } },
        'prepare: refused for good': { to: 'failed', context: failedFor('AccessDenied') },
        'prepare: threw': { to: 'failed', context: failedFor('InvariantBroken') },
      },
      'registering.joining': {
        ...noSession,
        ...noPrepare,
        ...noWithdraw,
        ...remembered('registering.joining'),
        // the item may stand by now: the answer is waited for
        CLOSE: { to: 'registering.joining', context: { close: drain } },
        'the rest is over': ignored,
        'register: registered': {
          to: 'active',
          told: ['extendGate', 'notify ready'],
          starts: ['membership', 'assignment', 'survey', 'role'],
          context: { session: ME, registrations: 1, ownNonces: [ME.nonce] },
        },
        'register: registered, closed meanwhile': {
          to: 'withdrawing',
          told: [],
          starts: ['withdraw'],
        },
        'register: registered, closed meanwhile, and keeps its place': {
          to: 'stopped',
          told: [],
          context: { ownNonces: [ME.nonce] },
        },
        'register: replaced': { to: 'failed', context: failedFor('SessionReplaced') },
        'register: unanswered': {
          ...rest,
          context: { attempt: 1, retryInMs: 90, ownNonces: ['n1'] },
        },
        'register: unanswered, closed meanwhile': { to: 'stopped', told: [] },
        'register: refused for good': { to: 'failed', context: failedFor('AccessDenied') },
        'register: threw': { to: 'failed', context: failedFor('InvariantBroken') },
      },
      'registering.resting': {
        ...noSession,
        ...noPrepare,
        ...noRegister,
        ...noWithdraw,
        ...remembered('registering.resting'),
        CLOSE: 'stopped',
        'the rest is over': { to: 'registering.preparing', starts: ['prepare'] },
      },
      withdrawing: {
        ...noSession,
        ...noWishes,
        ...noPrepare,
        ...noRegister,
        'the rest is over': ignored,
        'withdraw: left': 'stopped',
        'withdraw: unanswered': 'stopped',
        'withdraw: threw': 'stopped',
      },
      active: {
        ...noPrepare,
        ...noRegister,
        ...noWithdraw,
        CLOSE: { to: 'active', context: { close: drain } },
        REFRESH: { to: 'active', context: { nextStreams: ['b'] }, starts: ['refresh'] },
        'PAUSE of all': { to: 'active', context: { mode: 'paused' }, told: ['assignment PAUSE'] },
        'PAUSE of one': { to: 'active', context: { mode: 'open' }, told: ['assignment PAUSE'] },
        'RESUME of all': { to: 'active', context: { mode: 'open' }, told: ['assignment RESUME'] },
        BEAT: { to: 'active', told: ['extendGate BEAT', 'role BEAT'] },
        WORKED: { to: 'active', told: ['membership WORKED'] },
        'VIEW of one that lists the stream': {
          to: 'active',
          told: ['assignment TARGET', 'survey LISTER'],
          context: { view },
        },
        'VIEW that misses a map': {
          to: 'active',
          told: ['assignment TARGET', 'survey LISTER', 'survey SURVEY'],
        },
        // a listing that fails is tried again in its own time
        'VIEW that misses it still': {
          to: 'active',
          told: ['assignment TARGET', 'survey LISTER'],
        },
        MAP_CHANGED: {
          to: 'active',
          told: ['membership HURRY', 'role LOOK'],
          context: { endedCount: 1 },
        },
        'MAP_LISTED, as planned': { to: 'active', told: [], context: { endedCount: 0 } },
        // who wrote it got no answer, or died of it
        'MAP_LISTED, not as planned': {
          to: 'active',
          told: ['membership HURRY', 'role LOOK'],
          context: { endedCount: 1 },
        },
        'SHARD_ENDED, its children are known': {
          to: 'active',
          told: ['membership HURRY', 'role LOOK'],
          context: { endedCount: 1 },
        },
        'SHARD_ENDED, its children are not known': {
          to: 'active',
          told: ['membership HURRY', 'role LOOK', 'survey SURVEY'],
        },
        STREAM_FAULT: {
          to: 'active',
          told: ['assignment STREAM_FAULT', 'notify error'],
          context: { faulty: { another: samples.STREAM_FAULT.error }, failure: null },
        },
        // it would wait for ever, and nobody would hear why
        'STREAM_FAULT, no other stream is left': {
          to: 'active',
          told: ['assignment STREAM_FAULT', 'notify error', 'membership HURRY', 'role RETIRE'],
          context: failedFor('StreamRecreated'),
        },
        SESSION_LOST: {
          to: 'registering.preparing',
          told: [
            'tellShardsEnded lost',
            'cutDelivery SessionLost',
            'refreshed refused',
            'notify error',
          ],
          starts: ['prepare'],
        },
        SESSION_REPLACED: {
          to: 'failed',
          told: ['tellShardsEnded lost', 'cutDelivery SessionReplaced'],
        },
        'the rest is over': ignored,
      },
      stopped: {
        ...noSession,
        ...noWishes,
        ...noPrepare,
        ...noRegister,
        ...noWithdraw,
        'the rest is over': ignored,
      },
      failed: {
        ...noSession,
        ...noWishes,
        ...noPrepare,
        ...noRegister,
        ...noWithdraw,
        'the rest is over': ignored,
      },
    },
  });
});

describe('the commits of a client', () => {
  const tick = after('commitInterval', 'client.active.commits.ticking');
  const events = { 'an interval is over': { event: tick } } as const;
  testRegion<
    typeof clientMachine,
    Exclude<Leaf<Under<Active, 'commits'>>, 'deciding'>,
    keyof typeof events
  >({
    bench,
    region: ['active', 'commits'],
    beside: AT_REST,
    context: active,
    children,
    samples,
    above: ['SESSION_LOST', 'SESSION_REPLACED'],
    events,
    rows: {
      ticking: {
        'an interval is over': {
          to: 'ticking',
          told: ['assignment COMMIT'],
          starts: [`after ${tick.type}`],
        },
      },
      byHand: { 'an interval is over': ignored },
    },
  });
});

describe('the streams of a client', () => {
  const recreated = errorOf('StreamRecreated').error;
  const events = {
    REFRESH: { event: { type: 'REFRESH', streams: ['c'] } },
    'refresh: refreshed': { event: done('refresh', { kind: 'refreshed' }) },
    'refresh: refreshed, to streams of which nothing may be read': {
      event: done('refresh', { kind: 'refreshed' }),
      context: { nextStreams: ['b', 'c'], faulty: { b: recreated, c: recreated } },
    },
    'refresh: refreshed, to streams of which some may be read': {
      event: done('refresh', { kind: 'refreshed' }),
      context: { nextStreams: ['b', 'c'], faulty: { b: recreated } },
    },
    'refresh: refused': {
      event: done('refresh', { kind: 'refused', ...errorOf('StreamMissing') }),
    },
    'refresh: threw': { event: threw('refresh') },
  } as const;
  const asked = { to: 'changing', context: { nextStreams: ['c'] }, starts: ['refresh'] } as const;
  testRegion<
    typeof clientMachine,
    Exclude<Leaf<Under<Active, 'streams'>>, 'deciding'>,
    keyof typeof events
  >({
    bench,
    region: ['active', 'streams'],
    beside: AT_REST,
    context: active,
    contexts: { changing: { nextStreams: ['b'] } },
    children,
    samples,
    above: ['SESSION_LOST', 'SESSION_REPLACED'],
    events,
    rows: {
      steady: {
        REFRESH: asked,
        'refresh: refreshed': ignored,
        'refresh: refreshed, to streams of which nothing may be read': ignored,
        'refresh: refreshed, to streams of which some may be read': ignored,
        'refresh: refused': ignored,
        'refresh: threw': ignored,
      },
      changing: {
        // the newest list wins
        REFRESH: asked,
        'refresh: refreshed': {
          to: 'steady',
          told: ['role STREAMS', 'membership HURRY', 'refreshed refreshed'],
          context: { streams: ['b'], nextStreams: ['b'] },
        },
        // it would wait for ever, and nobody would hear why
        'refresh: refreshed, to streams of which nothing may be read': {
          to: 'steady',
          told: [
            'role STREAMS',
            'membership HURRY',
            'refreshed refreshed',
            'membership HURRY',
            'role RETIRE',
          ],
          context: failedFor('StreamRecreated'),
        },
        'refresh: refreshed, to streams of which some may be read': {
          to: 'steady',
          told: ['role STREAMS', 'membership HURRY', 'refreshed refreshed'],
          context: { failure: null },
        },
        'refresh: refused': {
          to: 'steady',
          told: ['refreshed refused'],
          context: { streams: [STREAM], nextStreams: [STREAM] },
        },
        'refresh: threw': {
          to: 'steady',
          told: ['refreshed refused'],
          context: { nextStreams: [STREAM] },
        },
      },
    },
  });
});
