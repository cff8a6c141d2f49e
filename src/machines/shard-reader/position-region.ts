import { assign } from 'xstate';
import { KinesumerError } from '../../errors.ts';
import {
  brokenStep,
  failAsAnswered,
  failureIn,
  readerSetup,
  retryIn,
  writeInput,
  type ReaderContext,
} from './setup.ts';
import { answered, failedForGood } from '../guards.ts';

const resultOf = (context: ReaderContext, remains: 'clean' | 'dirty'): 'clean' | 'dirty' =>
  context.sinceCommit === 'dirtied' ? 'dirty' : remains;

interface Place {
  readonly path: '#reader.active.position' | '#reader.draining.position';
  readonly initial: 'clean' | 'dirty';
  /** Where a refusal for good leads; a reader that drains already goes on with that, under the same timeout. */
  readonly afterRefusal: '#reader.draining' | '#reader.draining.position.clean';
}

/** Whether the store knows what the handler completed. One commit in flight per shard. */
const regionAt = ({ path, initial, afterRefusal }: Place) =>
  readerSetup.createStateConfig({
    initial,
    states: {
      clean: { on: { DIRTIED: 'dirty' } },
      dirty: {
        // asked for before the reader began to drain, and not answered yet
        always: { guard: 'isCommitPending', target: 'writing' },
        on: { COMMIT: 'writing' },
      },
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
            entry: assign({ commitResult: 'pending', sinceCommit: 'untouched' }),
            // the lane tells each change once: it must not be forgotten over an answer that came too early to know
            on: { DIRTIED: { actions: assign({ sinceCommit: 'dirtied' }) } },
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
                  guard: answered('nothingToCommit'),
                  actions: assign(({ context }) => ({ commitResult: resultOf(context, 'clean') })),
                },
                {
                  guard: answered('applied'),
                  actions: assign(({ context, event }) => ({
                    writeAttempt: 0,
                    commitResult: resultOf(
                      context,
                      event.output.kind === 'applied' ? event.output.remains : 'clean',
                    ),
                  })),
                },
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
                  target: afterRefusal,
                  actions: failAsAnswered,
                },
                {
                  target: 'retrying',
                  actions: [
                    { type: 'backOffWrite', params: ({ event }) => retryIn(event.output) },
                    { type: 'tellError', params: ({ event }) => failureIn(event.output) },
                  ],
                },
              ],
              onError: { ...brokenStep, target: afterRefusal },
            },
          },
          retrying: { after: { writePace: 'committing' } },
        },
      },
    },
  });

export const positionRegion = regionAt({
  path: '#reader.active.position',
  initial: 'clean',
  afterRefusal: '#reader.draining',
});

/** Goes on while a handler finishes: it may wait for its own commit. */
export const positionRegionWhileDraining = regionAt({
  path: '#reader.draining.position',
  initial: 'dirty',
  afterRefusal: '#reader.draining.position.clean',
});
