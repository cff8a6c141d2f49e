/** Types, stubs and names of the role's chart; its states are written against them. */
import { assign, enqueueActions, fromPromise, raise, sendParent, setup } from 'xstate';
import { KinesumerError } from '../../errors.ts';
import type { Timings } from '../../options.ts';
import type { Notice } from '../notices.ts';
import type { OwnBeats } from '../rules/own-beats.ts';
import type { Ledger } from '../rules/session-expiry.ts';
import type { Session } from '../steps/membership.ts';
import {
  NO_VIEW,
  type GroupView,
  type LeaderSeen,
  type PollInput,
  type PollOutcome,
} from '../steps/poll.ts';
import type { PublishInput, PublishOutcome } from '../steps/publish.ts';
import type { LeaderMemory, RoundInput, RoundOutcome } from '../steps/round.ts';
import type { TidyInput, TidyOutcome } from '../steps/tidy.ts';

export interface RoleInput {
  readonly session: Session;
  readonly timings: Timings;
  readonly streams: readonly string[];
  readonly beats: OwnBeats;
}

export interface RoleContext extends RoleInput {
  readonly view: GroupView;
  /** The follower's watch over its leader. */
  readonly ledger: Ledger;
  readonly memory: LeaderMemory;
  readonly nextInMs: number;
  readonly campaignInMs: number;
  /** Problems that its tidies told of; no part of the memory, which a round replaces meanwhile. */
  readonly tidyTold: readonly string[];
  /** The leader's pace. */
  readonly roundInMs: number;
}

export type RoleEvent =
  | { readonly type: 'BEAT'; readonly sentMonotonicMs: number }
  | { readonly type: 'STREAMS'; readonly streams: readonly string[] }
  | { readonly type: 'RETIRE' }
  | { readonly type: 'LOOK' }
  /** Raised by the look region for the duty region. */
  | { readonly type: 'SEEN'; readonly leader: LeaderSeen }
  /** Raised where a publish was not answered: who leads is not known. */
  | { readonly type: 'CONTESTED' }
  /** Raised where a round or its publish failed, and where it is done. */
  | { readonly type: 'FAILED' }
  | { readonly type: 'FINISHED' };

export type RoleReport =
  | { readonly type: 'WORKED' }
  | { readonly type: 'VIEW'; readonly view: GroupView }
  /** The last generation that can be had without this client stands, or nobody is there to make one. */
  | { readonly type: 'RETIRED'; readonly successors: 'planned' | 'none' }
  | { readonly type: 'FATAL'; readonly error: KinesumerError };

const DAY_MS = 24 * 3_600_000;

const notProvided = (name: string) => (): never => {
  throw new Error(`${name} is not provided`);
};

export const pollInput = ({ context }: { readonly context: RoleContext }): PollInput => ({
  session: context.session,
  streams: context.streams,
  view: context.view,
  ledger: context.ledger,
  beats: context.beats,
});

export const publishInput =
  (purpose: PublishInput['purpose']) =>
  ({ context }: { readonly context: RoleContext }): PublishInput => ({
    session: context.session,
    streams: context.streams,
    headAsKnown: context.view.head,
    planAsKnown: context.view.plan,
    // a follower brings its watch over the silent leader along
    memory: { ...context.memory, ledger: { ...context.memory.ledger, ...context.ledger } },
    purpose,
  });

export const roundInput = ({ context }: { readonly context: RoleContext }): RoundInput => ({
  session: context.session,
  streams: context.streams,
  plan: context.view.plan,
  memory: context.memory,
  beats: context.beats,
});

export const tidyInput = ({ context }: { readonly context: RoleContext }): TidyInput => ({
  streams: Object.keys(context.view.plan?.streams ?? {}),
  told: context.tidyTold,
});

const failureIn = ({
  event,
}: {
  readonly event: { readonly error?: unknown };
}): { readonly error: KinesumerError } => ({
  error:
    event.error instanceof KinesumerError
      ? event.error
      : new KinesumerError('InvariantBroken', 'A step of the group protocol threw', {
          cause: event.error,
        }),
});

type AnyOutcome = PollOutcome | PublishOutcome | RoundOutcome;

/** What an answer has to tell the outside. A refusal for good is not among it: that one ends the consumption. */
const noticesOf = (outcome: AnyOutcome): readonly Notice[] => {
  if (outcome.kind === 'failure') {
    return outcome.failure === 'failed' ? [] : [{ kind: 'error', error: outcome.error }];
  }
  const errors = 'errors' in outcome ? outcome.errors : [];
  const notices: Notice[] = errors.map((error) => ({ kind: 'error', error }));
  if (outcome.kind === 'rounded' && outcome.expelled.length > 0) {
    notices.push({ kind: 'expelled', sessions: outcome.expelled });
  }
  return notices;
};

const reportsOf = (outcome: AnyOutcome): readonly RoleReport[] => {
  if (outcome.kind === 'failure') {
    return outcome.failure === 'failed' ? [{ type: 'FATAL', error: outcome.error }] : [];
  }
  return outcome.kind === 'polled' && outcome.change === 'view'
    ? [{ type: 'VIEW', view: outcome.view }]
    : [];
};

