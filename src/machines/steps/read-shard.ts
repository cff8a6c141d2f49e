/** One shard's conversation with Kinesis: open an iterator, fetch a batch, find out why it is gone. */
import { KinesumerError } from '../../errors.ts';
import type { Config } from '../../options.ts';
import type { Budget, DescribeAnswer, Lane, ReadFrom, ShardRef } from '../ports.ts';
import { positionOf } from '../rules/positions.ts';
import { MAX_ANSWER_BYTES, nextReadDelayMs, reserveBytes } from '../rules/read-pace.ts';
import { backoffMs, failureOf, streamRecreated, type StepFailure, type World } from './step.ts';

export interface OpenInput {
  readonly shard: ShardRef;
  readonly from: ReadFrom;
  readonly attempt: number;
  /** Of the stream that the map knows; null: not known. */
  readonly streamCreatedAtMs: number | null;
}

export type OpenOutcome =
  | { readonly kind: 'iterator'; readonly iterator: string }
  | { readonly kind: 'gone' }
  /** Another stream has the name now. */
  | { readonly kind: 'recreated'; readonly error: KinesumerError }
  | (StepFailure & { readonly retryInMs: number });

export interface OpenParts {
  /** Which stream has this name: asked after this call. */
  describe(stream: string): Promise<DescribeAnswer>;
}

export async function openIterator(
  world: World,
  parts: OpenParts,
  input: OpenInput,
): Promise<OpenOutcome> {
  const { shard, from, streamCreatedAtMs } = input;
  const fail = (failure: StepFailure): OpenOutcome => ({
    ...failure,
    retryInMs: backoffMs(world, input.attempt),
  });
  const answer = await world.stream.openIterator(shard, from);
  if (answer.kind === 'gone') return { kind: 'gone' };
  if (answer.kind !== 'iterator') return fail(failureOf(answer));
  if (streamCreatedAtMs === null || isAnchored(from)) return answer;
  // asked only now: an iterator that was opened before the answer is one of the stream that the answer shows, or of
  // one that was deleted since, which it does not outlive
  const stands = await parts.describe(shard.stream);
  switch (stands.kind) {
    case 'described':
      return stands.createdAtMs === streamCreatedAtMs
        ? answer
        : { kind: 'recreated', error: streamRecreated(shard.stream) };
    case 'missing':
      return { kind: 'gone' };
    case 'creating':
      return fail({ kind: 'failure', failure: 'unanswered', error: stands.error });
    default:
      return fail(failureOf(stands));
  }
}

/** A sequence number belongs to one stream: Kinesis refuses it in a later one of the same name. */
export const isAnchored = ({ kind }: ReadFrom): boolean => kind === 'at' || kind === 'after';

export interface FetchInput {
  readonly shard: ShardRef;
  readonly fence: number;
  readonly iterator: string;
  readonly attempt: number;
  readonly emptyReads: number;
  readonly lastBytes: number;
  /** null: not known yet. */
  readonly millisBehindLatest: number | null;
  /** When the last answer came, on the monotonic clock; null: none did. */
  readonly answeredMs: number | null;
}

/** Numbers only: the records themselves went into the lane. */
export type FetchOutcome =
  | {
      readonly kind: 'fetched';
      readonly records: number;
      readonly bytes: number;
      readonly millisBehindLatest: number;
      readonly nextIterator: string | null;
      /** Position of the last record fetched; null: none came. */
      readonly through: string | null;
      readonly childShardIds: readonly string[];
      readonly nextInMs: number;
      /** On the monotonic clock. */
      readonly answeredMs: number;
    }
  /** The reader went away while this read waited for memory, or for its answer. */
  | { readonly kind: 'withdrawn' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'gone' }
  | (StepFailure & { readonly retryInMs: number });

export interface FetchParts {
  readonly config: Config;
  readonly budget: Budget;
  readonly lane: Lane;
}

const wantedBytes = (world: World, input: FetchInput): number =>
  reserveBytes({
    lastBytes: input.lastBytes,
    millisBehindLatest: input.millisBehindLatest,
    sinceMs: input.answeredMs === null ? 0 : world.clock.monotonicMs() - input.answeredMs,
  });

/** Room for the next answer; null: the reader went away while it waited. */
async function roomFor(
  world: World,
  budget: Budget,
  input: FetchInput,
  signal: AbortSignal,
): Promise<number | null> {
  const asked = wantedBytes(world, input);
  // what is granted here is used here: readers that gave it back and asked again would hand one room
  // to each other within one turn of the event loop, for ever
  if (!(await budget.reserve(asked, signal))) return null;
  if (wantedBytes(world, input) <= asked) return asked;
  // … but for once: more may have come while it waited, and the largest answer is enough for whatever did
  budget.give(asked);
  return (await budget.reserve(MAX_ANSWER_BYTES, signal)) ? MAX_ANSWER_BYTES : null;
}

export async function fetchBatch(
  world: World,
  parts: FetchParts,
  input: FetchInput,
  signal: AbortSignal,
): Promise<FetchOutcome> {
  const reserved = await roomFor(world, parts.budget, input, signal);
  if (reserved === null) return { kind: 'withdrawn' };
  try {
    return await fetchInto(world, parts, input, signal);
  } finally {
    // only now: what the batch takes must not be given to those who wait
    parts.budget.give(reserved);
  }
}

