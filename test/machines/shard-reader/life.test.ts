import { describe } from 'vitest';
import type { StateValueFrom } from 'xstate';
import type { ErrorCode } from '../../../src/errors.ts';
import type { shardReaderMachine } from '../../../src/machines/shard-reader.ts';
import type { ReaderContext } from '../../../src/machines/shard-reader/setup.ts';
import { errorOf, failedFor } from '../group.ts';
import { after, done, ignored, testRegion, threw, type Leaf, type Under } from '../harness.ts';
import { active, bench, context, failed, samples } from './reader-world.ts';

type Value = StateValueFrom<typeof shardReaderMachine>;

describe('the mode of a reader', () => {
  const events = { PAUSE: { event: samples.PAUSE }, RESUME: { event: samples.RESUME } } as const;
  testRegion<
    typeof shardReaderMachine,
    Exclude<Leaf<Under<Under<Value, 'active'>, 'mode'>>, 'starting'>,
    keyof typeof events
  >({
    bench,
    region: ['active', 'mode'],
    beside: active({ fetch: 'finished' }),
    context,
    samples,
    above: ['DRAIN', 'ABORT', 'xstate.error.actor.deliver', 'xstate.done.actor.deliver'],
    events,
    rows: {
      open: { PAUSE: { to: 'paused', told: [] }, RESUME: ignored },
      paused: { PAUSE: ignored, RESUME: { to: 'open', told: [] } },
    },
  });
});

