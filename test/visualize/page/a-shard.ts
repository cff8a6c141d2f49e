import type { ShardView, StreamView } from '../../../visualize/model/view.ts';

/** A shard that its owner reads, but for what is said otherwise. */
export const aShard = (
  shardId: string,
  from: number,
  to: number,
  but: Partial<ShardView> = {},
): ShardView => ({
  stream: 'orders',
  shardId,
  parents: [],
  startHash: null,
  endHash: null,
  from,
  to,
  state: 'active',
  closed: false,
  owner: 'worker-1',
  ownerKnown: true,
  ownerLives: true,
  unread: false,
  unreadSinceMs: null,
  otherReaders: [],
  target: 'worker-1',
  targetBefore: null,
  fence: 1,
  position: null,
  positionAtMs: null,
  ownedSinceMs: null,
  behindMs: null,
  backlogRecords: null,
  recordsPerSecond: null,
  reader: null,
  why: { kind: 'read', sentence: 'worker-1 reads it.', wayOut: null },
  ...but,
});

export const aStream = (...shards: readonly ShardView[]): StreamView => ({
  stream: 'orders',
  mapVersion: 1,
  subscribed: true,
  shards,
});
