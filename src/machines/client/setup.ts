/** Types, stubs and names of the client's chart; its states are written against them. */
import { assign, enqueueActions, fromPromise, sendTo, setup } from 'xstate';
import { invariant, KinesumerError } from '../../errors.ts';
import type { Timings } from '../../options.ts';
import { assignmentMachine, type AssignmentReport } from '../assignment.ts';
import { membershipMachine, type MembershipReport } from '../membership.ts';
import type { Notice, ShardEndReason } from '../notices.ts';
import type { ShardRef } from '../ports.ts';
import { tiles } from '../rules/lineage.ts';
import { mapOf } from '../rules/plan.ts';
import { withNonce } from '../rules/registration.ts';
import { roleMachine, type RoleReport } from '../role.ts';
import { surveyMachine, type SurveyReport } from '../survey.ts';
import {
  streamsHashOf,
  type RegisterInput,
  type RegisterOutcome,
  type Session,
} from '../steps/membership.ts';
import { NO_VIEW, type GroupView } from '../steps/poll.ts';
import type { PrepareInput, PrepareOutcome } from '../steps/prepare.ts';
import type { StepFailure } from '../steps/step.ts';

export interface ClientInput {
  readonly clientId: string;
  readonly membership: 'static' | 'dynamic';
  readonly streams: readonly string[];
  readonly timings: Timings;
  readonly mode: 'open' | 'paused';
  /** Nonces of this process's earlier tries under this clientId, as many as may still matter. */
  readonly ownNonces: readonly string[];
  /** How it ends after a fatal error. */
  readonly closeByItself: CloseRequest;
}

/** How the client shall end. */
export interface CloseRequest {
  /** `drain`: finish what is with the handlers · `abort`: take it from them. */
  readonly manner: 'drain' | 'abort';
  /** `leave`: tell the group · `stay`: keep the place for a successor with the same static clientId. */
  readonly place: 'leave' | 'stay';
  readonly deadlineMs: number;
}

export interface ClientContext extends ClientInput {
  /** null: not registered. */
  readonly session: Session | null;
  readonly registrations: number;
  readonly attempt: number;
  readonly retryInMs: number;
  readonly joined: Extract<RegisterOutcome, { kind: 'registered' }> | null;
  readonly view: GroupView;
  readonly endedCount: number;
  /** Streams of which nothing may be read, and why. */
  readonly faulty: Readonly<Record<string, KinesumerError>>;
  readonly close: CloseRequest | null;
  readonly failure: KinesumerError | null;
  /** Streams asked for by REFRESH, not yet told to the group. */
  readonly nextStreams: readonly string[];
}

export type RefreshOutcome =
  { readonly kind: 'refreshed' } | { readonly kind: 'refused'; readonly error: KinesumerError };

export type ClientEvent =
  | { readonly type: 'CLOSE'; readonly request: CloseRequest }
  | { readonly type: 'REFRESH'; readonly streams: readonly string[] }
  | { readonly type: 'PAUSE'; readonly shards: readonly ShardRef[] | 'all' }
  | { readonly type: 'RESUME'; readonly shards: readonly ShardRef[] | 'all' }
  | MembershipReport
  | RoleReport
  | SurveyReport
  | AssignmentReport;

const notProvided = (name: string) => (): never => {
  throw new Error(`${name} is not provided`);
};

export const brokenError = (cause: unknown): KinesumerError =>
  cause instanceof KinesumerError
    ? cause
    : new KinesumerError('InvariantBroken', 'A step of the client threw', { cause });

/** The lowest client id among those that read a stream lists it. */
function listedBy(view: GroupView, clientId: string): string[] {
  return Object.entries(view.plan?.streams ?? {}).flatMap(([stream, division]) => {
    const lowest = division.ranges.map((range) => range.clientId).sort()[0];
    return lowest === clientId ? [stream] : [];
  });
}

/** Streams of a client that a plan which knows of them leaves out: it found no map of them. */
function unplannedOf(view: GroupView, clientId: string, streams: readonly string[]): string[] {
  const { plan } = view;
  const own = plan?.members.find((member) => member.clientId === clientId);
  if (plan === null || own?.streamsHash !== streamsHashOf(streams)) return [];
  return streams.filter((stream) => plan.streams[stream] === undefined);
}

/** Children that the map of the view does not have yet. */
const unknownChildren = (
  view: GroupView,
  stream: string,
  childShardIds: readonly string[],
): string[] => {
  const known = new Set(mapOf(view.maps, stream)?.shards.map((shard) => shard.shardId));
  return childShardIds.filter((shardId) => !known.has(shardId));
};

