/**
 * Carries the error of the only attempt past the SDK's retry logic, which would try again by the
 * error's name, code, status or cause: it has none of them.
 */
class OnlyAttemptFailed extends Error {
  readonly failure: unknown;

  constructor(failure: unknown) {
    super('the only attempt failed');
    this.failure = failure;
  }
}

/**
 * SDK middleware for a client that the user brought, whose own retries cannot be switched off: a
 * retry hidden in the SDK is a write that arrives after the protocol has given it up.
 * To stand after the retry middleware (step `finalizeRequest`, priority `low`).
 */
export function singleAttempt<Args, Result>(
  next: (args: Args) => Promise<Result>,
): (args: Args) => Promise<Result> {
  let failed: OnlyAttemptFailed | undefined;
  return async (args) => {
    if (failed !== undefined) throw failed;
    try {
      return await next(args);
    } catch (error) {
      failed = new OnlyAttemptFailed(error);
      throw failed;
    }
  };
}

/** Where in the SDK's stack {@link singleAttempt} stands. */
export const SINGLE_ATTEMPT_PLACE = {
  step: 'finalizeRequest',
  priority: 'low',
  name: 'kinesumerSingleAttempt',
} as const;

/** The error that the only attempt failed with. */
export const attemptFailure = (error: unknown): unknown =>
  error instanceof OnlyAttemptFailed ? error.failure : error;
