/** Types, stubs and bookkeeping of the assignment's chart; its states are written against them. */
import { and, assign, enqueueActions, fromPromise, not, sendParent, setup, stateIn } from 'xstate';
import { invariant, type KinesumerError } from '../../errors.ts';
import type { Notice, ShardEndReason } from '../notices.ts';
import type { ShardRef } from '../ports.ts';
import { isInMap, startOf, unprovenParents, type ShardMap } from '../rules/lineage.ts';
import {
  doubted,
  gaveBack,
  inPhase,
  isSettled,
  reachedEnd,
  retarget,
  settledDoubt,
  shardKey,
  shardOf,
  startedDraining,
  took,
  wantEnded,
  type Ownership,
} from '../rules/ownership.ts';
import { mapOf, targetsOf } from '../rules/plan.ts';
import {
  shardReaderMachine,
  type ReaderDone,
  type ReaderFailing,
  type ReaderOutcome,
} from '../shard-reader.ts';
import {
  ASK_AGAIN_MS,
  isThrottled,
  type AcquireInput,
  type AcquireOutcome,
  type Ask,
  type AskedShard,
} from '../steps/acquire.ts';
import type { Session } from '../steps/membership.ts';
import type { GroupView } from '../steps/poll.ts';

export interface AssignmentInput {
  readonly session: Session;
  readonly mode: 'open' | 'paused';
}

export interface AssignmentContext extends AssignmentInput {
  readonly own: Ownership;
  readonly generation: number;
  readonly maps: Readonly<Record<string, ShardMap>>;
  /** Streams that were made anew, and keys of shards whose handler failed: not asked for again. */
  readonly barred: readonly string[];
  /** Keys not yet asked for in this turn over all that is pending. */
  readonly turn: readonly string[];
  /** The shortest that an answer of this turn names; 0: there was none yet. */
  readonly againInMs: number;
  /** Asks in a row that the table throttled. */
  readonly throttled: number;
}

export type AssignmentEvent =
  | { readonly type: 'TARGET'; readonly view: GroupView }
  | { readonly type: 'STREAM_FAULT'; readonly stream: string; readonly error: KinesumerError }
  | { readonly type: 'COMMIT' }
  | { readonly type: 'PAUSE'; readonly shards: readonly ShardRef[] | 'all' }
  | { readonly type: 'RESUME'; readonly shards: readonly ShardRef[] | 'all' }
  | { readonly type: 'DRAIN_ALL' }
  | ReaderFailing
  | ReaderDone;

export type AssignmentReport =
  | {
      readonly type: 'SHARD_ENDED';
      readonly stream: string;
      readonly childShardIds: readonly string[];
    }
  /** A reader found that the stream is another one than the map's. */
  | { readonly type: 'STREAM_FAULT'; readonly stream: string; readonly error: KinesumerError }
  | { readonly type: 'FATAL'; readonly error: KinesumerError }
  /** DRAIN_ALL is done: no reader is left. */
  | { readonly type: 'DRAINED' };

/** So many at a time, with the event loop between, so that hundreds of shards never block a heartbeat. */
const CHUNK = 32;

export const readerId = (key: string, fence: number): string => `reader/${key}/${fence}`;

const ownedIds = (context: AssignmentContext, keys: readonly string[]): string[] =>
  keys.flatMap((key) => {
    const entry = context.own.owned[key];
    return entry === undefined ? [] : [readerId(key, entry.fence)];
  });

const chosen = (context: AssignmentContext, shards: readonly ShardRef[] | 'all'): string[] =>
  shards === 'all' ? Object.keys(context.own.owned) : shards.map(shardKey);

function asksOf(context: AssignmentContext): Ask[] {
  return context.turn.slice(0, CHUNK).flatMap((key): Ask[] => {
    const pending = context.own.pending[key];
    if (pending === undefined) return [];
    const map = mapOf(context.maps, pending.shard.stream);
    return [
      {
        ...pending.shard,
        intent: pending.intent,
        doubt: pending.doubt,
        highestFenceSeen: context.own.fences[key] ?? 0,
        parents: map === undefined ? [] : unprovenParents(map, pending.shard.shardId),
      },
    ];
  });
}

