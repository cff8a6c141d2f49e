import { assign } from 'xstate';
import { KinesumerError } from '../../errors.ts';
import { brokenStep, failureIn, readerSetup, retryIn, writeInput } from './setup.ts';

/** Whether the store knows what the handler completed. One commit in flight per shard. */
const regionAt = (
  path: '#reader.active.position' | '#reader.draining.position',
  initial: 'clean' | 'dirty',
) =>
  readerSetup.createStateConfig({
    initial,
    states: {
      clean: { on: { DIRTIED: 'dirty' } },
      dirty: { on: { COMMIT: 'writing' } },
      /** Until it is answered: what the handler completed must reach the store. */
      writing: {
        initial: 'committing',
        after: {
          commitTimeout: {
            actions: {
              type: 'tellError',
              params: ({ context }) => ({
                error: new KinesumerError(
                  'CommitFailed',
                  `${context.shard.shardId}: a commit was not answered in time; it is tried again`,
                  context.shard,
                ),
              }),
            },
          },
        },
        states: {
          committing: {
            entry: assign({ commitResult: 'pending' }),
            initial: 'once',
            states: {
              once: {
                on: { COMMIT: 'again' },
                always: [
                  { guard: 'allCommitted', target: `${path}.clean` },
                  { guard: 'moreToCommit', target: `${path}.dirty` },
                ],
              },
              /** Asked for while one was on its way: what was completed meanwhile follows at once. */
              again: {
                always: [
                  { guard: 'allCommitted', target: `${path}.clean` },
                  {
                    guard: 'moreToCommit',
                    target: `${path}.writing.committing`,
                    reenter: true,
                  },
                ],
              },
            },
            invoke: {
              id: 'commit',
              src: 'commit',
              input: ({ context }) => writeInput(context),
              onDone: [
                {
                  guard: ({ event }) => event.output.kind === 'nothingToCommit',
                  actions: assign({ commitResult: 'clean' }),
                },
                {
                  guard: ({ event }) => event.output.kind === 'applied',
                  actions: assign(({ event }) => ({
                    writeAttempt: 0,
                    commitResult: event.output.kind === 'applied' ? event.output.remains : 'clean',
                  })),
                },
                {
                  guard: ({ event }) => event.output.kind === 'lost',
                  target: '#reader.lost',
                  actions: { type: 'lose', params: { to: 'fence' } },
                },
                {
                  guard: ({ event }) => event.output.kind === 'foreign',
                  target: '#reader.lost',
                  actions: { type: 'lose', params: { to: 'foreign' } },
                },
                {
                  guard: ({ event }) =>
                    event.output.kind === 'failure' && event.output.failure === 'failed',
                  target: '#reader.draining',
                  actions: { type: 'fail', params: ({ event }) => failureIn(event.output) },
                },
                {
                  target: 'retrying',
                  actions: [
                    { type: 'backOffWrite', params: ({ event }) => retryIn(event.output) },
                    { type: 'tellError', params: ({ event }) => failureIn(event.output) },
                  ],
                },
              ],
              onError: brokenStep,
            },
          },
          retrying: { after: { writePace: 'committing' } },
        },
      },
    },
  });

export const positionRegion = regionAt('#reader.active.position', 'clean');

/** Goes on while a handler finishes: it may wait for its own commit. */
export const positionRegionWhileDraining = regionAt('#reader.draining.position', 'dirty');
