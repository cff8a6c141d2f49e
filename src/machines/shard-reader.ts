/**
 * One owned shard, from the acquire to the release. One actor per (stream, shard, fence).
 *
 *   active ─┬ fetch     iterating → reading ⇄ waiting | backoff | full | paused | probing → finished
 *           ├ deliver   idle → delivering → idle … settling → settled
 *           ├ position  clean → dirty → writing{ committing ⇄ retrying } → clean | dirty
 *           └ mode      open ⇄ paused
 *      │ DRAIN        │ read to its end, all completed   │ fence refused   │ handler threw, ABORT
 *      ▼              ▼                                  ▼                 ▼
 *   draining       ending → ended                       lost          releasing → failed
 *      └→ releasing → released
 *
 * In:  DRAIN · ABORT · PAUSE · RESUME · COMMIT · DIRTIED
 * Out: READER_FAILING {error} at once, READER_DONE {outcome} at the end, to the parent, and notices
 *
 * Records never pass through here: the fetch step puts them into the lane, the machine sees their number.
 */
import { KinesumerError } from '../errors.ts';
import { answered, failedForGood, failedForNow } from './guards.ts';
import { deliverRegion } from './shard-reader/deliver-region.ts';
import { fetchRegion } from './shard-reader/fetch-region.ts';
import { positionRegion, positionRegionWhileDraining } from './shard-reader/position-region.ts';
import {
  brokenStep,
  failAsAnswered,
  failBroken,
  failureIn,
  laneName,
  lostError,
  readerSetup,
  retryIn,
  writeInput,
  type ReaderContext,
  type ReaderDone,
  type ReaderOutcome,
} from './shard-reader/setup.ts';

export type {
  CommitOutcome,
  ReaderDone,
  ReaderFailing,
  ReaderEvent,
  ReaderInput,
  ReaderOutcome,
  WriteInput,
} from './shard-reader/setup.ts';

const done =
  (outcome: (context: ReaderContext) => ReaderOutcome) =>
  ({ context }: { readonly context: ReaderContext }): ReaderDone => ({
    type: 'READER_DONE',
    key: context.key,
    fence: context.fence,
    outcome: outcome(context),
  });

const drainTimeout = (context: ReaderContext): KinesumerError =>
  new KinesumerError(
    'DrainTimeout',
    `${context.shard.shardId}: a handler did not finish within the drain timeout`,
    context.shard,
  );

const aborted = (context: ReaderContext): KinesumerError =>
  context.failure ??
  new KinesumerError('SessionLost', `${context.shard.shardId} was taken from this client`, {
    ...context.shard,
  });

/** Taken from the handler and given back. A reader that writes its last word already goes on with that. */
const cutOff = {
  target: 'releasing',
  actions: [
    { type: 'fail', params: ({ event }: Aborting) => ({ error: event.error }) },
    { type: 'cutLane', params: ({ event }: Aborting) => ({ error: event.error }) },
  ],
} as const;

interface Aborting {
  readonly event: { readonly error: KinesumerError };
}

