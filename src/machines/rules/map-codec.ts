/** A shard map as items of the table: the Go attributes beside ours, large maps in chunks. */
import { isCount } from './items.ts';
import type { MapShard, ShardMap } from './lineage.ts';
import { mapChunkKey, mapKey } from './keys.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** Shards a map item holds before it is cut into chunks: 1,000 × ~250 bytes stay far under DynamoDB's 400 KB. */
const SHARDS_PER_CHUNK = 1_000;

/** Far more than any stream has shards for. */
const MAX_CHUNKS = 1_000;

// one shard on one line: id|parents|start|end|flags — hash keys in hexadecimal to save bytes
const FLAGS = { closed: 'c', ended: 'e', later: 'l' } as const;

const encodeShard = (shard: MapShard): string => {
  const flags =
    (shard.closed ? FLAGS.closed : '') +
    (shard.ended ? FLAGS.ended : '') +
    (shard.origin === 'later' ? FLAGS.later : '');
  const hex = (decimal: string): string => BigInt(decimal).toString(16);
  return [
    shard.shardId,
    shard.parents.join(','),
    hex(shard.startHash),
    hex(shard.endHash),
    flags,
  ].join('|');
};

const decodeShard = (line: unknown): MapShard | null => {
  if (typeof line !== 'string') return null;
  const [shardId, parents, start, end, flags, ...rest] = line.split('|');
  if (!shardId || parents === undefined || flags === undefined || rest.length > 0) return null;
  if (!/^[0-9a-f]+$/.test(start ?? '') || !/^[0-9a-f]+$/.test(end ?? '')) return null;
  if (!/^c?e?l?$/.test(flags)) return null;
  return {
    shardId,
    parents: parents === '' ? [] : parents.split(','),
    startHash: BigInt(`0x${start}`).toString(),
    endHash: BigInt(`0x${end}`).toString(),
    closed: flags.includes(FLAGS.closed),
    ended: flags.includes(FLAGS.ended),
    origin: flags.includes(FLAGS.later) ? 'later' : 'first',
  };
};

type Value = string | number | boolean | null | readonly Value[] | { readonly [k: string]: Value };
export type MapItem = Readonly<Record<string, Value>> & {
  readonly pk: string;
  readonly sk: string;
};

export interface EncodedMap {
  readonly item: MapItem;
  /** To be written before the item, whose `ver` names them. Empty for maps of one chunk. */
  readonly chunks: readonly (readonly string[])[];
}

export function encodeMap(app: string, map: ShardMap, chunkSet: string): EncodedMap {
  const lines = map.shards.map(encodeShard);
  const chunked = lines.length > SHARDS_PER_CHUNK;
  const chunks: string[][] = [];
  if (chunked) {
    for (let i = 0; i < lines.length; i += SHARDS_PER_CHUNK) {
      chunks.push(lines.slice(i, i + SHARDS_PER_CHUNK));
    }
  }
  const open = map.shards.filter((shard) => !shard.ended);
  const goShards = open.map((shard) => ({ ID: shard.shardId, Closed: shard.closed }));
  return {
    item: {
      ...mapKey(app, map.stream),
      ver: map.version,
      start: map.start.kind === 'trimHorizon' ? 'TRIM_HORIZON' : map.start.timestampMs,
      created: map.createdAtMs,
      chunks: chunks.length,
      // what does not fit into an item here does not there either
      ...(chunked ? { chunkSet } : { meta: lines, shards: goShards }),
    },
    chunks,
  };
}

export type DecodedMap =
  | { readonly kind: 'map'; readonly map: ShardMap }
  /** The shards stand in this many chunk items of this version: read them and decode again. */
  | { readonly kind: 'chunked'; readonly set: string; readonly chunks: number }
  /** A Go group's item: no version of ours. */
  | { readonly kind: 'go' }
  | { readonly kind: 'corrupted'; readonly problem: string };

/** What frozen lines say; they cannot change, and a store in memory gives every client the same ones. */
const decoded = new WeakMap<object, readonly MapShard[]>();

function decodeLines(lines: unknown): readonly MapShard[] | null {
  if (!Array.isArray(lines)) return null;
  const known = decoded.get(lines);
  if (known !== undefined) return known;
  const shards: MapShard[] = [];
  for (const line of lines) {
    const shard = decodeShard(line);
    if (shard === null) return null;
    shards.push(shard);
  }
  if (Object.isFrozen(lines)) decoded.set(lines, shards);
  return shards;
}

function decodeChunks(chunkItems: readonly (Attributes | null)[]): readonly MapShard[] | null {
  const chunks = chunkItems.map((chunk) => decodeLines(chunk?.['meta']));
  return chunks.every((chunk) => chunk !== null) ? chunks.flat() : null;
}

export function decodeMap(
  item: Attributes,
  chunkItems?: readonly (Attributes | null)[],
): DecodedMap {
  const problem = (attribute: string): DecodedMap => ({
    kind: 'corrupted',
    problem: `${String(item['pk'])} / ${String(item['sk'])}: ${attribute} cannot be understood`,
  });
  const { ver, start, created, chunks, sk } = item;
  if (ver === undefined) return { kind: 'go' };
  if (typeof ver !== 'number' || !Number.isSafeInteger(ver)) return problem('ver');
  if (typeof created !== 'number') return problem('created');
  if (start !== 'TRIM_HORIZON' && typeof start !== 'number') return problem('start');
  if (typeof sk !== 'string') return problem('sk');
  if (!isCount(chunks) || chunks > MAX_CHUNKS) return problem('chunks');
  if (chunks > 0) {
    const set = item['chunkSet'];
    if (typeof set !== 'string') return problem('chunkSet');
    if (chunkItems === undefined) return { kind: 'chunked', set, chunks };
    if (chunkItems.length !== chunks) return problem('chunks');
  }
  const shards = chunks > 0 ? decodeChunks(chunkItems ?? []) : decodeLines(item['meta']);
  if (shards === null) return problem('meta');
  return {
    kind: 'map',
    map: {
      stream: sk,
      version: ver,
      createdAtMs: created,
      start:
        start === 'TRIM_HORIZON'
          ? { kind: 'trimHorizon' }
          : { kind: 'atTimestamp', timestampMs: start },
      shards,
    },
  };
}

/** The keys of a map's chunk items. */
export const mapChunkKeys = (
  app: string,
  stream: string,
  set: string,
  chunks: number,
): { readonly pk: string; readonly sk: string }[] =>
  Array.from({ length: chunks }, (_, n) => mapChunkKey(app, stream, set, n));
