/**
 * From the plan to the shards: keeps what it owns, gives back what it shall not, asks for what it shall.
 * Holds one shard-reader actor per owned shard.
 *
 *   staying ─┬ settled      sure ⇄ unsure
 *            └ rebalancing ─┬ revoking   idle → lingering → draining → idle
 *                           └ acquiring  idle → asking → (more | resting) → asking … → idle
 *   leaving → left
 *
 * In:  TARGET {view} · STREAM_FAULT · COMMIT · PAUSE · RESUME · DRAIN_ALL · READER_FAILING · READER_DONE (from the
 *      readers)
 * Out: SHARD_ENDED · STREAM_FAULT · FATAL · DRAINED to the parent, and notices
 */
import { assign } from 'xstate';
import { KinesumerError } from '../errors.ts';
import {
  askInput,
  assignmentSetup,
  chosen,
  endReason,
  nextToDrain,
  noticesOfAnswers,
  readerId,
  ownedOf,
  rebalanceNotices,
  shardEndNotice,
  type AssignmentContext,
} from './assignment/setup.ts';
import { answered } from './guards.ts';
import { NOTHING_OWNED, shardOf } from './rules/ownership.ts';
import { ASK_AGAIN_MS } from './steps/acquire.ts';
import type { GroupView } from './steps/poll.ts';

export type { AssignmentEvent, AssignmentInput, AssignmentReport } from './assignment/setup.ts';

const takeTarget = [
  {
    type: 'notifyAll',
    params: ({ context, event }: Targeted) => ({ notices: rebalanceNotices(context, event.view) }),
  },
  { type: 'takeView', params: ({ event }: Targeted) => ({ view: event.view }) },
] as const;

interface Targeted {
  readonly context: AssignmentContext;
  readonly event: { readonly view: GroupView };
}

/** The reader is gone: told, forgotten, and taken off the children before it can be taken for a live one. */
const dismiss = (state: 'staying' | 'leaving') =>
  assignmentSetup.enqueueActions(({ enqueue, event }) => {
    if (event.type !== 'READER_DONE') return;
    const { key, fence, outcome } = event;
    enqueue({ type: 'forget', params: event });
    enqueue.stopChild(readerId(key, fence));
    enqueue({
      type: 'notifyAll',
      params: { notices: [shardEndNotice(key, fence, endReason(outcome, state))] },
    });
    if (outcome.kind === 'ended') {
      const { stream } = shardOf(key);
      enqueue({
        type: 'report',
        params: { type: 'SHARD_ENDED', stream, childShardIds: outcome.childShardIds },
      });
    }
  });

/** Nothing waits for what the reader still writes: the store may not answer for long. */
const giveUp = assignmentSetup.enqueueActions(({ enqueue, context, event }) => {
  if (event.type !== 'READER_FAILING') return;
  const { key, error } = event;
  const { stream } = shardOf(key);
  // its handler would be given the same records again while the rest of the client drains
  enqueue({ type: 'bar', params: { name: key } });
  if (error.code !== 'StreamRecreated') {
    enqueue({ type: 'report', params: { type: 'FATAL', error } });
  } else if (!context.barred.includes(stream)) {
    // nothing of that stream may be read; the others go on
    enqueue({ type: 'report', params: { type: 'STREAM_FAULT', stream, error } });
  }
});

const drainSome = [
  {
    type: 'sendReaders',
    params: ({ context }: { readonly context: AssignmentContext }) => ({
      keys: nextToDrain(context),
      event: 'DRAIN' as const,
    }),
  },
  {
    type: 'markDraining',
    params: ({ context }: { readonly context: AssignmentContext }) => ({
      keys: nextToDrain(context),
    }),
  },
] as const;

