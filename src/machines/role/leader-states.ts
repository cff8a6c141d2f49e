import {
  tellAnswer,
  tellBroken,
  tellTidied,
  publishInput,
  roleSetup,
  roundInput,
  tidyInput,
  type RoleContext,
} from './setup.ts';
import { answered, named } from '../guards.ts';

const worked = { type: 'report', params: { type: 'WORKED' } } as const;
const finished = [worked, 'raiseFinished'] as const;

/**
 * Who is there, what ended, and is that a cause; beside it, whether the head still names this session, whether the work
 * gets on, and once a day what can be thrown away.
 */
export const leaderStates = roleSetup.createStateConfig({
  type: 'parallel',
  entry: {
    type: 'notify',
    params: ({ context }: { readonly context: RoleContext }) => ({
      kind: 'leader' as const,
      session: context.session.id,
      generation: context.view.head?.generation ?? 0,
    }),
  },
  on: {
    RETIRE: '#role.duty.retiring.handingOver',
    SEEN: [
      {
        guard: { type: 'sees', params: { leader: ['alive', 'silent', 'absent', 'planGone'] } },
        target: '#role.duty.follower',
      },
      {
        guard: { type: 'sees', params: { leader: ['none'] } },
        target: '#role.duty.campaigning.claiming',
      },
    ],
  },
  states: {
    leadership: {
      initial: 'confirmed',
      states: {
        confirmed: { on: { CONTESTED: 'contested' } },
        /** A publish was not answered: the next look at the head says whose it is. */
        contested: {
          on: {
            SEEN: { guard: { type: 'sees', params: { leader: ['me'] } }, target: 'confirmed' },
          },
        },
      },
    },
    /** A round and its publish may take longer than the TTL where the table is slow, and yet get on. */
    progress: {
      initial: 'going',
      states: {
        going: {
          on: {
            SEEN: { guard: { type: 'sees', params: { leader: ['me'] } }, actions: worked },
            FAILED: 'failing',
          },
        },
        /** Only what is finished counts: who cannot round or publish shall fall silent. */
        failing: { on: { FINISHED: 'going' } },
      },
    },
    planning: {
      initial: 'rounding',
      states: {
        rounding: {
          invoke: {
            id: 'round',
            src: 'round',
            input: roundInput,
            onDone: [
              {
                guard: answered('failure'),
                target: 'resting',
                actions: [
                  { type: 'takeRound', params: ({ event }) => ({ outcome: event.output }) },
                  ...tellAnswer,
                  'raiseFailed',
                ],
              },
              {
                guard: named(
                  'cause: urgent',
                  ({ event }) => event.output.kind === 'rounded' && event.output.cause === 'urgent',
                ),
                target: 'publishing',
                actions: [
                  { type: 'takeRound', params: ({ event }) => ({ outcome: event.output }) },
                  ...tellAnswer,
                ],
              },
              {
                guard: named(
                  'cause: join',
                  ({ event }) => event.output.kind === 'rounded' && event.output.cause === 'join',
                ),
                target: 'debouncing',
                actions: [
                  { type: 'takeRound', params: ({ event }) => ({ outcome: event.output }) },
                  ...tellAnswer,
                ],
              },
              {
                target: 'resting',
                actions: [
                  { type: 'takeRound', params: ({ event }) => ({ outcome: event.output }) },
                  ...tellAnswer,
                  ...finished,
                ],
              },
            ],
            onError: { target: 'resting', actions: tellBroken },
          },
        },
        /** A deployment brings many joins: one generation for all of them. */
        debouncing: { after: { joinDebounce: 'publishing' } },
        // the round is finished once its generation stands
        publishing: {
          invoke: {
            id: 'publish',
            src: 'publish',
            input: publishInput('lead'),
            onDone: [
              {
                guard: answered('published'),
                target: 'spacing',
                actions: [
                  { type: 'takePublished', params: ({ event }) => ({ outcome: event.output }) },
                  {
                    type: 'report',
                    params: ({ context }) => ({ type: 'VIEW' as const, view: context.view }),
                  },
                  ...finished,
                ],
              },
              {
                guard: answered('failure'),
                target: 'resting',
                actions: [...tellAnswer, 'raiseContested', 'raiseFailed'],
              },
              {
                target: 'resting',
                actions: [
                  { type: 'takePublished', params: ({ event }) => ({ outcome: event.output }) },
                  ...finished,
                ],
              },
            ],
            onError: { target: 'resting', actions: tellBroken },
          },
        },
        /** At least one poll between two generations: the members shall see each. */
        spacing: { after: { pollPeriod: 'rounding' } },
        resting: { after: { roundPeriod: 'rounding' }, on: { LOOK: 'rounding' } },
      },
    },
    /** Beside the planning and no part of its work: nobody waits for it, and it proves nothing of the leader. */
    tidying: {
      initial: 'waiting',
      states: {
        /** A group that starts, or that loses one leader after the other, has better things to do. */
        waiting: { after: { firstTidy: 'tidying' } },
        tidying: {
          invoke: {
            id: 'tidy',
            src: 'tidy',
            input: tidyInput,
            onDone: [
              {
                guard: answered('tidied'),
                target: 'resting',
                actions: [...tellTidied],
              },
              { target: 'pausing', actions: [...tellTidied] },
            ],
            onError: { target: 'resting', actions: tellBroken },
          },
        },
        resting: { after: { tidyPeriod: 'tidying' } },
        /** A day later the table would have the same busy hour again. */
        pausing: { after: { tidyAgain: 'tidying' } },
      },
    },
  },
});
