/** Types, stubs and names of the shard reader's chart; the regions are written against them. */
import { assign, fromPromise, sendParent, setup, stateIn } from 'xstate';
import { KinesumerError } from '../../errors.ts';
import type { Notice } from '../notices.ts';
import type { DeliverOutcome, ShardRef } from '../ports.ts';
import { resumeFrom, type StreamStart } from '../rules/positions.ts';
import type { CheckpointOutcome } from '../steps/checkpoint.ts';
import type {
  FetchInput,
  FetchOutcome,
  OpenInput,
  OpenOutcome,
  ProbeInput,
  ProbeOutcome,
  ProbeReason,
} from '../steps/read-shard.ts';

export interface ReaderInput {
  readonly key: string;
  readonly shard: ShardRef;
  readonly session: string;
  readonly fence: number;
  /** Committed position at the acquire. */
  readonly position: string;
  readonly start: StreamStart;
  /** When the stream of the map was created, ms since the epoch; null: not known. */
  readonly streamCreatedAtMs: number | null;
  readonly mode: 'open' | 'paused';
}

export type ReaderOutcome =
  | { readonly kind: 'released' }
  | {
      readonly kind: 'ended';
      readonly why: 'closed' | 'lapsed';
      readonly childShardIds: readonly string[];
    }
  | { readonly kind: 'lost'; readonly why: LostTo }
  | { readonly kind: 'failed'; readonly error: KinesumerError };

export interface ReaderDone {
  readonly type: 'READER_DONE';
  readonly key: string;
  readonly fence: number;
  readonly outcome: ReaderOutcome;
}

/** Told at once: the handler must not meet the next record, or the same one elsewhere, while the release is tried. */
export interface ReaderFailing {
  readonly type: 'READER_FAILING';
  readonly key: string;
  readonly error: KinesumerError;
}

export type ReaderEvent =
  | { readonly type: 'DRAIN' }
  | { readonly type: 'ABORT'; readonly error: KinesumerError }
  | { readonly type: 'PAUSE' }
  | { readonly type: 'RESUME' }
  | { readonly type: 'COMMIT' }
  | { readonly type: 'DIRTIED' };

/** Names the lane of a reader. */
export interface LaneName {
  readonly shard: ShardRef;
  readonly fence: number;
}

/** What the commit, release and end actors are given; the lane knows the position. */
export interface WriteInput {
  readonly shard: ShardRef;
  readonly session: string;
  readonly fence: number;
  readonly attempt: number;
}

/** A commit's outcome and whether the handler meanwhile completed more. */
export type CommitOutcome =
  | { readonly kind: 'nothingToCommit' }
  | (CheckpointOutcome & { readonly remains: 'clean' | 'dirty' });

export interface ReaderContext extends ReaderInput {
  readonly iterator: string | null;
  /** Where a new iterator goes on: behind the last record fetched, delivered or not. */
  readonly fetchedThrough: string;
  readonly attempt: number;
  readonly writeAttempt: number;
  readonly delayMs: number;
  readonly writeDelayMs: number;
  /** Batches in the lane that no delivery has taken yet. */
  readonly ahead: number;
  readonly emptyReads: number;
  readonly lastBytes: number;
  /** null: not known yet. */
  readonly millisBehindLatest: number | null;
  /** When the last answer came, on the monotonic clock; null: none did. */
  readonly answeredMs: number | null;
  /** Why Kinesis is asked what became of the shard. */
  readonly probeReason: ProbeReason;
  readonly childShardIds: readonly string[];
  readonly endsBecause: 'closed' | 'lapsed';
  readonly lostTo: LostTo;
  readonly commitResult: 'pending' | 'clean' | 'dirty';
  /** Whether the lane told of a change while a commit was on its way. */
  readonly sinceCommit: 'untouched' | 'dirtied';
  readonly failure: KinesumerError | null;
  /** The problem that was told last and still stands; null: none. */
  readonly told: string | null;
}

export type LostTo = 'fence' | 'foreign';

const notProvided = (name: string) => (): never => {
  throw new Error(`${name} is not provided`);
};

