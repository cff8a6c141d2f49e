/** Shard maps: read them, write them, list their streams. */
import type { KinesumerError } from '../../errors.ts';
import { KinesumerError as ErrorClass } from '../../errors.ts';
import type { StartMode } from '../../options.ts';
import type { Item } from '../ports.ts';
import { parseShardItem } from '../rules/items.ts';
import {
  firstMap,
  mergeListing,
  tiles,
  type Listing,
  type Progress,
  type ShardMap,
} from '../rules/lineage.ts';
import { decodeMap, encodeMap, mapChunkKeys } from '../rules/map-codec.ts';
import { checkpointKey, mapKey } from '../rules/keys.ts';
import { mapOf } from '../rules/plan.ts';
import { SHARD_END } from '../rules/positions.ts';
import { putMap, putMapChunk } from '../rules/writes.ts';
import {
  corruptedItem,
  failureOf,
  readOne,
  streamRecreated,
  type StepFailure,
  type World,
} from './step.ts';

export interface MapsRead {
  readonly kind: 'maps';
  /** null: the group has no map of this stream yet. */
  readonly maps: Readonly<Record<string, ShardMap | null>>;
  /** Maps that cannot be understood; their streams are left out of `maps`. */
  readonly errors: readonly KinesumerError[];
}

/** Reads the maps of some streams, with their chunks. */
export async function readMaps(
  world: World,
  streams: readonly string[],
  consistent: boolean,
): Promise<MapsRead | StepFailure> {
  if (streams.length === 0) return { kind: 'maps', maps: {}, errors: [] };
  const answer = await world.store.read(
    streams.map((stream) => mapKey(world.app, stream)),
    { consistent },
  );
  if (answer.kind !== 'items') return failureOf(answer);
  const maps = new Map<string, ShardMap | null>();
  const errors: KinesumerError[] = [];
  for (const [index, stream] of streams.entries()) {
    const item = answer.items[index] ?? null;
    const decoded = item === null ? null : await decodeWithChunks(world, stream, item, consistent);
    if (decoded === null) maps.set(stream, null);
    else if (decoded.kind === 'failure') return decoded;
    else if (decoded.kind === 'map') maps.set(stream, decoded.map);
    else errors.push(corruptedItem(decoded.problem));
  }
  return { kind: 'maps', maps: Object.fromEntries(maps), errors };
}

type DecodedWithChunks =
  | { readonly kind: 'map'; readonly map: ShardMap }
  | { readonly kind: 'corrupted'; readonly problem: string }
  | StepFailure
  | null;

async function decodeWithChunks(
  world: World,
  stream: string,
  item: Item,
  consistent: boolean,
): Promise<DecodedWithChunks> {
  const seen = await decodeOnce(world, stream, item, consistent);
  if (seen?.kind !== 'chunkGone') return seen;
  // another version stands by now, and the chunks of the one that was seen were tidied away
  const standing = await readOne(world, mapKey(world.app, stream), true);
  if (standing.kind === 'failure') return standing;
  if (standing.item === null) return null;
  const again = await decodeOnce(world, stream, standing.item, true);
  return again?.kind === 'chunkGone' ? { kind: 'corrupted', problem: again.problem } : again;
}

async function decodeOnce(
  world: World,
  stream: string,
  item: Item,
  consistent: boolean,
): Promise<DecodedWithChunks | { readonly kind: 'chunkGone'; readonly problem: string }> {
  const decoded = decodeMap(item);
  if (decoded.kind === 'go') return null;
  if (decoded.kind !== 'chunked') return decoded;
  const chunks = await world.store.read(
    mapChunkKeys(world.app, stream, decoded.set, decoded.chunks),
    { consistent },
  );
  if (chunks.kind !== 'items') return failureOf(chunks);
  const whole = decodeMap(item, chunks.items);
  if (whole.kind === 'map') return whole;
  if (whole.kind !== 'corrupted') return null;
  return chunks.items.includes(null) ? { kind: 'chunkGone', problem: whole.problem } : whole;
}

/** Writes a map where the version is still the one read; chunks first, so that `ver` never names missing ones. */
export async function writeMap(
  world: World,
  map: ShardMap,
  versionAsRead: number | null,
): Promise<{ readonly kind: 'written' } | { readonly kind: 'refused' } | StepFailure> {
  const set = `${map.version}#${world.random.id('map chunks')}`;
  const { item, chunks } = encodeMap(world.app, map, set);
  for (const [index, chunk] of chunks.entries()) {
    const answer = await world.store.write(putMapChunk(world.app, map.stream, set, index, chunk));
    if (answer.kind !== 'applied' && answer.kind !== 'refused') return failureOf(answer);
  }
  const answer = await world.store.write(putMap(item, versionAsRead));
  if (answer.kind === 'applied') return { kind: 'written' };
  if (answer.kind === 'refused') return { kind: 'refused' };
  return failureOf(answer);
}

