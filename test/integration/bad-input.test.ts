/** What a user may get wrong, through `createKinesumer` against servers of this machine. */
import {
  CreateStreamCommand,
  DeleteStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  PutRecordCommand,
} from '@aws-sdk/client-kinesis';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { createKinesumer, type ErrorCode, type Kinesumer, type Options } from '../../src/index.ts';
import {
  awsError,
  json,
  startFakeAws,
  type FakeAnswer,
  type SeenRequest,
} from '../services/fake-aws.ts';
import { localAws, useDynamo, useKinesis } from './servers.ts';

const dynamo = await useDynamo();
const kinesis = await useKinesis();
/** Streams take their time here. */
const slowKinesis = await useKinesis({ transitionMs: 2_000 });

/** Over HTTP/1.1: the local server knows nothing else. */
const adminOf = (endpoint: string): KinesisClient =>
  new KinesisClient({ ...localAws(endpoint), requestHandler: new NodeHttpHandler() });
const admin = adminOf(kinesis.endpoint);
const slowAdmin = adminOf(slowKinesis.endpoint);
const tables = new DynamoDBClient(localAws(dynamo.endpoint));
const ended: (() => unknown)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const end of ended.splice(0)) await end();
});
afterAll(() => {
  for (const client of [admin, slowAdmin, tables]) client.destroy();
});

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

let apps = 0;
/** A client on the local servers, in a group of its own; closed at the end of the test. */
async function connect(options: Partial<Options> = {}): Promise<Kinesumer> {
  apps += 1;
  const client = await createKinesumer({
    app: `bad-input-${apps}`,
    profile: 'fast',
    start: 'TRIM_HORIZON',
    table: { create: true },
    logger: quiet,
    kinesis: localAws(kinesis.endpoint),
    dynamodb: localAws(dynamo.endpoint),
    ...options,
  });
  ended.push(() => client.close({ timeoutMs: 1_000 }));
  return client;
}

async function activeStream(name: string, shards = 1): Promise<void> {
  await admin.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  await vi.waitUntil(
    async () => {
      const described = await admin.send(new DescribeStreamSummaryCommand({ StreamName: name }));
      return described.StreamDescriptionSummary?.StreamStatus === 'ACTIVE';
    },
    { timeout: 10_000 },
  );
}

const put = (StreamName: string, text: string, ExplicitHashKey = '0') =>
  admin.send(
    new PutRecordCommand({
      StreamName,
      PartitionKey: 'k',
      ExplicitHashKey,
      Data: Buffer.from(text),
    }),
  );

/** The first error of a code that the client tells. */
const told = (client: Kinesumer, code: ErrorCode) =>
  new Promise<void>((resolve) => {
    client.on('error', (error) => {
      if (error.code === code) resolve();
    });
  });

