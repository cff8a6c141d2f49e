/**
 * Contiguous ranges in hash-key order that move the fewest shards. Sizes within a stream differ by at most one (or
 * stay within the tolerance); over all streams the larger ranges go to the members with the fewest shards, so that
 * fifty streams of one shard do not all land on one client.
 */
import { balance } from './assignment-balance.ts';
import {
  holdingsOf,
  layOut,
  spreadOut,
  type LayoutProblem,
  type Place,
} from './contiguous-layout.ts';
import { bySomeOrder } from './lineage.ts';
import {
  rangesOf,
  sizeBounds,
  subscribersOf,
  type Assignment,
  type AssignmentQuestion,
  type SizeBounds,
  type StreamShards,
} from './shard-ranges.ts';
import { StreamLayout } from './stream-layout.ts';

/** Steps that widening by the tolerance may take in all, to stay within one turn of the event loop. */
const MAX_WIDENING_STEPS = 4_000_000;

/** Divides each stream among its subscribers, close to what stands. */
export function assignSticky(question: AssignmentQuestion): Assignment {
  const { members, tolerance } = question;
  const streams = [...question.streams].sort((a, b) => (a.stream < b.stream ? -1 : 1));
  const subscribers = subscribersOf(members);
  const indexOf = new Map(members.map((member, index) => [member.clientId, index]));
  const loads = baseLoads(streams, subscribers, members.length);
  const widest = widestSpread(streams, members.length);

  const layouts = streams.map(({ stream, shards }) => {
    const among = subscribers.get(stream) ?? [];
    const shardIds = bySomeOrder(shards, 'hash').map((shard) => shard.shardId);
    const before = new Map<string, number>();
    for (const range of rangesOf(question.previous, stream)) {
      if (range.shardIds.length === 0) continue;
      const index = indexOf.get(range.clientId);
      if (index === undefined || !among.includes(index)) continue;
      for (const shardId of range.shardIds) before.set(shardId, index);
    }
    const holders = shardIds.map((shardId) => before.get(shardId) ?? -1);
    const bounds = sizeBounds(shardIds.length, Math.max(1, among.length), tolerance);
    const places = cut({ holders, among, bounds, widest, loads });
    const least = Math.floor(shardIds.length / Math.max(1, among.length));
    for (const { member, size } of places) loads[member] = (loads[member] ?? 0) + size - least;
    return new StreamLayout(stream, shardIds, places, bounds, holdingsOf(holders));
  });

  balance(layouts, loads, Math.max(1, 2 * tolerance));
  return Object.fromEntries(
    layouts.map((layout) => [
      layout.stream,
      layout.ranges((member) => members[member]?.clientId ?? ''),
    ]),
  );
}

/** The shards that each member gets in any case. */
function baseLoads(
  streams: readonly StreamShards[],
  subscribers: ReadonlyMap<string, readonly number[]>,
  members: number,
): number[] {
  const loads = Array.from({ length: members }, () => 0);
  for (const { stream, shards } of streams) {
    const among = subscribers.get(stream) ?? [];
    for (const index of among) {
      loads[index] = (loads[index] ?? 0) + Math.floor(shards.length / among.length);
    }
  }
  return loads;
}

/** How far apart smallest and largest may lie for the widening to stay within its steps. */
function widestSpread(streams: readonly StreamShards[], members: number): number {
  const cells = streams.reduce((sum, { shards }) => sum + (shards.length + 1) * members, 0);
  return Math.max(1, Math.floor(MAX_WIDENING_STEPS / Math.max(1, cells)));
}

interface Cut {
  readonly holders: readonly number[];
  readonly among: readonly number[];
  readonly bounds: SizeBounds;
  readonly widest: number;
  readonly loads: readonly number[];
}

function cut({ holders, among, bounds, widest, loads }: Cut): Place[] {
  if (among.length === 0) return [];
  const settled = inOrderOfShards(holders);
  const holding = new Set(settled);
  const load = (member: number): number => loads[member] ?? 0;
  const others = among.filter((member) => !holding.has(member));
  const free = lightestFirst(others, load, holders.length);
  const even = sizeBounds(holders.length, among.length, 0);
  const problem: LayoutProblem = {
    holders,
    settled,
    free,
    ...even,
    tieCost: (member, size) => (size > even.smallest ? load(member) : 0),
  };
  const places = even.smallest === 0 ? spreadOut(problem) : layOut(problem);
  if (bounds.smallest === even.smallest && bounds.largest === even.largest) return places;
  // The order is settled by the even cut; the tolerance only moves the bounds within it.
  const share = holders.length / among.length;
  return layOut({
    holders,
    settled: places.map((place) => place.member),
    free: [],
    smallest: Math.max(bounds.smallest, even.largest - widest),
    largest: Math.min(bounds.largest, even.smallest + widest),
    tieCost: (_, size) => (size - share) ** 2,
  });
}

/**
 * Members with the lightest first, as far as there are shards for them: with many streams of few shards, ordering
 * all members for each stream would be most of the work.
 */
function lightestFirst(
  members: number[],
  load: (member: number) => number,
  needed: number,
): number[] {
  const byLoad = (a: number, b: number): number => load(a) - load(b) || a - b;
  if (needed >= members.length) return members.sort(byLoad);
  for (let i = 0; i < needed; i++) {
    let lightest = i;
    for (let j = i + 1; j < members.length; j++) {
      if (byLoad(members[j] ?? 0, members[lightest] ?? 0) < 0) lightest = j;
    }
    const moved = members[lightest] ?? 0;
    members[lightest] = members[i] ?? 0;
    members[i] = moved;
  }
  return members;
}

/** The holders by the middle of what they hold. */
function inOrderOfShards(holders: readonly number[]): number[] {
  const sums = new Map<number, { total: number; count: number }>();
  for (const [position, holder] of holders.entries()) {
    if (holder < 0) continue;
    const sum = sums.get(holder) ?? { total: 0, count: 0 };
    sums.set(holder, { total: sum.total + position, count: sum.count + 1 });
  }
  return [...sums]
    .sort(([a, x], [b, y]) => x.total / x.count - y.total / y.count || a - b)
    .map(([holder]) => holder);
}