export type SurveyOutcome =
  | { readonly kind: 'surveyed'; readonly changed: boolean; readonly map: ShardMap }
  /** Nothing to be had now; told, tried again. */
  | { readonly kind: 'unsettled'; readonly error: KinesumerError }
  /** The stream of this name is another one than the map's. */
  | { readonly kind: 'recreated'; readonly error: KinesumerError }
  | { readonly kind: 'missing'; readonly error: KinesumerError }
  | StepFailure;

/** Writers of one map are few: its lister, those who read a shard to its end, the leader. */
const MAX_RACES = 5;

/**
 * Lists one stream and brings its map up to date; the first listing stores the group's start (S10). Where somebody
 * else writes the map first, theirs may lack what was listed: it is looked at again.
 */
export async function surveyStream(
  world: World,
  stream: string,
  start: StartMode,
): Promise<SurveyOutcome> {
  for (let race = 0; race < MAX_RACES; race++) {
    const outcome = await surveyOnce(world, stream, start);
    if (outcome.kind === 'outrun') continue;
    // an earlier try may have been the change
    return race > 0 && outcome.kind === 'surveyed' ? { ...outcome, changed: true } : outcome;
  }
  return {
    kind: 'unsettled',
    error: new ErrorClass('StoreUnanswered', `The map of ${stream} moved again and again`, {
      stream,
    }),
  };
}

async function surveyOnce(
  world: World,
  stream: string,
  start: StartMode,
): Promise<SurveyOutcome | { readonly kind: 'outrun' }> {
  const read = await readMaps(world, [stream], true);
  if (read.kind !== 'maps') return read;
  const corrupt = read.errors[0];
  if (corrupt !== undefined) return { kind: 'unsettled', error: corrupt };
  const known = mapOf(read.maps, stream) ?? null;
  const listing = await world.stream.listShards(stream);
  if (listing.kind === 'missing') return listing;
  if (listing.kind === 'creating') return { kind: 'unsettled', error: listing.error };
  if (listing.kind !== 'listed') return failureOf(listing);

  const merged =
    known === null ? await beginMap(world, stream, listing, start) : mergeListing(known, listing);
  switch (merged.kind) {
    case 'failure':
      return merged;
    case 'incomplete':
      return {
        kind: 'unsettled',
        error: new ErrorClass(
          'ListingIncomplete',
          `The ${listing.shards.length} listed shards of ${stream} leave gaps in the hash-key space`,
          { stream },
        ),
      };
    case 'recreated':
      return {
        kind: 'recreated',
        error: streamRecreated(stream),
      };
    case 'same':
      if (known === null) return { kind: 'unsettled', error: corruptedItem(`${stream}: no map`) };
      // a listing may be older than the end of a shard, and lack the children that the map waits for
      return tiles(known.shards)
        ? { kind: 'surveyed', changed: false, map: known }
        : {
            kind: 'unsettled',
            error: new ErrorClass(
              'ListingIncomplete',
              `The listing of ${stream} lacks the children of shards that were read to their end`,
              { stream },
            ),
          };
    default:
  }
  const written = await writeMap(world, merged.map, known?.version ?? null);
  if (written.kind === 'written') return { kind: 'surveyed', changed: true, map: merged.map };
  // refused: somebody else wrote first; not answered: it may stand
  const again = written.kind === 'refused' || written.failure === 'unanswered';
  return again ? { kind: 'outrun' } : written;
}

/** Where the map was deleted, the items of its shards still say what the group has begun. */
async function beginMap(
  world: World,
  stream: string,
  listing: Listing,
  start: StartMode,
): Promise<ReturnType<typeof firstMap> | StepFailure> {
  const progress = new Map<string, Progress>();
  if (start.kind !== 'latest') return firstMap(stream, listing, start, progress);
  const answer = await world.store.read(
    listing.shards.map(({ shardId }) => checkpointKey(world.app, stream, shardId)),
    { consistent: true },
  );
  if (answer.kind !== 'items') return failureOf(answer);
  for (const [index, { shardId }] of listing.shards.entries()) {
    const item = answer.items[index] ?? null;
    if (item === null) continue;
    const parsed = parseShardItem(item);
    // one that cannot be understood may have unread records
    const ended = parsed.kind === 'shard' && parsed.position === SHARD_END;
    progress.set(shardId, ended ? 'ended' : 'begun');
  }
  return firstMap(stream, listing, start, progress);
}
