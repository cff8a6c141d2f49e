import { describe } from 'vitest';
import type { StateValueFrom } from 'xstate';
import type { clientMachine } from '../../src/machines/client.ts';
import {
  abort,
  abortAndStay,
  active,
  bench,
  children,
  drain,
  drainAndStay,
  input,
  samples,
} from './client-world.ts';
import { errorOf, failedFor, failure } from './group.ts';
import { after, done, ignored, testRegion, threw, type Leaf, type Under } from './harness.ts';

type Duty = Under<Under<StateValueFrom<typeof clientMachine>, 'active'>, 'duty'>;

const DUTY = 'client.active.duty.draining';
const closing = (request: object) => ({ event: { type: 'CLOSE', request } });

describe('the end of a client', () => {
  const events = {
    'CLOSE: drain': closing(drain),
    'CLOSE: drain, and keep the place': closing(drainAndStay),
    'CLOSE: abort': closing(abort),
    'CLOSE: abort, and keep the place': closing(abortAndStay),
    'CLOSE: abort, once more': { ...closing(abort), context: { close: abort } },
    FATAL: { event: samples.FATAL },
    'FATAL, after an earlier one': {
      event: samples.FATAL,
      context: { failure: errorOf('HandlerFailed').error },
    },
    SESSION_LOST: { event: samples.SESSION_LOST },
    SESSION_REPLACED: { event: samples.SESSION_REPLACED },
    'RETIRED, a plan without it stands': { event: samples.RETIRED },
    'RETIRED, nobody is there': { event: { type: 'RETIRED', successors: 'none' } },
    DRAINED: { event: samples.DRAINED },
    'DRAINED, and keep the place': {
      event: samples.DRAINED,
      context: { close: drainAndStay },
    },
    'the deadline is over': { event: after('closeDeadline', DUTY) },
    'the deadline is over, after a failure': {
      event: after('closeDeadline', DUTY),
      context: { failure: errorOf('HandlerFailed').error },
    },
    'the farewell is over': { event: after('farewell', `${DUTY}.announcing`) },
    'the lingering is over': { event: after('linger', `${DUTY}.lingering`) },
    'time to try again': { event: after('leaveRetry', `${DUTY}.deleting.resting`) },
    'leave: left': { event: done('leave', { kind: 'left' }) },
    'leave: unanswered': { event: done('leave', failure('unanswered')) },
    'leave: refused for good': { event: done('leave', failure('failed')) },
    'leave: threw': { event: threw('leave') },
  } as const;
  type State = Exclude<Leaf<Duty>, 'draining.deciding' | 'draining.aborting'>;

  const noRetirement = {
    'RETIRED, a plan without it stands': ignored,
    'RETIRED, nobody is there': ignored,
    'the farewell is over': ignored,
  } as const;
  const noDrain = { DRAINED: ignored, 'DRAINED, and keep the place': ignored } as const;
  const noDelete = {
    'time to try again': ignored,
    'leave: left': ignored,
    'leave: unanswered': ignored,
    'leave: refused for good': ignored,
    'leave: threw': ignored,
  } as const;
  const cut = {
    to: 'draining.releasing',
    told: ['cutHandlers CloseTimeout', 'assignment DRAIN_ALL'],
  } as const;
  const aborted = { 'CLOSE: abort': cut, 'CLOSE: abort, and keep the place': cut } as const;
  /** Every shard is given back. */
  const nothingToAbort = {
    'CLOSE: abort': ignored,
    'CLOSE: abort, and keep the place': ignored,
  } as const;
  const whileDraining = (to: string) =>
    ({
      ...aborted,
      // nobody is left to be cut off, and all is on its way
      'CLOSE: abort, once more': ignored,
      'CLOSE: drain': ignored,
      'CLOSE: drain, and keep the place': ignored,
      FATAL: { to, told: [], context: failedFor('AccessDenied') },
      // what came after the first failure follows from it, and is told
      'FATAL, after an earlier one': {
        to,
        told: ['notify error'],
        context: failedFor('HandlerFailed'),
      },
      SESSION_LOST: { to: '#stopped', told: ['tellShardsEnded lost', 'cutDelivery SessionLost'] },
      // its successor is there already: this client was going anyway
      SESSION_REPLACED: {
        to: '#stopped',
        told: ['tellShardsEnded lost', 'cutDelivery SessionReplaced'],
      },
      'the deadline is over': {
        to: '#stopped',
        told: ['tellShardsEnded shutdown', 'cutDelivery CloseTimeout'],
      },
      'the deadline is over, after a failure': {
        to: '#failed',
        told: ['tellShardsEnded shutdown', 'cutDelivery CloseTimeout'],
      },
    }) as const;
  const announce = {
    to: 'draining.announcing',
    told: ['membership HURRY', 'role RETIRE'],
    starts: [`after xstate.after.closeDeadline.${DUTY}`],
  } as const;
  const release = { to: 'draining.releasing', told: ['assignment DRAIN_ALL'] } as const;

  testRegion<typeof clientMachine, State, keyof typeof events>({
    bench,
    region: ['active', 'duty'],
    beside: { active: { commits: 'byHand', streams: 'steady', duty: 'serving' } },
    context: active,
    contexts: {
      'draining.announcing': { close: drain },
      'draining.lingering': { close: drain },
      'draining.releasing': { close: drain },
      'draining.deleting.writing': { close: drain },
      'draining.deleting.resting': { close: drain },
    },
    children,
    samples,
    events,
    rows: {
      serving: {
        ...noRetirement,
        ...noDrain,
        ...noDelete,
        ...aborted,
        'CLOSE: abort, once more': cut,
        'CLOSE: drain': { ...announce, context: { close: drain } },
        'CLOSE: drain, and keep the place': release,
        FATAL: {
          ...announce,
          context: { ...failedFor('AccessDenied'), close: input.closeByItself },
        },
        'FATAL, after an earlier one': { ...announce, context: failedFor('HandlerFailed') },
        SESSION_LOST: { to: '#registering.preparing' },
        SESSION_REPLACED: { to: '#failed' },
        'the deadline is over': ignored,
        'the deadline is over, after a failure': ignored,
        'the lingering is over': ignored,
      },
      'draining.announcing': {
        ...whileDraining('draining.announcing'),
        ...noDrain,
        ...noDelete,
        'RETIRED, a plan without it stands': {
          to: 'draining.lingering',
          told: [],
          starts: [`after xstate.after.linger.${DUTY}.lingering`],
        },
        'RETIRED, nobody is there': release,
        'the farewell is over': release,
        'the lingering is over': ignored,
      },
      'draining.lingering': {
        ...whileDraining('draining.lingering'),
        ...noRetirement,
        ...noDrain,
        ...noDelete,
        'the lingering is over': release,
      },
      'draining.releasing': {
        ...whileDraining('draining.releasing'),
        ...noRetirement,
        ...noDelete,
        DRAINED: { to: 'draining.deleting.writing', starts: ['leave'] },
        'DRAINED, and keep the place': { to: '#stopped', told: [] },
        'the lingering is over': ignored,
      },
      'draining.deleting.writing': {
        ...whileDraining('draining.deleting.writing'),
        ...nothingToAbort,
        ...noRetirement,
        ...noDrain,
        'the lingering is over': ignored,
        'time to try again': ignored,
        'leave: left': '#stopped',
        'leave: unanswered': {
          to: 'draining.deleting.resting',
          starts: [`after xstate.after.leaveRetry.${DUTY}.deleting.resting`],
        },
        'leave: refused for good': '#stopped',
        'leave: threw': '#stopped',
      },
      'draining.deleting.resting': {
        ...whileDraining('draining.deleting.resting'),
        ...nothingToAbort,
        ...noRetirement,
        ...noDrain,
        ...noDelete,
        'the lingering is over': ignored,
        'time to try again': { to: 'draining.deleting.writing', starts: ['leave'] },
      },
    },
  });
});
