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
      'TokenProviderError',
    ],
  } satisfies Partial<Record<AwsFault, readonly string[]>>).flatMap(([fault, names]) =>
    names.map((name): [string, AwsFault] => [name, fault as AwsFault]),
  ),
);

/** Reads an error of the SDK, of Node's sockets, or of {@link withDeadline}. */
export function faultOf(error: unknown): AwsFault {
  if (!(error instanceof Error)) return 'unanswered';
  const { statusCode, clockCorrected } = metadataOf(error);
  if (clockCorrected) return 'unanswered';
  const known = FAULT_BY_NAME.get(error.name);
  if (known !== undefined) return known;
  if (statusCode === undefined) return isOfTheNetwork(error) ? 'unanswered' : 'refused';
  if (statusCode === 429) return 'throttled';
  if (statusCode === 401 || statusCode === 403) return 'denied';
  // Below 400 the answer came but could not be read, so that nobody knows what it said.
  if (statusCode >= 500 || statusCode === 408 || statusCode < 400) return 'unanswered';
  return 'refused';
}

/** Whether the SDK has learned from this answer that the host's clock is wrong: the next request will do. */
export const hasCorrectedClock = (error: unknown): boolean =>
  error instanceof Error && metadataOf(error).clockCorrected;

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

/** The SDK hangs the HTTP status and the note of a corrected clock on its errors. */
function metadataOf(error: Error): {
  readonly statusCode: number | undefined;
  readonly clockCorrected: boolean;
} {
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  if (typeof metadata !== 'object' || metadata === null) {
    return { statusCode: undefined, clockCorrected: false };
  }
  return {
    statusCode:
      'httpStatusCode' in metadata && typeof metadata.httpStatusCode === 'number'
        ? metadata.httpStatusCode
        : undefined,
    clockCorrected: 'clockSkewCorrected' in metadata && metadata.clockSkewCorrected === true,
  };
}

/** Node's codes of sockets, names and TLS; `ERR_INVALID_…` are broken arguments instead. */
const isOfTheNetwork = (error: Error): boolean =>
  'code' in error && typeof error.code === 'string' && !error.code.startsWith('ERR_INVALID_');
