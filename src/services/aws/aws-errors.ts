import type { ErrorCode, ErrorDetails } from '../../errors.ts';
import { KinesumerError } from '../../errors.ts';
import type { Failure } from '../../machines/ports.ts';

/**
 * What an error of the AWS SDK says about the request that raised it.
 *
 * - `throttled`: refused for its rate; not applied.
 * - `unanswered`: no answer, or one that says nothing; it may have been applied.
 * - `denied`: the identity is unknown or lacks a permission; not applied.
 * - `credentials`: there are no credentials, or expired ones; not applied.
 * - `refused`: refused for its content; not applied.
 */
export type AwsFault = 'throttled' | 'unanswered' | 'denied' | 'credentials' | 'refused';

/** Names that mean the same in every service; AWS's "Common Error Types" and the ones of Kinesis and DynamoDB. */
const FAULT_BY_NAME: ReadonlyMap<string, AwsFault> = new Map(
  Object.entries({
    throttled: [
      'KMSThrottlingException',
      'LimitExceededException',
      'ProvisionedThroughputExceededException',
      'RequestLimitExceeded',
      'RequestThrottled',
      'RequestThrottledException',
      'SlowDown',
      'ThrottledException',
      'Throttling',
      'ThrottlingException',
      'TooManyRequestsException',
    ],
    unanswered: [
      'AbortError',
      'TimeoutError',
      // The page token outlived its five minutes: nothing is wrong with the request that starts anew.
      'ExpiredNextTokenException',
      'InternalFailure',
      'InternalFailureException',
      'InternalServerError',
      'InternalServerErrorException',
      'RequestTimeout',
      'RequestTimeoutException',
      'ServiceUnavailable',
      'ServiceUnavailableException',
      // The clocks differ: the SDK corrects its own by the answer, so the next request is right.
      'RequestExpired',
      'RequestInTheFuture',
      'RequestTimeTooSkewed',
      // A write that met another one on the same item.
      'TransactionConflictException',
    ],
    denied: [
      'AccessDenied',
      'AccessDeniedException',
      'IncompleteSignature',
      'IncompleteSignatureException',
      'InvalidClientTokenId',
      'InvalidSignatureException',
      'KMSAccessDeniedException',
      'MissingAuthenticationToken',
      'MissingAuthenticationTokenException',
      'NotAuthorized',
      'OptInRequired',
      'SignatureDoesNotMatch',
      'UnauthorizedOperation',
      'UnrecognizedClientException',
    ],
    credentials: [
      'CredentialsProviderError',
      'ExpiredToken',
      'ExpiredTokenException',
      // What the STS says of a web-identity token, which a provider hands on as it came: a token that is
      // being rotated is refused for a moment.
      'IDPCommunicationError',
      'IDPCommunicationErrorException',
      'IDPRejectedClaim',
      'IDPRejectedClaimException',
      'InvalidIdentityToken',
      'InvalidIdentityTokenException',
      // The metadata of an instance or a container did not answer.
      'ProviderError',
      'TokenProviderError',
    ],
    refused: [
      // The region or an ARN fits no endpoint of the service.
      'EndpointError',
    ],
  } satisfies Partial<Record<AwsFault, readonly string[]>>).flatMap(([fault, names]) =>
    names.map((name): [string, AwsFault] => [name, fault as AwsFault]),
  ),
);

/** Reads an error of the SDK, of Node's sockets, or of {@link withDeadline}. */
export function faultOf(error: unknown): AwsFault {
  if (!(error instanceof Error)) return 'unanswered';
  if (isOfTheClock(error)) return 'unanswered';
  const known = FAULT_BY_NAME.get(error.name);
  if (known !== undefined) return known;
  const statusCode = statusOf(error);
  // What no service answered comes from the network or a provider of credentials, and may pass. Only
  // what could not even be asked for stays as it is.
  if (statusCode === undefined) return isMalformed(error) ? 'refused' : 'unanswered';
  if (statusCode === 429) return 'throttled';
  if (statusCode === 401 || statusCode === 403) return 'denied';
  // Below 400 the answer came but could not be read, so that nobody knows what it said.
  if (statusCode >= 500 || statusCode === 408 || statusCode < 400) return 'unanswered';
  return 'refused';
}

/** How a service's faults are called towards the user. */
export interface FaultCodes {
  readonly throttled: ErrorCode;
  readonly unanswered: ErrorCode;
  readonly refused: ErrorCode;
}

/**
 * Turns an error of the SDK into the answer of a port.
 *
 * @param request - Words for the message: service, action and what it was about.
 */
export function failureOf(
  error: unknown,
  codes: FaultCodes,
  request: string,
  details: Omit<ErrorDetails, 'cause'> = {},
): Failure {
  const raise = (code: ErrorCode): KinesumerError =>
    new KinesumerError(code, `${request}: ${wordsOf(error)}`, { ...details, cause: error });
  const fault = faultOf(error);
  switch (fault) {
    case 'throttled':
      return { kind: 'throttled', error: raise(codes.throttled) };
    case 'unanswered':
      return { kind: 'unanswered', error: raise(codes.unanswered) };
    case 'denied':
      return { kind: 'failed', error: raise('AccessDenied') };
    case 'credentials':
      // a credentials endpoint that is down for a moment must not end a consumption; the first call of
      // all tells the user
      return { kind: 'unanswered', error: raise('CredentialsMissing') };
    case 'refused':
      return { kind: 'failed', error: raise(codes.refused) };
  }
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

/** What an error about a signature says where its time is the reason (IAM User Guide, "Troubleshoot signed requests"). */
const WORDS_OF_THE_CLOCK = /\bSignature (?:expired|not\s+yet current)\b/;

/**
 * Whether a request was refused for its time only. It says nothing of the key: the SDK learns the service's
 * time from this very answer, so the next request is right, also where the host's clock was put right just
 * now. The SDK's own note of that (`clockSkewCorrected`) is no guide: it stands on no answer after such a
 * step, and on every error, a wrong key's too, for as long as the host's clock is wrong.
 */
const isOfTheClock = ({ name, message }: Error): boolean =>
  (name === 'InvalidSignatureException' || name === 'SignatureDoesNotMatch') &&
  WORDS_OF_THE_CLOCK.test(message);

/** The SDK hangs the HTTP status on its errors. */
function statusOf(error: Error): number | undefined {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  return 'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number'
    ? metadata.httpStatusCode
    : undefined;
}

/** Errors of the SDK's configuration that have no name of their own. */
const WORDS_OF_THE_REGION = /^(?:Region is missing|Region not accepted|Invalid region)\b/;

/** Whether the request could not be made at all: the next one would fail as well. */
function isMalformed(error: Error): boolean {
  // `fetch`, of which a provider of credentials may be made, wraps what befell it into a TypeError
  const inner = error.name === 'TypeError' && error.cause instanceof Error ? error.cause : error;
  return (
    inner.name === 'TypeError' ||
    ('code' in inner && String(inner.code).startsWith('ERR_INVALID_')) ||
    WORDS_OF_THE_REGION.test(inner.message)
  );
}
