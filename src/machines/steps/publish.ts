/** Publish a generation: the plan first, then the compare-and-set of the head, which is the election. */
import { invariant, type KinesumerError } from '../../errors.ts';
import type { Config } from '../../options.ts';
import { assign, checkAssignment } from '../rules/assignment.ts';
import { parseHead, type Head } from '../rules/items.ts';
import { clientsPk, headKey, planRefOf } from '../rules/keys.ts';
import { activeShards, type ShardMap } from '../rules/lineage.ts';
import { assignmentOf, planOf, type Plan } from '../rules/plan.ts';
import {
  countedMembers,
  isLeaderBack,
  isOutrun,
  leaderOf,
  plannedMembers,
  type Publisher,
  type Purpose,
} from '../rules/publication.ts';
import { publishHead, replaceUnreadableHead } from '../rules/writes.ts';
import { readMaps } from './maps.ts';
import type { Session } from './membership.ts';
import { readPlan, writePlan } from './plans.ts';
import {
  groupCauses,
  parseClients,
  streamsOf,
  withStreamLists,
  type GroupMember,
  type LeaderMemory,
} from './round.ts';
import { failureOf, readOne, type StepFailure, type World } from './step.ts';

export interface PublishInput {
  readonly session: Session;
  /** What this client subscribes to. */
  readonly streams: readonly string[];
  /** The head that this publish replaces; another one that stands meanwhile wins. */
  readonly headAsKnown: Head | null;
  /** What `headAsKnown` names, where it was read. */
  readonly planAsKnown: Plan | null;
  readonly memory: LeaderMemory;
  readonly purpose: Purpose;
}

export type PublishOutcome =
  | {
      readonly kind: 'published';
      readonly head: Head;
      readonly plan: Plan;
      readonly maps: Readonly<Record<string, ShardMap>>;
      readonly memory: LeaderMemory;
      readonly errors: readonly KinesumerError[];
    }
  /** Another generation stands: poll. */
  | { readonly kind: 'outrun' }
  /** The strong query shows no cause, a leader that lives, or nobody to hand over to. */
  | {
      readonly kind: 'noCause';
      /** With what was read strongly: a round that went by something older would find its cause again and again. */
      readonly memory: LeaderMemory;
      readonly errors: readonly KinesumerError[];
    }
  | StepFailure;

/** A lower client id takes the lead only after this many TTLs of steady life. */
const STEADY_TTLS = 3;

