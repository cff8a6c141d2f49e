/** Before a client joins or changes its streams: each stream has a map and the group's start in the table. */
import type { KinesumerError } from '../../errors.ts';
import type { StartMode } from '../../options.ts';
import { mapOf } from '../rules/plan.ts';
import { readMaps, surveyStream } from './maps.ts';
import { backoffMs, type StepFailure, type World } from './step.ts';

export interface PrepareInput {
  readonly streams: readonly string[];
  readonly attempt: number;
}

export type PrepareOutcome =
  | { readonly kind: 'prepared' }
  /** A stream does not exist, or another one has its name. */
  | { readonly kind: 'unusable'; readonly error: KinesumerError }
  | { readonly kind: 'notYet'; readonly error: KinesumerError; readonly retryInMs: number }
  | (StepFailure & { readonly retryInMs: number });

export async function prepareStreams(
  world: World,
  start: StartMode,
  input: PrepareInput,
): Promise<PrepareOutcome> {
  const retryInMs = backoffMs(world, input.attempt);
  const known = await readMaps(world, input.streams, true);
  if (known.kind === 'failure') return { ...known, retryInMs };
  const corrupt = known.errors[0];
  if (corrupt !== undefined) return { kind: 'notYet', error: corrupt, retryInMs };
  // a stream that the group knows is not listed again by each client that joins
  for (const stream of input.streams.filter((name) => (mapOf(known.maps, name) ?? null) === null)) {
    const surveyed = await surveyStream(world, stream, start);
    if (surveyed.kind === 'missing' || surveyed.kind === 'recreated') {
      return { kind: 'unusable', error: surveyed.error };
    }
    if (surveyed.kind === 'unsettled') {
      return { kind: 'notYet', error: surveyed.error, retryInMs };
    }
    if (surveyed.kind === 'failure') {
      // at the start nobody waits for credentials that are not there
      return surveyed.error.code === 'CredentialsMissing'
        ? { kind: 'unusable', error: surveyed.error }
        : { ...surveyed, retryInMs };
    }
  }
  return { kind: 'prepared' };
}
