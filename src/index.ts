/** Consumer groups for Amazon Kinesis Data Streams. Fills the ports of the client with the real services. */
import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { KinesisClient, KinesisClientConfig } from '@aws-sdk/client-kinesis';
import type { InspectionEvent } from 'xstate';
import { Kinesumer, type HandlerParts } from './kinesumer.ts';
import type { OpenPage } from './kinesumer/watching.ts';
import type { Clock, Random, StateStore, Stream } from './machines/ports.ts';
import {
  parseOptions,
  type InspectOptions,
  type KinesumerOptions,
  type ParsedOptions,
} from './options.ts';
import { createDecoder } from './services/delivery/decode.ts';
import { DynamoStateStore } from './services/dynamodb/state-store.ts';
import { KinesisPollingStream } from './services/kinesis/polling-stream.ts';
import { roleCredentials } from './services/kinesis/role-credentials.ts';
import { systemClock } from './services/system/clock.ts';
import { stderrLog } from './services/system/log.ts';
import { systemRandom } from './services/system/random.ts';

interface ClientParts<T> extends HandlerParts<T> {
  readonly kinesis: KinesisClient | KinesisClientConfig;
  readonly dynamodb: DynamoDBClient | DynamoDBClientConfig;
}

/** What {@link createKinesumer} takes: see each option. */
export type Options<T = unknown> = KinesumerOptions<T, ClientParts<T>>;

/**
 * Makes one member of the consumer group `app`. Checks the options and reaches the state table; the group is joined on
 * the first `consume` or `run`.
 *
 * Waits for slow credentials, 30 s at most, and then asks a table that throttles or does not answer again for 10 s, until
 * the option `signal` aborts; rejects with the last error then, and at once with any other.
 *
 * @throws KinesumerError `InvalidOption`, `TableMissing`, `TableShape`, `CredentialsMissing`, `AccessDenied`,
 *   `StoreUnanswered`, `StoreThrottled`, `StoreRejected`
 *
 * @example
 * const client = await createKinesumer({ app: 'orders', region: 'ap-northeast-2' });
 * try {
 *   for await (const record of client.consume(['orders-stream'])) {
 *     console.log(record.shardId, record.text());
 *   }
 * } finally {
 *   await client.close();
 * }
 */
export async function createKinesumer<T = unknown>(options: Options<T>): Promise<Kinesumer<T>> {
  const random = systemRandom();
  const clock = systemClock();
  const parsed = parseOptions(options, () => newClientId(random));
  const stream = await openStream(parsed, clock);
  const store = openStore(parsed, clock);
  const client = new Kinesumer<T>({
    config: parsed.config,
    store,
    stream,
    clock,
    random,
    log: parsed.logger ?? stderrLog(),
    decoder: createDecoder<T>(parsed.decoding as Parameters<typeof createDecoder<T>>[0]),
    inspect: parsed.inspect as ((event: InspectionEvent) => void) | undefined,
    openPage,
  });
  const opened = await store.open(
    parsed.signal === undefined ? undefined : { signal: parsed.signal },
  );
  if (opened.kind !== 'ready') {
    await client.close();
    throw opened.error;
  }
  try {
    parsed.inspector?.attach(client as never);
  } catch (error) {
    await client.close();
    throw error;
  }
  closeOnAbort(client, parsed.signal);
  return client;
}

/** Loaded when it is asked for: nobody else pays for it. */
async function openPage<T>(client: Kinesumer<T>, options: unknown): Promise<OpenPage> {
  const { createInspector } = await import('./inspector.ts');
  const inspector = await createInspector(options as InspectOptions);
  inspector.attach(client);
  return inspector;
}

function openStore(parsed: ParsedOptions, clock: Clock): StateStore {
  const { stateStore, table, aws } = parsed;
  if (stateStore !== undefined) return stateStore;
  return new DynamoStateStore({
    clock,
    random: systemRandom(),
    tableName: table.name,
    create: table.create,
    ...(aws.dynamodb === undefined ? {} : { client: aws.dynamodb }),
    ...(aws.region === undefined ? {} : { region: aws.region }),
  });
}

async function openStream(parsed: ParsedOptions, clock: Clock): Promise<Stream> {
  const { stream, aws, config } = parsed;
  if (stream !== undefined) return stream;
  const { region, roleArn } = aws;
  const credentials = roleArn === undefined ? undefined : await roleCredentials({ roleArn });
  return new KinesisPollingStream({
    clock,
    scanTimeoutMs: config.scanTimeoutMs,
    ...(aws.kinesis === undefined ? {} : { client: aws.kinesis }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
  });
}

function closeOnAbort<T>(client: Kinesumer<T>, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const close = (): void => void client.close();
  if (signal.aborted) {
    close();
    return;
  }
  signal.addEventListener('abort', close, { once: true });
  // a signal that lives as long as the process would keep every client that ever was
  client.once('close', () => signal.removeEventListener('abort', close));
}

const newClientId = (random: Random): string => random.id('client id');

export { Kinesumer, type CloseReport, type HandlerParts } from './kinesumer.ts';
export { ERROR_RULES, KinesumerError, type ErrorCode, type ErrorDetails } from './errors.ts';
export type { OpenPage } from './kinesumer/watching.ts';
export type { EventName, KinesumerEvents, Listener } from './kinesumer/events.ts';
export type { ClientSnapshot, ShardSnapshot, StateJson } from './kinesumer/snapshot.ts';
export type {
  CloseOptions,
  CommitOptions,
  ConsumeOptions,
  DecodeErrorChoice,
  InspectOptions,
  InspectorLike,
  ProfileName,
  RunOptions,
  SchemaOutcome,
  StartOption,
  TableOptions,
  Timings,
  ValueSchema,
} from './options.ts';
export type { Log, ShardRef, StateStore, StoreUsage, Stream } from './machines/ports.ts';
export { ShardBatch } from './services/delivery/batch.ts';
export { ShardRecord } from './services/delivery/record.ts';
export { RecordIterator } from './services/delivery/iterator-sink.ts';
