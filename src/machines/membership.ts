/**
 * The session's sign of life.
 *
 *   beat    resting → beating{ once | again } → resting … → lost | replaced
 *           resting → silent while the duty is stalled, and back with it
 *   duty    working —no WORKED for a TTL→ stalled → working
 *
 * In:  WORKED (the group was read, and led where that is ours) · HURRY {fields} (say this, at once)
 * Out: BEAT to the parent after each answered heartbeat · SESSION_LOST · SESSION_REPLACED · notices
 *
 * A client that cannot lead or follow falls silent, so that the others take over.
 */
import { assign, fromPromise, sendParent, setup, stateIn } from 'xstate';
import { KinesumerError } from '../errors.ts';
import { answered, failedForGood } from './guards.ts';
import type { Notice } from './notices.ts';
import type { HeartbeatFields } from './rules/writes.ts';
import type { HeartbeatInput, HeartbeatOutcome, Session } from './steps/membership.ts';

export interface MembershipContext extends MembershipInput {
  readonly answer: 'awaited' | 'heard';
}

export interface MembershipInput {
  readonly session: Session;
  readonly ownNonces: readonly string[];
  readonly acknowledged: number;
  readonly fields: HeartbeatFields;
  readonly nextInMs: number;
}

export type MembershipEvent =
  | { readonly type: 'WORKED' }
  | { readonly type: 'HURRY'; readonly fields: Partial<HeartbeatFields> };

export type MembershipReport =
  | {
      readonly type: 'BEAT';
      readonly sentMonotonicMs: number;
      readonly sentWallMs: number;
    }
  | { readonly type: 'SESSION_LOST'; readonly error: KinesumerError }
  | { readonly type: 'SESSION_REPLACED'; readonly error: KinesumerError }
  /** The store refuses heartbeats for good. */
  | { readonly type: 'FATAL'; readonly error: KinesumerError };

const membershipSetup = setup({
  types: {
    context: {} as MembershipContext,
    input: {} as MembershipInput,
    events: {} as MembershipEvent,
  },
  actors: {
    heartbeat: fromPromise<HeartbeatOutcome, HeartbeatInput>(() => {
      throw new Error('heartbeat is not provided');
    }),
  },
  actions: {
    notify: (_, _notice: Notice) => {},
    report: sendParent((_, report: MembershipReport) => report),
    takeFields: assign({
      fields: ({ context }, params: { readonly fields: Partial<HeartbeatFields> }) => ({
        ...context.fields,
        ...params.fields,
      }),
    }),
  },
  delays: {
    period: ({ context }) => context.nextInMs,
    dutyTtl: () => 0,
  },
  guards: {
    dutyStalled: stateIn({ duty: 'stalled' }),
    isHeard: ({ context }) => context.answer === 'heard',
  },
});

const hurry = {
  type: 'takeFields',
  params: ({ event }: Hurry) => ({ fields: event.fields }),
} as const;
interface Hurry {
  readonly event: { readonly fields: Partial<HeartbeatFields> };
}

const lostError = (clientId: string): KinesumerError =>
  new KinesumerError(
    'SessionLost',
    `${clientId} was expelled from its group: its heartbeats were not seen for the TTL. It registers anew`,
  );

/** A heartbeat that threw broke its contract: the client drains and leaves. */
const brokenBeat = (cause: unknown): KinesumerError =>
  cause instanceof KinesumerError
    ? cause
    : new KinesumerError('InvariantBroken', 'A heartbeat threw', { cause });

export const membershipMachine = membershipSetup.createMachine({
  id: 'membership',
  context: ({ input }) => ({ ...input, answer: 'awaited' }),
  type: 'parallel',
  states: {
    beat: {
      initial: 'resting',
      states: {
        resting: {
          after: {
            period: [{ guard: 'dutyStalled', target: 'silent' }, { target: 'beating' }],
          },
          on: { HURRY: { target: 'beating', actions: hurry } },
        },
        /** No heartbeat while the duty does not work: the group shall notice. */
        silent: { on: { WORKED: 'beating', HURRY: { actions: hurry } } },
        beating: {
          entry: assign({ answer: 'awaited' }),
          initial: 'once',
          states: {
            once: {
              always: { guard: 'isHeard', target: '#membership.beat.resting' },
              on: { HURRY: { target: 'again', actions: hurry } },
            },
            /** What is to be said changed while a heartbeat was on its way. */
            again: {
              always: { guard: 'isHeard', target: '#membership.beat.beating', reenter: true },
              on: { HURRY: { actions: hurry } },
            },
          },
          invoke: {
            id: 'heartbeat',
            src: 'heartbeat',
            input: ({ context }) => ({
              session: context.session,
              ownNonces: context.ownNonces,
              acknowledged: context.acknowledged,
              fields: context.fields,
            }),
            onDone: [
              {
                guard: answered('lost'),
                target: 'lost',
                actions: {
                  type: 'report',
                  params: ({ context }) => ({
                    type: 'SESSION_LOST' as const,
                    error: lostError(context.session.clientId),
                  }),
                },
              },
              {
                guard: answered('replaced'),
                target: 'lost',
                actions: {
                  type: 'report',
                  params: ({ event, context }) => ({
                    type: 'SESSION_REPLACED' as const,
                    error:
                      event.output.kind === 'replaced'
                        ? event.output.error
                        : lostError(context.session.clientId),
                  }),
                },
              },
              {
                guard: answered('beat'),
                actions: [
                  assign(({ event, context }) =>
                    event.output.kind === 'beat'
                      ? {
                          answer: 'heard',
                          acknowledged: Math.max(context.acknowledged, event.output.rv),
                          nextInMs: event.output.nextInMs,
                        }
                      : {},
                  ),
                  {
                    type: 'report',
                    params: ({ event }) => ({
                      type: 'BEAT' as const,
                      sentMonotonicMs:
                        event.output.kind === 'beat' ? event.output.sentMonotonicMs : 0,
                      sentWallMs: event.output.kind === 'beat' ? event.output.sentWallMs : 0,
                    }),
                  },
                ],
              },
              {
                guard: failedForGood,
                target: 'lost',
                actions: {
                  type: 'report',
                  params: ({ event, context }) => ({
                    type: 'FATAL' as const,
                    error:
                      event.output.kind === 'failure'
                        ? event.output.error
                        : lostError(context.session.clientId),
                  }),
                },
              },
              {
                actions: [
                  assign({
                    answer: 'heard',
                    nextInMs: ({ event, context }) =>
                      event.output.kind === 'failure' ? event.output.nextInMs : context.nextInMs,
                  }),
                  {
                    type: 'notify',
                    params: ({ event, context }) => ({
                      kind: 'error' as const,
                      error:
                        event.output.kind === 'failure'
                          ? event.output.error
                          : lostError(context.session.clientId),
                    }),
                  },
                ],
              },
            ],
            onError: {
              target: 'lost',
              actions: {
                type: 'report',
                params: ({ event }) => ({ type: 'FATAL' as const, error: brokenBeat(event.error) }),
              },
            },
          },
        },
        lost: {},
      },
    },
    duty: {
      initial: 'working',
      states: {
        working: {
          after: { dutyTtl: 'stalled' },
          on: { WORKED: { target: 'working', reenter: true } },
        },
        stalled: { on: { WORKED: 'working' } },
      },
    },
  },
});
