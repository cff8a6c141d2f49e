/** Splits and merges shards of a local stream. */
import {
  ListShardsCommand,
  MergeShardsCommand,
  SplitShardCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';

/** A shard with its part of the key space, as fractions of the whole. */
export interface StreamShard {
  readonly shardId: string;
  readonly closed: boolean;
  readonly firstHashKey: bigint;
  readonly lastHashKey: bigint;
}

/** All shards of a stream, by their place in the key space. */
export async function listShards(client: KinesisClient, stream: string): Promise<StreamShard[]> {
  const shards: StreamShard[] = [];
  let token: string | undefined;
  do {
    const page = await client.send(
      new ListShardsCommand(token === undefined ? { StreamName: stream } : { NextToken: token }),
    );
    for (const { ShardId, HashKeyRange, SequenceNumberRange } of page.Shards ?? []) {
      if (ShardId === undefined || HashKeyRange === undefined) continue;
      shards.push({
        shardId: ShardId,
        closed: SequenceNumberRange?.EndingSequenceNumber !== undefined,
        firstHashKey: BigInt(HashKeyRange.StartingHashKey ?? 0),
        lastHashKey: BigInt(HashKeyRange.EndingHashKey ?? 0),
      });
    }
    token = page.NextToken;
  } while (token !== undefined);
  return shards.sort((a, b) => (a.firstHashKey < b.firstHashKey ? -1 : 1));
}

export const openShards = (shards: readonly StreamShard[]): readonly StreamShard[] =>
  shards.filter(({ closed }) => !closed);

/** In the middle of its key range. */
export async function splitShard(
  client: KinesisClient,
  stream: string,
  shard: StreamShard,
): Promise<void> {
  const middle = (shard.firstHashKey + shard.lastHashKey) / 2n + 1n;
  await client.send(
    new SplitShardCommand({
      StreamName: stream,
      ShardToSplit: shard.shardId,
      NewStartingHashKey: String(middle),
    }),
  );
}

/** Pairs of open neighbours, which alone can be merged. */
export function neighbours(
  shards: readonly StreamShard[],
): readonly (readonly [StreamShard, StreamShard])[] {
  const open = openShards(shards);
  return open.flatMap((left, index) => {
    const right = open[index + 1];
    return right !== undefined && left.lastHashKey + 1n === right.firstHashKey
      ? [[left, right] as const]
      : [];
  });
}

export async function mergeShards(
  client: KinesisClient,
  stream: string,
  [left, right]: readonly [StreamShard, StreamShard],
): Promise<void> {
  await client.send(
    new MergeShardsCommand({
      StreamName: stream,
      ShardToMerge: left.shardId,
      AdjacentShardToMerge: right.shardId,
    }),
  );
}
