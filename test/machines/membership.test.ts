import { describe } from 'vitest';
import type { StateValueFrom } from 'xstate';
import { KinesumerError } from '../../src/errors.ts';
import {
  membershipMachine,
  type MembershipContext,
  type MembershipEvent,
} from '../../src/machines/membership.ts';
import {
  Bench,
  after,
  done,
  ignored,
  testRegion,
  threw,
  type Leaf,
  type SamplesOf,
  type Under,
} from './harness.ts';

type Value = StateValueFrom<typeof membershipMachine>;

const input = {
  session: { clientId: 'client-1', nonce: 'n1', id: 'client-1/n1' },
  ownNonces: [],
  acknowledged: 4,
  fields: { state: 'active', streamsHash: 'h', endedCount: 0 },
  nextInMs: 3_000,
} as const;
const context: MembershipContext = { ...input, answer: 'awaited' };
const bench = new Bench(membershipMachine, input);

const samples: SamplesOf<MembershipEvent> = {
  WORKED: { type: 'WORKED' },
  HURRY: { type: 'HURRY', fields: {} },
};

const unanswered = (failure: string) =>
  done('heartbeat', {
    kind: 'failure',
    failure,
    error: new KinesumerError(failure === 'failed' ? 'AccessDenied' : 'StoreUnanswered', 'why'),
    nextInMs: 600,
  });

describe('the heartbeat', () => {
  const events = {
    WORKED: { event: { type: 'WORKED' } },
    HURRY: { event: { type: 'HURRY', fields: { endedCount: 7 } } },
    'the period is over': { event: after('period', 'membership.beat.resting') },
    'the period is over, the duty stalled': {
      event: after('period', 'membership.beat.resting'),
      beside: { beat: 'resting', duty: 'stalled' },
    },
    'answer: beat': {
      event: done('heartbeat', {
        kind: 'beat',
        rv: 5,
        sentMonotonicMs: 10,
        sentWallMs: 20,
        nextInMs: 2_900,
      }),
    },
    'answer: lost': { event: done('heartbeat', { kind: 'lost' }) },
    'answer: replaced': {
      event: done('heartbeat', {
        kind: 'replaced',
        error: new KinesumerError('SessionReplaced', 'why'),
      }),
    },
    'answer: unanswered': { event: unanswered('unanswered') },
    'answer: throttled': { event: unanswered('throttled') },
    'answer: refused for good': { event: unanswered('failed') },
    'it threw': { event: threw('heartbeat') },
  } as const;
  type State = Leaf<Under<Value, 'beat'>>;
  type Event = keyof typeof events;

  const noneAsked = {
    'answer: beat': ignored,
    'answer: lost': ignored,
    'answer: replaced': ignored,
    'answer: unanswered': ignored,
    'answer: throttled': ignored,
    'answer: refused for good': ignored,
  } as const;
  const again = {
    to: 'beating.once',
    starts: ['heartbeat'],
    context: { answer: 'awaited' },
  } as const;
  const over = {
    'answer: lost': { to: 'lost', told: ['parent SESSION_LOST'] },
    'answer: replaced': { to: 'lost', told: ['parent SESSION_REPLACED'] },
    'answer: refused for good': { to: 'lost', told: ['parent FATAL'] },
    'it threw': { to: 'lost', told: ['parent FATAL'] },
  } as const;

  testRegion<typeof membershipMachine, State, Event>({
    bench,
    region: ['beat'],
    beside: { beat: 'resting', duty: 'working' },
    context,
    samples,
    events,
    rows: {
      resting: {
        ...noneAsked,
        WORKED: 'resting',
        HURRY: { to: 'beating.once', starts: ['heartbeat'] },
        'the period is over': { to: 'beating.once', starts: ['heartbeat'] },
        'the period is over, the duty stalled': { to: 'silent', starts: [] },
        'it threw': ignored,
      },
      silent: {
        ...noneAsked,
        WORKED: again,
        HURRY: { to: 'silent' },
        'the period is over': ignored,
        'the period is over, the duty stalled': ignored,
        'it threw': ignored,
      },
      'beating.once': {
        ...over,
        WORKED: 'beating.once',
        HURRY: 'beating.again',
        'the period is over': ignored,
        'the period is over, the duty stalled': ignored,
        'answer: beat': {
          to: 'resting',
          told: ['parent BEAT'],
          context: { acknowledged: 5, nextInMs: 2_900 },
          starts: ['after xstate.after.period.membership.beat.resting'],
        },
        'answer: unanswered': {
          to: 'resting',
          told: ['notify error'],
          context: { nextInMs: 600, acknowledged: 4 },
        },
        'answer: throttled': { to: 'resting', told: ['notify error'], context: { nextInMs: 600 } },
      },
      'beating.again': {
        ...over,
        WORKED: 'beating.again',
        HURRY: 'beating.again',
        'the period is over': ignored,
        'the period is over, the duty stalled': ignored,
        'answer: beat': { ...again, told: ['parent BEAT'] },
        'answer: unanswered': { ...again, told: ['notify error'] },
        'answer: throttled': { ...again, told: ['notify error'] },
      },
      lost: {
        ...noneAsked,
        WORKED: 'lost',
        HURRY: ignored,
        'the period is over': ignored,
        'the period is over, the duty stalled': ignored,
        'it threw': ignored,
      },
    },
  });
});

describe('the duty behind the heartbeat', () => {
  const events = {
    WORKED: { event: { type: 'WORKED' } },
    'no work for a TTL': { event: after('dutyTtl', 'membership.duty.working') },
  } as const;
  type State = Leaf<Under<Value, 'duty'>>;

  testRegion<typeof membershipMachine, State, keyof typeof events>({
    bench,
    region: ['duty'],
    beside: { beat: 'lost', duty: 'working' },
    context,
    samples,
    events,
    rows: {
      working: {
        // from now on another TTL
        WORKED: { to: 'working', starts: ['after xstate.after.dutyTtl.membership.duty.working'] },
        'no work for a TTL': 'stalled',
      },
      stalled: { WORKED: 'working', 'no work for a TTL': ignored },
    },
  });
});
