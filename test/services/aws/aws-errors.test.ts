import { describe, expect, it } from 'vitest';
import { failureOf, faultOf, type AwsFault } from '../../../src/services/aws/aws-errors.ts';

const named = (name: string, fields: object = {}): Error =>
  Object.assign(new Error('told'), { name }, fields);
const withStatus = (httpStatusCode: number, name = 'SomethingNew'): Error =>
  named(name, { $metadata: { httpStatusCode } });

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
  [
    'a wrong clock that the SDK corrected',
    named('InvalidSignatureException', {
      $metadata: { httpStatusCode: 403, clockSkewCorrected: true },
    }),
    'unanswered',
  ],
  ['a signature that is wrong', withStatus(403, 'InvalidSignatureException'), 'denied'],
  ['an unknown access key', withStatus(400, 'UnrecognizedClientException'), 'denied'],
  ['an unknown refusal with status 403', withStatus(403), 'denied'],
  ['an expired session', withStatus(400, 'ExpiredTokenException'), 'credentials'],
  ['no credentials', named('CredentialsProviderError'), 'credentials'],
  ['a malformed request', withStatus(400, 'ValidationException'), 'refused'],
  ['an argument that Node refuses', named('TypeError', { code: 'ERR_INVALID_URL' }), 'refused'],
  ['a missing region', named('Error'), 'refused'],
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
