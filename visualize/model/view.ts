/**
 * What the page shows at one moment, whatever it comes from: a process, the state table, a trace, or a group simulated
 * in the page. Plain data. What is not known is null, and is shown as a dash; never 0.
 */

/** Something measured, and when. */
export interface Measured {
  readonly value: number;
  /** ms since the beginning of the feed. */
  readonly atMs: number;
}

export interface GroupView {
  readonly app: string;
  readonly source: 'simulation' | 'table' | 'process';
  /** The moment that is shown, ms since the beginning of the feed. */
  readonly atMs: number;
  /** When the feed was last heard of; null: nothing came yet. */
  readonly heardAtMs: number | null;
  /** Wall time of the beginning of the feed, ms since the Unix epoch. */
  readonly epochMs: number | null;
  readonly generation: GenerationView | null;
  /** By client id; those that are gone stay for a minute, and for as long as a plan or a shard names them. */
  readonly members: readonly MemberView[];
  readonly streams: readonly StreamView[];
  /**
   * Whether the feed tells of the state table. Else members and shards are those that its own processes told of, and
   * how many the group has is not known.
   */
  readonly tableKnown: boolean;
  /** null: not known. */
  readonly memberCounts: MemberCounts | null;
  /** Records waiting, over all shards; null unless it is known of all that are to be read. */
  readonly backlogRecords: Measured | null;
  /** How far the furthest shard is behind the tip of its stream, ms, of those of which it is known. */
  readonly behindMs: Measured | null;
  /** When the lag will be gone at the present rates, ms; null: unknown, Infinity: it grows. */
  readonly drainedInMs: number | null;
  readonly recordsPerSecond: Measured | null;
  /** Events that were left out since this page was too slow for them: what is shown may lack something. */
  readonly droppedEvents: number;
  /** Invariants that were broken, the newest last. */
  readonly violations: readonly ViolationView[];
}

export interface MemberCounts {
  /** Active, or about to be. */
  readonly standing: number;
  readonly leaving: number;
}

export interface ViolationView {
  readonly atMs: number;
  readonly invariant: string;
  readonly message: string;
}

export interface GenerationView {
  readonly number: number;
  /** Client id. */
  readonly leader: string | null;
  readonly publishedAtMs: number;
  /** `unknown`: its plan was not seen, or only a part of it, so that no shard has a target. */
  readonly plan: 'known' | 'unknown';
}

export interface MemberView {
  readonly clientId: string;
  /** clientId + nonce; null: none stands under this id any more. */
  readonly session: string | null;
  /** By the table. `unknown`: a plan or a shard names it, and nothing else is known. */
  readonly state: 'registering' | 'active' | 'leaving' | 'gone' | 'unknown';
  /** Of its process, where the feed tells; null: not known. */
  readonly life: 'running' | 'leaving' | 'paused' | 'ended' | null;
  readonly isLeader: boolean;
  /** Index in the newest plan. */
  readonly index: number | null;
  /** Colour number, from 0, stable for a client id as long as it is shown; freed ones are given again. */
  readonly colour: number;
  /** When its record version was last seen to move. */
  readonly heartbeatAtMs: number | null;
  /** After this much silence it is expelled. */
  readonly ttlMs: number | null;
  /** The generation that it works on. */
  readonly generation: number | null;
  /** By the table; null: not known. */
  readonly ownedShards: number | null;
  /** By the newest plan; null: not known. */
  readonly plannedShards: number | null;
  readonly recordsPerSecond: Measured | null;
  /** The process, where the feed comes from inside one. */
  readonly process: string | null;
  readonly lastError: { readonly text: string; readonly atMs: number } | null;
}

export interface StreamView {
  readonly stream: string;
  readonly mapVersion: number | null;
  /** Whether the newest plan divides it; null: not known. */
  readonly subscribed: boolean | null;
  /** In the order of their hash ranges, then of their ids; those without a known range last. */
  readonly shards: readonly ShardView[];
}

