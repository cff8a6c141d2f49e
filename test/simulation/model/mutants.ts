/** Faults of the protocol, each a change of its writes or its decisions: what the model must find. */
import type { Write } from '../../../src/machines/ports.ts';
import type { Twist } from '../../../src/simulation/model/twist.ts';
import {
  isAcquire,
  isCheckpoint,
  isHead,
  isHeartbeat,
  isMap,
  isRegistration,
  nonceOf,
  withItem,
  without,
} from '../wraps.ts';

const unconditional = (write: Write): Write => ({ ...write, when: [] });
const isExpulsion = (write: Write): boolean =>
  write.kind === 'delete' && write.when.some(({ attribute }) => attribute === 'rv');

/** As the Go library does it: what is gone is made anew. */
const upsert = (write: Write): Write => {
  if (!isHeartbeat(write)) return write;
  const set = { ...write.set, nonce: nonceOf(write), ttl: 9_000 };
  return { ...write, set, when: [] };
};

/** A session of its registration alone: the plans count it, and nothing waits for a heartbeat. */
const withHeartbeat = (write: Write): Write =>
  isRegistration(write) ? withItem(write, { rv: 1 }) : write;

export interface Mutant {
  readonly twist: Twist;
  /** The model that dies of it. */
  readonly model: 'ownership' | 'deletions' | 'split' | 'generations' | 'one client id' | 'maps';
  /** The invariant that dies. */
  readonly invariant: string;
  /** It would be sound if a write that nobody awaits were carried out once at most. */
  readonly dies?: 'of repeated writes only';
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'commits unconditionally': {
    twist: { write: (write) => (isCheckpoint(write) ? unconditional(write) : write) },
    model: 'ownership',
    invariant: 'S3',
  },
  'commits whatever the position': {
    twist: { write: (write) => (isCheckpoint(write) ? without(write, 'position') : write) },
    model: 'ownership',
    invariant: 'S2',
  },
  'commits as the owner under any fence': {
    twist: { write: (write) => (isCheckpoint(write) ? without(write, 'fence') : write) },
    model: 'ownership',
    invariant: 'S3',
  },
  'takes every owner for dead': {
    twist: { ownerAlive: () => false },
    model: 'ownership',
    invariant: 'S4',
  },
  'acquires without compare-and-set': {
    twist: { write: (write) => (isAcquire(write) ? unconditional(write) : write) },
    model: 'ownership',
    invariant: 'S1',
  },
  'acquires a shard that has ended': {
    twist: {
      item: (item) => item && { ...item, position: '!NOT_STARTED' },
      write: (write) => (isAcquire(write) ? without(write, 'position') : write),
    },
    model: 'ownership',
    invariant: 'S9',
  },
  'forgets an acquire that was not answered': {
    twist: { doubts: 'forgotten' },
    model: 'ownership',
    invariant: 'D1',
  },
  'reads what a doubt brought under its own fence': {
    twist: { doubts: 'read' },
    model: 'ownership',
    invariant: 'D6',
  },
  'takes a commit that was applied for a lost shard': {
    twist: { verdict: () => ({ kind: 'lost' }) },
    model: 'ownership',
    invariant: 'D1',
  },
  'acquires before its first heartbeat was answered': {
    twist: { joins: 'unheard' },
    model: 'ownership',
    invariant: 'S4',
  },
  'registers again under the same nonce': {
    twist: { nonces: 'reused' },
    model: 'ownership',
    invariant: 'S5',
  },
  'counts a registration as its first heartbeat': {
    twist: { write: withHeartbeat },
    model: 'ownership',
    invariant: 'S5',
  },
  'heartbeats by upsert': { twist: { write: upsert }, model: 'ownership', invariant: 'S5' },
  'takes its own late registration for another process': {
    twist: { ownNonces: 'unknown' },
    model: 'ownership',
    invariant: 'L6',
  },
  'acquires a shard whose item was deleted under a fence that it read it under before': {
    twist: { fences: 'forgotten' },
    model: 'deletions',
    invariant: 'S1',
  },
  'acquires a child without asking for its parent': {
    twist: { parents: () => 'notNeeded' },
    model: 'split',
    invariant: 'S8',
  },
  'heartbeats by upsert, in the part of generations': {
    twist: { write: upsert },
    model: 'generations',
    invariant: 'S5',
  },
  'registers again under the same nonce, in the part of generations': {
    twist: { nonces: 'reused' },
    model: 'generations',
    invariant: 'S5',
  },
  'counts a registration as its first heartbeat, in the part of generations': {
    twist: { write: withHeartbeat },
    model: 'generations',
    invariant: 'S5',
    dies: 'of repeated writes only',
  },
  'goes on under the nonce of an earlier try to register that it finds': {
    twist: { claims: 'adopted' },
    model: 'generations',
    invariant: 'S5',
    dies: 'of repeated writes only',
  },
  'plans for sessions before their first heartbeat': {
    twist: { joins: 'unheard' },
    model: 'generations',
    invariant: 'S7',
  },
  'expels whoever stands': {
    twist: { write: (write) => (isExpulsion(write) ? unconditional(write) : write) },
    model: 'generations',
    invariant: 'D6',
  },
  'expels a session that moved on': {
    twist: {
      write: (write) =>
        isExpulsion(write)
          ? { ...write, when: write.when.filter(({ attribute }) => attribute !== 'rv') }
          : write,
    },
    model: 'one client id',
    invariant: 'D6',
  },
  'publishes over any head': {
    twist: { write: (write) => (isHead(write) ? unconditional(write) : write) },
    model: 'generations',
    invariant: 'S6',
  },
  'puts a map over any version': {
    twist: { write: (write) => (isMap(write) ? unconditional(write) : write) },
    model: 'maps',
    invariant: 'S10',
  },
};
