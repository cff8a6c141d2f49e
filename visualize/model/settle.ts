/** Keeps what did not change the very object that it was, so that whoever draws it can see that at once. */

/** A plain object of the view: its fields are plain values, or objects and lists of such. */
type Plain = Readonly<Record<string, unknown>>;

/** @returns `before` where `after` says the same */
export function settled<T extends object>(before: T | undefined, after: T): T {
  if (before === undefined || before === after) return after;
  const old = before as Plain;
  const fresh = after as Plain;
  for (const key in fresh) if (!same(old[key], fresh[key])) return after;
  return before;
}

/** The same of a list whose elements were settled before. */
export function settledList<T>(
  before: readonly T[] | undefined,
  after: readonly T[],
): readonly T[] {
  if (before?.length !== after.length) return after;
  return after.every((each, index) => each === before[index]) ? before : after;
}

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((each, index) => each === b[index]);
  }
  const old = a as Plain;
  const fresh = b as Plain;
  for (const key in fresh) if (!Object.is(old[key], fresh[key])) return false;
  return true;
}