async function fetchInto(
  world: World,
  { budget, config, lane }: FetchParts,
  input: FetchInput,
  signal: AbortSignal,
): Promise<FetchOutcome> {
  const { shard, iterator } = input;
  // given up with its reader: it would keep a timer, a socket and the room for its answer, for as long as Kinesis is silent
  const answer = await world.stream.fetch(shard, iterator, config.scanLimit, { signal });
  // an answer that came nevertheless goes into the lane, which knows by itself what it still takes
  if (signal.aborted && answer.kind !== 'batch') return { kind: 'withdrawn' };
  if (answer.kind === 'expired') return answer;
  if (answer.kind === 'gone') return { kind: 'gone' };
  if (answer.kind !== 'batch') {
    return { ...failureOf(answer), retryInMs: backoffMs(world, input.attempt) };
  }
  const { batch } = answer;
  const last = batch.records.at(-1);
  if (last !== undefined) {
    // the lane gives them back, once the handler is through
    budget.take(batch.bytes);
    lane.push(batch);
  }
  return {
    kind: 'fetched',
    records: batch.records.length,
    bytes: batch.bytes,
    millisBehindLatest: batch.millisBehindLatest,
    nextIterator: answer.nextIterator,
    through: last === undefined ? null : positionOf(last.sequenceNumber, last.subsequenceNumber),
    childShardIds: answer.childShardIds,
    answeredMs: world.clock.monotonicMs(),
    nextInMs: nextReadDelayMs({
      records: batch.records.length,
      bytes: batch.bytes,
      millisBehindLatest: batch.millisBehindLatest,
      emptyReads: batch.records.length === 0 ? input.emptyReads + 1 : 0,
      scanIntervalMs: config.scanIntervalMs,
    }),
  };
}

/** Why a reader asks what became of its shard. */
export type ProbeReason =
  /** Kinesis does not find the shard. */
  | { readonly kind: 'notFound' }
  /** It does not know the sequence number, or the iterator, or refuses the request altogether. */
  | {
      readonly kind: 'rejected';
      readonly error: KinesumerError;
      readonly at: 'position' | 'request';
    };

export interface ProbeInput {
  readonly shard: ShardRef;
  readonly reason: ProbeReason;
  /** Of the stream that the map knows; null: not known. */
  readonly streamCreatedAtMs: number | null;
}

export type ProbeOutcome =
  /** Another stream has the name now. */
  | { readonly kind: 'recreated'; readonly error: KinesumerError }
  /** The shard's records passed the retention; the stream goes on without it. */
  | { readonly kind: 'lapsed'; readonly error: KinesumerError }
  /** It is the same stream, and the shard is there: the refusal was meant. */
  | { readonly kind: 'rejected'; readonly error: KinesumerError }
  /** The shard is listed, or nothing could be found out: try again. */
  | { readonly kind: 'unclear'; readonly error: KinesumerError; readonly retryInMs: number };

const PROBE_AGAIN_MS = 5_000;

/** Kinesis does not know a shard, or refuses what is asked of it: is it the shard, or another stream? */
export async function probeShard(
  world: World,
  parts: OpenParts,
  input: ProbeInput,
): Promise<ProbeOutcome> {
  const { shard, streamCreatedAtMs, reason } = input;
  const unclear = (error: KinesumerError): ProbeOutcome => ({
    kind: 'unclear',
    error,
    retryInMs: PROBE_AGAIN_MS,
  });
  // one question for all readers of the stream; where it is gone, none of them has to list it
  const stands = await parts.describe(shard.stream);
  if (stands.kind !== 'described') return unclear(stands.error);
  if (streamCreatedAtMs !== null && stands.createdAtMs !== streamCreatedAtMs) {
    return { kind: 'recreated', error: streamRecreated(shard.stream) };
  }
  if (reason.kind === 'rejected') {
    return reason.at === 'request'
      ? { kind: 'rejected', error: reason.error }
      : unclear(unknownPosition(shard, reason.error));
  }
  const listing = await world.stream.listShards(shard.stream);
  if (listing.kind !== 'listed') return unclear(listing.error);
  if (streamCreatedAtMs !== null && listing.createdAtMs !== streamCreatedAtMs) {
    return { kind: 'recreated', error: streamRecreated(shard.stream) };
  }
  if (listing.shards.some(({ shardId }) => shardId === shard.shardId)) {
    return unclear(
      new KinesumerError('StreamUnanswered', `${shard.shardId} is listed and yet not found`, shard),
    );
  }
  const error = new KinesumerError(
    'DataLapsed',
    `${shard.shardId} of ${shard.stream} passed its retention before it was read to its end`,
    shard,
  );
  return { kind: 'lapsed', error };
}

/** Something wrote a position that is none of this shard's: it is for an operator to put right. */
const unknownPosition = (shard: ShardRef, cause: KinesumerError): KinesumerError =>
  new KinesumerError(
    'ItemCorrupted',
    `${shard.shardId} of ${shard.stream}: Kinesis does not know the sequence number of its checkpoint`,
    { ...shard, cause },
  );
