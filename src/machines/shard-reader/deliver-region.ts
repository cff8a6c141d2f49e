import { assign } from 'xstate';
import { brokenStep, failAsAnswered, laneName, readerSetup } from './setup.ts';
import { answered, named } from '../guards.ts';

/** From the lane to the user's code, one batch at a time; at the end of the shard until all is completed. */
export const deliverRegion = readerSetup.createStateConfig({
  initial: 'idle',
  states: {
    idle: {
      always: [
        { guard: 'hasAhead', target: 'delivering' },
        { guard: 'isReadToEnd', target: 'settling' },
      ],
    },
    delivering: {
      entry: assign({ ahead: ({ context }) => context.ahead - 1 }),
      invoke: {
        id: 'deliver',
        src: 'deliver',
        input: laneName,
        onDone: [
          {
            guard: answered('failed'),
            target: '#reader.releasing',
            actions: failAsAnswered,
          },
          { guard: answered('interrupted'), target: 'cut' },
          { target: 'idle' },
        ],
        onError: brokenStep,
      },
    },
    /** With manual marks the handler may be through and the last mark still to come. */
    settling: {
      invoke: {
        id: 'settled',
        src: 'settled',
        input: laneName,
        onDone: [
          { guard: named('settled', ({ event }) => event.output === 'settled'), target: 'settled' },
          { target: 'cut' },
        ],
        onError: brokenStep,
      },
    },
    /** All is completed: what is on its way to the store is let through, then the end is written. */
    settled: { always: { guard: 'noCommitPending', target: '#reader.ending' } },
    /** The lane was closed under the delivery: what it held was not seen, so that the shard has no end here. */
    cut: {},
  },
});