const askInput = ({ context }: { readonly context: AssignmentContext }): AcquireInput => ({
  session: context.session,
  asks: asksOf(context),
  throttled: context.throttled,
});

const throttledWith = (context: AssignmentContext, outcome: AcquireOutcome): number =>
  isThrottled(outcome) ? context.throttled + 1 : 0;

/** What an answer changes in the books; acquired shards are booked all in one, with their readers. */
function book(own: Ownership, { stream, shardId, result }: AskedShard): Ownership {
  const shard = { stream, shardId };
  switch (result.kind) {
    case 'doubt':
      return doubted(own, shard, result.fence);
    case 'settled':
      return settledDoubt(own, shardKey(shard));
    case 'ended':
      return reachedEnd(own, shardKey(shard));
    default:
      return own;
  }
}

const endReason = (outcome: ReaderOutcome, state: 'staying' | 'leaving'): ShardEndReason => {
  if (outcome.kind === 'ended') return outcome.why;
  if (outcome.kind === 'failed') return 'error';
  if (outcome.kind === 'lost') return 'lost';
  return state === 'leaving' ? 'shutdown' : 'moved';
};

const isBarred = ({ barred }: AssignmentContext, shard: ShardRef): boolean =>
  barred.includes(shard.stream) || barred.includes(shardKey(shard));

/**
 * Whether a shard that was acquired is not read: it was barred while the answer was on its way, or it was asked for by
 * the map of a stream that was made anew since, whose shards have the names of others.
 */
const isUnread = (context: AssignmentContext, shard: ShardRef): boolean => {
  const map = mapOf(context.maps, shard.stream);
  return isBarred(context, shard) || (map !== undefined && !isInMap(map, shard.shardId));
};

/** What a plan gives to this client; a stream on another map version keeps what is owned of it. */
function wantedOf(context: AssignmentContext, view: GroupView): readonly ShardRef[] {
  if (view.plan === null) return Object.values(context.own.target);
  const targets = targetsOf(view.plan, view.maps, context.session.clientId);
  const held = Object.values(context.own.owned)
    .map((entry) => entry.shard)
    .filter((shard) => targets.held.includes(shard.stream));
  return [...targets.shards, ...held].filter((shard) => !isBarred(context, shard));
}

/**
 * What a view changes in the books. The plan in hand comes again with each poll while a map is missing: what ended of it
 * is not asked for each time, since each answer has the group looked at again.
 */
function retargeted(context: AssignmentContext, view: GroupView): Ownership {
  const isInHand = view.plan === null || view.plan.gen === context.generation;
  return retarget(context.own, wantedOf(context, view), isInHand ? context.own.ended : {});
}

const difference = (
  from: Readonly<Record<string, ShardRef>>,
  minus: Readonly<Record<string, ShardRef>>,
): ShardRef[] => Object.keys(from).flatMap((key) => (minus[key] ? [] : (from[key] ?? [])));

/** What a new view changes for this client. */
export const rebalanceNotices = (
  context: AssignmentContext,
  view: GroupView,
): readonly Notice[] => {
  const generation = view.plan?.gen ?? context.generation;
  const own = retargeted(context, view);
  const gained = difference(own.target, context.own.target);
  const lost = difference(context.own.target, own.target);
  return gained.length + lost.length === 0 && generation === context.generation
    ? []
    : [{ kind: 'rebalance', generation, gained, lost }];
};

export const shardEndNotice = (key: string, fence: number, reason: ShardEndReason): Notice => ({
  kind: 'shardEnd',
  shard: shardOf(key),
  fence,
  reason,
});

export const ownedOf = (context: AssignmentContext, stream: string): string[] =>
  Object.entries(context.own.owned).flatMap(([key, entry]) =>
    entry.shard.stream === stream ? [key] : [],
  );

