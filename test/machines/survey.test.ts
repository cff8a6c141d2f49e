import { describe } from 'vitest';
import type { StateValueFrom } from 'xstate';
import { KinesumerError, type ErrorCode } from '../../src/errors.ts';
import { surveyMachine, type SurveyContext, type SurveyEvent } from '../../src/machines/survey.ts';
import { failure, mapOf } from './group.ts';
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

const bench = new Bench(surveyMachine, { streams: ['a', 'b'] });
const resting: SurveyContext = {
  streams: ['a', 'b'],
  due: [],
  again: [],
  failed: [],
  current: '',
  againInMs: 0,
};

const samples: SamplesOf<SurveyEvent> = {
  LISTER: { type: 'LISTER', streams: [] },
  SURVEY: { type: 'SURVEY', stream: 'a' },
};

const answer = (outcome: object) => done('survey', { stream: 'a', outcome, againInMs: 2_000 });
const failing = (kind: string, code: ErrorCode) =>
  answer({ kind, failure: 'unanswered', error: new KinesumerError(code, 'why') });

type Value = StateValueFrom<typeof surveyMachine>;

describe('the survey', () => {
  const events = {
    'LISTER, one less': { event: { type: 'LISTER', streams: ['b'] } },
    'LISTER, another one': { event: { type: 'LISTER', streams: ['b', 'c'] } },
    'SURVEY of a': { event: { type: 'SURVEY', stream: 'a' } },
    'SURVEY of c': { event: { type: 'SURVEY', stream: 'c' } },
    'a minute is over': { event: after('surveyPeriod', 'survey.minute.running') },
    'SURVEY of c, another due': {
      event: { type: 'SURVEY', stream: 'c' },
      context: { due: ['b'] },
    },
    'answer: as before, one failed before': {
      event: answer({ kind: 'surveyed', changed: false, map: mapOf(1) }),
      context: { again: ['gone'] },
    },
    'answer: as before, another due and one failed before': {
      event: answer({ kind: 'surveyed', changed: false, map: mapOf(1) }),
      context: { due: ['b'], again: ['gone'] },
    },
    'answer: as before': { event: answer({ kind: 'surveyed', changed: false, map: mapOf(1) }) },
    'answer: changed': { event: answer({ kind: 'surveyed', changed: true }) },
    'answer: changed, another due': {
      event: answer({ kind: 'surveyed', changed: true }),
      context: { due: ['b'] },
    },
    'answer: another stream of this name': { event: failing('recreated', 'StreamRecreated') },
    'answer: missing': { event: failing('missing', 'StreamMissing') },
    'answer: unsettled, another due': {
      event: failing('unsettled', 'ListingIncomplete'),
      context: { due: ['b'] },
    },
    'answer: store failure': { event: failing('failure', 'StoreUnanswered') },
    'answer: refused for good': {
      event: answer({ ...failure('failed') }),
    },
    'it threw': { event: threw('survey') },
  } as const;
  type State = Leaf<Under<StateValueFrom<typeof surveyMachine>, 'line'>>;
  type Event = keyof typeof events;

  const noneAsked = {
    'answer: as before': ignored,
    'answer: changed': ignored,
    'answer: changed, another due': ignored,
    'answer: another stream of this name': ignored,
    'answer: missing': ignored,
    'answer: unsettled, another due': ignored,
    'answer: as before, one failed before': ignored,
    'answer: as before, another due and one failed before': ignored,
    'answer: store failure': ignored,
    'answer: refused for good': ignored,
    'it threw': ignored,
  } as const;
  const listed = { to: 'resting', starts: [] } as const;
  const RETRY = 'after xstate.after.surveyRetry.survey.retry.waiting';
  /** It waits on a clock of its own, and the line goes on. */
  const later = { to: 'resting', told: ['notify error'], starts: [RETRY] } as const;

  testRegion<typeof surveyMachine, State, Event>({
    bench,
    region: ['line'],
    beside: { line: 'resting', minute: 'running', retry: 'idle' },
    context: resting,
    contexts: { listing: { current: 'a' } },
    samples,
    events,
    rows: {
      resting: {
        ...noneAsked,
        'answer: changed, another due': 'listing',
        'answer: unsettled, another due': 'listing',
        'answer: as before, one failed before': 'listing',
        'answer: as before, another due and one failed before': 'listing',
        'LISTER, one less': { to: 'resting', context: { streams: ['b'], due: [] }, told: [] },
        // its map may be old
        'LISTER, another one': { to: 'listing', context: { streams: ['b', 'c'], current: 'c' } },
        'SURVEY of a': { to: 'listing', context: { current: 'a', due: [] }, starts: ['survey'] },
        'SURVEY of c': { to: 'listing', context: { current: 'c', due: [] }, starts: ['survey'] },
        'SURVEY of c, another due': { to: 'listing', context: { current: 'c', due: ['b'] } },
        'a minute is over': { to: 'listing', context: { current: 'a', due: ['b'] } },
      },
      listing: {
        'LISTER, one less': { to: 'listing', context: { streams: ['b'], due: [] } },
        'LISTER, another one': { to: 'listing', context: { streams: ['b', 'c'], due: ['c'] } },
        // what is on its way may have left before the cause of this
        'SURVEY of a': { to: 'listing', context: { current: 'a', due: ['a'] } },
        'SURVEY of c': { to: 'listing', context: { due: ['c'] } },
        // a stream that takes long holds nobody's minute up
        'a minute is over': { to: 'listing', context: { due: ['a', 'b'] } },
        // a reader waits for it
        'SURVEY of c, another due': { to: 'listing', context: { due: ['c', 'b'] } },
        'answer: as before, one failed before': {
          to: 'listing',
          context: { current: 'gone', again: [] },
          starts: ['survey'],
        },
        // what failed comes after all that is due
        'answer: as before, another due and one failed before': {
          to: 'listing',
          context: { current: 'b', due: [], again: ['gone'] },
        },
        'answer: as before': { ...listed, told: ['parent MAP_LISTED'], context: { due: [] } },
        'answer: changed': { ...listed, told: ['parent MAP_CHANGED'], context: { due: [] } },
        'answer: changed, another due': {
          to: 'listing',
          told: ['parent MAP_CHANGED'],
          context: { current: 'b', due: [] },
          starts: ['survey'],
        },
        'answer: another stream of this name': {
          ...listed,
          told: ['parent STREAM_FAULT'],
        },
        'answer: missing': {
          ...later,
          context: { due: [], failed: ['a'], againInMs: 2_000 },
        },
        'answer: unsettled, another due': {
          ...later,
          to: 'listing',
          context: { current: 'b', due: [], failed: ['a'] },
        },
        'answer: store failure': { ...later, context: { failed: ['a'] } },
        // asking again does not help
        'answer: refused for good': { ...listed, told: ['parent FATAL'], context: { due: [] } },
        'it threw': { ...listed, told: ['parent FATAL'], context: { due: [] } },
      },
    },
  });
});

