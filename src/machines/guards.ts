/** Guards that say what they ask, so that a chart drawn from the machine can be read. */

type Guarded = { readonly event: { readonly output: { readonly kind: string } } };

/** XState keeps no name of a guard that is a function. */
export const labelled = <Guard extends object>(label: string, guard: Guard): Guard =>
  Object.assign(guard, { label });

/** A guard with a label. */
export const named = <Args>(
  label: string,
  guard: (args: Args) => boolean,
): ((args: Args) => boolean) => labelled(label, guard);

/** The step answered so. */
export const answered = <Answer extends { readonly kind: string }>(
  ...kinds: readonly Answer['kind'][]
): (({ event }: { readonly event: { readonly output: Answer } }) => boolean) =>
  named(kinds.join(', '), ({ event }: { readonly event: { readonly output: Answer } }) =>
    kinds.includes(event.output.kind),
  );

const isRefusal = (answer: { readonly kind: string; readonly failure?: unknown }): boolean =>
  answer.kind === 'failure' && answer.failure === 'failed';

/** Asking again would not help. */
export const failedForGood = named('failed for good', ({ event }: Guarded) =>
  isRefusal(event.output),
);

/** Asking again may help. */
export const failedForNow = named(
  'failed for now',
  ({ event }: Guarded) => event.output.kind === 'failure' && !isRefusal(event.output),
);
