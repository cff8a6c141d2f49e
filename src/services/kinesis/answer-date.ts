/** What the SDK's middleware sees of an answer. */
interface Answered {
  readonly response: unknown;
}

/** Where in a command's stack {@link readingDate} stands: around the HTTP answer. */
export const READING_DATE_PLACE = {
  step: 'deserialize',
  priority: 'low',
  name: 'kinesumerAnswerDate',
} as const;

/**
 * SDK middleware that reads the `Date` header: the service's own clock, of which its API tells nothing.
 *
 * @param found - Called with milliseconds since the epoch, in whole seconds; not called without a usable header.
 */
export const readingDate =
  (found: (dateMs: number) => void) =>
  <Args, Result extends Answered>(
    next: (args: Args) => Promise<Result>,
  ): ((args: Args) => Promise<Result>) =>
  async (args) => {
    const result = await next(args);
    const dateMs = Date.parse(dateHeaderOf(result.response) ?? '');
    if (!Number.isNaN(dateMs)) found(dateMs);
    return result;
  };

function dateHeaderOf(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return;
  return typeof headers.date === 'string' ? headers.date : undefined;
}