describe('createKinesumer', () => {
  it('with a wrong option rejects with its path, its rule and the value', async () => {
    await expect(connect({ scanLimit: 10_001 })).rejects.toMatchObject({
      code: 'InvalidOption',
      message: expect.stringMatching(/scanLimit.*10,?000.*10,?001/s),
    });
  });

  it('with a missing table rejects with the name of the table and the way out', async () => {
    const connecting = connect({ table: { name: 'not-there' } });
    await expect(connecting).rejects.toMatchObject({
      code: 'TableMissing',
      message: expect.stringMatching(/not-there[^]*create: true/),
    });
  });

  it('with a table of another shape rejects with what is wrong with it', async () => {
    await tables.send(
      new CreateTableCommand({
        TableName: 'wrong-shape',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    );
    for (const create of [false, true]) {
      await expect(connect({ table: { name: 'wrong-shape', create } })).rejects.toMatchObject({
        code: 'TableShape',
        message: expect.stringMatching(/wrong-shape[^]*found id \(S\) HASH/),
      });
    }
  });

  it('with table: {create: true} makes the table, and the next client finds it', async () => {
    await connect({ table: { name: 'made-on-demand', create: true } });
    const next = await connect({ table: { name: 'made-on-demand' } });
    expect(next.snapshot().store.requests).toBeGreaterThan(0);
  });

  it('without credentials rejects with CredentialsMissing, asking nobody', async () => {
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) {
      vi.stubEnv(name, undefined);
    }
    const dynamodb = { endpoint: dynamo.endpoint, region: 'us-east-1' };
    await expect(connect({ dynamodb })).rejects.toMatchObject({ code: 'CredentialsMissing' });
  });

  it('without a region rejects and says so', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_DEFAULT_REGION', undefined);
    const dynamodb = { endpoint: dynamo.endpoint, credentials: localAws('').credentials };
    await expect(connect({ dynamodb })).rejects.toThrow(/region/i);
  });

  it('with a store that answers nobody asks it again and rejects with StoreUnanswered', async () => {
    const stop = new AbortController();
    const silent = await startFakeAws(() => {
      if (silent.seen.length === 2) stop.abort();
      return { kind: 'silence' };
    });
    ended.push(() => silent.stop());
    const dynamodb = localAws(silent.endpoint);
    await expect(connect({ dynamodb, signal: stop.signal })).rejects.toMatchObject({
      code: 'StoreUnanswered',
    });
    expect(silent.seen).toHaveLength(2);
  });

  it('without the permission rejects with AccessDenied and the action that lacks', async () => {
    const refusing = await startFakeAws(() =>
      awsError('AccessDeniedException', 400, { message: 'dynamodb:DescribeTable' }),
    );
    ended.push(() => refusing.stop());
    await expect(connect({ dynamodb: localAws(refusing.endpoint) })).rejects.toMatchObject({
      code: 'AccessDenied',
    });
  });
});

describe('streams', () => {
  it('that do not exist reject the loop with StreamMissing and their name', async () => {
    const client = await connect();
    await expect(client.consume(['no-such-stream']).next()).rejects.toMatchObject({
      code: 'StreamMissing',
      stream: 'no-such-stream',
      message: expect.stringContaining('no-such-stream'),
    });
  });

  it('that are still being created are waited for', async () => {
    await slowAdmin.send(new CreateStreamCommand({ StreamName: 'coming', ShardCount: 1 }));
    const client = await connect({ kinesis: localAws(slowKinesis.endpoint) });
    const creating = told(client, 'StreamCreating');
    const started = new Promise((resolve) => client.once('shardStart', resolve));
    const running = client.run({ streams: ['coming'], eachRecord() {} });
    await creating;
    expect(await started).toMatchObject({ stream: 'coming', fence: 1 });
    await client.close();
    await running;
  });

  it('that are deleted while they are read are told as StreamMissing, and the others go on', async () => {
    await activeStream('kept');
    await activeStream('doomed');
    await put('doomed', 'before');
    const client = await connect();
    const missing = told(client, 'StreamMissing');
    const seen: string[] = [];
    const running = client.run({
      streams: ['kept', 'doomed'],
      eachRecord: (record) => void seen.push(record.text()),
    });
    await vi.waitUntil(() => seen.includes('before'), { timeout: 20_000 });
    await admin.send(new DeleteStreamCommand({ StreamName: 'doomed' }));
    await missing;
    await put('kept', 'after');
    await vi.waitUntil(() => seen.includes('after'), { timeout: 20_000 });
    expect(seen).toEqual(['before', 'after']);
    await client.close();
    await running;
  });
});

