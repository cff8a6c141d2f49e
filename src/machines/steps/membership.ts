/** The life of a session in the store: register, heartbeat, leave. */
import { KinesumerError } from '../../errors.ts';
import type { Timings } from '../../options.ts';
import type { Write } from '../ports.ts';
import { jittered } from '../rules/backoff.ts';
import { parseClient } from '../rules/items.ts';
import { clientKey } from '../rules/keys.ts';
import { decideClaim, judgeBeatRefusal, type RegisterMode } from '../rules/registration.ts';
import { sessionOf } from '../rules/sessions.ts';
import {
  createClient,
  heartbeat,
  leave,
  putStreams,
  replaceClient,
  type HeartbeatFields,
} from '../rules/writes.ts';
import {
  backoffMs,
  corruptedItem,
  failureOf,
  readOne,
  type StepFailure,
  type World,
} from './step.ts';

export interface Session {
  readonly clientId: string;
  readonly nonce: string;
  /** `clientId/nonce`: what shard items and the head name. */
  readonly id: string;
}

const SEND_JITTER = 0.1;

/** The next send of a period, spread by ±10 %. */
export const spread = (world: World, periodMs: number, reason: string): number =>
  jittered(periodMs, SEND_JITTER, world.random.next(reason));

/** A name of a stream list that is the same for the same list in any order. FNV-1a, 64 bit. */
export function streamsHashOf(streams: readonly string[]): string {
  let hash = 0xcbf29ce484222325n;
  for (const char of [...new Set(streams)].sort().join('\n')) {
    hash ^= BigInt(char.codePointAt(0) ?? 0);
    hash = BigInt.asUintN(64, hash * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, '0');
}

export interface RegisterInput {
  readonly clientId: string;
  readonly streams: readonly string[];
  readonly ttlMs: number;
  readonly mode: RegisterMode;
  /** Nonces of own earlier tries, whose late writes are no other process. */
  readonly triedNonces: readonly string[];
  readonly attempt: number;
}

export type RegisterOutcome =
  | {
      readonly kind: 'registered';
      readonly session: Session;
      readonly rv: number;
      readonly sentMonotonicMs: number;
      readonly sentWallMs: number;
      readonly nextInMs: number;
    }
  /** Another process holds this clientId. */
  | { readonly kind: 'replaced'; readonly error: KinesumerError }
  | (StepFailure & { readonly triedNonce: string; readonly retryInMs: number });

/** Streams item, client item with a fresh nonce, and the first answered heartbeat: only then a session exists. */
export async function register(
  world: World,
  timings: Timings,
  input: RegisterInput,
): Promise<RegisterOutcome> {
  const nonce = world.random.id('nonce');
  const session: Session = {
    clientId: input.clientId,
    nonce,
    id: sessionOf(input.clientId, nonce),
  };
  const streamsHash = streamsHashOf(input.streams);
  const fail = (failure: StepFailure): RegisterOutcome => ({
    ...failure,
    triedNonce: nonce,
    retryInMs: backoffMs(world, input.attempt),
  });

  const listed = await storeStreams(world, streamsHash, input.streams);
  if (listed.kind === 'failure') return fail(listed);

  const created = await claimClientId(world, nonce, streamsHash, input);
  if (created.kind === 'replaced') return created;
  if (created.kind === 'failure') return fail(created);

  const beat = await beatOnce(world, timings, {
    session,
    ownNonces: input.triedNonces,
    acknowledged: 0,
    fields: { state: 'active', streamsHash, endedCount: 0 },
  });
  if (beat.kind === 'beat') return { ...beat, kind: 'registered', session };
  if (beat.kind === 'replaced') return beat;
  const error =
    beat.kind === 'lost'
      ? new KinesumerError(
          'SessionLost',
          `${input.clientId} was expelled before its first heartbeat`,
        )
      : beat.error;
  return fail({ kind: 'failure', failure: 'unanswered', error });
}

async function storeStreams(
  world: World,
  hash: string,
  streams: readonly string[],
): Promise<{ readonly kind: 'stored' } | StepFailure> {
  const answer = await world.store.write(putStreams(world.app, hash, [...new Set(streams)].sort()));
  return answer.kind === 'applied' || answer.kind === 'refused'
    ? { kind: 'stored' }
    : failureOf(answer);
}

async function claimClientId(
  world: World,
  nonce: string,
  streamsHash: string,
  input: RegisterInput,
): Promise<
  | { readonly kind: 'claimed' }
  | { readonly kind: 'replaced'; readonly error: KinesumerError }
  | StepFailure
> {
  const fields = { clientId: input.clientId, nonce, ttlMs: input.ttlMs, streamsHash };
  const write = async (what: Write): Promise<'applied' | 'refused' | StepFailure> => {
    const answer = await world.store.write(what);
    return answer.kind === 'applied' || answer.kind === 'refused' ? answer.kind : failureOf(answer);
  };
  const created = await write(createClient(world.app, fields));
  if (created === 'applied') return { kind: 'claimed' };
  if (created !== 'refused') return created;

  const read = await readOne(world, clientKey(world.app, input.clientId), true);
  if (read.kind === 'failure') return read;
  const raced: StepFailure = {
    kind: 'failure',
    failure: 'unanswered',
    error: new KinesumerError(
      'StoreUnanswered',
      `${input.clientId}: the client item moved meanwhile`,
    ),
  };
  const { mode, triedNonces } = input;
  const decision = decideClaim({ item: read.item, mode, triedNonces });
  switch (decision.kind) {
    case 'raced':
      return raced;
    case 'replaced':
      return { kind: 'replaced', error: replacedError(input.clientId) };
    case 'goClient': {
      const message = `A Go kinesumer client stands under the clientId ${input.clientId}`;
      const error = new KinesumerError('GoGroupAlive', message);
      return { kind: 'failure', failure: 'unanswered', error };
    }
    case 'unreadable': {
      const problem = `${input.clientId}: its client item has an unreadable nonce; delete the item`;
      return { kind: 'failure', failure: 'unanswered', error: corruptedItem(problem) };
    }
    case 'replace':
  }
  const replaced = await write(replaceClient(world.app, fields, decision.nonceAsRead));
  if (replaced === 'applied') return { kind: 'claimed' };
  return replaced === 'refused' ? raced : replaced;
}

const replacedError = (clientId: string): KinesumerError =>
  new KinesumerError('SessionReplaced', `Another process registered as clientId ${clientId}`);

// ---------------------------------------------------------------- heartbeat

export interface HeartbeatInput {
  readonly session: Session;
  /** Nonces of own earlier tries and sessions. */
  readonly ownNonces: readonly string[];
  /** Highest record version that an answer acknowledged. */
  readonly acknowledged: number;
  readonly fields: HeartbeatFields;
}

export type HeartbeatOutcome =
  | {
      readonly kind: 'beat';
      readonly rv: number;
      readonly sentMonotonicMs: number;
      readonly sentWallMs: number;
      readonly nextInMs: number;
    }
  /** The own item is gone: expelled. */
  | { readonly kind: 'lost' }
  | { readonly kind: 'replaced'; readonly error: KinesumerError }
  | (StepFailure & { readonly nextInMs: number });

/** How soon an unanswered heartbeat is sent again: the TTL runs. */
const RETRY_FRACTION = 0.2;

export async function beatOnce(
  world: World,
  timings: Timings,
  input: HeartbeatInput,
): Promise<HeartbeatOutcome> {
  const { clientId, nonce } = input.session;
  const sentMonotonicMs = world.clock.monotonicMs();
  const sentWallMs = world.clock.wallMs();
  const retry = (failure: StepFailure): HeartbeatOutcome => ({
    ...failure,
    nextInMs: spread(world, timings.heartbeatIntervalMs * RETRY_FRACTION, 'heartbeat retry'),
  });
  const answer = await world.store.write(
    heartbeat(world.app, clientId, nonce, input.acknowledged, input.fields),
  );
  if (answer.kind === 'applied') {
    // what the others cannot read is no session to them: only a new one heals that
    if (answer.item !== null && parseClient(answer.item).kind !== 'client') return { kind: 'lost' };
    const rv = answer.item?.['rv'];
    return {
      kind: 'beat',
      rv: typeof rv === 'number' ? rv : input.acknowledged + 1,
      sentMonotonicMs,
      sentWallMs,
      nextInMs: spread(world, timings.heartbeatIntervalMs, 'heartbeat period'),
    };
  }
  if (answer.kind !== 'refused') return retry(failureOf(answer));

  const read = await readOne(world, clientKey(world.app, clientId), true);
  if (read.kind === 'failure') return retry(read);
  return judgeBeatRefusal({ item: read.item, nonce, ownNonces: input.ownNonces }) === 'replaced'
    ? { kind: 'replaced', error: replacedError(clientId) }
    : { kind: 'lost' };
}

/** Deletes the own item; a successor's is left alone. */
export async function leaveGroup(
  world: World,
  session: Session,
): Promise<{ readonly kind: 'left' } | StepFailure> {
  const answer = await world.store.write(leave(world.app, session.clientId, session.nonce));
  return answer.kind === 'applied' || answer.kind === 'refused'
    ? { kind: 'left' }
    : failureOf(answer);
}

/** Makes a changed list of streams known before a heartbeat names its hash. */
export const storeStreamList = storeStreams;
