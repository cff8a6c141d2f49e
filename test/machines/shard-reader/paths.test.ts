import { expect, it } from 'vitest';
import type { AnyMachineSnapshot, EventObject } from 'xstate';
import { shardReaderMachine } from '../../../src/machines/shard-reader.ts';
import { notTaken, walk } from '../exploration.ts';
import { errorOf, failure } from '../group.ts';
import { after, done, threw } from '../harness.ts';
import { bench, failed, fetched, input, samples } from './reader-world.ts';

const FETCH = 'reader.active.fetch';
const failing = (id: string): EventObject[] => [
  failed(id, 'unanswered'),
  failed(id, 'failed'),
  threw(id),
];
const outcomes = (id: string, ...kinds: readonly string[]): EventObject[] =>
  kinds.map((kind) =>
    done(id, { kind, position: 'p', remains: 'clean', ...errorOf('DataLapsed') }),
  );

const reading: EventObject[] = [
  done('openIterator', { kind: 'iterator', iterator: 'iterator-1' }),
  done('openIterator', { kind: 'gone' }),
  done('openIterator', { kind: 'recreated', ...errorOf('StreamRecreated') }),
  done('openIterator', { ...failure('failed'), ...errorOf('StreamRejected') }),
  ...failing('openIterator'),
  fetched(),
  fetched({ records: 0, through: null }),
  fetched({ nextIterator: null }),
  ...outcomes('fetch', 'withdrawn', 'expired', 'gone'),
  ...failing('fetch'),
  done('fetch', { ...failure('failed'), ...errorOf('StreamRejected') }),
  after('pace', `${FETCH}.waiting`),
  after('pace', `${FETCH}.backoff`),
  done('probe', { kind: 'lapsed', ...errorOf('DataLapsed') }),
  done('probe', { kind: 'unclear', ...errorOf('StreamMissing'), retryInMs: 1 }),
  done('probe', { kind: 'recreated', ...errorOf('StreamRecreated') }),
  threw('probe'),
  ...outcomes('deliver', 'delivered', 'interrupted', 'failed'),
  threw('deliver'),
  done('settled', 'settled'),
  done('settled', 'unsettled'),
  threw('settled'),
  samples.PAUSE,
  samples.RESUME,
];

const committing: EventObject[] = [
  samples.COMMIT,
  samples.DIRTIED,
  ...outcomes('commit', 'applied', 'nothingToCommit', 'lost', 'foreign'),
  done('commit', { kind: 'applied', remains: 'dirty' }),
  ...failing('commit'),
  ...['active', 'draining'].flatMap((place) => [
    after('commitTimeout', `reader.${place}.position.writing`),
    after('writePace', `reader.${place}.position.writing.retrying`),
  ]),
];

const leaving: EventObject[] = [
  samples.DRAIN,
  samples.ABORT,
  ...outcomes('drain', 'delivered', 'failed'),
  threw('drain'),
  after('drainTimeout', 'reader.draining'),
  ...outcomes('release', 'applied', 'foreign'),
  ...failing('release'),
  after('writePace', 'reader.releasing.resting'),
  ...outcomes('end', 'applied', 'lost', 'foreign'),
  ...failing('end'),
  after('writePace', 'reader.ending.resting'),
];

const key = (context: AnyMachineSnapshot['context']) => [
  Math.min(context.ahead, 2),
  context.iterator !== null,
  context.failure !== null,
  context.commitResult,
  context.sinceCommit,
];
/** The lane holds one batch ahead at most: the reader asks for no more. */
const likely =
  (events: readonly EventObject[]) =>
  (state: AnyMachineSnapshot): readonly EventObject[] =>
    state.context.ahead > 1 ? events.filter(({ type }) => !type.includes('fetch')) : events;

it('every transition of the reader is taken on some way through', () => {
  // the two are told apart, or each way of the one would be walked for each of the other
  const reads = walk({ bench, input, events: likely([...reading, ...leaving]), key });
  const fewReads = reading.filter(({ type }) => /openIterator|fetch|settled|deliver/.test(type));
  const commits = walk({
    bench,
    input,
    events: likely([
      ...fewReads.filter((event) => !JSON.stringify(event).includes('failure')),
      ...committing,
      ...leaving,
    ]),
    key,
  });
  const pausedFirst = walk({
    bench,
    input: { ...input, mode: 'paused' },
    events: () => [samples.RESUME],
    key,
  });
  expect(notTaken(shardReaderMachine, reads, commits, pausedFirst)).toEqual([
    // one definition serves both places; only a reader that begins to drain can find a commit on its way
    'reader.active.position.dirty · always #1 → reader.active.position.writing',
  ]);
});
