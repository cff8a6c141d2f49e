/** The machines with their steps filled in: the one place where deciding and doing meet. */
import type { KinesumerError } from '../errors.ts';
import { assignmentMachine } from '../machines/assignment.ts';
import { clientMachine, type CloseRequest, type RefreshOutcome } from '../machines/client.ts';
import { membershipMachine } from '../machines/membership.ts';
import type { Notice } from '../machines/notices.ts';
import type { Budget, Gate } from '../machines/ports.ts';
import { roleMachine } from '../machines/role.ts';
import { shardReaderMachine, type CommitOutcome } from '../machines/shard-reader.ts';
import { surveyMachine } from '../machines/survey.ts';
import { askForShards } from '../machines/steps/acquire.ts';
import { commitPosition, endOfShard, releaseShard } from '../machines/steps/checkpoint.ts';
import { surveyStream } from '../machines/steps/maps.ts';
import {
  beatOnce,
  leaveGroup,
  register,
  spread,
  storeStreamList,
  streamsHashOf,
} from '../machines/steps/membership.ts';
import { poll } from '../machines/steps/poll.ts';
import { prepareStreams } from '../machines/steps/prepare.ts';
import { publish } from '../machines/steps/publish.ts';
import {
  fetchBatch,
  openIterator,
  probeShard,
  type OpenParts,
} from '../machines/steps/read-shard.ts';
import { round } from '../machines/steps/round.ts';
import type { World } from '../machines/steps/step.ts';
import { tidy } from '../machines/steps/tidy.ts';
import { SECOND, type Config } from '../options.ts';
import type { Lanes } from './lanes.ts';
import { fromPromise } from 'xstate';

/** Everything that one consumption stands on. */
export interface Parts {
  readonly config: Config;
  readonly world: World;
  readonly lanes: Lanes;
  readonly identities: OpenParts;
  readonly budget: Budget;
  readonly gate: Gate;
  /** Bounds commits in flight, so that they never stand in the way of a heartbeat. */
  readonly commitSlots: Budget;
  /** Must not throw. */
  readonly tell: (notice: Notice) => void;
  /** Must not throw. */
  readonly refreshed: (outcome: RefreshOutcome) => void;
}

const SURVEY_PERIOD_MS = 60 * SECOND;
const SURVEY_RETRY_MS = 2 * SECOND;
const JOIN_DEBOUNCE_MS = 1 * SECOND;
const FIRST_TIDY_MS = 600 * SECOND;
const TIDY_PERIOD_MS = 24 * 3_600 * SECOND;
const TIDY_AGAIN_MS = 3_600 * SECOND;
/** By a poll and this much more every client has surely seen a plan. */
const LINGER_MARGIN_MS = 250;

/**
 * Of the deadline of a close, what may be spent on telling the group and on lingering: the rest is for the handlers
 * and the last writes, whoever leads and however long that one is silent.
 */
const FAREWELL_SHARE = 1 / 2;
const LINGER_SHARE = 1 / 4;

const deadlineMs = ({ close }: { readonly close: CloseRequest | null }): number =>
  close?.deadlineMs ?? 0;

/** How long a reader goes on after a plan took its shard away. */
const lingerMs = (config: Config): number => config.timings.pollIntervalMs * 1.1 + LINGER_MARGIN_MS;

export function provideReader(parts: Parts) {
  const { config, world, lanes, identities, budget, commitSlots, tell } = parts;
  return shardReaderMachine.provide({
    actors: {
      openIterator: fromPromise(({ input }) => openIterator(world, identities, input)),
      fetch: fromPromise(({ input, signal }) =>
        fetchBatch(world, { config, budget, lane: lanes.lane(input) }, input, signal),
      ),
      probe: fromPromise(({ input }) => probeShard(world, identities, input)),
      deliver: fromPromise(({ input }) => lanes.deliver(input)),
      settled: fromPromise(async ({ input, signal }) => {
        const lane = lanes.lane(input);
        await lane.whenSettled(signal);
        return lane.settled() ? 'settled' : 'unsettled';
      }),
      drain: fromPromise(({ input, signal }) => lanes.drain(input, signal)),
      commit: fromPromise(async ({ input, signal }): Promise<CommitOutcome> => {
        if (!(await commitSlots.reserve(1, signal))) return { kind: 'nothingToCommit' };
        try {
          const lane = lanes.lane(input);
          const position = lane.completed();
          if (position === lane.committed()) return { kind: 'nothingToCommit' };
          const outcome = await commitPosition(world, { ...input, position });
          if (outcome.kind === 'applied') {
            lane.noteCommitted(position);
            tell({ kind: 'commit', shard: input.shard, fence: input.fence, position });
          }
          return { ...outcome, remains: lane.completed() === position ? 'clean' : 'dirty' };
        } finally {
          commitSlots.give(1);
        }
      }),
      release: fromPromise(async ({ input }) => {
        const lane = lanes.lane(input);
        const position = lane.completed();
        const outcome = await releaseShard(world, { ...input, position });
        if (outcome.kind === 'applied') lane.noteCommitted(position);
        return outcome;
      }),
      end: fromPromise(async ({ input }) => {
        const lane = lanes.lane(input);
        const outcome = await endOfShard(world, { ...input, position: lane.completed() });
        if (outcome.kind === 'applied') lane.noteCommitted(outcome.position);
        return outcome;
      }),
    },
    actions: {
      notify: (_, notice) => tell(notice),
      tellError: (_, { error }) => tell({ kind: 'error', error }),
      tellStanding: ({ context }, { error }) => {
        if (context.told !== error.message) tell({ kind: 'error', error });
      },
      tellLoss: ({ context }) => {
        if (context.failure !== null) tell({ kind: 'error', error: context.failure });
      },
      watchLane: ({ context, self }) => {
        const { shard, fence, position } = context;
        lanes.open({ ...shard, fence, position }, self);
      },
      cutLane: ({ context }, { error }) => lanes.cut(context, error),
      abortLane: ({ context }, { error }) => lanes.close(context, error),
    },
    delays: {
      drainTimeout: config.drainTimeoutMs,
      commitTimeout: config.commit.timeoutMs,
    },
  });
}

