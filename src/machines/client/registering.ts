import { assign } from 'xstate';
import { brokenError, clientSetup, registerInput } from './setup.ts';
import { answered, failedForGood, named } from '../guards.ts';

const failedWith = {
  type: 'fail',
  params: ({ event }: { readonly event: { readonly output: unknown } }) => ({
    error: brokenError(
      typeof event.output === 'object' && event.output !== null && 'error' in event.output
        ? event.output.error
        : event.output,
    ),
  }),
} as const;

const tellRetry = {
  type: 'notify',
  params: ({ event }: { readonly event: { readonly output: unknown } }) => ({
    kind: 'error' as const,
    error: failedWith.params({ event }).error,
  }),
} as const;

const broken = {
  type: 'fail',
  params: ({ event }: { readonly event: { readonly error?: unknown } }) => ({
    error: brokenError(event.error),
  }),
} as const;

/** preparing → joining → active; resting between two tries. */
export const registeringStates = clientSetup.createStateConfig({
  initial: 'preparing',
  on: {
    PAUSE: { actions: { type: 'takeMode', params: ({ event }) => ({ event }) } },
    RESUME: { actions: { type: 'takeMode', params: ({ event }) => ({ event }) } },
    // prepared and told once there is a session
    REFRESH: { actions: assign({ nextStreams: ({ event }) => event.streams }) },
  },
  states: {
    /** Each stream has a map and the group's start in the table. */
    preparing: {
      invoke: {
        id: 'prepare',
        src: 'prepare',
        input: ({ context }) => ({ streams: context.streams, attempt: context.attempt }),
        onDone: [
          { guard: answered('prepared'), target: 'joining' },
          {
            guard: named(
              'unusable, at first',
              ({ event, context }) =>
                event.output.kind === 'unusable' && context.registrations === 0,
            ),
            target: '#client.failed',
            actions: failedWith,
          },
          {
            // it was consumed before: the other streams go on
            guard: named(
              'unusable or notYet, once registered',
              ({ event, context }) =>
                event.output.kind === 'unusable' ||
                (event.output.kind === 'notYet' && context.registrations > 0),
            ),
            target: 'joining',
            actions: tellRetry,
          },
          {
            guard: failedForGood,
            target: '#client.failed',
            actions: failedWith,
          },
          {
            target: 'resting',
            actions: [
              assign(({ context, event }) => ({
                attempt: context.attempt + 1,
                retryInMs: 'retryInMs' in event.output ? event.output.retryInMs : 0,
              })),
              tellRetry,
            ],
          },
        ],
        onError: { target: '#client.failed', actions: broken },
      },
      on: {
        CLOSE: {
          target: '#client.ending',
          actions: { type: 'takeClose', params: ({ event }) => ({ request: event.request }) },
        },
      },
    },
    joining: {
      invoke: {
        id: 'register',
        src: 'register',
        input: registerInput,
        onDone: [
          {
            // the item of before is replaced by now: it keeps the place as that one did
            guard: named(
              'registered, closing, stays',
              ({ event, context }) =>
                event.output.kind === 'registered' && context.close?.place === 'stay',
            ),
            target: '#client.ending',
            actions: {
              type: 'takeRegistered',
              params: ({ event }) => ({ outcome: event.output }),
            },
          },
          {
            guard: named(
              'registered, closing',
              ({ event, context }) => event.output.kind === 'registered' && context.close !== null,
            ),
            target: '#client.withdrawing',
            actions: {
              type: 'takeRegistered',
              params: ({ event }) => ({ outcome: event.output }),
            },
          },
          {
            guard: answered('registered'),
            target: '#client.active',
            actions: [
              { type: 'takeRegistered', params: ({ event }) => ({ outcome: event.output }) },
              {
                type: 'extendGate',
                params: ({ event }) => ({
                  sentMonotonicMs:
                    event.output.kind === 'registered' ? event.output.sentMonotonicMs : 0,
                  sentWallMs: event.output.kind === 'registered' ? event.output.sentWallMs : 0,
                }),
              },
            ],
          },
          {
            guard: answered('replaced'),
            target: '#client.failed',
            actions: failedWith,
          },
          {
            guard: failedForGood,
            target: '#client.failed',
            actions: failedWith,
          },
          { guard: 'isClosing', target: '#client.ending' },
          {
            target: 'resting',
            actions: [
              { type: 'takeTried', params: ({ event }) => ({ outcome: event.output }) },
              tellRetry,
            ],
          },
        ],
        onError: { target: '#client.failed', actions: broken },
      },
      // the item may stand by now: the answer is waited for, then taken back
      on: {
        CLOSE: {
          actions: { type: 'takeClose', params: ({ event }) => ({ request: event.request }) },
        },
      },
    },
    resting: {
      after: { retry: 'preparing' },
      on: {
        CLOSE: {
          target: '#client.ending',
          actions: { type: 'takeClose', params: ({ event }) => ({ request: event.request }) },
        },
      },
    },
  },
});
