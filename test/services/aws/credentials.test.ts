/** What the SDK's own providers of credentials fail with, as the library tells it. */
import {
  fromContainerMetadata,
  fromInstanceMetadata,
  fromWebToken,
} from '@aws-sdk/credential-providers';
import { expect, describe, it, onTestFinished, vi } from 'vitest';
import { DynamoStateStore } from '../../../src/services/dynamodb/state-store.ts';
import { systemClock } from '../../../src/services/system/clock.ts';
import { json, startFakeAws, type FakeAnswer, type FakeAws } from '../fake-aws.ts';

type Credentials = ReturnType<typeof fromWebToken>;

async function fake(answer: FakeAnswer): Promise<FakeAws> {
  const server = await startFakeAws(() => answer);
  onTestFinished(() => server.stop());
  return server;
}

/** What a request of a store with these credentials comes to, and whether it was sent. */
async function askedWith(credentials: Credentials) {
  const dynamo = await fake(json({}));
  const store = new DynamoStateStore({
    clock: systemClock(),
    client: { endpoint: dynamo.endpoint, region: 'us-east-1', credentials },
    requestTimeoutMs: 10_000,
  });
  onTestFinished(() => store.close());
  return { answer: await store.query('p', { consistent: true }), sent: dynamo.seen.length };
}

const DOWN: readonly FakeAnswer[] = [
  { kind: 'answer', status: 503, body: 'busy' },
  { kind: 'reset' },
];

const refusal = (code: string, message: string, status = 400): FakeAnswer => ({
  kind: 'answer',
  status,
  headers: { 'content-type': 'text/xml' },
  body: `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
    <Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error>
    <RequestId>r</RequestId></ErrorResponse>`,
});

const webIdentity = ({ endpoint }: FakeAws): Credentials =>
  fromWebToken({
    roleArn: 'arn:aws:iam::444455556666:role/reader',
    webIdentityToken: 'token',
    clientConfig: { region: 'us-east-1', endpoint, maxAttempts: 1 },
  });

const missing = { kind: 'unanswered', error: { code: 'CredentialsMissing', retryable: true } };

describe('credentials', () => {
  it.each(DOWN)('of an instance whose metadata are down ($kind) may come', async (answer) => {
    const { endpoint } = await fake(answer);
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', endpoint);
    onTestFinished(() => void vi.unstubAllEnvs());
    const asked = await askedWith(fromInstanceMetadata({ maxRetries: 0 }));
    expect(asked).toMatchObject({ answer: missing, sent: 0 });
  });

  it.each(DOWN)('of a container whose metadata are down ($kind) may come', async (answer) => {
    const { endpoint } = await fake(answer);
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI', undefined);
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${endpoint}/role`);
    onTestFinished(() => void vi.unstubAllEnvs());
    const asked = await askedWith(fromContainerMetadata({ maxRetries: 0 }));
    expect(asked).toMatchObject({ answer: missing, sent: 0 });
  });

  it.each([
    'IDPCommunicationError',
    'IDPRejectedClaim',
    'InvalidIdentityToken',
    'ExpiredTokenException',
  ])('of a web identity that the STS refuses with %s may come', async (code) => {
    const sts = await fake(refusal(code, 'as told'));
    expect(await askedWith(webIdentity(sts))).toMatchObject({ answer: missing, sent: 0 });
    expect(sts.seen).toHaveLength(1);
  });

  it('that the STS refuses for the time of the request may come with the next one', async () => {
    const sts = await fake(
      refusal('SignatureDoesNotMatch', 'Signature expired: 1 is now earlier than 2', 403),
    );
    expect(await askedWith(webIdentity(sts))).toMatchObject({
      answer: { kind: 'unanswered', error: { code: 'StoreUnanswered', retryable: true } },
    });
  });

  it.each([
    ['AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity'],
    ['SignatureDoesNotMatch', 'The request signature we calculated does not match the signature'],
  ])('that the STS refuses with %s for good are denied', async (code, message) => {
    const sts = await fake(refusal(code, message, 403));
    expect(await askedWith(webIdentity(sts))).toMatchObject({
      answer: { kind: 'failed', error: { code: 'AccessDenied', retryable: false } },
    });
  });
});