describe('the life of a reader', () => {
  const answered = (id: string, kind: string) => ({ event: done(id, { kind, position: 'p' }) });
  const hadFailed: Partial<ReaderContext> = { failure: errorOf('HandlerFailed').error };
  const events = {
    DRAIN: { event: samples.DRAIN },
    'DRAIN, a commit on its way': {
      event: samples.DRAIN,
      context: { commitResult: 'pending' as const },
    },
    ABORT: { event: samples.ABORT },
    PAUSE: { event: samples.PAUSE },
    RESUME: { event: samples.RESUME },
    COMMIT: { event: samples.COMMIT },
    DIRTIED: { event: samples.DIRTIED },
    'drain: delivered': { event: done('drain', { kind: 'delivered' }) },
    'drain: interrupted': { event: done('drain', { kind: 'interrupted' }) },
    'drain: failed': {
      event: done('drain', { kind: 'failed', ...errorOf('HandlerFailed') }),
    },
    'drain: threw': { event: threw('drain') },
    'the drain timeout is over': { event: after('drainTimeout', 'reader.draining') },
    'release: applied': answered('release', 'applied'),
    'release: applied, after a failure': {
      ...answered('release', 'applied'),
      context: hadFailed,
    },
    'release: lost': answered('release', 'lost'),
    'release: foreign': answered('release', 'foreign'),
    'release: unanswered': { event: failed('release', 'unanswered') },
    'release: refused for good': { event: failed('release', 'failed') },
    'release: threw': { event: threw('release') },
    'time to release again': { event: after('writePace', 'reader.releasing.resting') },
    'end: applied': answered('end', 'applied'),
    'end: lost': answered('end', 'lost'),
    'end: foreign': answered('end', 'foreign'),
    'end: unanswered': { event: failed('end', 'unanswered') },
    'end: refused for good': { event: failed('end', 'failed') },
    'end: threw': { event: threw('end') },
    'time to end again': { event: after('writePace', 'reader.ending.resting') },
  } as const;
  type State =
    | Exclude<Leaf<Value>, `active.${string}` | `draining.${string}` | 'releasing.written'>
    | 'active'
    | 'draining';

  const noDrain = {
    'drain: delivered': ignored,
    'drain: interrupted': ignored,
    'drain: failed': ignored,
    'drain: threw': ignored,
    'the drain timeout is over': ignored,
  } as const;
  const noRelease = {
    'release: applied': ignored,
    'release: applied, after a failure': ignored,
    'release: lost': ignored,
    'release: foreign': ignored,
    'release: unanswered': ignored,
    'release: refused for good': ignored,
    'release: threw': ignored,
    'time to release again': ignored,
  } as const;
  const noEnd = {
    'end: applied': ignored,
    'end: lost': ignored,
    'end: foreign': ignored,
    'end: unanswered': ignored,
    'end: refused for good': ignored,
    'end: threw': ignored,
    'time to end again': ignored,
  } as const;
  const noWork = {
    DRAIN: ignored,
    'DRAIN, a commit on its way': ignored,
    PAUSE: ignored,
    RESUME: ignored,
    COMMIT: ignored,
    DIRTIED: ignored,
  } as const;
  const lost = (code: string) =>
    ({ to: 'lost', told: [`abortLane ${code}`, 'tellLoss', 'parent READER_DONE lost'] }) as const;
  const release = { to: 'releasing.writing', starts: ['release'] } as const;
  /** Taken from the handler and given back. */
  const cut = {
    ...release,
    told: ['cutLane StreamRecreated'],
    context: failedFor('StreamRecreated'),
  } as const;
  /** Told at once, whatever is still to be written. */
  const failing = (code: ErrorCode) =>
    ({ told: ['parent READER_FAILING'], context: failedFor(code) }) as const;
  const refused = (code: string) => ({
    to: 'failed',
    told: ['parent READER_FAILING', `abortLane ${code}`, 'parent READER_DONE failed'],
  });
  const over = (to: string, code = 'SessionLost') => ({
    to,
    told: [`abortLane ${code}`, `parent READER_DONE ${to}`],
  });
  const gone = { ...noWork, ...noDrain, ...noRelease, ...noEnd, ABORT: ignored } as const;

  testRegion<typeof shardReaderMachine, State, keyof typeof events>({
    bench,
    region: [],
    beside: {},
    values: {
      active: active(),
      draining: { draining: { handler: 'finishing', position: 'dirty' } },
    },
    context,
    samples,
    above: [
      'xstate.error.actor.deliver',
      'xstate.done.actor.deliver',
      'xstate.after.pace.reader.active.fetch.waiting',
    ],
    events,
    rows: {
      active: {
        ...noDrain,
        ...noRelease,
        ...noEnd,
        DRAIN: {
          to: 'draining',
          told: [],
          starts: ['drain', 'after xstate.after.drainTimeout.reader.draining'],
        },
        // it is waited for by a handler, maybe
        'DRAIN, a commit on its way': { to: 'draining', starts: ['drain', 'commit'] },
        ABORT: cut,
        PAUSE: 'active',
        RESUME: ignored,
        COMMIT: ignored,
        DIRTIED: 'active',
      },
      draining: {
        ...noRelease,
        ...noEnd,
        DRAIN: ignored,
        'DRAIN, a commit on its way': { to: 'draining', starts: ['commit'] },
        ABORT: cut,
        PAUSE: ignored,
        RESUME: ignored,
        COMMIT: { to: 'draining', starts: ['commit'] },
        DIRTIED: ignored,
        'drain: delivered': { ...release, context: { failure: null } },
        'drain: interrupted': { ...release, context: { failure: null } },
        'drain: failed': { ...release, ...failing('HandlerFailed') },
        'drain: threw': { ...release, ...failing('InvariantBroken') },
        'the drain timeout is over': {
          ...release,
          told: ['tellError DrainTimeout', 'cutLane DrainTimeout'],
          context: { failure: null },
        },
      },
      'releasing.writing': {
        ...noWork,
        ...noDrain,
        ...noEnd,
        // it writes its last word already
        ABORT: ignored,
        'release: applied': over('released'),
        'release: applied, after a failure': over('failed', 'HandlerFailed'),
        // it is not this client's any more: that is what a release is for
        'release: lost': over('released'),
        'release: foreign': {
          ...over('released'),
          told: ['tellError ForeignWrite', ...over('released').told],
        },
        'release: unanswered': {
          to: 'releasing.resting',
          told: ['tellError StoreUnanswered'],
          context: { writeAttempt: 1, writeDelayMs: 40 },
        },
        'release: refused for good': refused('AccessDenied'),
        'release: threw': refused('InvariantBroken'),
        'time to release again': ignored,
      },
      'releasing.resting': {
        ...noWork,
        ...noDrain,
        ...noRelease,
        ...noEnd,
        ABORT: ignored,
        'time to release again': release,
      },
      'ending.writing': {
        ...noWork,
        ...noDrain,
        ...noRelease,
        ABORT: ignored,
        'end: applied': over('ended'),
        'end: lost': lost('CommitLost'),
        'end: foreign': lost('ForeignWrite'),
        'end: unanswered': { to: 'ending.resting', told: ['tellError StoreUnanswered'] },
        'end: refused for good': { ...release, ...failing('AccessDenied') },
        'end: threw': { to: 'draining', ...failing('InvariantBroken') },
        'time to end again': ignored,
      },
      'ending.resting': {
        ...noWork,
        ...noDrain,
        ...noRelease,
        ...noEnd,
        ABORT: ignored,
        'time to end again': { to: 'ending.writing', starts: ['end'] },
      },
      // a final state: no event reaches it in a running reader
      released: gone,
      ended: gone,
      lost: gone,
      failed: gone,
    },
  });
});
