import { afterEach, describe, expect, it } from 'vitest';
import { DynamoStateStore } from '../../../src/services/dynamodb/state-store.ts';
import { KinesisPollingStream } from '../../../src/services/kinesis/polling-stream.ts';
import { roleCredentials } from '../../../src/services/kinesis/role-credentials.ts';
import { systemClock } from '../../../src/services/system/clock.ts';
import { localAws } from '../../integration/servers.ts';
import { json, startFakeAws, type FakeAnswer, type SeenRequest } from '../fake-aws.ts';

const ROLE = 'arn:aws:iam::111122223333:role/kinesis-reader';
const ended: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

async function fake(answer: (request: SeenRequest) => FakeAnswer) {
  const aws = await startFakeAws(answer);
  ended.push(() => aws.stop());
  return aws;
}

const assumed: FakeAnswer = {
  kind: 'answer',
  status: 200,
  headers: { 'content-type': 'text/xml' },
  body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
    <AssumeRoleResult>
      <Credentials>
        <AccessKeyId>ASSUMED</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
        <SessionToken>t</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>
      </Credentials>
      <AssumedRoleUser><AssumedRoleId>a:b</AssumedRoleId><Arn>${ROLE}</Arn></AssumedRoleUser>
    </AssumeRoleResult>
    <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
  </AssumeRoleResponse>`,
};

const denied: FakeAnswer = {
  kind: 'answer',
  status: 403,
  headers: { 'content-type': 'text/xml' },
  body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
    <Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not for you</Message></Error>
    <RequestId>r</RequestId></ErrorResponse>`,
};

const keyOf = (request: SeenRequest | undefined): string | undefined =>
  /Credential=([^/]+)\//.exec(request?.authorization ?? '')?.[1];

async function streamAs(sts: string, kinesis: string): Promise<KinesisPollingStream> {
  const own = localAws(sts);
  const credentials = await roleCredentials({
    roleArn: ROLE,
    masterCredentials: own.credentials,
    clientConfig: { region: own.region, endpoint: sts },
  });
  const stream = new KinesisPollingStream({
    clock: systemClock(),
    client: { region: own.region, endpoint: kinesis },
    credentials,
    scanTimeoutMs: 10_000,
  });
  ended.push(() => stream.close());
  return stream;
}

const shard = { stream: 'orders', shardId: 'shardId-000000000000' };

describe('a role for reading streams', () => {
  it('signs the requests to Kinesis, assumed once, and none to DynamoDB', async () => {
    const sts = await fake(() => assumed);
    const kinesis = await fake(() => json({ ShardIterator: 'it', Records: [] }));
    const dynamo = await fake(() => json({}));
    const stream = await streamAs(sts.endpoint, kinesis.endpoint);
    const store = new DynamoStateStore({ clock: systemClock(), client: localAws(dynamo.endpoint) });
    ended.push(() => store.close());

    await store.read([{ pk: 'p', sk: 's' }], { consistent: true });
    expect(await stream.openIterator(shard, { kind: 'latest' })).toMatchObject({
      kind: 'iterator',
    });
    expect(await stream.fetch(shard, 'it', 10)).toMatchObject({ kind: 'batch' });
    await store.read([{ pk: 'p', sk: 's' }], { consistent: true });

    expect(kinesis.seen.map(keyOf)).toEqual(['ASSUMED', 'ASSUMED']);
    expect(dynamo.seen.map(keyOf)).toEqual(['local', 'local']);
    expect(sts.seen).toHaveLength(1);
    expect(keyOf(sts.seen[0])).toBe('local');
    const asked = new URLSearchParams(sts.seen[0]?.body);
    expect(asked.get('RoleArn')).toBe(ROLE);
    expect(asked.get('RoleSessionName')).toBe('kinesumer');
  });

  it('that may not be assumed is told as denied access', async () => {
    const sts = await fake(() => denied);
    const kinesis = await fake(() => json({}));
    const stream = await streamAs(sts.endpoint, kinesis.endpoint);
    expect(await stream.listShards('orders')).toMatchObject({
      kind: 'failed',
      error: { code: 'AccessDenied' },
    });
    expect(kinesis.seen).toEqual([]);
  });

  it('says which package to install where it is not there', async () => {
    const cause = Object.assign(new Error('Cannot find package'), { code: 'ERR_MODULE_NOT_FOUND' });
    await expect(
      roleCredentials({ roleArn: ROLE, load: () => Promise.reject(cause) }),
    ).rejects.toMatchObject({
      code: 'InvalidOption',
      message: expect.stringContaining('npm install @aws-sdk/credential-providers') as unknown,
      cause,
    });
  });
});
