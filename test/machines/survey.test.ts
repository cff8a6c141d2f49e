import { describe } from 'vitest';
import type { StateValueFrom } from 'xstate';
import { KinesumerError, type ErrorCode } from '../../src/errors.ts';
import { surveyMachine, type SurveyContext, type SurveyEvent } from '../../src/machines/survey.ts';
import { failure } from './group.ts';
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
const resting: SurveyContext = { streams: ['a', 'b'], due: [], current: '', againInMs: 0 };

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
    'time to try again': { event: after('surveyRetry', 'survey.line.backoff') },
    'answer: as before': { event: answer({ kind: 'surveyed', changed: false }) },
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
    'answer: store failure': ignored,
    'answer: refused for good': ignored,
    'it threw': ignored,
  } as const;
  const listed = { to: 'resting', starts: [] } as const;
  const again = { to: 'backoff', starts: ['after xstate.after.surveyRetry.survey.line.backoff'] };

  testRegion<typeof surveyMachine, State, Event>({
    bench,
    region: ['line'],
    beside: { line: 'resting', minute: 'running' },
    context: resting,
    contexts: { listing: { current: 'a' }, backoff: { due: ['a'], againInMs: 2_000 } },
    samples,
    events,
    rows: {
      resting: {
        ...noneAsked,
        'answer: changed, another due': 'listing',
        'answer: unsettled, another due': 'listing',
        'LISTER, one less': { to: 'resting', context: { streams: ['b'], due: [] }, told: [] },
        // its map may be old
        'LISTER, another one': { to: 'listing', context: { streams: ['b', 'c'], current: 'c' } },
        'SURVEY of a': { to: 'listing', context: { current: 'a', due: [] }, starts: ['survey'] },
        'SURVEY of c': { to: 'listing', context: { current: 'c', due: [] }, starts: ['survey'] },
        'a minute is over': { to: 'listing', context: { current: 'a', due: ['b'] } },
        'time to try again': ignored,
      },
      listing: {
        'LISTER, one less': { to: 'listing', context: { streams: ['b'], due: [] } },
        'LISTER, another one': { to: 'listing', context: { streams: ['b', 'c'], due: ['c'] } },
        // what is on its way may have left before the cause of this
        'SURVEY of a': { to: 'listing', context: { current: 'a', due: ['a'] } },
        'SURVEY of c': { to: 'listing', context: { due: ['c'] } },
        // a stream that takes long holds nobody's minute up
        'a minute is over': { to: 'listing', context: { due: ['a', 'b'] } },
        'time to try again': ignored,
        'answer: as before': { ...listed, told: [], context: { due: [] } },
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
          ...again,
          told: ['notify error'],
          context: { due: ['a'], againInMs: 2_000 },
        },
        'answer: unsettled, another due': {
          ...again,
          told: ['notify error'],
          context: { due: ['b', 'a'] },
        },
        'answer: store failure': { ...again, told: ['notify error'], context: { due: ['a'] } },
        // asking again does not help
        'answer: refused for good': { ...listed, told: ['parent FATAL'], context: { due: [] } },
        'it threw': { ...listed, told: ['parent FATAL'], context: { due: [] } },
      },
      backoff: {
        ...noneAsked,
        'LISTER, one less': { to: 'backoff', context: { streams: ['b'], due: ['a'] } },
        'LISTER, another one': { to: 'backoff', context: { due: ['a', 'c'] } },
        'SURVEY of a': { to: 'backoff', context: { due: ['a'] } },
        'SURVEY of c': { to: 'backoff', context: { due: ['a', 'c'] } },
        'a minute is over': { to: 'backoff', context: { due: ['a', 'b'] } },
        'time to try again': { to: 'listing', context: { current: 'a', due: [] } },
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
    beside: { minute: 'running', line: 'backoff' },
    context: resting,
    samples,
    events,
    rows: {
      running: { 'a minute is over': { to: 'running', starts: [`after ${minute.type}`] } },
    },
  });
});
