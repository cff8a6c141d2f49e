import {
  DescribeStreamSummaryCommand,
  ListShardsCommand,
  type KinesisClient,
  type Shard,
} from '@aws-sdk/client-kinesis';
import type { DescribeAnswer, Failure, ListAnswer, ListedShard } from '../../machines/ports.ts';
import { READING_DATE_PLACE, readingDate } from './answer-date.ts';
import {
  isInUse,
  isNotFound,
  streamError,
  streamFailure,
  unreadable,
  type Subject,
} from './kinesis-errors.ts';
import { referenceOf } from './stream-reference.ts';

/** Shards that one page of ListShards may have (Kinesis API reference, ListShards: MaxResults ≤ 10,000, 1,000 by default). */
const PAGE_SHARDS = 1_000;
/** Pages that one listing may have; far above any account's quota. */
const MAX_PAGES = 1_000;

/** Sends one request under the stream's deadline. Rejects with the SDK's error. */
export type Send = <Output>(request: (signal: AbortSignal) => Promise<Output>) => Promise<Output>;

/** Lists all shards of a stream, open and closed, and what is needed to tell this stream from a namesake. */
export async function listShards(
  kinesis: KinesisClient,
  stream: string,
  send: Send,
): Promise<ListAnswer> {
  const described = await describeStream(kinesis, stream, send);
  if (described.kind !== 'described') return described;
  const listed = await list(kinesis, stream, send);
  if (listed.kind !== 'pages') return listed;
  const { shards, serverNowMs } = listed;
  return { kind: 'listed', shards, createdAtMs: described.createdAtMs, serverNowMs };
}

type Refused = Exclude<ListAnswer, { kind: 'listed' }>;

/** What tells a stream from a namesake. */
export async function describeStream(
  kinesis: KinesisClient,
  stream: string,
  send: Send,
): Promise<DescribeAnswer> {
  const subject = { action: 'DescribeStreamSummary', stream };
  const command = new DescribeStreamSummaryCommand(referenceOf(stream));
  try {
    const answer = await send((abortSignal) => kinesis.send(command, { abortSignal }));
    const summary = answer.StreamDescriptionSummary;
    switch (summary?.StreamStatus) {
      case 'CREATING':
        return creating(subject);
      case 'DELETING':
        return missing(subject, 'the stream is being deleted');
      default: {
        const createdAtMs = summary?.StreamCreationTimestamp?.getTime();
        if (createdAtMs === undefined || Number.isNaN(createdAtMs)) {
          return unreadable(subject, 'no StreamCreationTimestamp');
        }
        return { kind: 'described', createdAtMs };
      }
    }
  } catch (error) {
    return refusalOf(error, subject);
  }
}

async function list(
  kinesis: KinesisClient,
  stream: string,
  send: Send,
): Promise<
  | {
      readonly kind: 'pages';
      readonly shards: readonly ListedShard[];
      readonly serverNowMs: number;
    }
  | Refused
> {
  const subject = { action: 'ListShards', stream };
  const shards: ListedShard[] = [];
  // The first page's: the listing holds for that instant or a later one.
  let serverNowMs: number | undefined;
  let nextToken: string | undefined;
  try {
    for (let page = 0; page < MAX_PAGES; page += 1) {
      // A token stands for the stream: AWS refuses a request that names both.
      const command = new ListShardsCommand(
        nextToken === undefined
          ? { ...referenceOf(stream), MaxResults: PAGE_SHARDS }
          : { NextToken: nextToken, MaxResults: PAGE_SHARDS },
      );
      command.middlewareStack.add(
        readingDate((dateMs) => {
          serverNowMs ??= dateMs;
        }),
        READING_DATE_PLACE,
      );
      const answer = await send((abortSignal) => kinesis.send(command, { abortSignal }));
      if (serverNowMs === undefined) return unreadable(subject, 'no Date header');
      for (const shard of answer.Shards ?? []) {
        const listed = listedShard(shard);
        if (listed === null) return unreadable(subject, 'a shard without id or hash-key range');
        shards.push(listed);
      }
      nextToken = answer.NextToken;
      if (nextToken === undefined) return { kind: 'pages', shards, serverNowMs };
    }
  } catch (error) {
    return refusalOf(error, subject);
  }
  return unreadable(subject, `more than ${MAX_PAGES} pages`);
}

function listedShard(shard: Shard): ListedShard | null {
  const { ShardId, HashKeyRange, ParentShardId, AdjacentParentShardId } = shard;
  const { StartingHashKey, EndingHashKey } = HashKeyRange ?? {};
  if (ShardId === undefined || StartingHashKey === undefined || EndingHashKey === undefined) {
    return null;
  }
  return {
    shardId: ShardId,
    parentShardId: ParentShardId ?? null,
    adjacentParentShardId: AdjacentParentShardId ?? null,
    startingHashKey: StartingHashKey,
    endingHashKey: EndingHashKey,
    // An open shard has no last sequence number yet.
    closed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
  };
}

function refusalOf(error: unknown, subject: Subject): Refused {
  if (isNotFound(error)) return missing(subject, 'there is no such stream', error);
  if (isInUse(error)) return creating(subject, error);
  return streamFailure(error, subject) satisfies Failure;
}

const missing = (subject: Subject, message: string, cause?: unknown): Refused => ({
  kind: 'missing',
  error: streamError('StreamMissing', subject, message, cause),
});

const creating = (subject: Subject, cause?: unknown): Refused => ({
  kind: 'creating',
  error: streamError('StreamCreating', subject, 'the stream is being created', cause),
});