export const shardReaderMachine = readerSetup.createMachine({
  id: 'reader',
  context: ({ input }) => ({
    ...input,
    iterator: null,
    fetchedThrough: input.position,
    attempt: 0,
    writeAttempt: 0,
    delayMs: 0,
    writeDelayMs: 0,
    ahead: 0,
    emptyReads: 0,
    lastBytes: 0,
    millisBehindLatest: null,
    answeredMs: null,
    probeReason: { kind: 'notFound' },
    childShardIds: [],
    endsBecause: 'closed',
    lostTo: 'fence',
    commitResult: 'clean',
    sinceCommit: 'untouched',
    failure: null,
    told: null,
  }),
  entry: 'watchLane',
  initial: 'active',
  states: {
    active: {
      type: 'parallel',
      states: {
        fetch: fetchRegion,
        deliver: deliverRegion,
        position: positionRegion,
        mode: {
          initial: 'starting',
          states: {
            starting: { always: [{ guard: 'startsPaused', target: 'paused' }, { target: 'open' }] },
            open: { on: { PAUSE: 'paused' } },
            paused: { on: { RESUME: 'open' } },
          },
        },
      },
      on: { DRAIN: 'draining', ABORT: cutOff },
    },
    /** What is with the user's code finishes, its commits too; what was fetched ahead is dropped unseen. */
    draining: {
      type: 'parallel',
      states: {
        handler: {
          initial: 'finishing',
          states: {
            finishing: {
              invoke: {
                id: 'drain',
                src: 'drain',
                input: laneName,
                onDone: [
                  {
                    guard: answered('failed'),
                    target: '#reader.releasing',
                    actions: failAsAnswered,
                  },
                  { target: '#reader.releasing' },
                ],
                onError: { target: '#reader.releasing', actions: failBroken },
              },
            },
          },
        },
        position: positionRegionWhileDraining,
      },
      on: { ABORT: cutOff },
      after: {
        drainTimeout: {
          target: 'releasing',
          actions: [
            { type: 'tellError', params: ({ context }) => ({ error: drainTimeout(context) }) },
            { type: 'cutLane', params: ({ context }) => ({ error: drainTimeout(context) }) },
          ],
        },
      },
    },
    /** The last completed position and no owner, in one write, until it is answered. */
    releasing: {
      initial: 'writing',
      states: {
        writing: {
          invoke: {
            id: 'release',
            src: 'release',
            input: ({ context }) => writeInput(context),
            onDone: [
              {
                guard: failedForNow,
                target: 'resting',
                actions: [
                  { type: 'backOffWrite', params: ({ event }) => retryIn(event.output) },
                  { type: 'tellError', params: ({ event }) => failureIn(event.output) },
                ],
              },
              {
                guard: answered('failure'),
                target: '#reader.failed',
                actions: failAsAnswered,
              },
              {
                guard: answered('foreign'),
                target: 'written',
                actions: {
                  type: 'tellError',
                  params: ({ context }) => ({ error: lostError(context, 'foreign') }),
                },
              },
              { target: 'written' },
            ],
            onError: { target: '#reader.failed', actions: failBroken },
          },
        },
        resting: { after: { writePace: 'writing' } },
        written: {
          always: [
            { guard: 'hasFailed', target: '#reader.failed' },
            { target: '#reader.released' },
          ],
        },
      },
    },
    /** SHARD_END and no owner, in one write, until it is answered. */
    ending: {
      initial: 'writing',
      states: {
        writing: {
          invoke: {
            id: 'end',
            src: 'end',
            input: ({ context }) => writeInput(context),
            onDone: [
              { guard: answered('applied'), target: '#reader.ended' },
              {
                guard: answered('lost'),
                target: '#reader.lost',
                actions: { type: 'lose', params: { to: 'fence' } },
              },
              {
                guard: answered('foreign'),
                target: '#reader.lost',
                actions: { type: 'lose', params: { to: 'foreign' } },
              },
              {
                guard: failedForGood,
                target: '#reader.releasing',
                actions: failAsAnswered,
              },
              {
                target: 'resting',
                actions: [
                  { type: 'backOffWrite', params: ({ event }) => retryIn(event.output) },
                  { type: 'tellError', params: ({ event }) => failureIn(event.output) },
                ],
              },
            ],
            onError: brokenStep,
          },
        },
        resting: { after: { writePace: 'writing' } },
      },
    },
    released: {
      type: 'final',
      entry: [
        { type: 'abortLane', params: ({ context }) => ({ error: aborted(context) }) },
        { type: 'tellParent', params: done(() => ({ kind: 'released' })) },
      ],
    },
    ended: {
      type: 'final',
      entry: [
        { type: 'abortLane', params: ({ context }) => ({ error: aborted(context) }) },
        {
          type: 'tellParent',
          params: done((context) => ({
            kind: 'ended',
            why: context.endsBecause,
            childShardIds: context.childShardIds,
          })),
        },
      ],
    },
    lost: {
      type: 'final',
      entry: [
        { type: 'abortLane', params: ({ context }) => ({ error: aborted(context) }) },
        { type: 'tellLoss' },
        {
          type: 'tellParent',
          params: done((context) => ({ kind: 'lost', why: context.lostTo })),
        },
      ],
    },
    failed: {
      type: 'final',
      entry: [
        { type: 'abortLane', params: ({ context }) => ({ error: aborted(context) }) },
        {
          type: 'tellParent',
          params: done((context) => ({ kind: 'failed', error: aborted(context) })),
        },
      ],
    },
  },
});
