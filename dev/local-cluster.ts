/** Local servers with a stream and the state table, ready to be consumed from. */
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { setTimeout as wait } from 'node:timers/promises';
import { DynamoStateStore } from '../src/services/dynamodb/state-store.ts';
import { systemClock } from '../src/services/system/clock.ts';
import { localAws } from './consumer/local-aws.ts';
import type { LocalServer } from './local-servers/child-server.ts';
import { startLocalDynamo } from './local-servers/dynamo.ts';
import { startLocalKinesis } from './local-servers/kinesis.ts';

const STREAM_READY_TRIES = 200;
const STREAM_READY_REST_MS = 25;

export interface LocalCluster {
  readonly kinesis: LocalServer;
  readonly dynamo: LocalServer;
  /** For calls of one's own; HTTP/1.1, as kinesis-local needs it. */
  readonly kinesisClient: KinesisClient;
  /** The state table, seen from outside the group. */
  readonly store: DynamoStateStore;
  /** Idempotent. */
  stop(): Promise<void>;
}

export interface LocalClusterOptions {
  /** Streams to create, with their shards. */
  readonly streams: readonly { readonly name: string; readonly shards: number }[];
}

/** The table is the one of `schema/table.json`: both are made of one definition. */
export async function startLocalCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const starting = [startLocalKinesis(), startLocalDynamo()] as const;
  const servers = await Promise.allSettled(starting);
  const failed = servers.find((server) => server.status === 'rejected');
  if (failed !== undefined) {
    for (const server of servers) if (server.status === 'fulfilled') await server.value.stop();
    throw failed.reason;
  }
  const [kinesis, dynamo] = await Promise.all(starting);
  const kinesisClient = new KinesisClient({
    ...localAws(kinesis.endpoint),
    requestHandler: new NodeHttpHandler(),
  });
  const store = new DynamoStateStore({
    clock: systemClock(),
    client: localAws(dynamo.endpoint),
    create: true,
  });
  const cluster: LocalCluster = {
    kinesis,
    dynamo,
    kinesisClient,
    store,
    async stop() {
      kinesisClient.destroy();
      store.close();
      await Promise.all([kinesis.stop(), dynamo.stop()]);
    },
  };
  try {
    const opened = await store.open();
    if (opened.kind !== 'ready') throw opened.error;
    for (const { name, shards } of options.streams) {
      await createStream(kinesisClient, name, shards);
    }
    return cluster;
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

/** Creates a stream and waits until it can be used. */
export async function createStream(
  client: KinesisClient,
  name: string,
  shards: number,
): Promise<void> {
  await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  for (let attempt = 0; attempt < STREAM_READY_TRIES; attempt += 1) {
    const answer = await client.send(new DescribeStreamSummaryCommand({ StreamName: name }));
    if (answer.StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return;
    await wait(STREAM_READY_REST_MS);
  }
  throw new Error(`${name} did not become active`);
}
