/** Ask for shards: one batched read for all of them, one compare-and-set for each that can be had. */
import type { KinesumerError } from '../../errors.ts';
import type { Item, ShardRef } from '../ports.ts';
import {
  acquiredPosition,
  acquireFieldsOf,
  decideAsk,
  parentsStateOf,
  parentStateOf,
  type AskDecision,
  type ParentsState,
  type ParentState,
  type ShardItem,
} from '../rules/fencing.ts';
import { parseShardItem } from '../rules/items.ts';
import { checkpointKey, clientKey } from '../rules/keys.ts';
import { standingSession } from '../rules/registration.ts';
import { parseSession } from '../rules/sessions.ts';
import { acquire, disown } from '../rules/writes.ts';
import { spread, type Session } from './membership.ts';
import { backoffMs, corruptedItem, failureOf, type StepFailure, type World } from './step.ts';

export interface Ask extends ShardRef {
  /** `take`: wanted · `settle`: only a doubt is left, the shard itself is not wanted any more. */
  readonly intent: 'take' | 'settle';
  /** Parents that are not known to have ended. */
  readonly parents: readonly string[];
  /** Highest fence that this session saw of the shard; 0: none. */
  readonly highestFenceSeen: number;
  /** The fence of an acquire that was never answered. */
  readonly doubt: number | null;
}

export type AskResult =
  | { readonly kind: 'acquired'; readonly fence: number; readonly position: string }
  | { readonly kind: 'held'; readonly owner: string }
  | { readonly kind: 'waitsForParents' }
  | { readonly kind: 'ended' }
  /** Somebody else was faster; ask again. */
  | { readonly kind: 'outrun' }
  /** The table had no room for the write: nothing of it was carried out. */
  | { readonly kind: 'throttled'; readonly error: KinesumerError }
  /** Not answered: it may be applied at any time until the fence has passed `fence`. */
  | { readonly kind: 'doubt'; readonly fence: number }
  /** The doubt is settled: not mine, and never will be. */
  | { readonly kind: 'settled' }
  | { readonly kind: 'refused'; readonly error: KinesumerError };

export interface AskedShard extends ShardRef {
  readonly result: AskResult;
}

export interface AcquireInput {
  readonly session: Session;
  readonly asks: readonly Ask[];
  /** Asks in a row, up to this one, that the table throttled. */
  readonly throttled: number;
}

export type AcquireOutcome =
  | { readonly kind: 'asked'; readonly answers: readonly AskedShard[]; readonly againInMs: number }
  | (StepFailure & { readonly againInMs: number });

/** How often a held shard is asked for again. */
export const ASK_AGAIN_MS = 250;
/** How often where nobody waits for the answers. */
export const ASK_SELDOM_AGAIN_MS = 5_000;

export async function askForShards(world: World, input: AcquireInput): Promise<AcquireOutcome> {
  const againInMs = spread(world, ASK_AGAIN_MS, 'ask again');
  // a table that is short of room gets less to do, the longer it is
  const backedOffMs = (): number => Math.max(againInMs, backoffMs(world, input.throttled));
  const fail = (failure: StepFailure): AcquireOutcome => ({
    ...failure,
    againInMs: failure.failure === 'throttled' ? backedOffMs() : againInMs,
  });
  const items = await readShards(world, input.asks);
  if (items.kind === 'failure') return fail(items);
  const alive = await aliveOwners(world, input, items.items);
  if (alive.kind === 'failure') return fail(alive);
  const parents = await parentStates(world, input.asks, items.items);
  if (parents.kind === 'failure') return fail(parents);

  const answers = await Promise.all(
    input.asks.map(async (ask, index): Promise<AskedShard> => {
      const item = items.items[index] ?? null;
      const result =
        item !== null && 'problem' in item
          ? ({ kind: 'refused', error: corruptedItem(item.problem) } as const)
          : await askOne(world, input.session, ask, item, alive.alive, parents.states);
      return { stream: ask.stream, shardId: ask.shardId, result };
    }),
  );
  const seldom = answers.every(({ result }, index) => {
    if (result.kind === 'refused') return true;
    const isOpen = result.kind === 'doubt' && input.asks[index]?.intent === 'settle';
    return isOpen && !isOwnedBy(items.items[index] ?? null, input.session);
  });
  if (answers.some(wasThrottled)) return { kind: 'asked', answers, againInMs: backedOffMs() };
  return {
    kind: 'asked',
    answers,
    // An item that cannot be understood does not come right by itself within a moment. The acquire behind an open doubt
    // was most likely lost, and then nothing ever answers it where nobody else takes that shard.
    againInMs: seldom ? spread(world, ASK_SELDOM_AGAIN_MS, 'ask again') : againInMs,
  };
}

const wasThrottled = ({ result }: AskedShard): boolean => result.kind === 'throttled';

/** Whether the table had no room for an ask, or for a part of it. */
export const isThrottled = (outcome: AcquireOutcome): boolean =>
  outcome.kind === 'asked' ? outcome.answers.some(wasThrottled) : outcome.failure === 'throttled';

type ReadItem = ShardItem | { readonly kind: 'corrupted'; readonly problem: string } | null;

const isOwnedBy = (item: ReadItem, session: Session): boolean =>
  item !== null && !('problem' in item) && item.owner === session.id;

const parseOrNull = (item: Item | null): ReadItem => (item === null ? null : parseShardItem(item));

