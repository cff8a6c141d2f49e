/** The statecharts that run in a process: what they are, and the state that each is in. */
import type { ChartState } from './chart.ts';
import type { Placed } from './placed.ts';

/** What a machine is, once per machine. */
export interface ChartEvent extends Placed {
  readonly kind: 'chart';
  /** Id of the machine. */
  readonly machine: string;
  /** What `chartOf` tells of it. */
  readonly definition: ChartState;
}

/** An actor lives. */
export interface ActorEvent extends Placed {
  readonly kind: 'actor';
  readonly process: string;
  /** One of its kind in the process; a later actor never has it again. */
  readonly actorId: string;
  readonly parentId: string | null;
  /** Id of its machine: names the `chart`. */
  readonly machine: string;
  /** What it is to a human, such as `reader orders/shardId-0007`. */
  readonly name: string;
  /** The shard that it reads, where it is a reader. */
  readonly stream?: string;
  readonly shardId?: string;
}

/** The newest state of an actor, told when somebody looks: of many within a tenth of a second only the last. */
export interface StateEvent extends Placed {
  readonly kind: 'state';
  readonly process: string;
  readonly actorId: string;
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  /** XState's state value. */
  readonly value: unknown;
  /** Ids of the active state nodes. */
  readonly activeIds: readonly string[];
  /** Type of the event that led here; '' where the feed began later. */
  readonly event: string;
  /** Ids of the state nodes that were active before that event. */
  readonly from: readonly string[];
  /** Since when these states are active, as `atMs`; null: since before the feed looked. */
  readonly sinceMs: number | null;
  /** As JSON, large parts cut short; never record data. null: not told. */
  readonly context: unknown;
}

/** An actor has ended. */
export interface ActorGoneEvent extends Placed {
  readonly kind: 'actorGone';
  readonly process: string;
  readonly actorId: string;
}

export type ActorFeedEvent = ChartEvent | ActorEvent | StateEvent | ActorGoneEvent;
