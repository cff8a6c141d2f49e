/** All that is known of one shard at one moment, put together from the parts of the model. */
import { clientIdOf } from '../../src/feed/reading.ts';
import type { Actor, Actors } from './actors.ts';
import type { Deliveries } from './deliveries.ts';
import type { Member, Members } from './members.ts';
import type { Generation, Plans } from './plans.ts';
import type { Process, Processes, Reader } from './processes.ts';
import { shardKey, type ShardItem, type ShardItems } from './shard-items.ts';
import type { PlacedShard, StreamMap, StreamMaps } from './stream-maps.ts';
import type { GroupView, Measured, MemberView, ShardView } from './view.ts';

/** The parts that a model consists of. */
export interface Parts {
  readonly members: Members;
  readonly maps: StreamMaps;
  readonly items: ShardItems;
  readonly plans: Plans;
  readonly processes: Processes;
  readonly deliveries: Deliveries;
  readonly actors: Actors;
}

/** The moment, and what holds for all shards at it. */
export interface Moment {
  readonly source: GroupView['source'];
  readonly nowMs: number;
  /** Up to when silence means something: where the table does not answer, nobody is heard. */
  readonly heardMs: number;
  /** What the feed tells is so much older at most. */
  readonly seenLateMs: number;
  /** Whether the feed tells of the table, so that what it does not tell is not there. */
  readonly tableKnown: boolean;
  /** Members that take part. */
  readonly activeMembers: number;
}

export interface ShardFacts {
  readonly moment: Moment;
  readonly stream: string;
  readonly shardId: string;
  readonly key: string;
  readonly placed: PlacedShard | undefined;
  readonly item: ShardItem | undefined;
  readonly state: ShardView['state'];
  /** Parents that are not at their end. */
  readonly openParents: readonly string[];
  readonly owner: string | null;
  readonly ownerKnown: boolean;
  readonly ownerLives: boolean | null;
  readonly ownerMember: Member | undefined;
  readonly ownerProcess: Process | undefined;
  readonly generation: Generation | null;
  /** Whether the newest plan divides its stream; null: not known. */
  readonly subscribed: boolean | null;
  /** Whether the map that the newest plan divides was told, so that nobody's is nobody's. */
  readonly targetsKnown: boolean;
  readonly target: string | null;
  readonly targetBefore: string | null;
  readonly targetMember: Member | undefined;
  readonly targetProcess: Process | undefined;
  readonly unread: boolean | null;
  readonly unreadSinceMs: number | null;
  /** Whoever says that it reads it. */
  readonly readers: readonly Reader[];
  /** Of the owner. */
  readonly reader: Reader | undefined;
  readonly actor: Actor | undefined;
  /** -1: nothing of it was told. */
  readonly backlogVersion: number;
  readonly handlingSinceMs: number | null;
  readonly behindMs: Measured | null;
  readonly backlogRecords: Measured | null;
  readonly recordsPerSecond: Measured | null;
}

/** One stream, and what holds for all its shards. */
export interface StreamScope {
  readonly stream: string;
  readonly map: StreamMap | undefined;
  readonly newest: Generation | null;
  readonly before: Generation | null;
  readonly targets: ReadonlyMap<string, string> | undefined;
  readonly targetsBefore: ReadonlyMap<string, string> | undefined;
  readonly subscribed: boolean | null;
}

/** A shard, and its place where a map has told it. */
export interface ShardPlace {
  readonly shardId: string;
  readonly key: string;
  readonly placed: PlacedShard | undefined;
}

export function factsOf(
  parts: Parts,
  moment: Moment,
  scope: StreamScope,
  { shardId, key, placed }: ShardPlace,
): ShardFacts {
  const { members, items, processes, deliveries, actors } = parts;
  const { stream } = scope;
  const item = items.get(key);
  const openParents = openParentsOf(items, scope.map, placed, stream);
  const state = stateOf(items, key, placed, openParents);
  const readers = processes.readersOf(key);
  const told = item?.owner ?? null;
  const only = moment.tableKnown ? null : ownerByReaders(processes, readers);
  const owner = told === null ? only : clientIdOf(told);
  const ownerKnown = owner !== null || moment.tableKnown;
  const ownerMember = owner === null ? undefined : members.get(owner);
  const ownerLives =
    told === null ? (only === null ? null : true) : (members.stands(told) ?? absent(moment));
  const ownerProcess = processOf(processes, ownerMember);
  const target = scope.targets?.get(shardId) ?? null;
  const targetMember = target === null ? undefined : members.get(target);
  const reader = readers.find(({ process }) => process === ownerProcess?.process);
  const figures = figuresOf(parts, moment, key, state, reader);
  const unread =
    state === 'active' ? unreadOf(owner, ownerKnown, ownerLives, ownerProcess?.life) : false;
  const since = { stream, owner, ownerLives, ownerMember, ownerProcess, item, placed };
  return {
    moment,
    stream,
    shardId,
    key,
    placed,
    item,
    state,
    openParents,
    owner,
    ownerKnown,
    ownerLives,
    ownerMember,
    ownerProcess,
    generation: scope.newest,
    subscribed: scope.subscribed,
    targetsKnown: scope.targets !== undefined,
    target,
    targetBefore: scope.targetsBefore?.get(shardId) ?? null,
    targetMember,
    targetProcess: processOf(processes, targetMember),
    unread,
    unreadSinceMs: unread === true ? sinceOf(items, since) : null,
    readers,
    reader,
    actor: actors.readerOf(key),
    backlogVersion: deliveries.backlogOf(key)?.version ?? -1,
    handlingSinceMs: deliveries.handlingSinceMs(key),
    behindMs: figures.behindMs,
    backlogRecords: figures.backlogRecords,
    recordsPerSecond: figures.recordsPerSecond,
  };
}

