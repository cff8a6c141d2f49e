import { and, assign } from 'xstate';
import {
  brokenStep,
  failAsAnswered,
  failureIn,
  countsIn,
  fetchInput,
  openInput,
  probeInput,
  readerSetup,
  retryIn,
  shardNotice,
  type InReader,
} from './setup.ts';
import { answered, failedForGood, labelled, named } from '../guards.ts';
import { isAnchored, type FetchOutcome, type OpenOutcome } from '../steps/read-shard.ts';

const notFound = {
  type: 'probeFor',
  params: { reason: { kind: 'notFound' } },
} as const;

const isRejected = (answer: OpenOutcome | FetchOutcome): boolean =>
  answer.kind === 'failure' && answer.error.code === 'StreamRejected';

const isLastAnswer = (answer: FetchOutcome): boolean =>
  answer.kind === 'fetched' && answer.nextIterator === null;

/** Keeps what an answer said, and tells of it. */
const noteFetched = [
  {
    type: 'fetched',
    params: ({ event }: InReader<Answered>) => ({ answer: event.output }),
  },
  {
    type: 'notify',
    params: ({ event, context }: InReader<Answered>) => ({
      kind: 'batch' as const,
      ...shardNotice(context),
      ...countsIn(event.output),
    }),
  },
] as const;

interface Answered {
  readonly output: FetchOutcome;
}

/** From the iterator to the lane: iterating → reading ⇄ waiting | backoff | full | paused | probing → finished. */
export const fetchRegion = readerSetup.createStateConfig({
  initial: 'starting',
  states: {
    starting: { always: [{ guard: 'startsPaused', target: 'paused' }, { target: 'iterating' }] },
    iterating: {
      invoke: {
        id: 'openIterator',
        src: 'openIterator',
        input: ({ context }) => openInput(context),
        onDone: [
          {
            guard: answered('iterator'),
            target: 'opened',
            actions: assign(({ event }) =>
              event.output.kind === 'iterator'
                ? { iterator: event.output.iterator, attempt: 0 }
                : {},
            ),
          },
          {
            guard: answered('gone'),
            target: 'probing',
            actions: notFound,
          },
          {
            guard: answered('recreated'),
            target: '#reader.draining',
            actions: failAsAnswered,
          },
          {
            // a sequence number that the stream does not know: is it still the same stream?
            guard: named('rejected', ({ event }) => isRejected(event.output)),
            target: 'probing',
            actions: {
              type: 'probeFor',
              params: ({ context, event }) => ({
                reason: {
                  kind: 'rejected' as const,
                  ...failureIn(event.output),
                  at: isAnchored(openInput(context).from) ? 'position' : 'request',
                } as const,
              }),
            },
          },
          {
            guard: failedForGood,
            target: '#reader.draining',
            actions: failAsAnswered,
          },
          {
            target: 'backoff',
            actions: [
              { type: 'backOff', params: ({ event }) => retryIn(event.output) },
              { type: 'tellError', params: ({ event }) => failureIn(event.output) },
            ],
          },
        ],
        onError: brokenStep,
      },
    },
    opened: { always: [{ guard: 'isPaused', target: 'paused' }, { target: 'reading' }] },
    /** Not left before its answer: records that went into the lane unnoticed would be read twice. */
    reading: {
      invoke: {
        id: 'fetch',
        src: 'fetch',
        input: ({ context }) => fetchInput(context),
        onDone: [
          {
            guard: named('fetched the last', ({ event }) => isLastAnswer(event.output)),
            target: 'finished',
            actions: noteFetched,
          },
          {
            guard: labelled('fetched, isPaused', and([answered('fetched'), 'isPaused'])),
            target: 'paused',
            actions: noteFetched,
          },
          {
            guard: answered('fetched'),
            target: 'waiting',
            actions: noteFetched,
          },
          { guard: answered('withdrawn'), target: 'opened' },
          {
            guard: answered('expired'),
            target: 'iterating',
            actions: assign({ iterator: null }),
          },
          {
            guard: answered('gone'),
            target: 'probing',
            actions: notFound,
          },
          {
            // an iterator that Kinesis has not given out: is it still the same stream?
            guard: named('rejected', ({ event }) => isRejected(event.output)),
            target: 'probing',
            actions: {
              type: 'probeFor',
              params: ({ event }) => ({
                reason: {
                  kind: 'rejected' as const,
                  ...failureIn(event.output),
                  at: 'request' as const,
                },
              }),
            },
          },
          {
            guard: failedForGood,
            target: '#reader.draining',
            actions: failAsAnswered,
          },
          {
            target: 'backoff',
            actions: [
              { type: 'backOff', params: ({ event }) => retryIn(event.output) },
              { type: 'tellError', params: ({ event }) => failureIn(event.output) },
            ],
          },
        ],
        onError: brokenStep,
      },
    },
    waiting: {
      after: { pace: [{ guard: 'hasAhead', target: 'full' }, { target: 'reading' }] },
      on: { PAUSE: 'paused' },
    },
    backoff: {
      always: { guard: 'isPaused', target: 'paused' },
      after: { pace: [{ guard: 'hasIterator', target: 'reading' }, { target: 'iterating' }] },
      on: { PAUSE: 'paused' },
    },
    /** One batch is ahead of the handler. */
    full: {
      always: { guard: 'noneAhead', target: 'reading' },
      on: { PAUSE: 'paused' },
    },
    paused: {
      on: {
        RESUME: [
          { guard: 'hasAhead', target: 'full' },
          { guard: 'hasIterator', target: 'reading' },
          { target: 'iterating' },
        ],
      },
    },
    /** Kinesis does not find the shard: is it lapsed, or the stream gone? */
    probing: {
      invoke: {
        id: 'probe',
        src: 'probe',
        input: ({ context }) => probeInput(context),
        onDone: [
          {
            guard: answered('lapsed'),
            target: 'finished',
            actions: [
              assign({ endsBecause: 'lapsed', iterator: null }),
              { type: 'tellError', params: ({ event }) => ({ error: event.output.error }) },
            ],
          },
          {
            guard: answered('recreated', 'rejected'),
            target: '#reader.draining',
            actions: failAsAnswered,
          },
          {
            target: 'backoff',
            actions: [
              { type: 'backOff', params: ({ event }) => retryIn(event.output) },
              { type: 'tellStanding', params: ({ event }) => ({ error: event.output.error }) },
              assign({ iterator: null, told: ({ event }) => event.output.error.message }),
            ],
          },
        ],
        onError: brokenStep,
      },
    },
    finished: {},
  },
});