export async function publish(
  world: World,
  config: Config,
  input: PublishInput,
): Promise<PublishOutcome> {
  const stands = await readOne(world, headKey(world.app), true);
  if (stands.kind === 'failure') return stands;
  const head = stands.item === null ? null : parseHead(stands.item);
  // an unreadable head is replaced on the generation last known, so that a group heals
  const standing = head === null || head.kind === 'head' ? head : input.headAsKnown;
  if (isOutrun(standing, input.headAsKnown)) return { kind: 'outrun' };

  // a publish stands on a strong query: an eventual one may show members that are gone
  const queried = await world.store.query(clientsPk(world.app), { consistent: true });
  if (queried.kind !== 'items') return failureOf(queried);
  const { clients, errors } = parseClients(queried.items);
  const known = await withStreamLists(world, clients, input.memory.streamLists, input.streams);
  if (known.kind === 'failure') return known;
  errors.push(...known.errors);

  const publisher: Publisher = {
    session: input.session.id,
    clientId: input.session.clientId,
    purpose: input.purpose,
    ledger: input.memory.ledger,
  };
  const counted = countedMembers(known.members, input.session.id);
  if (isLeaderBack(counted, standing, publisher)) {
    return { kind: 'noCause', memory: input.memory, errors };
  }
  const planned = plannedMembers(counted, standing, publisher);
  if (planned.length === 0) return { kind: 'noCause', memory: input.memory, errors };

  const read = await readMaps(world, streamsOf(planned), true);
  if (read.kind === 'failure') return read;
  errors.push(...read.errors);
  const maps: Readonly<Record<string, ShardMap>> = Object.fromEntries(
    Object.entries(read.maps).flatMap(([stream, map]) => (map === null ? [] : [[stream, map]])),
  );

  // plans never change: the one known is the one that stands
  const previous = input.planAsKnown ?? (await previousPlan(world, standing));
  if (previous !== null && 'kind' in previous) return previous;
  if (input.purpose === 'lead' && groupCauses(previous, counted, maps).length === 0) {
    const others = Object.entries(input.memory.maps).filter(([stream]) => !(stream in read.maps));
    const memory = { ...input.memory, maps: { ...Object.fromEntries(others), ...maps } };
    return { kind: 'noCause', memory, errors };
  }

  const unreadableGen = head?.kind === 'corrupted' ? scalarOf(stands.item?.['gen']) : null;
  const generation =
    Math.max(standing?.generation ?? 0, typeof unreadableGen === 'number' ? unreadableGen : 0) + 1;
  const planRef = planRefOf(generation, world.random.id('plan'));
  const leader = leaderOf(planned, publisher, {
    seenAtMs: input.memory.seenAtMs,
    steadyMs: STEADY_TTLS * config.timings.ttlMs,
  });
  const plan = makePlan(config, { generation, planRef, leader, planned, maps, previous });

  const written = await writePlan(world, planRef, plan);
  if (written.kind === 'failure') return written;
  const next = { generation, leader, planRef };
  const answer = await world.store.write(
    head?.kind === 'corrupted'
      ? replaceUnreadableHead(world.app, unreadableGen, next)
      : publishHead(world.app, standing === null ? null : standing.generation, next),
  );
  if (answer.kind === 'refused') return { kind: 'outrun' };
  if (answer.kind !== 'applied') return failureOf(answer);
  return {
    kind: 'published',
    head: { kind: 'head', ...next },
    plan,
    maps,
    memory: {
      ...input.memory,
      streamLists: known.lists,
      maps: { ...input.memory.maps, ...maps },
      // who takes over tells of them now, who leads with its next round
      told: input.purpose === 'takeover' ? errors.map(({ message }) => message) : input.memory.told,
    },
    errors,
  };
}

/** What a condition can name; anything else is left to be put right by hand. */
const scalarOf = (value: unknown): string | number | null =>
  typeof value === 'string' || (typeof value === 'number' && Number.isSafeInteger(value))
    ? value
    : null;

async function previousPlan(world: World, head: Head | null): Promise<Plan | null | StepFailure> {
  if (head === null) return null;
  const read = await readPlan(world, head.planRef);
  if (read.kind === 'failure') return read;
  // without the plan before, more shards move than needed; nothing else
  return read.kind === 'plan' ? read.plan : null;
}

function makePlan(
  config: Config,
  given: {
    readonly generation: number;
    readonly planRef: string;
    readonly leader: string;
    readonly planned: readonly GroupMember[];
    readonly maps: Readonly<Record<string, ShardMap>>;
    readonly previous: Plan | null;
  },
): Plan {
  const members = [...given.planned].sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
  const streams = Object.values(given.maps).map((map) => ({
    stream: map.stream,
    shards: activeShards(map),
  }));
  const problem = {
    assignor: config.assignor,
    tolerance: config.assignorTolerance,
    members,
    streams,
    previous: given.previous === null ? null : assignmentOf(given.previous, given.maps),
  };
  const assignment = assign(problem);
  const broken = checkAssignment({ ...problem, assignment });
  invariant(broken === null, 'S7', { broken, generation: given.generation });
  return planOf({
    gen: given.generation,
    planId: given.planRef,
    leader: given.leader,
    members: members.map(({ clientId, session, streamsHash }) => ({
      clientId,
      session,
      streamsHash,
    })),
    assignor: config.assignor,
    tolerance: config.assignorTolerance,
    assignment,
    mapVersions: Object.fromEntries(
      Object.values(given.maps).map((map) => [map.stream, map.version]),
    ),
  });
}