export const assignmentMachine = assignmentSetup.createMachine({
  id: 'assignment',
  context: ({ input }) => ({
    ...input,
    own: NOTHING_OWNED,
    generation: 0,
    maps: {},
    barred: [],
    turn: [],
    againInMs: 0,
    throttled: 0,
  }),
  on: {
    COMMIT: {
      actions: {
        type: 'sendReaders',
        params: ({ context }) => ({ keys: Object.keys(context.own.owned), event: 'COMMIT' }),
      },
    },
    PAUSE: {
      actions: [
        {
          type: 'sendReaders',
          params: ({ context, event }) => ({ keys: chosen(context, event.shards), event: 'PAUSE' }),
        },
        {
          type: 'takeMode',
          params: ({ event }) => ({ shards: event.shards, mode: 'paused' as const }),
        },
      ],
    },
    RESUME: {
      actions: [
        {
          type: 'sendReaders',
          params: ({ context, event }) => ({
            keys: chosen(context, event.shards),
            event: 'RESUME',
          }),
        },
        {
          type: 'takeMode',
          params: ({ event }) => ({ shards: event.shards, mode: 'open' as const }),
        },
      ],
    },
  },
  initial: 'staying',
  states: {
    staying: {
      initial: 'settled',
      on: {
        TARGET: { actions: takeTarget },
        STREAM_FAULT: {
          actions: [
            {
              type: 'abortReaders',
              params: ({ context, event }) => ({
                keys: ownedOf(context, event.stream),
                error: event.error,
              }),
            },
            { type: 'bar', params: ({ event }) => ({ name: event.stream }) },
          ],
        },
        READER_FAILING: { actions: giveUp },
        READER_DONE: { actions: dismiss('staying') },
        DRAIN_ALL: 'leaving',
      },
      states: {
        settled: {
          always: { guard: 'isUnsettled', target: 'rebalancing' },
          initial: 'sure',
          states: {
            sure: { always: { guard: 'hasEnded', target: 'unsure' } },
            /** The plan in hand names shards that ended: one without them is due. */
            unsure: {
              always: { guard: 'hasNoneEnded', target: 'sure' },
              after: { askEnded: { actions: 'askForEnded' } },
            },
          },
        },
        rebalancing: {
          type: 'parallel',
          always: { guard: 'isSettled', target: 'settled' },
          states: {
            revoking: {
              initial: 'idle',
              states: {
                idle: { always: { guard: 'hasLingering', target: 'lingering' } },
                /** Reading goes on until the taker has surely seen the plan. */
                lingering: { after: { linger: 'draining' } },
                draining: {
                  entry: drainSome,
                  always: { guard: 'hasNoLingering', target: 'idle' },
                  after: { 0: { target: 'draining', reenter: true } },
                },
              },
            },
            acquiring: {
              initial: 'idle',
              states: {
                idle: { always: { guard: 'hasPending', target: 'asking' } },
                asking: {
                  invoke: {
                    id: 'ask',
                    src: 'ask',
                    input: askInput,
                    onDone: [
                      {
                        guard: answered('asked'),
                        target: 'asked',
                        actions: [
                          {
                            type: 'notifyAll',
                            params: ({ context, event }) => ({
                              notices: noticesOfAnswers(context, event.output),
                            }),
                          },
                          {
                            type: 'reportRefused',
                            params: ({ event }) => ({ outcome: event.output }),
                          },
                          {
                            type: 'takeAnswers',
                            params: ({ event }) => ({ outcome: event.output }),
                          },
                        ],
                      },
                      {
                        target: 'resting',
                        actions: [
                          {
                            type: 'notifyAll',
                            params: ({ context, event }) => ({
                              notices: noticesOfAnswers(context, event.output),
                            }),
                          },
                          {
                            type: 'reportRefused',
                            params: ({ event }) => ({ outcome: event.output }),
                          },
                          { type: 'takePace', params: ({ event }) => ({ outcome: event.output }) },
                        ],
                      },
                    ],
                    onError: {
                      target: 'resting',
                      actions: [
                        assign({ againInMs: ASK_AGAIN_MS }),
                        {
                          type: 'report',
                          params: ({ event }) => ({
                            type: 'FATAL' as const,
                            error: new KinesumerError('InvariantBroken', 'An acquire threw', {
                              cause: event.error,
                            }),
                          }),
                        },
                      ],
                    },
                  },
                },
                asked: {
                  always: [
                    { guard: 'hasTurn', target: 'more' },
                    { guard: 'hasPending', target: 'resting' },
                    { target: 'idle' },
                  ],
                },
                /** The event loop turns once between two chunks. */
                more: { after: { 0: 'asking' } },
                resting: {
                  always: { guard: 'isHeldUp', target: 'asking' },
                  after: { askAgain: { target: 'asking', actions: 'startTurn' } },
                },
              },
            },
          },
        },
      },
    },
    leaving: {
      entry: 'wantNothing',
      initial: 'draining',
      on: {
        READER_FAILING: { actions: giveUp },
        READER_DONE: { actions: dismiss('leaving') },
      },
      always: { guard: 'ownsNothing', target: 'left' },
      states: {
        draining: {
          entry: drainSome,
          always: { guard: 'hasNoLingering', target: 'drained' },
          after: { 0: { target: 'draining', reenter: true } },
        },
        drained: {},
      },
    },
    left: { entry: { type: 'report', params: { type: 'DRAINED' } } },
  },
});
