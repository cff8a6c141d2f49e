/** What is divided among whom: the shapes that the assignors share. */
import type { MapShard } from './lineage.ts';

/** A session that takes part. */
export interface Member {
  readonly clientId: string;
  readonly session: string;
  /** The streams it subscribes to. */
  readonly streams: readonly string[];
}

/** The shards of one member in one stream. */
export interface Range {
  readonly clientId: string;
  /** Contiguous in the assignor's order; may be empty. */
  readonly shardIds: readonly string[];
}

/** By stream: one range per subscriber, in the order in which the ranges follow each other over the shards. */
export type Assignment = Readonly<Record<string, readonly Range[]>>;

/** The active shards of one stream. */
export interface StreamShards {
  readonly stream: string;
  readonly shards: readonly MapShard[];
}

/** The names of the assignors; the same as in the options. */
export type AssignorName = 'sticky-range' | 'range';

/** What an assignor is asked. */
export interface AssignmentQuestion {
  readonly assignor: AssignorName;
  /** Shards that a member may hold above or below the even share of a stream to save moves; 0: sizes differ by at most 1. */
  readonly tolerance: number;
  /** In index order; unique clientIds. */
  readonly members: readonly Member[];
  readonly streams: readonly StreamShards[];
  /** What stands now; null: nothing. */
  readonly previous: Assignment | null;
}

/** Smallest and largest range that a stream of so many shards may be cut into. */
export interface SizeBounds {
  readonly smallest: number;
  readonly largest: number;
}

/** The sizes that the tolerance allows; at least the two next to the even share. */
export function sizeBounds(shards: number, members: number, tolerance: number): SizeBounds {
  const share = shards / members;
  return {
    smallest: Math.max(0, Math.min(Math.floor(share), Math.ceil(share - tolerance))),
    largest: Math.min(shards, Math.max(Math.ceil(share), Math.floor(share + tolerance))),
  };
}

/** The indexes of the members that subscribe to each stream, ascending. */
export function subscribersOf(members: readonly Member[]): ReadonlyMap<string, readonly number[]> {
  const subscribers = new Map<string, number[]>();
  for (const [index, member] of members.entries()) {
    for (const stream of new Set(member.streams)) {
      const list = subscribers.get(stream);
      if (list === undefined) subscribers.set(stream, [index]);
      else list.push(index);
    }
  }
  return subscribers;
}

/** The ranges of a stream in an assignment; empty where it has none. */
export function rangesOf(assignment: Assignment | null, stream: string): readonly Range[] {
  if (assignment === null || !Object.hasOwn(assignment, stream)) return [];
  return assignment[stream] ?? [];
}