describe('the minute of the survey', () => {
  const minute = after('surveyPeriod', 'survey.minute.running');
  const events = { 'a minute is over': { event: minute } } as const;
  testRegion<typeof surveyMachine, Leaf<Under<Value, 'minute'>>, keyof typeof events>({
    bench,
    region: ['minute'],
    beside: { minute: 'running', line: 'resting', retry: 'idle' },
    context: resting,
    samples,
    events,
    rows: {
      running: {
        'a minute is over': {
          to: 'running',
          starts: [`after ${minute.type}`],
          context: { current: 'a', due: ['b'] },
        },
      },
    },
  });
});

describe('the retry of the survey', () => {
  const retry = after('surveyRetry', 'survey.retry.waiting');
  const events = {
    'time to try again': { event: retry },
    'time to try again, while another is listed': {
      event: retry,
      beside: { line: 'listing', minute: 'running', retry: 'idle' },
      context: { current: 'b' },
    },
  } as const;
  testRegion<typeof surveyMachine, Leaf<Under<Value, 'retry'>>, keyof typeof events>({
    bench,
    region: ['retry'],
    beside: { minute: 'running', line: 'resting', retry: 'idle' },
    context: resting,
    contexts: { waiting: { failed: ['a', 'c'], againInMs: 2_000 } },
    samples,
    events,
    rows: {
      idle: {
        'time to try again': ignored,
        'time to try again, while another is listed': ignored,
      },
      waiting: {
        'time to try again': {
          to: 'idle',
          context: { current: 'a', again: ['c'], failed: [] },
          starts: ['survey'],
        },
        'time to try again, while another is listed': {
          to: 'idle',
          context: { current: 'b', again: ['a', 'c'], failed: [] },
        },
      },
    },
  });
});
