/** From an item of the table, which anybody may have written, to what the protocol knows; never throws. */
import type { ShardItem } from './fencing.ts';
import { isSequenceNumber, parsePosition, SHARD_END } from './positions.ts';
import { sessionOf } from './sessions.ts';
import type { EndedItem } from './tidying.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** Something that stands in the table and cannot be understood. */
export interface Corrupted {
  readonly kind: 'corrupted';
  /** Names the item and the attribute, never shows record data. */
  readonly problem: string;
}

const corrupted = (item: Attributes, attribute: string, rule: string): Corrupted => ({
  kind: 'corrupted',
  problem: `${String(item['pk'])} / ${String(item['sk'])}: ${attribute} ${rule}`,
});

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
/** A whole number from 0. */
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

// ---------------------------------------------------------------- clients

export interface ClientItem {
  readonly kind: 'client';
  readonly clientId: string;
  readonly nonce: string;
  readonly session: string;
  readonly rv: number;
  readonly state: 'active' | 'leaving';
  readonly ttlMs: number;
  readonly streamsHash: string;
  readonly endedCount: number;
}

/** A member of a Go kinesumer group: it writes `last_update` and knows no nonce. */
export interface GoClientItem {
  readonly kind: 'goClient';
  readonly clientId: string;
  readonly lastUpdate: string;
}

export function parseClient(item: Attributes): ClientItem | GoClientItem | Corrupted {
  const clientId = item['sk'];
  if (!isText(clientId)) return corrupted(item, 'sk', 'is not a client id');
  const { nonce, rv, state, ttl, streamsHash, endedCount } = item;
  const lastUpdate = item['last_update'];
  if (nonce === undefined && isText(lastUpdate)) return { kind: 'goClient', clientId, lastUpdate };
  if (!isText(nonce)) return corrupted(item, 'nonce', 'is not a non-empty string');
  if (!isCount(rv)) return corrupted(item, 'rv', 'is not a whole number from 0');
  if (state !== 'active' && state !== 'leaving') {
    return corrupted(item, 'state', 'is neither active nor leaving');
  }
  if (!isCount(ttl) || ttl === 0) return corrupted(item, 'ttl', 'is not a number of milliseconds');
  if (!isText(streamsHash)) return corrupted(item, 'streamsHash', 'is not a non-empty string');
  if (!isCount(endedCount)) return corrupted(item, 'endedCount', 'is not a whole number from 0');
  return {
    kind: 'client',
    clientId,
    nonce,
    session: sessionOf(clientId, nonce),
    rv,
    state,
    ttlMs: ttl,
    streamsHash,
    endedCount,
  };
}

// ---------------------------------------------------------------- head, streams

export interface Head {
  readonly kind: 'head';
  readonly generation: number;
  readonly leader: string;
  readonly planRef: string;
}

export function parseHead(item: Attributes): Head | Corrupted {
  const { gen, leader, planRef } = item;
  if (!isCount(gen)) return corrupted(item, 'gen', 'is not a whole number from 0');
  if (!isText(leader)) return corrupted(item, 'leader', 'is not a session');
  if (!isText(planRef)) return corrupted(item, 'planRef', 'is not the name of a plan');
  return { kind: 'head', generation: gen, leader, planRef };
}

export interface StreamsItem {
  readonly kind: 'streams';
  readonly streams: readonly string[];
}

export function parseStreamsItem(item: Attributes): StreamsItem | Corrupted {
  const { streams } = item;
  if (!Array.isArray(streams) || !streams.every(isText)) {
    return corrupted(item, 'streams', 'is not a list of stream names');
  }
  return { kind: 'streams', streams };
}

// ---------------------------------------------------------------- shards

export function parseShardItem(item: Attributes): (ShardItem & { kind: 'shard' }) | Corrupted {
  const owner = item['lease_owner'] ?? null;
  const fence = item['fence'] ?? null;
  const position = item['position'] ?? null;
  const sequenceNumber = item['sequence_number'] ?? null;
  if (owner !== null && !isText(owner)) return corrupted(item, 'lease_owner', 'is not a session');
  if (fence !== null && !isCount(fence)) {
    return corrupted(item, 'fence', 'is not a whole number from 0');
  }
  if (
    position !== null &&
    (typeof position !== 'string' || parsePosition(position).kind === 'invalid')
  ) {
    return corrupted(item, 'position', 'is not a position');
  }
  // the Go client writes an empty one before the first record
  if (
    sequenceNumber !== null &&
    (typeof sequenceNumber !== 'string' ||
      (sequenceNumber !== '' && !isSequenceNumber(sequenceNumber)))
  ) {
    return corrupted(item, 'sequence_number', 'is not a sequence number');
  }
  return { kind: 'shard', owner, fence, position, sequenceNumber };
}

/** Whether an item is that of a shard which was read to its end; null also where it cannot be understood. */
export function parseEnded(item: Attributes): EndedItem | null {
  const shardId = item['sk'];
  const parsed = parseShardItem(item);
  if (!isText(shardId) || parsed.kind !== 'shard') return null;
  if (parsed.position !== SHARD_END || parsed.owner !== null) return null;
  // no part of the shard's item proper: who acquires or commits does not ask about it
  const unlistedSinceMs = item['unlisted_since'] ?? null;
  if (unlistedSinceMs !== null && !isCount(unlistedSinceMs)) return null;
  return { shardId, unlistedSinceMs };
}
