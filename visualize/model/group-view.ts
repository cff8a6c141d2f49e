/** The whole view at one moment, from the parts of a model. */
import type { FeedHeader } from '../../src/feed/events.ts';
import type { Heard } from './group-model.ts';
import type { History } from './history.ts';
import type { Member } from './members.ts';
import { plannedFor } from './plans.ts';
import type { Moment, Parts } from './shard-facts.ts';
import { settled, settledList } from './settle.ts';
import { StreamViews } from './stream-views.ts';
import type {
  GenerationView,
  GroupView,
  Measured,
  MemberCounts,
  MemberView,
  StreamView,
} from './view.ts';

/** Figures that grow by themselves are brought up to date this often: what did not change stays the same object. */
const TICK_MS = 250;
/** What is read from the table is seen later than it happened, by this much at most. */
const SEEN_LATE_MS = 2_000;
/** What processes tell within it is added up. */
const SAME_TIME_MS = 5_000;

export class GroupViews {
  readonly #streams = new StreamViews();
  #moment: Moment | undefined;
  #view: GroupView | undefined;

  /** The view at a moment; what did not change since the last one is the same object. */
  at(header: FeedHeader, parts: Parts, heard: Heard, history: History, atMs: number): GroupView {
    const before = this.#view;
    const moment = settled(this.#moment, momentOf(header, parts, heard, atMs));
    this.#moment = moment;
    const streams = this.#streams.at(parts, moment);
    const members = membersOf(parts, moment, before?.members);
    const totals = totalsOf(parts, moment, streams, members);
    const view: GroupView = {
      app: header.app,
      source: header.source,
      atMs,
      heardAtMs: heard.atMs,
      epochMs: header.epochMs ?? null,
      generation: generationOf(parts, before?.generation ?? undefined),
      members,
      streams,
      tableKnown: heard.tableKnown,
      memberCounts: countsOf(moment, members),
      ...totals,
      drainedInMs: history.drainedInMs(
        {
          backlogRecords: totals.backlogRecords?.value ?? null,
          behindMs: totals.behindMs?.value ?? null,
        },
        moment.nowMs,
      ),
      droppedEvents: heard.droppedEvents,
      violations: heard.violations,
    };
    this.#view = view;
    return view;
  }
}

function momentOf(header: FeedHeader, { members }: Parts, heard: Heard, atMs: number): Moment {
  let activeMembers = 0;
  for (const { state } of members.all()) if (state === 'active') activeMembers += 1;
  const nowMs = Math.floor(atMs / TICK_MS) * TICK_MS;
  return {
    source: header.source,
    nowMs,
    heardMs: Math.min(nowMs, heard.tableLostMs ?? nowMs),
    seenLateMs: header.source === 'simulation' ? 0 : SEEN_LATE_MS,
    tableKnown: heard.tableKnown,
    activeMembers,
  };
}

function generationOf({ plans }: Parts, before: GenerationView | undefined): GenerationView | null {
  const { newest } = plans;
  if (newest === null) return null;
  const { number, leader, publishedAtMs, plan } = newest;
  const known = plan === null ? 'unknown' : 'known';
  return settled(before, { number, leader, publishedAtMs, plan: known });
}

// ---------------------------------------------------------------- members

function membersOf(
  parts: Parts,
  moment: Moment,
  before: readonly MemberView[] | undefined,
): readonly MemberView[] {
  const known = new Map(before?.map((member) => [member.clientId, member]));
  const members = Array.from(parts.members.all(), (member) =>
    settled(known.get(member.clientId), memberViewOf(parts, moment, member)),
  );
  members.sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
  return settledList(before, members);
}

function memberViewOf(parts: Parts, moment: Moment, member: Member): MemberView {
  const { items, plans, processes, deliveries } = parts;
  const { clientId, session, process } = member;
  const { newest } = plans;
  const rate = deliveries.rateOf(clientId);
  // where single records are told, none is none; else it is known up to what was told last
  const ratedMs = deliveries.isTold ? moment.nowMs : (rate?.lastMs ?? 0);
  const recordsPerSecond =
    rate === undefined ? null : { value: rate.perSecond(ratedMs), atMs: ratedMs };
  return {
    clientId,
    session,
    state: member.state,
    life: process === null ? null : (processes.get(process)?.life ?? null),
    isLeader: newest?.leader === clientId && session !== null,
    index: newest?.indexes.get(clientId) ?? null,
    colour: member.colour,
    heartbeatAtMs: member.heartbeatAtMs,
    ttlMs: member.ttlMs,
    generation: member.generation,
    ownedShards: moment.tableKnown ? (session === null ? 0 : items.ownedBy(session)) : null,
    plannedShards: plannedFor(newest, clientId),
    recordsPerSecond,
    process,
    lastError: member.lastError,
  };
}

/** Nobody is known before the table was read once; a simulation tells all from its beginning. */
function countsOf(moment: Moment, members: readonly MemberView[]): MemberCounts | null {
  const seen = moment.source === 'simulation' || members.some(({ state }) => state !== 'unknown');
  if (!moment.tableKnown || !seen) return null;
  const standing = members.filter(({ state }) => state === 'active' || state === 'registering');
  const leaving = members.filter(({ state }) => state === 'leaving');
  return { standing: standing.length, leaving: leaving.length };
}

// ---------------------------------------------------------------- the group

type Totals = Pick<GroupView, 'backlogRecords' | 'behindMs' | 'recordsPerSecond'>;

function totalsOf(
  { deliveries }: Parts,
  { nowMs }: Moment,
  streams: readonly StreamView[],
  members: readonly MemberView[],
): Totals {
  let backlog = 0;
  let behind: Measured | null = null;
  for (const { shards } of streams) {
    for (const { backlogRecords, behindMs } of shards) {
      backlog += backlogRecords?.value ?? 0;
      if (behindMs !== null && (behind === null || behindMs.value > behind.value))
        behind = behindMs;
    }
  }
  return {
    backlogRecords: deliveries.isTold ? { value: backlog, atMs: nowMs } : null,
    behindMs: behind,
    recordsPerSecond: rateOf(members.flatMap(({ recordsPerSecond }) => recordsPerSecond ?? [])),
  };
}

/** Of those who told it at about the same time: what somebody read long before the others is no part of it. */
function rateOf(rates: readonly Measured[]): Measured | null {
  if (rates.length === 0) return null;
  const atMs = rates.reduce((newest, rate) => Math.max(newest, rate.atMs), 0);
  const lately = rates.filter((rate) => atMs - rate.atMs <= SAME_TIME_MS);
  return { value: lately.reduce((sum, { value }) => sum + value, 0), atMs };
}
