/** A small group as data: what the machines' tests put into contexts and answers. */
import { expect } from 'vitest';
import { KinesumerError, type ErrorCode } from '../../src/errors.ts';
import type { ShardMap } from '../../src/machines/rules/lineage.ts';
import type { Plan } from '../../src/machines/rules/plan.ts';
import { NO_VIEW, type GroupView } from '../../src/machines/steps/poll.ts';
import type { Session } from '../../src/machines/steps/membership.ts';

export const ME: Session = { clientId: 'client-2', nonce: 'n2', id: 'client-2/n2' };
export const STREAM = 'orders';

export const failure = (kind: 'unanswered' | 'throttled' | 'failed') => ({
  kind: 'failure' as const,
  failure: kind,
  error: new KinesumerError(kind === 'failed' ? 'AccessDenied' : 'StoreUnanswered', kind),
});

export const errorOf = (code: ErrorCode): { readonly error: KinesumerError } => ({
  error: new KinesumerError(code, code),
});

/** A context that says why it went wrong. */
export const failedFor = (code: ErrorCode): { readonly failure: KinesumerError } => ({
  failure: expect.objectContaining({ code }) as KinesumerError,
});

export const shardId = (n: number): string => `shardId-${String(n).padStart(12, '0')}`;

/** When the streams of these tests were made. */
export const CREATED_AT_MS = Date.UTC(2025, 0, 1);

/** So many open shards that divide the hash keys evenly. */
export function mapOf(shards: number, version = 1): ShardMap {
  const keys = 2n ** 128n;
  return {
    stream: STREAM,
    version,
    createdAtMs: CREATED_AT_MS,
    start: { kind: 'trimHorizon' },
    shards: Array.from({ length: shards }, (_, n) => ({
      shardId: shardId(n),
      parents: [],
      startHash: String((keys * BigInt(n)) / BigInt(shards)),
      endHash: String((keys * BigInt(n + 1)) / BigInt(shards) - 1n),
      closed: false,
      ended: false,
      origin: 'first',
    })),
  };
}

/** A generation in which the shards from `first` on are this client's; null: none are. */
export function planOf(gen: number, first: number | null, others = ['client-1']): Plan {
  const member = (clientId: string, session: string) => ({ clientId, session, streamsHash: 'h' });
  const mine = { clientId: ME.clientId, first: first === null ? null : shardId(first) };
  const theirs = others.map((clientId, index) => ({
    clientId,
    first: first === 0 || index > 0 ? null : shardId(0),
  }));
  return {
    gen,
    planId: `plan-${gen}`,
    leader: ME.id,
    members: [...others.map((id) => member(id, `${id}/n`)), member(ME.clientId, ME.id)],
    assignor: 'sticky-range',
    tolerance: 0,
    streams: { [STREAM]: { mapVersion: 1, ranges: [...theirs, mine] } },
  };
}

export function viewOf(plan: Plan, map: ShardMap = mapOf(2)): GroupView {
  return {
    ...NO_VIEW,
    head: { kind: 'head', generation: plan.gen, leader: plan.leader, planRef: plan.planId },
    plan,
    maps: { [map.stream]: map },
  };
}