export interface ShardView {
  readonly stream: string;
  readonly shardId: string;
  readonly parents: readonly string[];
  /** Decimal hash keys, both ends inclusive, as Kinesis gives them; null: no map has told. */
  readonly startHash: string | null;
  readonly endHash: string | null;
  /** Its part of the key space, each from 0 to 1; null as above. */
  readonly from: number | null;
  readonly to: number | null;
  /** `waiting`: parents are not ended · `active`: to be read · `ended`: read to its end. */
  readonly state: 'waiting' | 'active' | 'ended';
  /** Takes no more records; null: not known. */
  readonly closed: boolean | null;
  /** Client id of who owns it by the table; null: nobody, or not known (see `ownerKnown`). */
  readonly owner: string | null;
  readonly ownerKnown: boolean;
  /** Whether the owner's session stands; null: no owner, or not known. */
  readonly ownerLives: boolean | null;
  /**
   * To be read, and nobody can: it has no owner, or its session is gone, or its process is known to have ended or to
   * stand still. The gap of a strip. null: not known.
   */
  readonly unread: boolean | null;
  readonly unreadSinceMs: number | null;
  /** Other client ids that read it at this moment. Two readers are a broken invariant. */
  readonly otherReaders: readonly string[];
  /** Client id of who shall own it by the newest plan, and by the one before; null: nobody, or not known. */
  readonly target: string | null;
  readonly targetBefore: string | null;
  readonly fence: number | null;
  /** A sequence number, `SHARD_END`, or null: not started, or not known. */
  readonly position: string | null;
  readonly positionAtMs: number | null;
  readonly ownedSinceMs: number | null;
  readonly behindMs: Measured | null;
  readonly backlogRecords: Measured | null;
  readonly recordsPerSecond: Measured | null;
  /** The actor that reads it, where the feed comes from inside a process. */
  readonly reader: ActorName | null;
  readonly why: Why;
}

/** Why a shard is read, or is not, in one sentence, and the way out. */
export interface Why {
  /** `stopped`: nothing will change by itself · `waiting`: it will. */
  readonly kind: 'read' | 'slow' | 'waiting' | 'stopped' | 'ended' | 'unknown';
  readonly sentence: string;
  readonly wayOut: string | null;
}

export interface ActorName {
  readonly process: string;
  readonly actorId: string;
}

export interface ActorView extends ActorName {
  readonly parentId: string | null;
  /** Names the chart: the id of the machine. */
  readonly machine: string;
  /** What it is to a human. */
  readonly name: string;
  /** The shard that it reads, where it is a reader. */
  readonly stream: string | null;
  readonly shardId: string | null;
  /** `unknown`: it lives, and no state of it was told yet. */
  readonly status: 'active' | 'done' | 'error' | 'stopped' | 'unknown';
  /** XState's state value. */
  readonly value: unknown;
  /** Ids of the active state nodes. */
  readonly activeIds: readonly string[];
  /**
   * The last transition taken: its event, and the ids of the state nodes that were active before. null: it was before
   * the feed began.
   */
  readonly last: { readonly event: string; readonly from: readonly string[] } | null;
  /** Since when these states are active; null: since before the feed began. */
  readonly sinceMs: number | null;
  /** As JSON; record data is not in it. */
  readonly context: unknown;
  /** Of its newest state. */
  readonly atMs: number;
}

export type MarkKind =
  | 'join'
  | 'leave'
  | 'gone'
  | 'crash'
  | 'rebalance'
  | 'acquire'
  | 'release'
  | 'end'
  | 'commit'
  | 'fenced'
  | 'throttle'
  | 'error'
  | 'reshard'
  | 'pause'
  | 'fault'
  | 'violation';

/** A mark in a lane of the timeline. */
export interface TimelineMark {
  readonly atMs: number;
  /** Client id; null: the group. */
  readonly lane: string | null;
  readonly kind: MarkKind;
  /** Of the first, where it stands for several. */
  readonly stream: string | null;
  readonly shardId: string | null;
  readonly text: string;
  /** Commits, throttles and errors of a lane within the same second are one mark. */
  readonly count: number;
}

/** Values by time: the columns divide the time asked for evenly. */
interface TimeGrid {
  readonly fromMs: number;
  readonly toMs: number;
  /** Width of a column. */
  readonly columnMs: number;
}

export interface HeatView extends TimeGrid {
  readonly stream: string;
  /** In the order of the stream's shards; ended ones are left out where nothing of them is known in that time. */
  readonly rows: readonly {
    readonly shardId: string;
    /** The worst lag in each column, ms; null: not known. */
    readonly behindMs: readonly (number | null)[];
  }[];
}

export interface ThroughputView extends TimeGrid {
  readonly rows: readonly {
    readonly clientId: string;
    readonly colour: number;
    /** null: not known. */
    readonly recordsPerSecond: readonly (number | null)[];
  }[];
}