/** Whether the open shards of a stream's map leave hash keys out: children are missing in it. */
const hasGap = (view: GroupView, stream: string): boolean => {
  const map = mapOf(view.maps, stream);
  return map !== undefined && !tiles(map.shards);
};

type Passed = 'STREAM_FAULT' | 'PAUSE' | 'RESUME';

export const closeTimeout = (clientId: string): KinesumerError =>
  new KinesumerError('CloseTimeout', `${clientId} was closed before its handlers had finished`);

/** @throws KinesumerError `InvariantBroken`: only states after the registration ask. */
export function sessionOfContext(context: ClientContext): Session {
  invariant(context.session !== null, 'S5', { clientId: context.clientId });
  return context.session;
}

export const registerInput = ({ context }: { readonly context: ClientContext }): RegisterInput => ({
  clientId: context.clientId,
  streams: context.streams,
  ttlMs: context.timings.ttlMs,
  mode:
    context.membership === 'dynamic'
      ? 'dynamic'
      : context.registrations === 0
        ? 'staticFirst'
        : 'staticAgain',
  triedNonces: context.ownNonces,
  attempt: context.attempt,
});

export const clientSetup = setup({
  types: {
    context: {} as ClientContext,
    input: {} as ClientInput,
    events: {} as ClientEvent,
  },
  actors: {
    membership: membershipMachine,
    role: roleMachine,
    assignment: assignmentMachine,
    survey: surveyMachine,
    prepare: fromPromise<PrepareOutcome, PrepareInput>(notProvided('prepare')),
    register: fromPromise<RegisterOutcome, RegisterInput>(notProvided('register')),
    /** Prepares the new streams and stores their list. */
    refresh: fromPromise<RefreshOutcome, { readonly streams: readonly string[] }>(
      notProvided('refresh'),
    ),
    leave: fromPromise<{ readonly kind: 'left' } | StepFailure, Session>(notProvided('leave')),
  },
  actions: {
    notify: (_, _notice: Notice) => {},
    /** A heartbeat was answered: deliveries may go on. */
    extendGate: (_, _sent: { readonly sentMonotonicMs: number; readonly sentWallMs: number }) => {},
    /** Told for every shard with a reader: none of them will tell it by itself any more. */
    tellShardsEnded: (_, _params: { readonly reason: ShardEndReason }) => {},
    /** The session is gone: no delivery, no handler of it goes on. */
    cutDelivery: (_, _params: { readonly error: KinesumerError }) => {},
    /** The readers live on: they write what the handlers had completed and give the shards back. */
    cutHandlers: (_, _params: { readonly error: KinesumerError }) => {},
    /** Told once per REFRESH. */
    refreshed: (_, _params: { readonly outcome: RefreshOutcome }) => {},
    fail: assign({ failure: (_, params: { readonly error: KinesumerError }) => params.error }),
    failFirst: assign({
      // what came after the first failure follows from it
      failure: ({ context }, params: { readonly error: KinesumerError }) =>
        context.failure ?? params.error,
    }),
    takeClose: assign({ close: (_, params: { readonly request: CloseRequest }) => params.request }),
    takeRegistered: assign(({ context }, { outcome }: { readonly outcome: RegisterOutcome }) =>
      outcome.kind === 'registered'
        ? {
            session: outcome.session,
            joined: outcome,
            registrations: context.registrations + 1,
            ownNonces: withNonce(context.ownNonces, outcome.session.nonce),
            attempt: 0,
            endedCount: 0,
            faulty: {},
            view: NO_VIEW,
          }
        : {},
    ),
    takeTried: assign(({ context }, { outcome }: { readonly outcome: RegisterOutcome }) =>
      outcome.kind === 'failure'
        ? {
            ownNonces: withNonce(context.ownNonces, outcome.triedNonce),
            attempt: context.attempt + 1,
            retryInMs: outcome.retryInMs,
          }
        : {},
    ),
    countEnded: assign({ endedCount: ({ context }) => context.endedCount + 1 }),
    hurryEnded: sendTo('membership', ({ context }) => ({
      type: 'HURRY',
      fields: { endedCount: context.endedCount },
    })),
    hurryLeaving: sendTo('membership', { type: 'HURRY', fields: { state: 'leaving' } }),
    tellWorked: sendTo('membership', { type: 'WORKED' }),
    look: sendTo('role', { type: 'LOOK' }),
    retire: sendTo('role', { type: 'RETIRE' }),
    drainAll: sendTo('assignment', { type: 'DRAIN_ALL' }),
    commitAll: sendTo('assignment', { type: 'COMMIT' }),
    passBeat: sendTo('role', (_, params: { readonly sentMonotonicMs: number }) => ({
      type: 'BEAT',
      sentMonotonicMs: params.sentMonotonicMs,
    })),
    takeView: enqueueActions(({ enqueue, context }, { view }: { readonly view: GroupView }) => {
      enqueue.assign({ view });
      enqueue.sendTo('assignment', { type: 'TARGET', view });
      const listed = listedBy(view, context.clientId);
      enqueue.sendTo('survey', { type: 'LISTER', streams: listed });
      // whoever read a shard to its end may not have lived to list its children
      for (const stream of listed.filter((name) => hasGap(view, name))) {
        enqueue.sendTo('survey', { type: 'SURVEY', stream });
      }
      // a stream whose map was deleted is missed by nobody else: all its subscribers make the map anew
      const unplanned = unplannedOf(view, context.clientId, context.streams);
      // once: a listing that fails is tried again in its own time
      const known = context.view.unmappedStreams;
      const unmapped = view.unmappedStreams.filter((stream) => !known.includes(stream));
      for (const stream of [...unplanned, ...unmapped]) {
        enqueue.sendTo('survey', { type: 'SURVEY', stream });
      }
    }),
    passOn: sendTo(
      'assignment',
      (_, params: { readonly event: Extract<ClientEvent, { type: Passed }> }) => params.event,
    ),
    takeMode: assign((_, { event }: { readonly event: Extract<ClientEvent, { type: Passed }> }) => {
      if (event.type === 'STREAM_FAULT' || event.shards !== 'all') return {};
      return { mode: event.type === 'PAUSE' ? ('paused' as const) : ('open' as const) };
    }),
    /** Whoever read a shard to its end lists the stream where its children are not known yet. */
    surveyUnknown: enqueueActions(
      (
        { enqueue, context },
        ended: { readonly stream: string; readonly childShardIds: readonly string[] },
      ) => {
        if (unknownChildren(context.view, ended.stream, ended.childShardIds).length > 0) {
          enqueue.sendTo('survey', { type: 'SURVEY', stream: ended.stream });
        }
      },
    ),
    /** A map that the plan does not stand on: whoever wrote it may not have lived to tell, or not know that it stands. */
    tellUnplanned: enqueueActions(
      ({ enqueue, context }, { stream, version }: Extract<ClientEvent, { type: 'MAP_LISTED' }>) => {
        const planned = context.view.plan?.streams[stream];
        if (planned === undefined || planned.mapVersion === version) return;
        enqueue.raise({ type: 'MAP_CHANGED', stream });
      },
    ),
    noteFaulty: assign({
      faulty: ({ context }, { stream, error }: { stream: string; error: KinesumerError }) => ({
        ...context.faulty,
        [stream]: error,
      }),
    }),
    /** A client that may read none of its streams would wait for ever, and nobody would hear why. */
    endWithoutStreams: enqueueActions(({ enqueue, context }) => {
      const errors = context.streams.flatMap((stream) => context.faulty[stream] ?? []);
      const [error] = errors;
      if (error === undefined || errors.length < context.streams.length) return;
      enqueue.raise({ type: 'FATAL', error });
    }),
    /** After a fatal error: the rest drains and commits, the client leaves. */
    closeByItself: assign({ close: ({ context }) => context.close ?? context.closeByItself }),
    /** The list that was asked for was refused. */
    keepStreams: assign({ nextStreams: ({ context }) => context.streams }),
    takeStreams: enqueueActions(({ enqueue, context }) => {
      const streams = context.nextStreams;
      enqueue.assign({ streams });
      enqueue.sendTo('role', { type: 'STREAMS', streams });
      enqueue.sendTo('membership', {
        type: 'HURRY',
        fields: { streamsHash: streamsHashOf(streams) },
      });
    }),
  },
  delays: {
    retry: ({ context }) => context.retryInMs,
    commitInterval: () => 0,
    closeDeadline: ({ context }) => context.close?.deadlineMs ?? 0,
    /** How long a leaving client waits for a generation without it. */
    farewell: () => 0,
    linger: () => 0,
    leaveRetry: () => 200,
  },
  guards: {
    commitsByItself: () => true,
    isClosing: ({ context }) => context.close !== null,
    hasNextStreams: ({ context }) => context.nextStreams !== context.streams,
    hasFailed: ({ context }) => context.failure !== null,
    staysInGroup: ({ context }) => context.close?.place === 'stay',
    aborts: ({ context }) => context.close?.manner === 'abort',
    /** A second wish to abort has nothing left to cut off. */
    abortsFromNowOn: ({ context, event }) =>
      event.type === 'CLOSE' &&
      event.request.manner === 'abort' &&
      context.close?.manner !== 'abort',
  },
});