describe('a stream that was made anew while nobody read it', () => {
  const createdAt = async (StreamName: string): Promise<number> => {
    const answer = await admin.send(new DescribeStreamSummaryCommand({ StreamName }));
    return answer.StreamDescriptionSummary?.StreamCreationTimestamp?.getTime() ?? Number.NaN;
  };

  /** Until another time of creation shows; it is told in whole seconds, maybe. */
  async function recreated(stream: string, formerMs: number): Promise<void> {
    await vi.waitFor(
      async () => {
        await admin.send(new DeleteStreamCommand({ StreamName: stream }));
        await vi.waitFor(() => activeStream(stream, 2), { timeout: 10_000 });
        if ((await createdAt(stream)) === formerMs) throw new Error('the same instant');
      },
      { timeout: 20_000, interval: 300 },
    );
  }

  it('ends the run with StreamRecreated, and nothing of it is delivered', async () => {
    await activeStream('reborn', 2);
    const formerMs = await createdAt('reborn');
    await put('reborn', 'before');
    const options = { app: 'bad-input-reborn' };
    const first = await connect(options);
    for await (const record of first.consume(['reborn'])) {
      expect(record.text()).toBe('before');
      record.mark();
      break;
    }
    await first.close();
    await recreated('reborn', formerMs);
    for (const hash of [0n, 2n ** 128n - 1n]) await put('reborn', 'after', String(hash));

    const seen: string[] = [];
    const members = [await connect(options), await connect(options)];
    const runs = members.map((client) =>
      client.run({ streams: ['reborn'], eachRecord: (record) => void seen.push(record.text()) }),
    );
    const ends = await Promise.allSettled(runs);
    expect(ends).toMatchObject(
      members.map(() => ({ status: 'rejected', reason: { code: 'StreamRecreated' } })),
    );
    expect(seen).toEqual([]);
  });
});

describe('a role of another account', () => {
  const ROLE = 'arn:aws:iam::111122223333:role/kinesis-reader';
  const keyOf = ({ authorization }: SeenRequest): string | undefined =>
    /Credential=([^/]+)\//.exec(authorization)?.[1];
  const xml = (status: number, body: string): FakeAnswer => ({
    kind: 'answer',
    status,
    headers: { 'content-type': 'text/xml' },
    body,
  });
  const assumed = xml(
    200,
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
      <Credentials><AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
      <SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration></Credentials>
    </AssumeRoleResult></AssumeRoleResponse>`,
  );
  const denied = xml(
    403,
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
      <Code>AccessDenied</Code><Message>not for you</Message></Error></ErrorResponse>`,
  );

  /** An account of which only the process's own environment knows. */
  async function account(answer: FakeAnswer) {
    const sts = await startFakeAws(() => answer);
    const streams = await startFakeAws(() => awsError('ResourceNotFoundException'));
    const store = await startFakeAws(({ action }) =>
      action === 'DescribeTable'
        ? json({
            Table: {
              TableName: 'kinesumer-state-store',
              TableStatus: 'ACTIVE',
              KeySchema: [
                { AttributeName: 'pk', KeyType: 'HASH' },
                { AttributeName: 'sk', KeyType: 'RANGE' },
              ],
              AttributeDefinitions: [
                { AttributeName: 'pk', AttributeType: 'S' },
                { AttributeName: 'sk', AttributeType: 'S' },
              ],
            },
          })
        : json({ Responses: {}, UnprocessedKeys: {} }),
    );
    for (const aws of [sts, streams, store]) ended.push(() => aws.stop());
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.endpoint);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'OWN');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'own');
    const client = await connect({
      table: {},
      region: 'us-east-1',
      roleArn: ROLE,
      kinesis: { endpoint: streams.endpoint },
      dynamodb: { endpoint: store.endpoint },
    });
    return { client, sts, streams, store };
  }

  it('signs what goes to Kinesis and nothing that goes to DynamoDB', async () => {
    const { client, sts, streams, store } = await account(assumed);
    await expect(client.consume(['orders']).next()).rejects.toMatchObject({
      code: 'StreamMissing',
    });
    expect(sts.seen.length).toBe(1);
    expect(sts.seen[0]?.body).toContain(encodeURIComponent(ROLE));
    expect(new Set(sts.seen.map(keyOf))).toEqual(new Set(['OWN']));
    expect(new Set(streams.seen.map(keyOf))).toEqual(new Set(['ASSUMED']));
    expect(store.seen.length).toBeGreaterThan(0);
    expect(new Set(store.seen.map(keyOf))).toEqual(new Set(['OWN']));
  });

  it('that may not be assumed ends the consumption with AccessDenied', async () => {
    const { client } = await account(denied);
    await expect(client.consume(['orders']).next()).rejects.toMatchObject({
      code: 'AccessDenied',
    });
  });
});
