/** What producers, operators and the script of a simulation did. */
import type { Placed } from './placed.ts';

/** A producer's record; `n` counts the records of its key from 1. */
export interface PutEvent extends Placed {
  readonly kind: 'put';
  readonly stream: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly key: string;
  readonly n: number;
  readonly arrivalMs: number;
}

/** The streams were resharded by an operator. */
export interface ReshardEvent extends Placed {
  readonly kind: 'reshard';
  readonly stream: string;
  readonly parents: readonly string[];
  readonly children: readonly string[];
}

/** An operator created a stream, or deleted it with its records. */
export interface StreamEvent extends Placed {
  readonly kind: 'stream';
  readonly what: 'created' | 'deleted';
  readonly stream: string;
  /** Tells it from another one of its name. */
  readonly createdAtMs: number;
}

/** Records of a stream, and its closed shards, passed the retention, whether they were read or not. */
export interface LapsedEvent extends Placed {
  readonly kind: 'lapsed';
  readonly stream: string;
  /** What arrived before this instant of Kinesis' clock is gone. */
  readonly beforeMs: number;
}

/** The write that follows is an operator's (`erased`), or that of a writer that knows no fences (`foreign`). */
export interface IntrusionEvent extends Placed {
  readonly kind: 'erased' | 'foreign';
  readonly pk: string;
  readonly sk: string;
}

/** A step of the script, told before it is carried out. */
export interface ActionEvent extends Placed {
  readonly kind: 'action';
  readonly action: { readonly kind: string };
}

/** How often each fault of the ways to the services struck in the whole run. */
export interface InjectedEvent extends Placed {
  readonly kind: 'injected';
  readonly counts: Readonly<Record<string, number>>;
}

/** Faults end and producers stop: from here on the group has to settle. */
export interface QuietEvent extends Placed {
  readonly kind: 'quiet';
}

export type StreamFeedEvent =
  | PutEvent
  | ReshardEvent
  | StreamEvent
  | LapsedEvent
  | IntrusionEvent
  | ActionEvent
  | InjectedEvent
  | QuietEvent;
