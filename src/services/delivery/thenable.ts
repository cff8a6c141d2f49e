/** Whether a value must be awaited. Awaiting only these keeps synchronous user code free of a promise per record. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