/** Whether a shard with such facts before would have the same ones now. */
export function areCurrent(
  facts: ShardFacts,
  parts: Parts,
  moment: Moment,
  scope: StreamScope,
): boolean {
  const { members, items, processes, deliveries, actors } = parts;
  const { key, placed, owner, ownerMember, target, targetMember } = facts;
  return (
    facts.moment === moment &&
    facts.generation === scope.newest &&
    facts.placed === scope.map?.byId.get(facts.shardId) &&
    facts.item === items.get(key) &&
    facts.readers === processes.readersOf(key) &&
    facts.actor === actors.readerOf(key) &&
    facts.backlogVersion === (deliveries.backlogOf(key)?.version ?? -1) &&
    facts.handlingSinceMs === deliveries.handlingSinceMs(key) &&
    (owner === null || ownerMember === members.get(owner)) &&
    (target === null || targetMember === members.get(target)) &&
    facts.ownerProcess === processOf(processes, ownerMember) &&
    facts.targetProcess === processOf(processes, targetMember) &&
    facts.targetsKnown === (scope.targets !== undefined) &&
    facts.target === (scope.targets?.get(facts.shardId) ?? null) &&
    facts.targetBefore === (scope.targetsBefore?.get(facts.shardId) ?? null) &&
    facts.openParents.length === openParentsOf(items, scope.map, placed, scope.stream).length
  );
}

function stateOf(
  items: ShardItems,
  key: string,
  placed: PlacedShard | undefined,
  openParents: readonly string[],
): ShardView['state'] {
  if (placed?.ended === true || items.hasEnded(key)) return 'ended';
  return openParents.length > 0 ? 'waiting' : 'active';
}

/** What no event tells of is not there, where the feed is whole. */
const absent = (moment: Moment): false | null => (moment.source === 'process' ? null : false);

const processOf = (processes: Processes, member: Member | undefined): Process | undefined =>
  typeof member?.process === 'string' ? processes.get(member.process) : undefined;

/** Whether a plan divides a stream; null: not known. */
export function subscribedTo(generation: Generation | null, stream: string): boolean | null {
  const plan = generation?.plan ?? null;
  return plan === null ? null : Object.hasOwn(plan.streams, stream);
}

function openParentsOf(
  items: ShardItems,
  map: StreamMap | undefined,
  placed: PlacedShard | undefined,
  stream: string,
): readonly string[] {
  if (placed === undefined || placed.parents.length === 0) return NONE;
  return placed.parents.filter((id) => {
    const parent = map?.byId.get(id);
    return parent !== undefined && !parent.ended && !items.hasEnded(shardKey(stream, id));
  });
}

const NONE: readonly string[] = [];

/** Without the table: whoever of the processes at hand began to read it last. */
function ownerByReaders(processes: Processes, readers: readonly Reader[]): string | null {
  const newest = readers.at(-1);
  return newest === undefined ? null : processes.clientIdOf(newest.process);
}

type Figures = Pick<ShardFacts, 'behindMs' | 'backlogRecords' | 'recordsPerSecond'>;

const UNKNOWN: Figures = { behindMs: null, backlogRecords: null, recordsPerSecond: null };

function figuresOf(
  { deliveries }: Parts,
  { nowMs }: Moment,
  key: string,
  state: ShardView['state'],
  reader: Reader | undefined,
): Figures {
  if (state === 'ended') return UNKNOWN;
  if (deliveries.isTold) {
    const backlog = deliveries.backlogOf(key);
    const oldestMs = backlog?.oldestAtMs ?? null;
    const at = (value: number): Measured => ({ value, atMs: nowMs });
    return {
      behindMs: at(oldestMs === null ? 0 : Math.max(0, nowMs - oldestMs)),
      backlogRecords: at(backlog?.records ?? 0),
      recordsPerSecond: at(backlog?.perSecond(nowMs) ?? 0),
    };
  }
  const flow = reader?.flow ?? null;
  if (flow === null) return UNKNOWN;
  const { behindMs, recordsPerSecond, atMs } = flow;
  return {
    behindMs: behindMs === null ? null : { value: behindMs, atMs },
    backlogRecords: null,
    recordsPerSecond: { value: recordsPerSecond, atMs },
  };
}

/** Of a shard that is to be read. */
function unreadOf(
  owner: string | null,
  ownerKnown: boolean,
  ownerLives: boolean | null,
  life: MemberView['life'] | undefined,
): boolean | null {
  if (owner === null) return ownerKnown ? true : null;
  if (ownerLives !== true) return ownerLives === null ? null : true;
  return life === 'ended' || life === 'paused';
}

type Since = Pick<
  ShardFacts,
  'stream' | 'owner' | 'ownerLives' | 'ownerMember' | 'ownerProcess' | 'item' | 'placed'
>;

/** Since when nobody reads it; null: that was before the feed began, or is not known. */
function sinceOf(items: ShardItems, facts: Since): number | null {
  const { owner, ownerLives, ownerMember, ownerProcess, item, placed, stream } = facts;
  if (owner !== null) {
    if (ownerLives === true) return ownerProcess?.lifeSinceMs ?? null;
    return ownerMember?.goneAtMs ?? ownerMember?.sessionSinceMs ?? null;
  }
  const parents = placed?.parents ?? NONE;
  const ends = parents.map((id) => items.get(shardKey(stream, id))?.positionAtMs ?? null);
  const since = [item?.freeSinceMs ?? null, placed?.firstSeenMs ?? null, ...ends];
  const known = since.filter((atMs) => atMs !== null);
  return known.length === 0 ? null : Math.max(...known);
}