export const openInput = (context: ReaderContext): OpenInput => ({
  shard: context.shard,
  from: resumeFrom(context.fetchedThrough, context.start),
  attempt: context.attempt,
  streamCreatedAtMs: context.streamCreatedAtMs,
});

export const fetchInput = (context: ReaderContext): FetchInput => ({
  shard: context.shard,
  fence: context.fence,
  iterator: context.iterator ?? '',
  attempt: context.attempt,
  emptyReads: context.emptyReads,
  lastBytes: context.lastBytes,
  millisBehindLatest: context.millisBehindLatest,
  answeredMs: context.answeredMs,
});

export const writeInput = (context: ReaderContext): WriteInput => ({
  shard: context.shard,
  session: context.session,
  fence: context.fence,
  attempt: context.writeAttempt,
});

export const probeInput = (context: ReaderContext): ProbeInput => ({
  shard: context.shard,
  reason: context.probeReason,
  streamCreatedAtMs: context.streamCreatedAtMs,
});

export const laneName = ({ context }: { readonly context: ReaderContext }): LaneName => ({
  shard: context.shard,
  fence: context.fence,
});

export const shardNotice = (
  context: ReaderContext,
): { readonly shard: ShardRef; readonly fence: number } => ({
  shard: context.shard,
  fence: context.fence,
});

// ---------------------------------------------------------------- out of a step's answer

type Answer =
  | { readonly kind: 'failure'; readonly error: KinesumerError; readonly retryInMs: number }
  | { readonly kind: 'failed'; readonly error: KinesumerError }
  | { readonly kind: string };

const impossible = (answer: Answer): KinesumerError =>
  new KinesumerError('InvariantBroken', `No failure in an answer of kind ${answer.kind}`);

export const failureIn = (answer: Answer): { readonly error: KinesumerError } => ({
  error: 'error' in answer ? answer.error : impossible(answer),
});

export const retryIn = (answer: Answer): { readonly retryInMs: number } => ({
  retryInMs: 'retryInMs' in answer ? answer.retryInMs : 0,
});

export const countsIn = (
  answer: FetchOutcome,
): { readonly records: number; readonly bytes: number; readonly millisBehindLatest: number } =>
  answer.kind === 'fetched'
    ? {
        records: answer.records,
        bytes: answer.bytes,
        millisBehindLatest: answer.millisBehindLatest,
      }
    : { records: 0, bytes: 0, millisBehindLatest: 0 };

export interface InReader<Event> {
  readonly context: ReaderContext;
  readonly event: Event;
}

/** Keeps the failure, and tells the client of it at once. */
const failBecause = <Event>(errorIn: (event: Event) => KinesumerError) =>
  [
    { type: 'fail', params: ({ event }: InReader<Event>) => ({ error: errorIn(event) }) },
    {
      type: 'tellParent',
      params: ({ context, event }: InReader<Event>) => ({
        type: 'READER_FAILING' as const,
        key: context.key,
        error: errorIn(event),
      }),
    },
  ] as const;

/** A step answered that it failed for good. */
export const failAsAnswered = failBecause(
  (event: { readonly output: Answer }) => failureIn(event.output).error,
);

/** A step that threw broke its contract: the shard is given back and the client told. */
export const failBroken = failBecause((event: { readonly error?: unknown }) =>
  event.error instanceof KinesumerError
    ? event.error
    : new KinesumerError('InvariantBroken', 'A step of a shard reader threw', {
        cause: event.error,
      }),
);

export const brokenStep = { target: '#reader.draining', actions: failBroken } as const;

export const lostError = (context: ReaderContext, to: LostTo): KinesumerError =>
  to === 'foreign'
    ? new KinesumerError(
        'ForeignWrite',
        `${context.shard.shardId}: its item was written or deleted by something that knows no fence`,
        context.shard,
      )
    : new KinesumerError(
        'CommitLost',
        `${context.shard.shardId}: another owner has passed the fence ${context.fence}`,
        context.shard,
      );

// ---------------------------------------------------------------- setup

