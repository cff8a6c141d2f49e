/** What the machines tell the outside: the source of public events, logs and metrics. Never record data. */
import type { KinesumerError } from '../errors.ts';
import type { ShardRef } from './ports.ts';

export type ShardEndReason = 'closed' | 'lost' | 'moved' | 'shutdown' | 'error' | 'lapsed';

export type Notice =
  | { readonly kind: 'ready'; readonly session: string }
  | { readonly kind: 'leader'; readonly session: string; readonly generation: number }
  | {
      readonly kind: 'rebalance';
      readonly generation: number;
      readonly gained: readonly ShardRef[];
      readonly lost: readonly ShardRef[];
    }
  | {
      readonly kind: 'shardStart';
      readonly shard: ShardRef;
      readonly fence: number;
      readonly position: string;
    }
  | {
      readonly kind: 'shardEnd';
      readonly shard: ShardRef;
      readonly fence: number;
      readonly reason: ShardEndReason;
    }
  | {
      readonly kind: 'batch';
      readonly shard: ShardRef;
      readonly fence: number;
      readonly records: number;
      readonly bytes: number;
      readonly millisBehindLatest: number;
    }
  | {
      readonly kind: 'commit';
      readonly shard: ShardRef;
      readonly fence: number;
      readonly position: string;
    }
  | { readonly kind: 'expelled'; readonly sessions: readonly string[] }
  | { readonly kind: 'error'; readonly error: KinesumerError };
