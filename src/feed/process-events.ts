/** What the processes of a group did, and what its clients told. */
import type { Placed } from './placed.ts';

/** A turn in the life of a process. */
export interface ProcessEvent extends Placed {
  readonly kind: 'process';
  readonly process: string;
  readonly clientId: string;
  readonly what:
    | 'started'
    | 'leaving'
    | 'left'
    | 'crashed'
    | 'failed'
    | 'paused'
    | 'resumed'
    /** Its way to a service is down or bad for a while. */
    | 'cut';
  /** Code of the error that ended it. */
  readonly code?: string;
  /** When what was cut off is let through again, in true time. */
  readonly untilMs?: number;
}

/** What a process is, told before it starts. */
export interface SetupEvent extends Placed {
  readonly kind: 'setup';
  readonly process: string;
  readonly clientId: string;
  readonly slot: number;
  readonly profile: string;
  readonly streams: readonly string[];
  /** True time for which it may trust an answered heartbeat, by its own clock. */
  readonly trustMs: number;
  /** Where what is done is what its user's code marks. */
  readonly commits?: 'byHand';
}

/** A process was told to consume other streams; `code`: it refused and goes on with the old ones. */
export interface RefreshedEvent extends Placed {
  readonly kind: 'refreshed';
  readonly process: string;
  readonly streams: readonly string[];
  readonly code?: string;
}

/** How the handler of a process behaves. `stuck`: it comes to no end until it behaves otherwise. */
export type HandlerManner = 'prompt' | 'slow' | 'stuck' | 'throwing';

/** The handler of a process behaves otherwise from now on. */
export interface HandlerEvent extends Placed {
  readonly kind: 'handler';
  readonly process: string;
  readonly manner: HandlerManner;
}

/** A record entered the handler of a process. */
export interface DeliveredEvent extends Placed {
  readonly kind: 'delivered';
  readonly process: string;
  /** The handler call that it came with. */
  readonly call: number;
  readonly stream: string;
  readonly shardId: string;
  readonly fence: number;
  readonly sequenceNumber: string;
  readonly key: string;
  readonly n: number;
}

/** A handler call was through. */
export interface CompletedEvent extends Placed {
  readonly kind: 'completed';
  readonly process: string;
  readonly call: number;
}

/** The user's code of a process that commits by hand marked all of a call's shard up to a record of that call. */
export interface MarkedEvent extends Placed {
  readonly kind: 'marked';
  readonly process: string;
  readonly call: number;
  /** Its sequence number. */
  readonly upTo: string;
}

/** A handler call threw: nothing of it was completed. */
export interface ThrewEvent extends Placed {
  readonly kind: 'threw';
  readonly process: string;
  readonly call: number;
}

/** What a client told: its public events but `batch`, which is told as `flow`. */
export interface NoticeEvent extends Placed {
  readonly kind: 'notice';
  readonly process: string;
  readonly name:
    'ready' | 'leader' | 'rebalance' | 'shardStart' | 'shardEnd' | 'commit' | 'error' | 'close';
  /** `stream/shardId` where it is about a shard. */
  readonly shard?: string;
  readonly fence?: number;
  /**
   * `ready`: the session · `leader`, `rebalance`: the generation · `shardStart`, `commit`: the position ·
   * `shardEnd`: the reason · `error`: `Code: message`.
   */
  readonly detail?: string;
}

/** What a reader fetched in the last second or so. */
export interface FlowEvent extends Placed {
  readonly kind: 'flow';
  readonly process: string;
  readonly stream: string;
  readonly shardId: string;
  readonly records: number;
  readonly bytes: number;
  /** The time that it was counted over. */
  readonly overMs: number;
  /** How far behind the tip of the shard the last answer was; null: not known. */
  readonly behindMs: number | null;
}

/** A heartbeat of a session was answered: for a while from its sending on the session may deliver. */
export interface HeartbeatEvent extends Placed {
  readonly kind: 'heartbeat';
  readonly process: string;
  readonly session: string;
  /** True time of the sending. */
  readonly sentMs: number;
}

/** What the table charged a process so far, and the rhythm for which that is judged. */
export interface UsageEvent extends Placed {
  readonly kind: 'usage';
  readonly process: string;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly heartbeatIntervalMs: number;
  readonly pollIntervalMs: number;
}

export type ProcessFeedEvent =
  | ProcessEvent
  | SetupEvent
  | RefreshedEvent
  | HandlerEvent
  | DeliveredEvent
  | CompletedEvent
  | MarkedEvent
  | ThrewEvent
  | NoticeEvent
  | FlowEvent
  | HeartbeatEvent
  | UsageEvent;