export const assignmentSetup = setup({
  types: {
    context: {} as AssignmentContext,
    input: {} as AssignmentInput,
    events: {} as AssignmentEvent,
  },
  actors: {
    reader: shardReaderMachine,
    ask: fromPromise<AcquireOutcome, AcquireInput>(() => {
      throw new Error('ask is not provided');
    }),
  },
  actions: {
    notifyAll: (_, _params: { readonly notices: readonly Notice[] }) => {},
    report: sendParent((_, report: AssignmentReport) => report),
    sendReaders: enqueueActions(
      (
        { enqueue, context },
        params: {
          readonly keys: readonly string[];
          readonly event: 'COMMIT' | 'PAUSE' | 'RESUME' | 'DRAIN';
        },
      ) => {
        for (const id of ownedIds(context, params.keys)) enqueue.sendTo(id, { type: params.event });
      },
    ),
    abortReaders: enqueueActions(
      (
        { enqueue, context },
        params: { readonly keys: readonly string[]; readonly error: KinesumerError },
      ) => {
        for (const id of ownedIds(context, params.keys)) {
          enqueue.sendTo(id, { type: 'ABORT', error: params.error });
        }
      },
    ),
    takeView: assign(({ context }, { view }: { readonly view: GroupView }) => {
      const own = retargeted(context, view);
      return {
        own,
        maps: view.maps,
        generation: view.plan?.gen ?? context.generation,
        turn: Object.keys(own.pending),
      };
    }),
    /** A stream by its name or a shard by its key is not wanted any more, whatever a plan says. */
    bar: assign(({ context }, { name }: { readonly name: string }) => {
      const barred = [...new Set([...context.barred, name])];
      const isKept = (shard: ShardRef): boolean => !isBarred({ ...context, barred }, shard);
      const kept = Object.values(context.own.target).filter(isKept);
      const ended = Object.entries(context.own.ended).filter(([, shard]) => isKept(shard));
      const own = retarget(context.own, kept, Object.fromEntries(ended));
      return { barred, own, turn: Object.keys(own.pending) };
    }),
    takeMode: assign(
      (
        _,
        params: { readonly shards: readonly ShardRef[] | 'all'; readonly mode: 'open' | 'paused' },
      ) => (params.shards === 'all' ? { mode: params.mode } : {}),
    ),
    askForEnded: assign(({ context }) => {
      const own = wantEnded(context.own);
      return { own, turn: Object.keys(own.pending) };
    }),
    startTurn: assign({
      turn: ({ context }) => Object.keys(context.own.pending),
      againInMs: 0,
    }),
    markDraining: assign({
      own: ({ context }, { keys }: { readonly keys: readonly string[] }) =>
        startedDraining(context.own, keys),
    }),
    /** Nothing more is asked for; what is owned is given back. */
    wantNothing: assign(({ context }) => ({
      own: { ...retarget(context.own, []), pending: {} },
      turn: [],
    })),
    forget: assign(({ context }, done: ReaderDone) => {
      const own =
        done.outcome.kind === 'ended'
          ? reachedEnd(context.own, done.key)
          : gaveBack(context.own, done.key, done.fence);
      return { own, turn: Object.keys(own.pending) };
    }),
    /** All that is pending waits so long, but for what is wanted anew. */
    takePace: assign(({ context }, { outcome }: { readonly outcome: AcquireOutcome }) => ({
      againInMs: outcome.againInMs,
      throttled: throttledWith(context, outcome),
      turn: [],
    })),
    /** What the store refuses for good does not come right by asking again. */
    reportRefused: enqueueActions(
      ({ enqueue }, { outcome }: { readonly outcome: AcquireOutcome }) => {
        const refusals =
          outcome.kind === 'failure'
            ? outcome.failure === 'failed'
              ? [outcome.error]
              : []
            : outcome.answers.flatMap(({ result }) =>
                result.kind === 'refused' && !result.error.retryable ? [result.error] : [],
              );
        const [error] = refusals;
        if (error !== undefined) enqueue(sendParent({ type: 'FATAL', error }));
      },
    ),
    /** Books the answers and spawns a reader for each acquired shard, never beside an older one (D9). */
    takeAnswers: enqueueActions(
      ({ enqueue, context }, { outcome }: { readonly outcome: AcquireOutcome }) => {
        if (outcome.kind !== 'asked') return;
        let { own } = context;
        const acquired: { readonly shard: ShardRef; readonly fence: number }[] = [];
        for (const answer of outcome.answers) {
          const key = shardKey(answer);
          const { result } = answer;
          const shard = { stream: answer.stream, shardId: answer.shardId };
          if (result.kind === 'acquired' && isUnread(context, answer)) {
            // given back as a doubt is
            own = doubted(own, shard, result.fence);
            continue;
          }
          if (result.kind === 'acquired') {
            invariant(own.owned[key] === undefined, 'D9', { key, fence: result.fence });
            const map = mapOf(context.maps, answer.stream);
            enqueue.spawnChild('reader', {
              id: readerId(key, result.fence),
              input: {
                key,
                shard,
                session: context.session.id,
                fence: result.fence,
                position: result.position,
                start: map ? startOf(map, answer.shardId) : { kind: 'trimHorizon' },
                streamCreatedAtMs: map?.createdAtMs ?? null,
                mode: context.mode,
              },
            });
            acquired.push({ shard, fence: result.fence });
          }
          if (result.kind === 'ended') {
            // whoever ended it may not have lived to tell
            const { stream } = answer;
            enqueue(sendParent({ type: 'SHARD_ENDED', stream, childShardIds: [] }));
          }
          own = book(own, answer);
        }
        const asked = new Set(outcome.answers.map(shardKey));
        const turn = context.turn.filter((key) => !asked.has(key));
        // a chunk that nobody waits for holds up none that was asked for before it
        const againInMs = Math.min(context.againInMs || Infinity, outcome.againInMs);
        const throttled = throttledWith(context, outcome);
        enqueue.assign({ own: took(own, acquired), turn, againInMs, throttled });
      },
    ),
  },
  delays: {
    askAgain: ({ context }) => context.againInMs,
    /** A poll and a little: by then the taker has surely seen the plan. */
    linger: () => 0,
    /** By then the plan without them has come, if the leader heard of their ends and found them there. */
    askEnded: () => 0,
  },
  guards: {
    hasPending: ({ context }) => Object.keys(context.own.pending).length > 0,
    hasTurn: ({ context }) => context.turn.length > 0,
    hasEnded: ({ context }) => Object.keys(context.own.ended).length > 0,
    hasNoneEnded: ({ context }) => Object.keys(context.own.ended).length === 0,
    /** While it rests for long a shard came that is wanted. */
    isHeldUp: ({ context: { againInMs, own, turn } }) =>
      againInMs > 2 * ASK_AGAIN_MS && turn.some((key) => own.pending[key]?.intent === 'take'),
    hasNoLingering: ({ context }) => inPhase(context.own, 'lingering').length === 0,
    hasLingering: ({ context }) => inPhase(context.own, 'lingering').length > 0,
    // an answer that is on its way may bring a shard, whether it is still wanted or not
    isSettled: and([
      not(stateIn({ staying: { rebalancing: { acquiring: 'asking' } } })),
      ({ context }: { readonly context: AssignmentContext }) => isSettled(context.own),
    ]),
    isUnsettled: ({ context }) => !isSettled(context.own),
    ownsNothing: ({ context }) => Object.keys(context.own.owned).length === 0,
  },
});

export const nextToDrain = (context: AssignmentContext): string[] =>
  inPhase(context.own, 'lingering').slice(0, CHUNK);

/** What answers tell. A shard that is not read although it was acquired gets no reader, and no end either. */
export const noticesOfAnswers = (
  context: AssignmentContext,
  outcome: AcquireOutcome,
): readonly Notice[] => {
  if (outcome.kind === 'failure') return [{ kind: 'error', error: outcome.error }];
  return outcome.answers.flatMap(({ stream, shardId, result }): Notice[] => {
    const shard = { stream, shardId };
    if (result.kind === 'refused' || result.kind === 'throttled') {
      return [{ kind: 'error', error: result.error }];
    }
    if (result.kind !== 'acquired' || isUnread(context, shard)) return [];
    return [{ kind: 'shardStart', shard, fence: result.fence, position: result.position }];
  });
};

export { askInput, chosen, endReason };
