/** What can happen to a simulated cluster, as plain data. */
import type { HandlerManner } from '../feed/process-events.ts';
import type { AssignorName, CloseOptions, ProfileName } from '../options.ts';
import type { StoreFaults } from '../services/memory/state-store.ts';
import type { StreamFaults } from '../services/memory/stream.ts';

export type { HandlerManner };

/** A service that clients need. */
export type Service = 'store' | 'stream';

/** What an operator removes from the table. */
export type Erased =
  | { readonly item: 'head' }
  | { readonly item: 'checkpoint'; readonly pick: number }
  | { readonly item: 'map'; readonly stream: string }
  | { readonly item: 'client'; readonly slot: number };

/** Something that happens at an instant. Where it has no object (nobody in the slot, no such stream), nothing does. */
export type Action =
  // processes
  | { readonly kind: 'join' | 'leave' | 'crash' | 'restart' | 'replace'; readonly slot: number }
  | { readonly kind: 'pause' | 'suspend'; readonly slot: number; readonly forMs: number }
  | {
      readonly kind: 'cut';
      readonly slot: number;
      readonly forMs: number;
      /** @default 'store' */
      readonly of?: Service;
    }
  | { readonly kind: 'jumpWall'; readonly slot: number; readonly byMs: number }
  | { readonly kind: 'refresh'; readonly slot: number; readonly streams: readonly string[] }
  | {
      readonly kind: 'handler';
      readonly slot: number;
      readonly manner: HandlerManner;
      readonly forMs: number;
    }
  // the user's code of a process
  /** Of all its shards, also of those that it gains later. */
  | { readonly kind: 'pauseReading' | 'resumeReading'; readonly slot: number }
  | { readonly kind: 'commit'; readonly slot: number }
  /** Once more where it is closing already. */
  | { readonly kind: 'close'; readonly slot: number; readonly options: CloseOptions }
  // the ways to the services
  | { readonly kind: 'outage'; readonly of: Service; readonly forMs: number }
  | {
      readonly kind: 'spell';
      readonly forMs: number;
      /** One slot; all where it is not given. */
      readonly slot?: number;
      /** Take the place of those of the scenario's weather one by one. */
      readonly store?: StoreFaults;
      readonly stream?: StreamFaults;
    }
  | { readonly kind: 'expireIterators' }
  // producers and operators of streams; without a name the first stream, and for `put` any
  | { readonly kind: 'put'; readonly records: number; readonly stream?: string }
  | { readonly kind: 'split' | 'merge'; readonly pick: number; readonly stream?: string }
  | {
      readonly kind: 'createStream' | 'recreateStream';
      readonly stream: string;
      readonly shards: number;
    }
  | { readonly kind: 'deleteStream'; readonly stream: string }
  | {
      readonly kind: 'lapse';
      readonly stream: string;
      /** Only what was put, or closed, longer ago than this. @default 0 */
      readonly olderThanMs?: number;
    }
  // operators of the table, and writers that know no fences
  | { readonly kind: 'erase'; readonly what: Erased }
  | { readonly kind: 'goClient'; readonly clientId: string; readonly forMs: number }
  | { readonly kind: 'goCommit'; readonly pick: number };

export interface Step {
  /** True time. */
  readonly atMs: number;
  readonly action: Action;
}

/** How the processes of one slot differ from others. */
export interface Member {
  readonly slot: number;
  /** @default 'fast' */
  readonly profile?: ProfileName;
  /** @default those that the scenario begins with */
  readonly streams?: readonly string[];
  /** Its wall clock minus the true one. @default up to five minutes, drawn */
  readonly wallOffsetMs?: number;
  /** Its milliseconds per true millisecond. @default drawn within the weather's error */
  readonly clockRate?: number;
  /**
   * `byHand`: it marks each batch and commits at once, every second one while its handler waits for it, the others after
   * their handlers are through. @default 'byItself'
   */
  readonly commits?: 'byItself' | 'byHand';
  /** By what it plans while it leads. @default 'sticky-range' */
  readonly assignor?: AssignorName;
  /** How far its ranges may be from the even share, in shards; `sticky-range` only. @default 0 */
  readonly assignorTolerance?: number;
}
