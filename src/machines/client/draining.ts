import { clientSetup, closeTimeout, sessionOfContext } from './setup.ts';
import { answered, failedForGood, named } from '../guards.ts';

/** Told → the others know → shards given back → out of the table. Heartbeats go on all the while. */
export const drainingStates = clientSetup.createStateConfig({
  initial: 'deciding',
  on: {
    // the group has expelled this client already
    SESSION_LOST: {
      target: '#client.ending',
      actions: [
        { type: 'tellShardsEnded', params: { reason: 'lost' } },
        { type: 'cutDelivery', params: ({ event }) => ({ error: event.error }) },
      ],
    },
    // its successor is there already: this client was going anyway
    SESSION_REPLACED: {
      target: '#client.ending',
      actions: [
        { type: 'tellShardsEnded', params: { reason: 'lost' } },
        { type: 'cutDelivery', params: ({ event }) => ({ error: event.error }) },
      ],
    },
    FATAL: [
      {
        // it follows from the first one, and is told
        guard: 'hasFailed',
        actions: {
          type: 'notify',
          params: ({ event }) => ({ kind: 'error' as const, error: event.error }),
        },
      },
      { actions: { type: 'failFirst', params: ({ event }) => ({ error: event.error }) } },
    ],
    CLOSE: {
      guard: 'abortsFromNowOn',
      target: '.aborting',
      actions: { type: 'takeClose', params: ({ event }) => ({ request: event.request }) },
    },
  },
  after: {
    closeDeadline: {
      target: '#client.ending',
      actions: [
        { type: 'tellShardsEnded', params: { reason: 'shutdown' } },
        {
          type: 'cutDelivery',
          params: ({ context }) => ({ error: closeTimeout(context.clientId) }),
        },
      ],
    },
  },
  states: {
    deciding: {
      always: [
        { guard: 'aborts', target: 'aborting' },
        { guard: 'staysInGroup', target: 'releasing' },
        { target: 'announcing' },
      ],
    },
    announcing: {
      entry: ['hurryLeaving', 'retire'],
      on: {
        RETIRED: [
          {
            guard: named('no successors', ({ event }) => event.successors === 'none'),
            target: 'releasing',
          },
          { target: 'lingering' },
        ],
      },
      after: { farewell: 'releasing' },
    },
    /** Reading goes on until the takers have surely seen the plan. */
    lingering: { after: { linger: 'releasing' } },
    releasing: {
      entry: 'drainAll',
      on: {
        DRAINED: [{ guard: 'staysInGroup', target: '#client.ending' }, { target: 'deleting' }],
      },
    },
    /** Handlers are cut off; what they completed is still written, and the shards given back. */
    aborting: {
      entry: {
        type: 'cutHandlers',
        params: ({ context }) => ({ error: closeTimeout(context.clientId) }),
      },
      always: 'releasing',
    },
    deleting: {
      // every shard is given back: there is nothing to abort, and nothing more would be drained
      on: { CLOSE: {} },
      initial: 'writing',
      states: {
        writing: {
          invoke: {
            id: 'leave',
            src: 'leave',
            input: ({ context }) => sessionOfContext(context),
            onDone: [
              { guard: answered('left'), target: '#client.ending' },
              {
                guard: failedForGood,
                target: '#client.ending',
              },
              { target: 'resting' },
            ],
            onError: '#client.ending',
          },
        },
        resting: { after: { leaveRetry: 'writing' } },
      },
    },
  },
});
