/** What the steps share. A step is one conversation with the store or the stream, invoked by a machine. */
import { KinesumerError } from '../../errors.ts';
import type { Failure, Clock, Item, Random, StateStore, Stream } from '../ports.ts';
import { fullJitter } from '../rules/backoff.ts';

/** The world as the steps see it. */
export interface World {
  readonly app: string;
  readonly store: StateStore;
  readonly stream: Stream;
  readonly clock: Clock;
  readonly random: Random;
}

/** A step that came to nothing: told, and tried again after `retryInMs` where `failure` is not `failed`. */
export interface StepFailure {
  readonly kind: 'failure';
  readonly failure: Failure['kind'];
  readonly error: KinesumerError;
}

export const failureOf = (answer: Failure): StepFailure => ({
  kind: 'failure',
  failure: answer.kind,
  error: answer.error,
});

export const corruptedItem = (problem: string): KinesumerError =>
  new KinesumerError('ItemCorrupted', problem);

export const streamRecreated = (stream: string): KinesumerError =>
  new KinesumerError(
    'StreamRecreated',
    `${stream} was deleted and created again; its state in the table belongs to the old one`,
    { stream },
  );

const BACKOFF_BASE_MS = 100;
const BACKOFF_CAP_MS = 5_000;

/** Full jitter over the attempt, drawn here so that no machine draws. */
export const backoffMs = (
  world: Pick<World, 'random'>,
  attempt: number,
  capMs = BACKOFF_CAP_MS,
): number =>
  fullJitter({
    attempt,
    baseMs: BACKOFF_BASE_MS,
    capMs,
    random: world.random.next('backoff'),
  });

/** One item, strongly or eventually. */
export async function readOne(
  world: World,
  key: { readonly pk: string; readonly sk: string },
  consistent: boolean,
): Promise<{ readonly kind: 'item'; readonly item: Item | null } | StepFailure> {
  const answer = await world.store.read([key], { consistent });
  if (answer.kind !== 'items') return failureOf(answer);
  return { kind: 'item', item: answer.items[0] ?? null };
}
