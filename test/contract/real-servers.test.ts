/** The contracts of the ports, held by the AWS adapters against servers that others wrote. */
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { vi } from 'vitest';
import { DynamoStateStore } from '../../src/services/dynamodb/state-store.ts';
import { KinesisPollingStream } from '../../src/services/kinesis/polling-stream.ts';
import { systemClock } from '../../src/services/system/clock.ts';
import { localAws, useDynamo, useKinesis } from '../integration/servers.ts';
import { stateStoreContract } from './state-store-contract.ts';
import { streamContract, type StreamAdmin } from './stream-contract.ts';

/** The local servers share two cores with the suite: patience is not what is tested. */
const TIMEOUT_MS = 20_000;
const clock = systemClock();

const dynamo = await useDynamo();
const kinesis = await useKinesis();

stateStoreContract('dynalite', async () => {
  const store = openStore();
  const opened = await store.open();
  if (opened.kind !== 'ready') throw opened.error;
  const second = openStore();
  return {
    store,
    second,
    close: async () => {
      store.close();
      second.close();
    },
  };
});

streamContract('kinesis-local', async () => {
  const stream = new KinesisPollingStream({
    clock,
    client: localAws(kinesis.endpoint),
    scanTimeoutMs: TIMEOUT_MS,
  });
  const client = new KinesisClient({
    ...localAws(kinesis.endpoint),
    requestHandler: new NodeHttpHandler(),
  });
  return {
    stream,
    admin: adminOf(client),
    close: async () => {
      stream.close();
      client.destroy();
    },
  };
});

function openStore(): DynamoStateStore {
  return new DynamoStateStore({
    clock,
    client: localAws(dynamo.endpoint),
    create: true,
    requestTimeoutMs: TIMEOUT_MS,
  });
}

function adminOf(client: KinesisClient): StreamAdmin {
  const untilActive = (StreamName: string): Promise<void> =>
    vi.waitFor(
      async () => {
        const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName }));
        const status = answer.StreamDescriptionSummary?.StreamStatus;
        if (status !== 'ACTIVE') throw new Error(`the stream is ${status}`);
      },
      { timeout: TIMEOUT_MS, interval: 20 },
    );
  const middleOf = async (StreamName: string, shardId: string): Promise<string> => {
    const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
    const range = Shards.find(({ ShardId }) => ShardId === shardId)?.HashKeyRange;
    const low = BigInt(range?.StartingHashKey ?? 0);
    const high = BigInt(range?.EndingHashKey ?? 0);
    return String((low + high) / 2n + 1n);
  };
  return {
    async createStream(StreamName, ShardCount) {
      await client.send(new CreateStreamCommand({ StreamName, ShardCount }));
      await untilActive(StreamName);
    },
    async putRecord(StreamName, PartitionKey, Data) {
      const put = await client.send(new PutRecordCommand({ StreamName, PartitionKey, Data }));
      return { shardId: put.ShardId ?? '', sequenceNumber: put.SequenceNumber ?? '' };
    },
    async splitShard(StreamName, ShardToSplit) {
      const NewStartingHashKey = await middleOf(StreamName, ShardToSplit);
      await client.send(new SplitShardCommand({ StreamName, ShardToSplit, NewStartingHashKey }));
      await untilActive(StreamName);
    },
    async mergeShards(StreamName, ShardToMerge, AdjacentShardToMerge) {
      await client.send(new MergeShardsCommand({ StreamName, ShardToMerge, AdjacentShardToMerge }));
      await untilActive(StreamName);
    },
    async deleteStream(StreamName) {
      await client.send(new DeleteStreamCommand({ StreamName }));
      await vi.waitFor(
        async () => {
          const gone = await client
            .send(new DescribeStreamSummaryCommand({ StreamName }))
            .then(() => false)
            .catch((error: unknown) => {
              if (error instanceof Error && error.name === 'ResourceNotFoundException') return true;
              throw error;
            });
          if (!gone) throw new Error('the stream is still there');
        },
        { timeout: TIMEOUT_MS, interval: 20 },
      );
    },
  };
}
