import type { Evidence } from '../history.ts';

/** A reading of a run that is made once, however many checkers ask for it. It goes with the run. */
export function once<T>(read: (evidence: Evidence) => T): (evidence: Evidence) => T {
  const made = new WeakMap<Evidence, { readonly value: T }>();
  return (evidence) => {
    const known = made.get(evidence) ?? { value: read(evidence) };
    made.set(evidence, known);
    return known.value;
  };
}
