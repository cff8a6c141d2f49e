/** The adapter against answers that no local server gives. */
import { once } from 'node:events';
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { KinesisClient, ListStreamsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttp2Handler, NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../../src/machines/ports.ts';
import {
  KinesisPollingStream,
  type KinesisPollingStreamOptions,
} from '../../../src/services/kinesis/polling-stream.ts';
import { ManualClock } from '../../../src/services/memory/index.ts';
import { systemClock } from '../../../src/services/system/clock.ts';
import { localAws } from '../../integration/servers.ts';
import {
  awsError,
  countedClock,
  json,
  startFakeAws,
  type FakeAnswer,
  type FakeAws,
  type SeenRequest,
} from '../fake-aws.ts';

const shard = { stream: 'orders', shardId: 'shardId-000000000000' };
const ARN = 'arn:aws:kinesis:us-east-1:111122223333:stream/orders';
const DATE = 'Tue, 15 Apr 2025 10:00:05 GMT';
const ended: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

async function fakeStream(
  answer: (request: SeenRequest) => FakeAnswer,
  options: Partial<KinesisPollingStreamOptions> = {},
): Promise<{ readonly stream: KinesisPollingStream; readonly aws: FakeAws }> {
  const aws = await startFakeAws(answer);
  const stream = new KinesisPollingStream({
    clock: systemClock(),
    client: localAws(aws.endpoint),
    scanTimeoutMs: 10_000,
    ...options,
  });
  ended.push(
    () => stream.close(),
    () => aws.stop(),
  );
  return { stream, aws };
}

const summary = (StreamStatus: string, fields: object = {}): FakeAnswer =>
  json({
    StreamDescriptionSummary: { StreamStatus, StreamCreationTimestamp: 1_744_711_200, ...fields },
  });

const page = (body: object, date = DATE): FakeAnswer => ({
  kind: 'answer',
  status: 200,
  body: JSON.stringify(body),
  headers: { date },
});

const listedShard = (n: number, fields: object = {}): object => ({
  ShardId: `shardId-00000000000${n}`,
  HashKeyRange: { StartingHashKey: String(n * 10), EndingHashKey: String(n * 10 + 9) },
  SequenceNumberRange: { StartingSequenceNumber: '1' },
  ...fields,
});

const ERRORS: readonly (readonly [FakeAnswer, Failure['kind'], code: string])[] = [
  [awsError('ProvisionedThroughputExceededException'), 'throttled', 'StreamThrottled'],
  [awsError('LimitExceededException'), 'throttled', 'StreamThrottled'],
  [awsError('KMSThrottlingException'), 'throttled', 'StreamThrottled'],
  [awsError('ThrottlingException'), 'throttled', 'StreamThrottled'],
  [awsError('InvalidArgumentException'), 'failed', 'StreamRejected'],
  [awsError('KMSDisabledException'), 'failed', 'StreamRejected'],
  [awsError('AccessDeniedException'), 'failed', 'AccessDenied'],
  [awsError('KMSAccessDeniedException'), 'failed', 'AccessDenied'],
  [awsError('UnrecognizedClientException'), 'failed', 'AccessDenied'],
  [awsError('ExpiredTokenException'), 'unanswered', 'CredentialsMissing'],
  [awsError('InternalFailure', 500), 'unanswered', 'StreamUnanswered'],
  [{ kind: 'answer', status: 503, body: 'not even JSON' }, 'unanswered', 'StreamUnanswered'],
  [{ kind: 'answer', status: 200, body: '{"Records": [' }, 'unanswered', 'StreamUnanswered'],
  [{ kind: 'reset' }, 'unanswered', 'StreamUnanswered'],
];

describe('an error of Kinesis', () => {
  it.each(ERRORS)('%j becomes %s (%s) after one attempt', async (answer, kind, code) => {
    const { stream, aws } = await fakeStream(() => answer);
    const expected = { kind, error: { code, stream: 'orders' } };
    expect(await stream.listShards('orders')).toMatchObject(expected);
    expect(await stream.openIterator(shard, { kind: 'latest' })).toMatchObject(expected);
    expect(await stream.fetch(shard, 'it', 10)).toMatchObject({
      kind,
      error: { code, ...shard },
    });
    expect(aws.seen.map(({ action }) => action)).toEqual([
      'DescribeStreamSummary',
      'GetShardIterator',
      'GetRecords',
    ]);
  });

  it('that says the iterator expired is an answer of its own', async () => {
    const { stream } = await fakeStream(() => awsError('ExpiredIteratorException'));
    expect(await stream.fetch(shard, 'it', 10)).toEqual({ kind: 'expired' });
  });

  it('that says there is no such thing means: missing for a stream, gone for a shard', async () => {
    const { stream } = await fakeStream(() => awsError('ResourceNotFoundException'));
    const error = { code: 'StreamMissing', cause: { name: 'ResourceNotFoundException' } };
    expect(await stream.listShards('orders')).toMatchObject({ kind: 'missing', error });
    expect(await stream.fetch(shard, 'it', 10)).toMatchObject({ kind: 'gone', error });
    expect(await stream.openIterator(shard, { kind: 'latest' })).toMatchObject({
      kind: 'gone',
      error,
    });
  });

  it.each([{ kind: 'silence' }, { kind: 'stalledBody' }] as const)(
    'that never comes ($kind) is unanswered at the deadline of each request',
    async (answer) => {
      const { stream } = await fakeStream(() => answer, { scanTimeoutMs: 100 });
      const expected = { kind: 'unanswered', error: { code: 'StreamUnanswered' } };
      expect(await stream.fetch(shard, 'it', 10)).toMatchObject(expected);
      expect(await stream.listShards('orders')).toMatchObject(expected);
    },
  );

  it('of missing credentials comes from within and sends nothing', async () => {
    const { aws } = await fakeStream(() => json({}));
    const { credentials: _, ...client } = localAws(aws.endpoint);
    const stream = new KinesisPollingStream({ clock: systemClock(), client });
    ended.push(() => stream.close());
    expect(await stream.listShards('orders')).toMatchObject({
      kind: 'unanswered',
      error: { code: 'CredentialsMissing' },
    });
    expect(aws.seen).toEqual([]);
  });

  it('of credentials that are still on their way is unanswered at the deadline', async () => {
    const { aws } = await fakeStream(() => json({ ShardIterator: 'it' }));
    const local = localAws(aws.endpoint);
    let give = (): void => {};
    const coming = new Promise<typeof local.credentials>((resolve) => {
      give = () => resolve(local.credentials);
    });
    let asked = 0;
    const credentials = (): typeof coming => {
      asked += 1;
      return coming;
    };
    const clock = new ManualClock();
    const stream = new KinesisPollingStream({ clock, client: { ...local, credentials } });
    ended.push(() => stream.close());
    for (let request = 0; request < 2; request += 1) {
      const opened = stream.openIterator(shard, { kind: 'latest' });
      clock.advance(2_000);
      expect(await opened).toMatchObject({
        kind: 'unanswered',
        error: { code: 'StreamUnanswered', retryable: true },
      });
    }
    give();
    expect(await stream.openIterator(shard, { kind: 'latest' })).toMatchObject({
      kind: 'iterator',
    });
    // what was cut was not sent late, and each request waited for the same credentials
    expect([asked, aws.seen.length]).toEqual([1, 1]);
  });
});

/** How a server ends one stream of a connection that others use too. */
const RESETS: readonly (readonly [string, (stream: ServerHttp2Stream) => void])[] = [
  ['NO_ERROR', (stream) => stream.close(http2.constants.NGHTTP2_NO_ERROR)],
  ['CANCEL', (stream) => stream.close(http2.constants.NGHTTP2_CANCEL)],
  ['REFUSED_STREAM', (stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM)],
  ['INTERNAL_ERROR', (stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR)],
  ['the whole connection', (stream) => stream.session?.destroy()],
];

describe('a client of the user over HTTP/2', () => {
  it.each(RESETS)('whose stream is reset with %s is unanswered', async (_, end) => {
    const server = http2.createServer();
    const sessions = new Set<ServerHttp2Session>();
    server.on('session', (session) => sessions.add(session.on('error', () => {})));
    server.on('stream', (stream) => {
      stream.on('error', () => {});
      stream.on('end', () => end(stream)).resume();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const client = new KinesisClient({
      ...localAws(`http://127.0.0.1:${port}`),
      requestHandler: new NodeHttp2Handler({ maxConcurrentStreams: 50 }),
    });
    ended.push(() => {
      client.destroy();
      for (const session of sessions) session.destroy();
      server.close();
    });
    const stream = new KinesisPollingStream({
      clock: systemClock(),
      client,
      scanTimeoutMs: 10_000,
    });
    expect(await stream.fetch(shard, 'it', 10)).toMatchObject({
      kind: 'unanswered',
      error: { code: 'StreamUnanswered', retryable: true },
    });
  });
});

describe('a listing', () => {
  it('follows the pages by their token alone and tells the service clock of the first', async () => {
    const pages = [
      page({ Shards: [listedShard(0)], NextToken: 'next' }),
      page(
        {
          Shards: [
            listedShard(1, {
              ParentShardId: 'shardId-000000000000',
              AdjacentParentShardId: 'shardId-000000000009',
              SequenceNumberRange: { StartingSequenceNumber: '1', EndingSequenceNumber: '2' },
            }),
          ],
        },
        'Tue, 15 Apr 2025 10:00:09 GMT',
      ),
    ];
    const { stream, aws } = await fakeStream(({ action }) =>
      action === 'ListShards' ? (pages.shift() ?? json({})) : summary('ACTIVE'),
    );
    expect(await stream.listShards('orders')).toEqual({
      kind: 'listed',
      createdAtMs: 1_744_711_200_000,
      serverNowMs: Date.parse(DATE),
      shards: [
        {
          shardId: 'shardId-000000000000',
          parentShardId: null,
          adjacentParentShardId: null,
          startingHashKey: '0',
          endingHashKey: '9',
          closed: false,
        },
        {
          shardId: 'shardId-000000000001',
          parentShardId: 'shardId-000000000000',
          adjacentParentShardId: 'shardId-000000000009',
          startingHashKey: '10',
          endingHashKey: '19',
          closed: true,
        },
      ],
    });
    const bodies = aws.seen.map(({ body }): unknown => JSON.parse(body));
    expect(bodies).toEqual([
      { StreamName: 'orders' },
      { StreamName: 'orders', MaxResults: 1_000 },
      { NextToken: 'next', MaxResults: 1_000 },
    ]);
  });

  it('names a stream given as an ARN by its ARN', async () => {
    const { stream, aws } = await fakeStream(({ action }) => {
      if (action === 'DescribeStreamSummary') return summary('ACTIVE');
      return action === 'ListShards' ? page({ Shards: [] }) : json({ ShardIterator: 'i' });
    });
    const byArn = { ...shard, stream: ARN };
    await stream.listShards(ARN);
    await stream.openIterator(byArn, { kind: 'trimHorizon' });
    await stream.fetch(byArn, 'it', 10);
    await stream.fetch(shard, 'it', 10);
    const bodies = aws.seen.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(bodies.map(({ StreamARN, StreamName }) => [StreamARN, StreamName])).toEqual([
      [ARN, undefined],
      [ARN, undefined],
      [ARN, undefined],
      [ARN, undefined],
      [undefined, undefined],
    ]);
  });

  it('of a stream that is being created or deleted is not asked for', async () => {
    const states = [summary('CREATING'), summary('DELETING')];
    const { stream, aws } = await fakeStream(() => states.shift() ?? json({}));
    expect(await stream.listShards('orders')).toMatchObject({
      kind: 'creating',
      error: { code: 'StreamCreating' },
    });
    expect(await stream.listShards('orders')).toMatchObject({ kind: 'missing' });
    expect(aws.seen.every(({ action }) => action === 'DescribeStreamSummary')).toBe(true);
  });

  it('that says nothing usable is unanswered', async () => {
    const pages = [
      page({ Shards: [] }, 'no date'),
      page({ Shards: [{ ShardId: 'shardId-000000000000' }] }),
    ];
    const { stream } = await fakeStream(({ action }) =>
      action === 'ListShards' ? (pages.shift() ?? json({})) : summary('ACTIVE'),
    );
    const message = expect.stringContaining('no Date header') as unknown;
    expect(await stream.listShards('orders')).toMatchObject({
      kind: 'unanswered',
      error: { message },
    });
    expect(await stream.listShards('orders')).toMatchObject({ kind: 'unanswered' });
  });
});

describe('a fetch', () => {
  it('brings records with their bytes, the next iterator and the children', async () => {
    const { stream, aws } = await fakeStream(() =>
      json({
        Records: [
          {
            SequenceNumber: '7',
            PartitionKey: 'key',
            Data: Buffer.from('data').toString('base64'),
            ApproximateArrivalTimestamp: 1_744_711_200.125,
          },
        ],
        MillisBehindLatest: 12,
        NextShardIterator: null,
        ChildShards: [{ ShardId: 'shardId-000000000001', ParentShards: [], HashKeyRange: {} }],
      }),
    );
    expect(await stream.fetch(shard, 'it', 10)).toEqual({
      kind: 'batch',
      batch: {
        records: [
          {
            sequenceNumber: '7',
            subsequenceNumber: null,
            partitionKey: 'key',
            explicitHashKey: null,
            approximateArrivalMs: 1_744_711_200_125,
            data: new Uint8Array(Buffer.from('data')),
          },
        ],
        bytes: 7,
        millisBehindLatest: 12,
      },
      nextIterator: null,
      childShardIds: ['shardId-000000000001'],
    });
    expect(JSON.parse(aws.seen[0]?.body ?? '')).toEqual({ ShardIterator: 'it', Limit: 10 });
  });

  it('uses one connection again and again', async () => {
    const { stream, aws } = await fakeStream(() => json({ Records: [], NextShardIterator: 'n' }));
    for (let n = 0; n < 5; n += 1) await stream.fetch(shard, 'it', 10);
    expect(aws.connections()).toBe(1);
  });
});

describe('a client of the user', () => {
  it('is tried once and stays open when the stream is closed', async () => {
    const answers = [awsError('InternalFailure', 500), json({ StreamNames: ['still'] })];
    const { aws } = await fakeStream(() => answers.shift() ?? json({}));
    const client = new KinesisClient({
      ...localAws(aws.endpoint),
      maxAttempts: 5,
      requestHandler: new NodeHttpHandler(),
    });
    ended.push(() => client.destroy());
    const stack = client.middlewareStack.identify();
    const stream = new KinesisPollingStream({ clock: systemClock(), client });
    expect(await stream.fetch(shard, 'it', 10)).toMatchObject({ kind: 'unanswered' });
    expect(aws.seen).toHaveLength(1);
    stream.close();
    expect(client.middlewareStack.identify()).toEqual(stack);
    expect((await client.send(new ListStreamsCommand({}))).StreamNames).toEqual(['still']);
  });

  it('is rid of what is under way, and of its timers, when the stream is closed', async () => {
    const { aws } = await fakeStream(() => ({ kind: 'silence' }));
    const client = new KinesisClient({
      ...localAws(aws.endpoint),
      requestHandler: new NodeHttpHandler(),
    });
    ended.push(() => client.destroy());
    const { clock, timers } = countedClock();
    const stream = new KinesisPollingStream({ clock, client, scanTimeoutMs: 60_000 });
    const seen = aws.nextRequest();
    const fetched = stream.fetch(shard, 'it', 10);
    await seen;
    stream.close();
    expect(await fetched).toMatchObject({ kind: 'unanswered' });
    expect(timers.size).toBe(0);
    expect(await stream.fetch(shard, 'it', 10)).toMatchObject({ kind: 'unanswered' });
    expect(aws.seen).toHaveLength(1);
  });
});
