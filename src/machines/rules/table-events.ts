/**
 * What a change of one item of the state table means for the group: the vocabulary of every picture of it. Whoever
 * sees items change (the simulation, a reader of the table) tells the same story with it. Never record data.
 */
import { parseClient, parseHead, parseShardItem } from './items.ts';
import {
  checkpointsPk,
  clientsPk,
  generationOfPlanRef,
  groupPk,
  mapsPk,
  type Key,
} from './keys.ts';
import type { MapShard } from './lineage.ts';
import { decodeMap, mapChunkKeys } from './map-codec.ts';
import { SHARD_END } from './positions.ts';

/** An item, or null where there is none. */
type Attributes = Readonly<Record<string, unknown>> | null;

/** A client's sign of life changed. */
export interface MemberChanged {
  readonly kind: 'member';
  readonly clientId: string;
  /** null: no session stands under this client id. */
  readonly session: string | null;
  /** `registering`: not yet in the group · `gone`: left, or expelled. */
  readonly state: 'registering' | 'active' | 'leaving' | 'gone';
  /** Record version: + 1 per heartbeat; 0 where it is gone. */
  readonly rv: number;
  /** The silence after which others may expel it, as its item states it; null where it is gone. */
  readonly ttlMs: number | null;
}

/** A generation was published. */
export interface GenerationPublished {
  readonly kind: 'generation';
  readonly generation: number;
  /** A session. */
  readonly leader: string;
  readonly planRef: string;
}

/** A plan was written; it counts once a generation names it. */
export interface PlanWritten {
  readonly kind: 'plan';
  readonly planRef: string;
  readonly generation: number;
  /** The plan as JSON; of a large one this is the first part. */
  readonly body: string;
  readonly parts: number;
}

/** The group learned of shards, or that some have ended. */
export interface MapChanged {
  readonly kind: 'map';
  readonly stream: string;
  readonly version: number;
  /** Instant of Kinesis' clock at which the group starts the first shards; null: at their first record, or not told. */
  readonly startMs: number | null;
  /** null: those of a large map stand in items of their own, which were not all seen. */
  readonly shards: readonly MapShard[] | null;
}

/** A shard changed hands, or its position moved. */
export interface ShardChanged {
  readonly kind: 'shard';
  readonly stream: string;
  readonly shardId: string;
  readonly change: 'acquired' | 'committed' | 'released' | 'ended' | 'deleted' | 'other';
  /** A session; null: free. */
  readonly owner: string | null;
  readonly fence: number | null;
  readonly position: string | null;
}

/** Something stands in the table that cannot be understood. */
export interface ItemUnreadable {
  readonly kind: 'unreadable';
  readonly pk: string;
  readonly sk: string;
}

export type TableEvent =
  MemberChanged | GenerationPublished | PlanWritten | MapChanged | ShardChanged | ItemUnreadable;

/**
 * @param itemAt gives what stands beside the item: the shards of a large map are in other items
 * @returns null: the change says nothing about the group of this application
 */
export function tableEventOf(
  app: string,
  before: Attributes,
  after: Attributes,
  itemAt: (key: Key) => Attributes = () => null,
): TableEvent | null {
  const { pk, sk } = after ?? before ?? {};
  if (typeof pk !== 'string' || typeof sk !== 'string') return null;
  const unreadable: ItemUnreadable = { kind: 'unreadable', pk, sk };
  if (pk === clientsPk(app)) return memberChange(sk, after) ?? unreadable;
  if (pk === groupPk(app)) return groupChange(sk, after, unreadable);
  if (pk === mapsPk(app)) return mapChange(app, after, itemAt, unreadable);
  const shards = checkpointsPk(app, '');
  if (!pk.startsWith(shards)) return null;
  return shardChange({ stream: pk.slice(shards.length), shardId: sk }, before, after) ?? unreadable;
}

function memberChange(clientId: string, after: Attributes): MemberChanged | null {
  if (after === null) {
    return { kind: 'member', clientId, session: null, state: 'gone', rv: 0, ttlMs: null };
  }
  const client = parseClient(after);
  if (client.kind !== 'client') return null;
  const { session, rv, ttlMs } = client;
  const state = rv === 0 ? 'registering' : client.state;
  return { kind: 'member', clientId, session, state, rv, ttlMs };
}

function groupChange(
  sk: string,
  after: Attributes,
  unreadable: ItemUnreadable,
): GenerationPublished | PlanWritten | ItemUnreadable | null {
  if (after === null) return null;
  if (sk === 'head') {
    const head = parseHead(after);
    if (head.kind !== 'head') return unreadable;
    const { generation, leader, planRef } = head;
    return { kind: 'generation', generation, leader, planRef };
  }
  const generation = generationOfPlanRef(sk);
  const { parts, body } = after;
  if (generation === null || typeof parts !== 'number' || typeof body !== 'string') return null;
  return { kind: 'plan', planRef: sk, generation, body, parts };
}

function mapChange(
  app: string,
  after: Attributes,
  itemAt: (key: Key) => Attributes,
  unreadable: ItemUnreadable,
): MapChanged | ItemUnreadable | null {
  const { ver, sk } = after ?? {};
  // a chunk of a large map, or an item of a Go group, is no version of its own
  if (after === null || ver === undefined || typeof sk !== 'string') return null;
  let decoded = decodeMap(after);
  if (decoded.kind === 'chunked') {
    const chunks = mapChunkKeys(app, sk, decoded.set, decoded.chunks).map(itemAt);
    if (chunks.includes(null)) {
      return { kind: 'map', stream: sk, version: Number(ver), startMs: null, shards: null };
    }
    decoded = decodeMap(after, chunks);
  }
  if (decoded.kind !== 'map') return unreadable;
  const { stream, version, start, shards } = decoded.map;
  const startMs = start.kind === 'atTimestamp' ? start.timestampMs : null;
  return { kind: 'map', stream, version, startMs, shards };
}

function shardChange(
  shard: { readonly stream: string; readonly shardId: string },
  before: Attributes,
  after: Attributes,
): ShardChanged | null {
  if (after === null) {
    const nothing = { owner: null, fence: null, position: null };
    return { kind: 'shard', ...shard, change: 'deleted', ...nothing };
  }
  const now = parseShardItem(after);
  if (now.kind !== 'shard') return null;
  const parsed = before === null ? null : parseShardItem(before);
  const was = parsed?.kind === 'shard' ? parsed : null;
  const { owner, fence, position } = now;
  return { kind: 'shard', ...shard, change: changeOf(was, now), owner, fence, position };
}

interface Standing {
  readonly owner: string | null;
  readonly fence: number | null;
  readonly position: string | null;
}

function changeOf(was: Standing | null, now: Standing): ShardChanged['change'] {
  if (now.owner !== null && (now.owner !== was?.owner || now.fence !== was.fence)) {
    return 'acquired';
  }
  if (now.position === SHARD_END && was?.position !== SHARD_END) return 'ended';
  if (was?.owner && now.owner === null) return 'released';
  return now.position === (was?.position ?? null) ? 'other' : 'committed';
}
