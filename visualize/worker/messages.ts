/** What the page and the worker of a simulated group tell each other. */
import type { FeedLine } from '../../src/feed/events.ts';

/** How the group is; all of it can be changed while it lives. */
export interface Conditions {
  /** Clients that run. */
  readonly clients: number;
  /** Open shards of the stream. */
  readonly shards: number;
  /** Of the producers. */
  readonly recordsPerSecond: number;
  /** How bad the ways to the services are: 0 fine … 1 rough. */
  readonly faults: number;
  /** How often something happens to a process or a shard by itself: 0 never … 1 every few seconds. */
  readonly chaos: number;
  /** Virtual milliseconds in a millisecond; 0: time stands still. */
  readonly speed: number;
}

/** With what a group begins. */
export interface Beginning extends Conditions {
  readonly seed: number;
  readonly profile: 'default' | 'fast' | 'frugal';
}

/** What a button does. */
export type GroupAction =
  | { readonly kind: 'add' }
  | { readonly kind: 'stop' | 'kill' | 'pause'; readonly clientId: string }
  /** Without a shard: one of chance; a merge takes the shard's right neighbour. */
  | { readonly kind: 'split' | 'merge'; readonly stream?: string; readonly shardId?: string };

export type ToWorker =
  /** Ends the group that is there. */
  | { readonly kind: 'begin'; readonly beginning: Beginning }
  | { readonly kind: 'change'; readonly to: Partial<Conditions> }
  | { readonly kind: 'act'; readonly action: GroupAction }
  /** The last lines were shown: more may come. */
  | { readonly kind: 'shown' };

export type FromWorker =
  | {
      readonly kind: 'lines';
      readonly lines: readonly FeedLine[];
      /** Virtual time, ms since the beginning. */
      readonly nowMs: number;
      /** The speed that was reached; less than was asked for where this machine, or the page, is too slow. */
      readonly speed: number;
    }
  /** It ended by an error of its own. */
  | { readonly kind: 'failed'; readonly message: string };
