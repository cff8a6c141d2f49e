import { describe } from 'vitest';
import type { StateValueFrom } from 'xstate';
import type { shardReaderMachine } from '../../../src/machines/shard-reader.ts';
import { failedFor } from '../group.ts';
import { after, done, ignored, testRegion, threw, type Leaf, type Under } from '../harness.ts';
import { active, bench, context, failed, samples } from './reader-world.ts';

type Value = StateValueFrom<typeof shardReaderMachine>;

const commit = (kind: string, remains: 'clean' | 'dirty') =>
  done('commit', { kind, position: 'p', remains });

/** The same region twice: at work, and while the last handler finishes. */
const places = [
  {
    name: 'the position of a reader',
    region: ['active', 'position'],
    beside: active(),
    refused: { to: '#draining', starts: ['drain'] },
  },
  {
    name: 'the position of a draining reader',
    region: ['draining', 'position'],
    beside: { draining: { handler: 'finishing', position: 'clean' } },
    // the drain goes on under the timeout that it has
    refused: { to: 'clean', starts: [] },
  },
] as const;

describe.each(places)('$name', ({ region, beside, refused }) => {
  const path = `reader.${region.join('.')}`;
  const events = {
    DIRTIED: { event: samples.DIRTIED },
    COMMIT: { event: samples.COMMIT },
    'commit: nothing to commit': { event: done('commit', { kind: 'nothingToCommit' }) },
    'commit: applied': { event: commit('applied', 'clean') },
    'commit: applied, more was completed': { event: commit('applied', 'dirty') },
    'commit: applied, and dirtied right after': {
      event: commit('applied', 'clean'),
      context: { sinceCommit: 'dirtied' as const },
    },
    'commit: lost': { event: commit('lost', 'dirty') },
    'commit: foreign': { event: commit('foreign', 'dirty') },
    'commit: unanswered': { event: failed('commit', 'unanswered') },
    'commit: throttled': { event: failed('commit', 'throttled') },
    'commit: refused for good': { event: failed('commit', 'failed') },
    'commit: threw': { event: threw('commit') },
    'time to try again': { event: after('writePace', `${path}.writing.retrying`) },
    'the commit timeout is over': { event: after('commitTimeout', `${path}.writing`) },
  } as const;
  type State = Leaf<Under<Under<Value, 'active'>, 'position'>>;

  const noCommit = {
    'commit: nothing to commit': ignored,
    'commit: applied': ignored,
    'commit: applied, more was completed': ignored,
    'commit: applied, and dirtied right after': ignored,
    'commit: lost': ignored,
    'commit: foreign': ignored,
    'commit: unanswered': ignored,
    'commit: throttled': ignored,
    'commit: refused for good': ignored,
    'commit: threw': ignored,
  } as const;
  const told = ['tellError CommitFailed'] as const;
  const retry = {
    to: 'writing.retrying',
    told: ['tellError StoreUnanswered'],
    context: { writeAttempt: 1, writeDelayMs: 40 },
    starts: [`after xstate.after.writePace.${path}.writing.retrying`],
  } as const;
  const over = {
    'commit: lost': {
      to: '#lost',
      told: ['abortLane CommitLost', 'tellLoss', 'parent READER_DONE lost'],
      context: { lostTo: 'fence' },
    },
    'commit: foreign': {
      to: '#lost',
      told: ['abortLane ForeignWrite', 'tellLoss', 'parent READER_DONE lost'],
      context: { lostTo: 'foreign' },
    },
    'commit: unanswered': retry,
    'commit: throttled': retry,
    'commit: refused for good': { ...refused, context: failedFor('AccessDenied') },
    'commit: threw': { ...refused, context: failedFor('InvariantBroken') },
  } as const;
  const write = {
    to: 'writing.committing.once',
    starts: ['commit'],
    context: { commitResult: 'pending', sinceCommit: 'untouched' },
  } as const;

  testRegion<typeof shardReaderMachine, State, keyof typeof events>({
    bench,
    region,
    beside,
    context,
    contexts: {
      'writing.committing.once': { commitResult: 'pending' },
      'writing.committing.again': { commitResult: 'pending' },
      'writing.retrying': { commitResult: 'pending' },
    },
    samples,
    above: [
      'DRAIN',
      'ABORT',
      'xstate.error.actor.deliver',
      'xstate.done.actor.drain',
      'xstate.error.actor.drain',
      'xstate.after.drainTimeout.reader.draining',
      'xstate.done.actor.deliver',
    ],
    events,
    rows: {
      clean: {
        ...noCommit,
        DIRTIED: 'dirty',
        COMMIT: ignored,
        'time to try again': ignored,
        'the commit timeout is over': ignored,
      },
      dirty: {
        ...noCommit,
        DIRTIED: ignored,
        COMMIT: {
          ...write,
          starts: ['commit', `after xstate.after.commitTimeout.${path}.writing`],
        },
        'time to try again': ignored,
        'the commit timeout is over': ignored,
      },
      'writing.committing.once': {
        ...over,
        DIRTIED: { to: 'writing.committing.once', context: { sinceCommit: 'dirtied' }, told: [] },
        COMMIT: { to: 'writing.committing.again', told: [] },
        'commit: nothing to commit': { to: 'clean', told: [] },
        'commit: applied': { to: 'clean', context: { writeAttempt: 0 } },
        'commit: applied, more was completed': { to: 'dirty', told: [] },
        // the lane tells each change once
        'commit: applied, and dirtied right after': { to: 'dirty', told: [] },
        'time to try again': ignored,
        'the commit timeout is over': { to: 'writing.committing.once', told },
      },
      'writing.committing.again': {
        ...over,
        DIRTIED: { to: 'writing.committing.again', context: { sinceCommit: 'dirtied' } },
        COMMIT: ignored,
        'commit: nothing to commit': 'clean',
        'commit: applied': 'clean',
        'commit: applied, more was completed': write,
        'commit: applied, and dirtied right after': write,
        'time to try again': ignored,
        'the commit timeout is over': { to: 'writing.committing.again', told },
      },
      'writing.retrying': {
        ...noCommit,
        DIRTIED: ignored,
        COMMIT: ignored,
        'time to try again': write,
        'the commit timeout is over': { to: 'writing.retrying', told },
      },
    },
  });
});