export function provideClient(parts: Parts) {
  const { config, world, lanes, gate, tell } = parts;
  const { timings } = config;
  const notify = (_: unknown, notice: Notice): void => tell(notice);
  const notifyAll = (_: unknown, { notices }: { readonly notices: readonly Notice[] }): void =>
    notices.forEach(tell);
  const cutDelivery = (_: unknown, { error }: { readonly error: KinesumerError }): void => {
    gate.shut();
    lanes.closeAll(error);
  };
  const cutHandlers = (_: unknown, { error }: { readonly error: KinesumerError }): void => {
    gate.shut();
    lanes.cutAll(error);
  };

  return clientMachine.provide({
    actors: {
      membership: membershipMachine.provide({
        actors: { heartbeat: fromPromise(({ input }) => beatOnce(world, timings, input)) },
        actions: { notify },
        delays: { dutyTtl: timings.ttlMs },
      }),
      role: roleMachine.provide({
        actors: {
          poll: fromPromise(({ input }) => poll(world, timings, input)),
          round: fromPromise(({ input }) => round(world, config, input)),
          publish: fromPromise(({ input }) => publish(world, config, input)),
          tidy: fromPromise(({ input, signal }) => tidy(world, input, signal)),
        },
        actions: { notify, notifyAll },
        delays: {
          joinDebounce: JOIN_DEBOUNCE_MS,
          firstTidy: FIRST_TIDY_MS,
          tidyPeriod: TIDY_PERIOD_MS,
          tidyAgain: TIDY_AGAIN_MS,
        },
      }),
      assignment: assignmentMachine.provide({
        actors: {
          reader: provideReader(parts),
          ask: fromPromise(({ input }) => askForShards(world, input)),
        },
        actions: { notifyAll },
        delays: { linger: lingerMs(config) },
      }),
      survey: surveyMachine.provide({
        actors: {
          survey: fromPromise(async ({ input }) => ({
            stream: input.stream,
            outcome: await surveyStream(world, input.stream, config.start),
            againInMs: spread(world, SURVEY_RETRY_MS, 'survey retry'),
          })),
        },
        actions: { notifyAll },
        delays: { surveyPeriod: SURVEY_PERIOD_MS },
      }),
      prepare: fromPromise(({ input }) => prepareStreams(world, config.start, input)),
      register: fromPromise(({ input }) => register(world, timings, input)),
      refresh: fromPromise(async ({ input }): Promise<RefreshOutcome> => {
        const { streams } = input;
        const prepared = await prepareStreams(world, config.start, { streams, attempt: 0 });
        if (prepared.kind !== 'prepared') return { kind: 'refused', error: prepared.error };
        const stored = await storeStreamList(world, streamsHashOf(streams), streams);
        return stored.kind === 'stored'
          ? { kind: 'refreshed' }
          : { kind: 'refused', error: stored.error };
      }),
      leave: fromPromise(({ input }) => leaveGroup(world, input)),
    },
    actions: {
      notify,
      extendGate: (_, sent) => gate.extend(sent.sentMonotonicMs, sent.sentWallMs),
      cutDelivery,
      cutHandlers,
      tellShardsEnded: (_, { reason }) => {
        for (const name of lanes.names()) tell({ kind: 'shardEnd', ...name, reason });
      },
      refreshed: (_, { outcome }) => parts.refreshed(outcome),
    },
    delays: {
      commitInterval: config.commit.intervalMs,
      farewell: ({ context }) => Math.min(timings.ttlMs, deadlineMs(context) * FAREWELL_SHARE),
      linger: ({ context }) => Math.min(lingerMs(config), deadlineMs(context) * LINGER_SHARE),
    },
    guards: { commitsByItself: () => config.commit.auto },
  });
}
