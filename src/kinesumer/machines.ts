/** The machines with their steps filled in: the one place where deciding and doing meet. */
import { invariant } from '../errors.ts';
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
import { fromPromise, type AnyActorRef } from 'xstate';

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
const ASK_ENDED_MS = 5 * SECOND;

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

/** A plan without the shards that ended comes within a few polls. */
const askEndedMs = (config: Config): number => config.timings.pollIntervalMs * 4 + ASK_ENDED_MS;

type System = AnyActorRef['system'];

// The parts of each consumption, by its actor system: so that all consumptions share one build of the machines.
const bySystem = new WeakMap<System, Parts>();

function partsOf(system: System): Parts {
  const parts = bySystem.get(system);
  invariant(parts !== undefined, 'parts-of-a-system');
  return parts;
}

const notify = ({ system }: InSystem, notice: Notice): void => partsOf(system).tell(notice);
const notifyAll = (
  { system }: InSystem,
  { notices }: { readonly notices: readonly Notice[] },
): void => notices.forEach(partsOf(system).tell);

interface InSystem {
  readonly system: System;
}

export const provideReader = () =>
  shardReaderMachine.provide({
    actors: {
      openIterator: fromPromise(({ input, system }) => {
        const { world, identities } = partsOf(system);
        return openIterator(world, identities, input);
      }),
      fetch: fromPromise(({ input, signal, system }) => {
        const { world, config, budget, lanes } = partsOf(system);
        return fetchBatch(world, { config, budget, lane: lanes.lane(input) }, input, signal);
      }),
      probe: fromPromise(({ input, system }) => {
        const { world, identities } = partsOf(system);
        return probeShard(world, identities, input);
      }),
      deliver: fromPromise(({ input, system }) => partsOf(system).lanes.deliver(input)),
      settled: fromPromise(async ({ input, signal, system }) => {
        const lane = partsOf(system).lanes.lane(input);
        await lane.whenSettled(signal);
        return lane.settled() ? 'settled' : 'unsettled';
      }),
      drain: fromPromise(({ input, signal, system }) => partsOf(system).lanes.drain(input, signal)),
      commit: fromPromise(async ({ input, signal, system }): Promise<CommitOutcome> => {
        const { world, lanes, commitSlots, tell } = partsOf(system);
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
      release: fromPromise(async ({ input, system }) => {
        const { world, lanes } = partsOf(system);
        const lane = lanes.lane(input);
        const position = lane.completed();
        const outcome = await releaseShard(world, { ...input, position });
        if (outcome.kind === 'applied') lane.noteCommitted(position);
        return outcome;
      }),
      end: fromPromise(async ({ input, system }) => {
        const { world, lanes } = partsOf(system);
        const lane = lanes.lane(input);
        const outcome = await endOfShard(world, { ...input, position: lane.completed() });
        if (outcome.kind === 'applied') lane.noteCommitted(outcome.position);
        return outcome;
      }),
    },
    actions: {
      notify,
      tellError: ({ system }, { error }) => partsOf(system).tell({ kind: 'error', error }),
      tellStanding: ({ context, system }, { error }) => {
        if (context.told !== error.message) partsOf(system).tell({ kind: 'error', error });
      },
      tellLoss: ({ context, system }) => {
        const { failure: error } = context;
        if (error !== null) partsOf(system).tell({ kind: 'error', error });
      },
      watchLane: ({ context, self, system }) => {
        const { shard, fence, position } = context;
        partsOf(system).lanes.open({ ...shard, fence, position }, self);
      },
      cutLane: ({ context, system }, { error }) => partsOf(system).lanes.cut(context, error),
      abortLane: ({ context, system }, { error }) => partsOf(system).lanes.close(context, error),
    },
    delays: {
      drainTimeout: ({ system }) => partsOf(system).config.drainTimeoutMs,
      commitTimeout: ({ system }) => partsOf(system).config.commit.timeoutMs,
    },
  });

const provideClient = (commits: 'byItself' | 'byHand') =>
  clientMachine.provide({
    actors: {
      membership: membershipMachine.provide({
        actors: {
          heartbeat: fromPromise(({ input, system }) => {
            const { world, config } = partsOf(system);
            return beatOnce(world, config.timings, input);
          }),
        },
        actions: { notify },
        delays: { dutyTtl: ({ system }) => partsOf(system).config.timings.ttlMs },
      }),
      role: roleMachine.provide({
        actors: {
          poll: fromPromise(({ input, system }) => {
            const { world, config } = partsOf(system);
            return poll(world, config.timings, input);
          }),
          round: fromPromise(({ input, system }) => {
            const { world, config } = partsOf(system);
            return round(world, config, input);
          }),
          publish: fromPromise(({ input, system }) => {
            const { world, config } = partsOf(system);
            return publish(world, config, input);
          }),
          tidy: fromPromise(({ input, signal, system }) =>
            tidy(partsOf(system).world, input, signal),
          ),
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
          reader: provideReader(),
          ask: fromPromise(({ input, system }) => askForShards(partsOf(system).world, input)),
        },
        actions: { notifyAll },
        delays: {
          linger: ({ system }) => lingerMs(partsOf(system).config),
          askEnded: ({ system }) => askEndedMs(partsOf(system).config),
        },
      }),
      survey: surveyMachine.provide({
        actors: {
          survey: fromPromise(async ({ input, system }) => {
            const { world, config } = partsOf(system);
            return {
              stream: input.stream,
              outcome: await surveyStream(world, input.stream, config.start),
              againInMs: spread(world, SURVEY_RETRY_MS, 'survey retry'),
            };
          }),
        },
        actions: { notifyAll },
        delays: { surveyPeriod: SURVEY_PERIOD_MS },
      }),
      prepare: fromPromise(({ input, system }) => {
        const { world, config } = partsOf(system);
        return prepareStreams(world, config.start, input);
      }),
      register: fromPromise(({ input, system }) => {
        const { world, config } = partsOf(system);
        return register(world, config.timings, input);
      }),
      refresh: fromPromise(async ({ input, system }): Promise<RefreshOutcome> => {
        const { world, config } = partsOf(system);
        const { streams } = input;
        const prepared = await prepareStreams(world, config.start, { streams, attempt: 0 });
        if (prepared.kind !== 'prepared') return { kind: 'refused', error: prepared.error };
        const stored = await storeStreamList(world, streamsHashOf(streams), streams);
        return stored.kind === 'stored'
          ? { kind: 'refreshed' }
          : { kind: 'refused', error: stored.error };
      }),
      leave: fromPromise(({ input, system }) => leaveGroup(partsOf(system).world, input)),
    },
    actions: {
      notify,
      extendGate: ({ system }, sent) =>
        partsOf(system).gate.extend(sent.sentMonotonicMs, sent.sentWallMs),
      cutDelivery: ({ system }, { error }) => {
        const { gate, lanes } = partsOf(system);
        gate.shut();
        lanes.closeAll(error);
      },
      cutHandlers: ({ system }, { error }) => {
        const { gate, lanes } = partsOf(system);
        gate.shut();
        lanes.cutAll(error);
      },
      tellShardsEnded: ({ system }, { reason }) => {
        const { lanes, tell } = partsOf(system);
        for (const name of lanes.names()) tell({ kind: 'shardEnd', ...name, reason });
      },
      refreshed: ({ system }, { outcome }) => partsOf(system).refreshed(outcome),
    },
    delays: {
      commitInterval: ({ system }) => partsOf(system).config.commit.intervalMs,
      farewell: ({ context, system }) =>
        Math.min(partsOf(system).config.timings.ttlMs, deadlineMs(context) * FAREWELL_SHARE),
      linger: ({ context, system }) =>
        Math.min(lingerMs(partsOf(system).config), deadlineMs(context) * LINGER_SHARE),
    },
    guards: { commitsByItself: () => commits === 'byItself' },
  });

const builds = new Map<'byItself' | 'byHand', ReturnType<typeof provideClient>>();

/** The client's machine, of which all consumptions share one build. */
export function clientFor(config: Config): ReturnType<typeof provideClient> {
  const commits = config.commit.auto ? 'byItself' : 'byHand';
  const built = builds.get(commits) ?? provideClient(commits);
  builds.set(commits, built);
  return built;
}

/** Gives an actor that is not started yet the parts that it stands on, with all that it will ever start. */
export function withParts<Made extends InSystem>(parts: Parts, made: Made): Made {
  bySystem.set(made.system, parts);
  return made;
}
