/** A shard reader between states: context, answers of its steps and events, for its tables and its graph. */
import { NOT_STARTED, positionOf } from '../../../src/machines/rules/positions.ts';
import {
  shardReaderMachine,
  type ReaderEvent,
  type ReaderInput,
} from '../../../src/machines/shard-reader.ts';
import type { ReaderContext } from '../../../src/machines/shard-reader/setup.ts';
import { CREATED_AT_MS, ME, STREAM, errorOf, failure, shardId } from '../group.ts';
import { Bench, done, type SamplesOf } from '../harness.ts';

export const input: ReaderInput = {
  key: `${STREAM}/${shardId(0)}`,
  shard: { stream: STREAM, shardId: shardId(0) },
  session: ME.id,
  fence: 3,
  position: NOT_STARTED,
  start: { kind: 'trimHorizon' },
  streamCreatedAtMs: CREATED_AT_MS,
  mode: 'open',
};
export const p1 = positionOf('1', null);
export const p9 = positionOf('9', null);
export const bench = new Bench(shardReaderMachine, input);

export const context: ReaderContext = {
  ...input,
  iterator: 'iterator-1',
  fetchedThrough: p1,
  attempt: 0,
  writeAttempt: 0,
  delayMs: 250,
  writeDelayMs: 0,
  ahead: 0,
  emptyReads: 0,
  lastBytes: 0,
  millisBehindLatest: null,
  answeredMs: null,
  probeReason: { kind: 'notFound' },
  childShardIds: [],
  endsBecause: 'closed',
  lostTo: 'fence',
  commitResult: 'clean',
  sinceCommit: 'untouched',
  failure: null,
  told: null,
};

/** All regions of a reader at work, in states that answer little; the deliveries are on. */
export const active = (more: object = {}) => ({
  active: { fetch: 'waiting', deliver: 'delivering', position: 'clean', mode: 'open', ...more },
});

export const samples: SamplesOf<ReaderEvent> = {
  DRAIN: { type: 'DRAIN' },
  ABORT: { type: 'ABORT', ...errorOf('StreamRecreated') },
  PAUSE: { type: 'PAUSE' },
  RESUME: { type: 'RESUME' },
  COMMIT: { type: 'COMMIT' },
  DIRTIED: { type: 'DIRTIED' },
};

export const fetched = (more: object = {}) =>
  done('fetch', {
    kind: 'fetched',
    records: 2,
    bytes: 200,
    millisBehindLatest: 0,
    nextIterator: 'iterator-2',
    through: p9,
    childShardIds: [],
    nextInMs: 200,
    answeredMs: 77,
    ...more,
  });

/** A step's failure with the pace of the next try. */
export const failed = (id: string, kind: 'unanswered' | 'throttled' | 'failed') =>
  done(id, { ...failure(kind), retryInMs: 40, remains: 'dirty' });
