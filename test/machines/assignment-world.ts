/** An assignment between states: context, answers of its asks and events, for its tables and its graph. */
import { assignmentMachine, type AssignmentEvent } from '../../src/machines/assignment.ts';
import { readerId, type AssignmentContext } from '../../src/machines/assignment/setup.ts';
import type { ErrorCode } from '../../src/errors.ts';
import type { ReaderOutcome } from '../../src/machines/shard-reader.ts';
import {
  NOTHING_OWNED,
  shardKey,
  type Owned,
  type Ownership,
  type Pending,
} from '../../src/machines/rules/ownership.ts';
import type { AskResult } from '../../src/machines/steps/acquire.ts';
import { ME, STREAM, errorOf, mapOf, planOf, shardId, viewOf } from './group.ts';
import { Bench, done, type SamplesOf } from './harness.ts';

export const input = { session: ME, mode: 'open' } as const;
export const bench = new Bench(assignmentMachine, input);

export const shard = (n: number) => ({ stream: STREAM, shardId: shardId(n) });
export const keyOf = (n: number): string => shardKey(shard(n));
export const reader = (n: number): string => readerId(keyOf(n), 1);

/** Shard 0 is read, shard 1 is asked for: `books({ owned: { 0: 'reading' }, pending: { 1: 'take' } })`. */
export function books(parts: {
  readonly owned?: Readonly<Record<number, Owned['phase']>>;
  readonly pending?: Readonly<Record<number, Pending['intent']>>;
  readonly target?: readonly number[];
  readonly ended?: readonly number[];
  readonly doubt?: number;
}): Ownership {
  const owned = Object.entries(parts.owned ?? {}).map(([n, phase]) => [
    keyOf(Number(n)),
    { shard: shard(Number(n)), fence: 1, phase },
  ]);
  const pending = Object.entries(parts.pending ?? {}).map(([n, intent]) => [
    keyOf(Number(n)),
    { shard: shard(Number(n)), intent, doubt: parts.doubt ?? null },
  ]);
  const named = (shards: readonly number[] = []) =>
    Object.fromEntries(shards.map((n) => [keyOf(n), shard(n)]));
  return {
    ...NOTHING_OWNED,
    owned: Object.fromEntries(owned),
    pending: Object.fromEntries(pending),
    target: named(parts.target),
    ended: named(parts.ended),
  };
}

export const context: AssignmentContext = {
  ...input,
  own: books({ owned: { 0: 'reading' }, target: [0] }),
  generation: 3,
  maps: { [STREAM]: mapOf(2) },
  barred: [],
  turn: [],
  againInMs: 250,
  throttled: 0,
};
export const contextWith = (parts: Parameters<typeof books>[0]): Partial<AssignmentContext> => {
  const own = books(parts);
  return { own, turn: Object.keys(own.pending) };
};

export const asked = (n: number, result: AskResult) =>
  done('ask', { kind: 'asked', answers: [{ ...shard(n), result }], againInMs: 240 });
export const acquired: AskResult = { kind: 'acquired', fence: 2, position: '!NOT_STARTED' };

/** A view that gives this client the shards from `first` on, of two. */
export const target = (first: number | null) =>
  ({ type: 'TARGET', view: viewOf(planOf(4, first)) }) as const;

export const readerDone = (outcome: ReaderOutcome, n = 0) =>
  ({ type: 'READER_DONE', key: keyOf(n), fence: 1, outcome }) as const;

export const readerFailing = (code: ErrorCode, n = 0) =>
  ({ type: 'READER_FAILING', key: keyOf(n), ...errorOf(code) }) as const;

export const samples: SamplesOf<AssignmentEvent> = {
  TARGET: target(0),
  STREAM_FAULT: { type: 'STREAM_FAULT', stream: 'another', ...errorOf('StreamRecreated') },
  COMMIT: { type: 'COMMIT' },
  PAUSE: { type: 'PAUSE', shards: 'all' },
  RESUME: { type: 'RESUME', shards: 'all' },
  DRAIN_ALL: { type: 'DRAIN_ALL' },
  READER_FAILING: readerFailing('HandlerFailed', 9),
  READER_DONE: readerDone({ kind: 'released' }, 9),
};

export const PATH = 'assignment.staying.rebalancing';
export const REBALANCING = { staying: { rebalancing: { revoking: 'idle', acquiring: 'resting' } } };

export const many = Array.from({ length: 40 }, (_, n) => n);
export const children = many.map(reader);
/** All 40 linger. */
export const crowd = Object.fromEntries(many.map((n) => [n, 'lingering' as const]));

export const phases = (phase: 'reading' | 'lingering' | 'draining', ...shards: number[]) =>
  ({
    own: expectOwned(Object.fromEntries(shards.map((n) => [keyOf(n), { phase }]))),
  }) as Partial<AssignmentContext>;
export const expectOwned = (owned: object) => ({ owned }) as AssignmentContext['own'];
export const drains = (shards: readonly number[]) => shards.map((n) => `${reader(n)} DRAIN`);
