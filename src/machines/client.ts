/**
 * One consumption of one client, from the registration to the end.
 *
 *   registering{ preparing → joining → resting → … }
 *        │ first heartbeat answered                                session lost
 *        ▼                                                  ┌─────────────────────┐
 *   active ─┬ membership · role · assignment · survey (child machines)            │
 *           ├ commits   ticking | byHand                                          │
 *           ├ streams   steady ⇄ changing                                         │
 *           └ duty      serving → draining{ announcing → lingering | aborting → releasing → deleting }
 *                                              │                                  │
 *   stopped | failed  ◄────────────────────────┘            registering ◄─────────┘
 *
 * In:  CLOSE · REFRESH {streams} · PAUSE · RESUME, and the reports of the child machines
 * Out: notices; done with the failure or null
 */
import { assign } from 'xstate';
import { drainingStates } from './client/draining.ts';
import { registeringStates } from './client/registering.ts';
import { brokenError, clientSetup, type ClientContext } from './client/setup.ts';
import { answered } from './guards.ts';
import { beatsFrom } from './rules/own-beats.ts';
import { NO_VIEW } from './steps/poll.ts';
import { streamsHashOf } from './steps/membership.ts';

export type { ClientEvent, ClientInput, CloseRequest, RefreshOutcome } from './client/setup.ts';

const joinedOf = (context: ClientContext) => {
  const { joined } = context;
  if (joined === null) throw brokenError(new Error('active without a session'));
  return joined;
};