export const readerSetup = setup({
  types: {
    context: {} as ReaderContext,
    input: {} as ReaderInput,
    events: {} as ReaderEvent,
  },
  actors: {
    openIterator: fromPromise<OpenOutcome, OpenInput>(notProvided('openIterator')),
    fetch: fromPromise<FetchOutcome, FetchInput>(notProvided('fetch')),
    probe: fromPromise<ProbeOutcome, ProbeInput>(notProvided('probe')),
    deliver: fromPromise<DeliverOutcome, LaneName>(notProvided('deliver')),
    settled: fromPromise<'settled' | 'unsettled', LaneName>(notProvided('settled')),
    drain: fromPromise<DeliverOutcome, LaneName>(notProvided('drain')),
    commit: fromPromise<CommitOutcome, WriteInput>(notProvided('commit')),
    release: fromPromise<CheckpointOutcome, WriteInput>(notProvided('release')),
    end: fromPromise<CheckpointOutcome, WriteInput>(notProvided('end')),
  },
  actions: {
    notify: (_, _notice: Notice) => {},
    tellError: (_, _params: { readonly error: KinesumerError }) => {},
    /** Told unless it is what was told last and still stands. */
    tellStanding: (_, _params: { readonly error: KinesumerError }) => {},
    /** Starts to send DIRTIED on each clean → dirty change of the lane. */
    watchLane: () => {},
    /** Takes the lane from the user's code; what it completed is still to be written. */
    cutLane: (_, _params: { readonly error: KinesumerError }) => {},
    abortLane: (_, _params: { readonly error: KinesumerError }) => {},
    /** Tells why the shard was lost. */
    tellLoss: () => {},
    tellParent: sendParent((_, report: ReaderDone | ReaderFailing) => report),
    fail: assign({
      // what came after the first failure follows from it
      failure: ({ context }, params: { readonly error: KinesumerError }) =>
        context.failure ?? params.error,
    }),
    lose: assign(({ context }, params: { readonly to: LostTo }) => ({
      lostTo: params.to,
      failure: lostError(context, params.to),
    })),
    probeFor: assign({
      probeReason: (_, params: { readonly reason: ProbeReason }) => params.reason,
    }),
    fetched: assign(({ context }, { answer }: { readonly answer: FetchOutcome }) => {
      if (answer.kind !== 'fetched') return {};
      return {
        told: null,
        iterator: answer.nextIterator,
        fetchedThrough: answer.through ?? context.fetchedThrough,
        attempt: 0,
        delayMs: answer.nextInMs,
        ahead: context.ahead + (answer.records > 0 ? 1 : 0),
        emptyReads: answer.records > 0 ? 0 : context.emptyReads + 1,
        lastBytes: answer.bytes,
        answeredMs: answer.answeredMs,
        millisBehindLatest: answer.millisBehindLatest,
        childShardIds: answer.childShardIds,
      };
    }),
    backOff: assign({
      attempt: ({ context }) => context.attempt + 1,
      delayMs: (_, params: { readonly retryInMs: number }) => params.retryInMs,
    }),
    backOffWrite: assign({
      writeAttempt: ({ context }) => context.writeAttempt + 1,
      writeDelayMs: (_, params: { readonly retryInMs: number }) => params.retryInMs,
    }),
  },
  delays: {
    pace: ({ context }) => context.delayMs,
    writePace: ({ context }) => context.writeDelayMs,
    drainTimeout: () => 0,
    commitTimeout: () => 0,
  },
  guards: {
    startsPaused: ({ context }) => context.mode === 'paused',
    isPaused: stateIn({ active: { mode: 'paused' } }),
    hasIterator: ({ context }) => context.iterator !== null,
    hasAhead: ({ context }) => context.ahead > 0,
    noneAhead: ({ context }) => context.ahead === 0,
    allCommitted: ({ context }) => context.commitResult === 'clean',
    moreToCommit: ({ context }) => context.commitResult === 'dirty',
    isCommitPending: ({ context }) => context.commitResult === 'pending',
    noCommitPending: ({ context }) => context.commitResult !== 'pending',
    hasFailed: ({ context }) => context.failure !== null,
    isReadToEnd: stateIn({ active: { fetch: 'finished' } }),
  },
});
