/**
 * Follower or leader. The compare-and-set of the head is the election: whoever publishes, leads.
 *
 *   look   polling ⇄ resting
 *   duty ─┬ follower ─ campaigning{ waiting → claiming }
 *         ├ leader ─┬ leadership  confirmed ⇄ contested
 *         │         ├ progress    going ⇄ failing
 *         │         ├ planning    rounding → (debouncing →) publishing → spacing | resting → rounding …
 *         │         └ tidying     waiting → tidying → resting | pausing → tidying …
 *         └ retiring{ deciding → watching ⇄ handingOver → retired | alone }
 *
 * In:  BEAT {sentMonotonicMs} · STREAMS {streams} · RETIRE · LOOK (something changed: look now)
 * Out: WORKED · VIEW {view} · RETIRED · FATAL to the parent, and notices
 */
import { assign } from 'xstate';
import { answered } from './guards.ts';
import { leaderStates } from './role/leader-states.ts';
import {
  tellAnswer,
  tellBroken,
  pollInput,
  publishInput,
  roleSetup,
  type RoleContext,
} from './role/setup.ts';
import { withBeat } from './rules/own-beats.ts';
import { EMPTY_LEDGER } from './rules/session-expiry.ts';
import { NO_VIEW } from './steps/poll.ts';
import { NO_MEMORY } from './steps/round.ts';

export type { RoleEvent, RoleInput, RoleReport } from './role/setup.ts';

const FIRST_PACE_MS = 1_000;

const worked = { type: 'report', params: { type: 'WORKED' } } as const;
const reportView = {
  type: 'report',
  params: ({ context }: { readonly context: RoleContext }) => ({
    type: 'VIEW' as const,
    view: context.view,
  }),
} as const;

export const roleMachine = roleSetup.createMachine({
  id: 'role',
  context: ({ input }) => ({
    ...input,
    view: NO_VIEW,
    ledger: EMPTY_LEDGER,
    memory: NO_MEMORY,
    // a first look that throws names no pace
    nextInMs: FIRST_PACE_MS,
    campaignInMs: 0,
    tidyTold: [],
    roundInMs: FIRST_PACE_MS,
  }),
  type: 'parallel',
  on: {
    BEAT: {
      actions: assign({
        beats: ({ context, event }) =>
          withBeat(context.beats, event.sentMonotonicMs, context.timings),
      }),
    },
    STREAMS: {
      actions: assign(({ event, context }) => ({
        streams: event.streams,
        // a new object, so that a poll on its way with the old list is not taken
        view: { ...context.view },
      })),
    },
  },
  states: {
    look: {
      initial: 'polling',
      states: {
        polling: {
          invoke: {
            id: 'poll',
            src: 'poll',
            input: pollInput,
            onDone: [
              // the view moved while this poll was on its way (own publish): what it says is old
              {
                guard: {
                  type: 'isStale',
                  params: ({ event }) => ({ outcome: event.output }),
                },
                target: 'polling',
                reenter: true,
              },
              {
                guard: answered('polled'),
                target: 'resting',
                actions: [
                  { type: 'takePoll', params: ({ event }) => ({ outcome: event.output }) },
                  ...tellAnswer,
                  { type: 'raiseSeen', params: ({ event }) => ({ outcome: event.output }) },
                ],
              },
              {
                target: 'resting',
                actions: [
                  { type: 'takeRetryPace', params: ({ event }) => ({ outcome: event.output }) },
                  ...tellAnswer,
                ],
              },
            ],
            onError: { target: 'resting', actions: tellBroken },
          },
        },
        resting: {
          after: { pollPeriod: 'polling' },
          on: { LOOK: 'polling' },
        },
      },
    },
    duty: {
      initial: 'follower',
      states: {
        follower: {
          on: {
            SEEN: [
              { guard: { type: 'sees', params: { leader: ['me'] } }, target: 'leader' },
              {
                guard: { type: 'sees', params: { leader: ['none'] } },
                target: 'campaigning.claiming',
                actions: worked,
              },
              {
                guard: { type: 'sees', params: { leader: ['silent', 'absent', 'planGone'] } },
                target: 'campaigning',
                actions: worked,
              },
              { actions: worked },
            ],
            RETIRE: 'retiring',
          },
        },
        campaigning: {
          initial: 'waiting',
          states: {
            /** Each in its turn, so that not all followers publish at once. */
            waiting: {
              after: { campaignDelay: 'claiming' },
              on: {
                SEEN: [
                  {
                    guard: { type: 'sees', params: { leader: ['me'] } },
                    target: '#role.duty.leader',
                  },
                  {
                    guard: { type: 'sees', params: { leader: ['alive'] } },
                    target: '#role.duty.follower',
                    actions: worked,
                  },
                  { actions: worked },
                ],
              },
            },
            claiming: {
              invoke: {
                id: 'claim',
                src: 'publish',
                input: publishInput('takeover'),
                onDone: [
                  {
                    guard: answered('published'),
                    target: '#role.duty.leader',
                    actions: [
                      { type: 'takePublished', params: ({ event }) => ({ outcome: event.output }) },
                      ...tellAnswer,
                      reportView,
                    ],
                  },
                  {
                    // somebody was faster, or the store did not answer: the head says which
                    target: '#role.duty.follower',
                    actions: [
                      ...tellAnswer,
                      { type: 'lookAgain', params: ({ event }) => ({ outcome: event.output }) },
                    ],
                  },
                ],
                onError: {
                  target: '#role.duty.follower',
                  actions: tellBroken,
                },
              },
              on: { SEEN: { actions: worked } },
            },
          },
          on: { RETIRE: 'retiring' },
        },
        leader: leaderStates,
        retiring: {
          initial: 'deciding',
          states: {
            handingOver: {
              invoke: {
                id: 'handOver',
                src: 'publish',
                input: publishInput('handover'),
                onDone: [
                  {
                    guard: answered('published'),
                    target: 'retired',
                    actions: [
                      { type: 'takePublished', params: ({ event }) => ({ outcome: event.output }) },
                      reportView,
                    ],
                  },
                  {
                    guard: answered('noCause'),
                    target: 'alone',
                    actions: [...tellAnswer],
                  },
                  {
                    target: 'watching',
                    actions: [...tellAnswer],
                  },
                ],
                onError: {
                  target: 'watching',
                  actions: tellBroken,
                },
              },
              on: { SEEN: { actions: worked } },
            },
            /** Never planned: there is nothing to wait for. */
            deciding: {
              always: [{ guard: 'isUnplanned', target: 'alone' }, { target: 'watching' }],
            },
            watching: {
              on: {
                SEEN: [
                  { guard: 'isUnplanned', target: 'retired', actions: worked },
                  {
                    // nobody else makes the generation without this client
                    guard: {
                      type: 'sees',
                      params: { leader: ['me', 'silent', 'absent', 'planGone', 'none'] },
                    },
                    target: 'handingOver',
                  },
                  { actions: worked },
                ],
              },
            },
            retired: {
              entry: { type: 'report', params: { type: 'RETIRED', successors: 'planned' } },
              on: { SEEN: { actions: worked } },
            },
            /** Nobody is there to take over. */
            alone: {
              entry: { type: 'report', params: { type: 'RETIRED', successors: 'none' } },
              on: { SEEN: { actions: worked } },
            },
          },
        },
      },
    },
  },
});