export const clientMachine = clientSetup.createMachine({
  id: 'client',
  context: ({ input }) => ({
    ...input,
    session: null,
    registrations: 0,
    attempt: 0,
    retryInMs: 0,
    joined: null,
    view: NO_VIEW,
    endedCount: 0,
    faulty: {},
    close: null,
    failure: null,
    nextStreams: input.streams,
  }),
  output: ({ context }) => ({ failure: context.failure }),
  initial: 'registering',
  states: {
    registering: registeringStates,
    /** Closed while registering: the item goes again. */
    withdrawing: {
      invoke: {
        id: 'withdraw',
        src: 'leave',
        input: ({ context }) => joinedOf(context).session,
        onDone: 'ending',
        onError: 'ending',
      },
    },
    active: {
      type: 'parallel',
      entry: {
        type: 'notify',
        params: ({ context }) => ({
          kind: 'ready' as const,
          session: joinedOf(context).session.id,
        }),
      },
      invoke: [
        {
          id: 'membership',
          src: 'membership',
          input: ({ context }) => ({
            session: joinedOf(context).session,
            ownNonces: context.ownNonces,
            acknowledged: joinedOf(context).rv,
            nextInMs: joinedOf(context).nextInMs,
            fields: {
              state: 'active' as const,
              streamsHash: streamsHashOf(context.streams),
              endedCount: context.endedCount,
            },
          }),
        },
        {
          id: 'assignment',
          src: 'assignment',
          input: ({ context }) => ({ session: joinedOf(context).session, mode: context.mode }),
        },
        {
          id: 'survey',
          src: 'survey',
          input: () => ({ streams: [] }),
        },
        {
          id: 'role',
          src: 'role',
          input: ({ context }) => ({
            session: joinedOf(context).session,
            timings: context.timings,
            streams: context.streams,
            beats: beatsFrom(joinedOf(context).sentMonotonicMs),
          }),
        },
      ],
      on: {
        BEAT: {
          actions: [
            { type: 'extendGate', params: ({ event }) => event },
            { type: 'passBeat', params: ({ event }) => event },
          ],
        },
        WORKED: { actions: 'tellWorked' },
        VIEW: { actions: { type: 'takeView', params: ({ event }) => ({ view: event.view }) } },
        MAP_CHANGED: { actions: ['countEnded', 'hurryEnded', 'look'] },
        MAP_LISTED: { actions: { type: 'tellUnplanned', params: ({ event }) => event } },
        SHARD_ENDED: {
          actions: [
            'countEnded',
            'hurryEnded',
            'look',
            { type: 'surveyUnknown', params: ({ event }) => event },
          ],
        },
        STREAM_FAULT: {
          actions: [
            { type: 'passOn', params: ({ event }) => ({ event }) },
            {
              type: 'notify',
              params: ({ event }) => ({ kind: 'error' as const, error: event.error }),
            },
            { type: 'noteFaulty', params: ({ event }) => event },
            'endWithoutStreams',
          ],
        },
        PAUSE: {
          actions: [
            { type: 'takeMode', params: ({ event }) => ({ event }) },
            { type: 'passOn', params: ({ event }) => ({ event }) },
          ],
        },
        RESUME: {
          actions: [
            { type: 'takeMode', params: ({ event }) => ({ event }) },
            { type: 'passOn', params: ({ event }) => ({ event }) },
          ],
        },
        SESSION_LOST: {
          target: 'registering',
          actions: [
            { type: 'tellShardsEnded', params: { reason: 'lost' } },
            { type: 'cutDelivery', params: ({ event }) => ({ error: event.error }) },
            // a change of streams on its way did not reach the group
            'keepStreams',
            {
              type: 'refreshed',
              params: ({ event }) => ({
                outcome: { kind: 'refused' as const, error: event.error },
              }),
            },
            {
              type: 'notify',
              params: ({ event }) => ({ kind: 'error' as const, error: event.error }),
            },
          ],
        },
        SESSION_REPLACED: {
          target: 'failed',
          actions: [
            { type: 'tellShardsEnded', params: { reason: 'lost' } },
            { type: 'cutDelivery', params: ({ event }) => ({ error: event.error }) },
            { type: 'fail', params: ({ event }) => ({ error: event.error }) },
          ],
        },
      },
      states: {
        commits: {
          initial: 'deciding',
          states: {
            deciding: {
              always: [{ guard: 'commitsByItself', target: 'ticking' }, { target: 'byHand' }],
            },
            ticking: {
              after: {
                commitInterval: { target: 'ticking', reenter: true, actions: 'commitAll' },
              },
            },
            byHand: {},
          },
        },
        streams: {
          initial: 'deciding',
          states: {
            /** Asked for while there was no session. */
            deciding: {
              always: [{ guard: 'hasNextStreams', target: 'changing' }, { target: 'steady' }],
            },
            steady: {
              on: {
                REFRESH: {
                  target: 'changing',
                  actions: assign({ nextStreams: ({ event }) => event.streams }),
                },
              },
            },
            changing: {
              invoke: {
                id: 'refresh',
                src: 'refresh',
                input: ({ context }) => ({ streams: context.nextStreams }),
                onDone: [
                  {
                    guard: answered('refreshed'),
                    target: 'steady',
                    actions: [
                      'takeStreams',
                      'endWithoutStreams',
                      { type: 'refreshed', params: ({ event }) => ({ outcome: event.output }) },
                    ],
                  },
                  {
                    target: 'steady',
                    actions: [
                      'keepStreams',
                      { type: 'refreshed', params: ({ event }) => ({ outcome: event.output }) },
                    ],
                  },
                ],
                onError: {
                  target: 'steady',
                  actions: [
                    'keepStreams',
                    {
                      type: 'refreshed',
                      params: ({ event }) => ({
                        outcome: { kind: 'refused' as const, error: brokenError(event.error) },
                      }),
                    },
                  ],
                },
              },
              on: {
                // the newest list wins
                REFRESH: {
                  target: 'changing',
                  reenter: true,
                  actions: assign({ nextStreams: ({ event }) => event.streams }),
                },
              },
            },
          },
        },
        duty: {
          initial: 'serving',
          states: {
            serving: {
              on: {
                CLOSE: {
                  target: 'draining',
                  actions: {
                    type: 'takeClose',
                    params: ({ event }) => ({ request: event.request }),
                  },
                },
                FATAL: {
                  target: 'draining',
                  actions: [
                    { type: 'failFirst', params: ({ event }) => ({ error: event.error }) },
                    'closeByItself',
                  ],
                },
              },
            },
            draining: drainingStates,
          },
        },
      },
    },
    ending: { always: [{ guard: 'hasFailed', target: 'failed' }, { target: 'stopped' }] },
    stopped: { type: 'final' },
    failed: { type: 'final' },
  },
});
