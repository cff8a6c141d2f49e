/** Who shall read which shards. A hint: ownership is decided shard by shard in the store. */
import { invariant } from '../../errors.ts';
import { bySomeOrder } from './lineage.ts';
import { assignByRange } from './range-assignor.ts';
import {
  rangesOf,
  subscribersOf,
  type Assignment,
  type AssignmentQuestion,
  type AssignorName,
  type Member,
  type StreamShards,
} from './shard-ranges.ts';
import { assignSticky } from './sticky-range-assignor.ts';

export type {
  Assignment,
  AssignmentQuestion,
  AssignorName,
  Member,
  Range,
  StreamShards,
} from './shard-ranges.ts';

/** The order in which an assignor lays its ranges. */
export function orderOf(assignor: AssignorName): 'hash' | 'id' {
  return assignor === 'range' ? 'id' : 'hash';
}

/**
 * Divides the active shards of each stream among the members that subscribe to it. Takes at most about 50 ms for
 * 1,000 shards and 100 members.
 *
 * @throws KinesumerError `InvariantBroken` when two members have the same clientId.
 */
export function assign(question: AssignmentQuestion): Assignment {
  const clientIds = new Set(question.members.map((member) => member.clientId));
  invariant(clientIds.size === question.members.length, 'S7', { duplicate: 'clientId' });
  return question.assignor === 'range' ? assignByRange(question) : assignSticky(question);
}

/** How many shards change hands: had a member before, have another one now. */
export function movedShards(previous: Assignment | null, next: Assignment): number {
  let moved = 0;
  for (const stream of Object.keys(next)) {
    const before = new Map<string, string>();
    for (const range of rangesOf(previous, stream)) {
      for (const shardId of range.shardIds) before.set(shardId, range.clientId);
    }
    for (const range of rangesOf(next, stream)) {
      for (const shardId of range.shardIds) {
        const holder = before.get(shardId);
        if (holder !== undefined && holder !== range.clientId) moved += 1;
      }
    }
  }
  return moved;
}

/** An assignment, and what it was made from. */
export interface AssignmentCheck {
  readonly assignor: AssignorName;
  readonly tolerance: number;
  readonly members: readonly Member[];
  readonly streams: readonly StreamShards[];
  readonly assignment: Assignment;
}

/**
 * Invariant S7: in each stream one range per subscriber, contiguous in the assignor's order, disjoint, covering
 * exactly the active shards, sizes within one of each other (or the tolerance).
 *
 * @returns what is wrong, or null.
 */
export function checkAssignment(check: AssignmentCheck): string | null {
  const { members, streams, assignment } = check;
  if (new Set(members.map((member) => member.clientId)).size !== members.length) {
    return 'two members have the same clientId';
  }
  const names = new Set(streams.map(({ stream }) => stream));
  const unknown = Object.keys(assignment).find((stream) => !names.has(stream));
  if (unknown !== undefined) return `${unknown}: not a stream to be divided`;
  const subscribers = subscribersOf(members);
  for (const { stream, shards } of streams) {
    const clientIds = (subscribers.get(stream) ?? []).map((i) => members[i]?.clientId ?? '');
    const fault = checkStream(check, stream, shards, clientIds);
    if (fault !== null) return `${stream}: ${fault}`;
  }
  return null;
}

function checkStream(
  { assignor, tolerance, assignment }: AssignmentCheck,
  stream: string,
  shards: StreamShards['shards'],
  clientIds: readonly string[],
): string | null {
  const ranges = rangesOf(assignment, stream);
  const named = ranges.map((range) => range.clientId);
  if (named.toSorted().join() !== clientIds.toSorted().join()) {
    return `ranges of ${named.join()} instead of ${clientIds.join()}`;
  }
  if (clientIds.length === 0) return null;
  const expected = bySomeOrder(shards, orderOf(assignor)).map((shard) => shard.shardId);
  const covered = ranges.flatMap((range) => range.shardIds);
  if (covered.length !== expected.length) {
    return `${covered.length} shards covered of ${expected.length}`;
  }
  const misplaced = covered.find((shardId, i) => shardId !== expected[i]);
  if (misplaced !== undefined) return `${misplaced} is not in its place`;
  const share = expected.length / clientIds.length;
  const least = Math.min(Math.floor(share), share - tolerance);
  const most = Math.max(Math.ceil(share), share + tolerance);
  const odd = ranges.find(({ shardIds }) => shardIds.length < least || shardIds.length > most);
  return odd === undefined ? null : `${odd.clientId} has ${odd.shardIds.length} of ${share} shards`;
}
