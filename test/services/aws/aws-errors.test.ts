import { describe, expect, it } from 'vitest';
import { failureOf, faultOf, type AwsFault } from '../../../src/services/aws/aws-errors.ts';

const named = (name: string, fields: object = {}): Error =>
  Object.assign(new Error('told'), { name }, fields);
const withStatus = (httpStatusCode: number, name = 'SomethingNew'): Error =>
  named(name, { $metadata: { httpStatusCode } });

/** As DynamoDB and Kinesis word it, the STS too under its own name. */
const EXPIRED =
  'Signature expired: 20250415T100000Z is now earlier than 20250415T105500Z (20250415T110000Z - 5 min.)';
const TOO_EARLY =
  'Signature not yet current: 20250415T110000Z is still later than 20250415T100500Z (20250415T100000Z + 5 min.)';
const WRONG_KEY =
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.';
/** While a host's clock is wrong, the SDK notes on every error that it corrects it. */
const refusedSignature = (message: string, { clockSkewCorrected = true } = {}): Error =>
  Object.assign(new Error(message), {
    name: 'InvalidSignatureException',
    $metadata: { httpStatusCode: 400, clockSkewCorrected },
  });

const CASES: readonly (readonly [what: string, error: unknown, fault: AwsFault])[] = [
  ['a throttle by its name', withStatus(400, 'ThrottlingException'), 'throttled'],
  ['a throttle by its status', withStatus(429), 'throttled'],
  ['a throttle that comes as a server error', withStatus(503, 'SlowDown'), 'throttled'],
  ['a server error of any name', withStatus(500), 'unanswered'],
  ['a gateway that gave up', withStatus(504), 'unanswered'],
  ['a request that took the server too long to receive', withStatus(408), 'unanswered'],
  ['an answer that cannot be decoded', withStatus(200, 'SyntaxError'), 'unanswered'],
  ['an abort', named('AbortError'), 'unanswered'],
  ['a reset connection', named('Error', { code: 'ECONNRESET' }), 'unanswered'],
  ['a name that does not resolve', named('Error', { code: 'ENOTFOUND' }), 'unanswered'],
  ['a certificate that is not trusted', named('Error', { code: 'CERT_HAS_EXPIRED' }), 'unanswered'],
  ['something thrown that is no error', 'text', 'unanswered'],
  ['a signature of a clock that is behind', refusedSignature(EXPIRED), 'unanswered'],
  ['a signature of a clock that is ahead', refusedSignature(TOO_EARLY), 'unanswered'],
  [
    'the same where the SDK has not noted that it corrects the clock',
    refusedSignature(EXPIRED, { clockSkewCorrected: false }),
    'unanswered',
  ],
  ['a signature that is wrong', withStatus(403, 'InvalidSignatureException'), 'denied'],
  ['a signature by a wrong key', refusedSignature(WRONG_KEY), 'denied'],
  [
    'a missing permission on a host whose clock is wrong',
    named('AccessDeniedException', {
      $metadata: { httpStatusCode: 400, clockSkewCorrected: true },
    }),
    'denied',
  ],
  ['an unknown access key', withStatus(400, 'UnrecognizedClientException'), 'denied'],
  ['an unknown refusal with status 403', withStatus(403), 'denied'],
  ['an expired session', withStatus(400, 'ExpiredTokenException'), 'credentials'],
  ['no credentials', named('CredentialsProviderError'), 'credentials'],
  ['a malformed request', withStatus(400, 'ValidationException'), 'refused'],
  ['an argument that Node refuses', named('TypeError', { code: 'ERR_INVALID_URL' }), 'refused'],
  ['an argument of a wrong type', named('TypeError'), 'refused'],
  ['a missing region', new Error('Region is missing'), 'refused'],
  [
    'a region that is none',
    new Error('Region not accepted: region="not a region!" is not a valid hostname component.'),
    'refused',
  ],
  ['a region without an endpoint', named('EndpointError'), 'refused'],
  ['an HTTP/2 stream that ends unanswered', new Error('http2 request did not get'), 'unanswered'],
  ['a metadata service that is down', named('ProviderError'), 'credentials'],
  ['an identity provider that is down', withStatus(400, 'IDPCommunicationError'), 'credentials'],
  ['a token in rotation', withStatus(400, 'InvalidIdentityTokenException'), 'credentials'],
  ['something new from a provider of credentials', named('SomethingNew'), 'unanswered'],
  [
    'a fetch that failed in a provider of credentials',
    new TypeError('fetch failed', { cause: named('Error', { code: 'ECONNREFUSED' }) }),
    'unanswered',
  ],
  [
    'a fetch of what is no URL',
    new TypeError('Failed to parse URL', { cause: named('Error', { code: 'ERR_INVALID_URL' }) }),
    'refused',
  ],
];

const CODES = {
  throttled: 'StreamThrottled',
  unanswered: 'StreamUnanswered',
  refused: 'StreamRejected',
} as const;

describe('an error of the SDK', () => {
  it.each(CASES)('%s is understood', (_, error, fault) => {
    expect(faultOf(error)).toBe(fault);
  });

  it('becomes a failure with its cause, its request and its place', () => {
    const cause = withStatus(400, 'ThrottlingException');
    const failure = failureOf(cause, CODES, 'Kinesis GetRecords', { stream: 's', shardId: '1' });
    expect(failure.kind).toBe('throttled');
    expect(failure.error).toMatchObject({
      code: 'StreamThrottled',
      message: 'Kinesis GetRecords: ThrottlingException: told',
      stream: 's',
      shardId: '1',
      cause,
    });
  });
});