async function readShards(
  world: World,
  refs: readonly ShardRef[],
): Promise<{ readonly kind: 'items'; readonly items: readonly ReadItem[] } | StepFailure> {
  if (refs.length === 0) return { kind: 'items', items: [] };
  const answer = await world.store.read(
    refs.map((ref) => checkpointKey(world.app, ref.stream, ref.shardId)),
    { consistent: true },
  );
  if (answer.kind !== 'items') return failureOf(answer);
  return { kind: 'items', items: answer.items.map(parseOrNull) };
}

/** Which owners' sessions stand at this instant. A session's death is stable, so that a "no" stays true. */
async function aliveOwners(
  world: World,
  { session: own, asks }: AcquireInput,
  items: readonly ReadItem[],
): Promise<{ readonly kind: 'owners'; readonly alive: ReadonlySet<string> } | StepFailure> {
  const owners = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (item === null || 'problem' in item || item.owner === null) continue;
    // to settle a doubt it does not matter whether another owner lives
    if (item.owner !== own.id && asks[index]?.intent === 'take') owners.add(item.owner);
  }
  const sessions = [...owners].flatMap((owner) => parseSession(owner) ?? []);
  if (sessions.length === 0) return { kind: 'owners', alive: new Set() };
  const clientIds = [...new Set(sessions.map((session) => session.clientId))];
  const answer = await world.store.read(
    clientIds.map((clientId) => clientKey(world.app, clientId)),
    { consistent: true },
  );
  if (answer.kind !== 'items') return failureOf(answer);
  const alive = new Set<string>();
  for (const item of answer.items) {
    const session = standingSession(item);
    if (session !== null) alive.add(session);
  }
  return { kind: 'owners', alive };
}

const refId = (ref: ShardRef): string => `${ref.stream}/${ref.shardId}`;

/** Only for shards that nobody ever acquired: each parent at SHARD_END, or without an item and past retention. */
async function parentStates(
  world: World,
  asks: readonly Ask[],
  items: readonly ReadItem[],
): Promise<
  { readonly kind: 'parents'; readonly states: ReadonlyMap<string, ParentState> } | StepFailure
> {
  const refs = asks.flatMap((ask, index) => {
    const item = items[index] ?? null;
    const first = item === null || (!('problem' in item) && item.fence === null);
    return first && ask.intent === 'take'
      ? ask.parents.map((shardId) => ({ stream: ask.stream, shardId }))
      : [];
  });
  const unique = [...new Map(refs.map((ref) => [refId(ref), ref])).values()];
  const states = new Map<string, ParentState>();
  const read = await readShards(world, unique);
  if (read.kind === 'failure') return read;
  await Promise.all(
    unique.map(async (ref, index) => {
      const item = read.items[index] ?? null;
      if (item === null) states.set(refId(ref), await provenGone(world, ref));
      else if ('problem' in item) states.set(refId(ref), 'unknown');
      else states.set(refId(ref), parentStateOf(item));
    }),
  );
  return { kind: 'parents', states };
}

async function provenGone(world: World, ref: ShardRef): Promise<ParentState> {
  const answer = await world.stream.openIterator(ref, { kind: 'trimHorizon' });
  if (answer.kind === 'gone') return 'done';
  return answer.kind === 'iterator' ? 'open' : 'unknown';
}

const parentsOf = (ask: Ask, states: ReadonlyMap<string, ParentState>): ParentsState =>
  parentsStateOf(
    ask.parents.map(
      (shardId) => states.get(refId({ stream: ask.stream, shardId })) ?? ('unknown' as const),
    ),
  );

async function askOne(
  world: World,
  session: Session,
  ask: Ask,
  item: ShardItem | null,
  alive: ReadonlySet<string>,
  parents: ReadonlyMap<string, ParentState>,
): Promise<AskResult> {
  const owner = item?.owner ?? null;
  const decision = decideAsk({
    item,
    me: session.id,
    ownerAlive: owner !== null && alive.has(owner),
    highestFenceSeen: ask.highestFenceSeen,
    parents: parentsOf(ask, parents),
    intent: ask.intent,
    doubt: ask.doubt,
  });
  switch (decision.kind) {
    case 'acquire':
      return acquireOne(world, session, ask, item, decision);
    case 'disown':
      return disownOne(world, session, ask, decision.fence);
    default:
      return decision;
  }
}

async function acquireOne(
  world: World,
  session: Session,
  ask: Ask,
  item: ShardItem | null,
  decision: Extract<AskDecision, { kind: 'acquire' }>,
): Promise<AskResult> {
  const answer = await world.store.write(
    acquire(world.app, ask.stream, ask.shardId, acquireFieldsOf(decision, item, session.id)),
  );
  if (answer.kind === 'applied') {
    const stands = answer.item === null ? null : parseShardItem(answer.item);
    const position = acquiredPosition(decision, stands?.kind === 'shard' ? stands : null);
    return { kind: 'acquired', fence: decision.fence, position };
  }
  if (answer.kind === 'refused') return { kind: 'outrun' };
  if (answer.kind === 'unanswered') return { kind: 'doubt', fence: decision.fence };
  if (answer.kind === 'throttled') return { kind: 'throttled', error: answer.error };
  return { kind: 'refused', error: answer.error };
}

/** The unanswered acquire was applied, and the shard is not wanted any more. */
async function disownOne(
  world: World,
  session: Session,
  ask: Ask,
  fence: number,
): Promise<AskResult> {
  const answer = await world.store.write(
    disown(world.app, ask.stream, ask.shardId, session.id, fence),
  );
  return answer.kind === 'applied' || answer.kind === 'refused'
    ? { kind: 'settled' }
    : { kind: 'doubt', fence };
}