export interface Answered {
  readonly event: { readonly output: AnyOutcome };
}

/** Told after every answer of a step. */
export const tellAnswer = [
  {
    type: 'notifyAll',
    params: ({ event }: Answered) => ({ notices: noticesOf(event.output) }),
  },
  {
    type: 'reportAll',
    params: ({ event }: Answered) => ({ reports: reportsOf(event.output) }),
  },
] as const;

export interface Tidied {
  readonly event: { readonly output: TidyOutcome };
}

/**
 * Told after a tidy. No failure of it ends the consumption: a permission that only it lacks holds nobody up, and one
 * that the group lives by is missed by another step too.
 */
export const tellTidied = [
  { type: 'takeTidied', params: ({ event }: Tidied) => ({ outcome: event.output }) },
  {
    type: 'notifyAll',
    params: ({ event }: Tidied) => ({
      notices: event.output.errors.map((error): Notice => ({ kind: 'error', error })),
    }),
  },
] as const;

/** A step that threw broke its contract. */
export const tellBroken = {
  type: 'report',
  params: (args: { readonly event: { readonly error?: unknown } }) => ({
    type: 'FATAL' as const,
    ...failureIn(args),
  }),
} as const;

export const roleSetup = setup({
  types: {
    context: {} as RoleContext,
    input: {} as RoleInput,
    events: {} as RoleEvent,
  },
  actors: {
    poll: fromPromise<PollOutcome, PollInput>(notProvided('poll')),
    round: fromPromise<RoundOutcome, RoundInput>(notProvided('round')),
    publish: fromPromise<PublishOutcome, PublishInput>(notProvided('publish')),
    tidy: fromPromise<TidyOutcome, TidyInput>(notProvided('tidy')),
  },
  actions: {
    notify: (_, _notice: Notice) => {},
    notifyAll: (_, _params: { readonly notices: readonly Notice[] }) => {},
    report: sendParent((_, report: RoleReport) => report),
    reportAll: enqueueActions(
      ({ enqueue }, { reports }: { readonly reports: readonly RoleReport[] }) => {
        for (const report of reports) enqueue(sendParent(report));
      },
    ),
    takePoll: assign((_, { outcome }: { readonly outcome: PollOutcome }) =>
      outcome.kind === 'polled'
        ? {
            view: outcome.view,
            ledger: outcome.ledger,
            nextInMs: outcome.nextInMs,
            campaignInMs: outcome.campaignInMs,
          }
        : {},
    ),
    takeRetryPace: assign((_, { outcome }: { readonly outcome: PollOutcome }) => ({
      nextInMs: outcome.nextInMs,
    })),
    takePublished: assign(({ context }, { outcome }: { readonly outcome: PublishOutcome }) => {
      if (outcome.kind === 'noCause') return { memory: outcome.memory };
      if (outcome.kind !== 'published') return {};
      const { head, plan, maps, memory } = outcome;
      const known = { ...context.view.maps, ...maps };
      const view = { ...NO_VIEW, head, plan, maps: known };
      return { view, memory };
    }),
    takeRound: assign(({ context }, { outcome }: { readonly outcome: RoundOutcome }) => ({
      memory: outcome.memory ?? context.memory,
      // a round that failed names no pace
      roundInMs: outcome.kind === 'rounded' ? outcome.nextInMs : context.nextInMs,
    })),
    takeTidied: assign((_, { outcome }: { readonly outcome: TidyOutcome }) => ({
      tidyTold: outcome.told,
    })),
    raiseSeen: enqueueActions(({ enqueue }, { outcome }: { readonly outcome: PollOutcome }) => {
      if (outcome.kind === 'polled') enqueue(raise({ type: 'SEEN', leader: outcome.leader }));
    }),
    raiseContested: raise({ type: 'CONTESTED' }),
    raiseFailed: raise({ type: 'FAILED' }),
    raiseFinished: raise({ type: 'FINISHED' }),
    /** Not where the leader lives: eventual reads that still show it silent would be asked again without a pause. */
    lookAgain: enqueueActions(({ enqueue }, { outcome }: { readonly outcome: PublishOutcome }) => {
      if (outcome.kind !== 'noCause') enqueue(raise({ type: 'LOOK' }));
    }),
  },
  delays: {
    pollPeriod: ({ context }) => context.nextInMs,
    roundPeriod: ({ context }) => context.roundInMs,
    campaignDelay: ({ context }) => context.campaignInMs,
    joinDebounce: () => 0,
    // none of them 0: each leads to the next
    firstTidy: () => DAY_MS,
    tidyPeriod: () => DAY_MS,
    tidyAgain: () => DAY_MS,
  },
  guards: {
    isStale: ({ context }, { outcome }: { readonly outcome: PollOutcome }) =>
      outcome.kind === 'polled' && outcome.basedOn !== context.view,
    sees: ({ event }, { leader }: { readonly leader: readonly LeaderSeen[] }) =>
      event.type === 'SEEN' && leader.includes(event.leader),
    isUnplanned: ({ context }) =>
      context.view.plan === null ||
      !context.view.plan.members.some((member) => member.clientId === context.session.clientId),
  },
});
