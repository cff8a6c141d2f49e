/**
 * Takes away what nobody reads any more, one request after the other: items of shards long gone, chunks of maps that
 * were replaced. Best effort: nothing waits for it, every write stands on a condition or a name that is never used
 * again, and what stays now goes another time.
 */
import type { KinesumerError } from '../../errors.ts';
import type { Failure, Write } from '../ports.ts';
import { parseEnded } from '../rules/items.ts';
import { checkpointsPk, mapsPk } from '../rules/keys.ts';
import { asksForListing, orphanedChunks, tidyShards, type ShardTidy } from '../rules/tidying.ts';
import { noteListed, noteUnlisted, removeEnded, removeGarbage } from '../rules/writes.ts';
import { readMaps } from './maps.ts';
import type { World } from './step.ts';

export interface TidyInput {
  /** The streams that the plan divides. */
  readonly streams: readonly string[];
  /** Problems that earlier tidies told of. */
  readonly told: readonly string[];
}

export interface TidyOutcome {
  /** `unfinished`: something may go well in a while, or there was more to do than a tidy does. */
  readonly kind: 'tidied' | 'unfinished';
  /** What was not told before. */
  readonly errors: readonly KinesumerError[];
  readonly told: readonly string[];
}

/** Of 1 unit each. */
const MAX_WRITES = 100;
/** A chunk has 1,000 shards, and to delete it costs as much as to write it: more than 100 units. */
const MAX_CHUNKS = 20;
const MAX_TOLD = 100;

/** What became of a part of the work. */
type Part =
  | { readonly kind: 'done'; readonly writes: number }
  | { readonly kind: 'cutShort'; readonly writes: number }
  | { readonly kind: 'failed'; readonly writes: number; readonly answer: Failure };

const NOTHING: Part = { kind: 'done', writes: 0 };
const failedAt = (answer: Failure, writes = 0): Part => ({ kind: 'failed', writes, answer });

/** @param signal aborts where the client does not lead any more. */
export async function tidy(
  world: World,
  input: TidyInput,
  signal: AbortSignal,
): Promise<TidyOutcome> {
  const errors = new Map<string, KinesumerError>();
  let kind: TidyOutcome['kind'] = 'tidied';
  let room = MAX_WRITES;
  const parts = [
    () => tidyChunks(world, signal),
    ...rotated(world, input.streams).map((stream) => () => tidyStream(world, stream, room, signal)),
  ];
  for (const part of parts) {
    if (signal.aborted || room === 0) {
      kind = 'unfinished';
      break;
    }
    const outcome = await part();
    room -= outcome.writes;
    if (outcome.kind === 'cutShort') kind = 'unfinished';
    if (outcome.kind !== 'failed') continue;
    const { answer } = outcome;
    errors.set(nameOf(answer.error), answer.error);
    // a permission does not come by itself
    if (answer.kind !== 'failed') kind = 'unfinished';
    // who throttles has no room for what can wait
    if (answer.kind === 'throttled') break;
  }
  // what was not come by this time may be as it was
  const standing = kind === 'tidied' ? [] : input.told;
  return {
    kind,
    errors: [...errors.values()].filter((error) => !input.told.includes(nameOf(error))),
    told: [...new Set([...standing, ...errors.keys()])].slice(-MAX_TOLD),
  };
}

const nameOf = ({ code, message }: KinesumerError): string => `${code}: ${message}`;

/** From another one on each time: where a tidy does not get through, no stream is always the last. */
function rotated(world: World, streams: readonly string[]): readonly string[] {
  const first = Math.floor(world.random.next('tidy') * streams.length);
  return [...streams.slice(first), ...streams.slice(0, first)];
}

async function tidyChunks(world: World, signal: AbortSignal): Promise<Part> {
  const maps = await world.store.query(mapsPk(world.app), { consistent: false });
  if (maps.kind !== 'items') return failedAt(maps);
  return carryOut(world, orphanedChunks(maps.items).map(removeGarbage), MAX_CHUNKS, signal);
}

async function tidyStream(
  world: World,
  stream: string,
  room: number,
  signal: AbortSignal,
): Promise<Part> {
  const pk = checkpointsPk(world.app, stream);
  const queried = await world.store.query(pk, { consistent: false });
  if (queried.kind !== 'items') return failedAt(queried);
  const ended = queried.items.map(parseEnded).filter((item) => item !== null);
  if (ended.length === 0) return NOTHING;

  const read = await readMaps(world, [stream], true);
  if (read.kind === 'failure') return failedAt({ kind: read.failure, error: read.error });
  // one that cannot be read is told by whoever plans with it or lists the stream
  const map = read.maps[stream] ?? null;
  if (map === null || !asksForListing(ended, map)) return NOTHING;

  const listing = await world.stream.listShards(stream);
  if (listing.kind === 'missing' || listing.kind === 'creating') return NOTHING;
  if (listing.kind !== 'listed') return failedAt(listing);
  const writes = tidyShards(ended, map, listing).map((what) => writeOf(world.app, stream, what));
  return carryOut(world, writes, room, signal);
}

function writeOf(app: string, stream: string, what: ShardTidy): Write {
  const write = { mark: noteUnlisted, unmark: noteListed, remove: removeEnded }[what.kind];
  return write(app, stream, what.shardId, what.unlistedSinceMs);
}

async function carryOut(
  world: World,
  writes: readonly Write[],
  room: number,
  signal: AbortSignal,
): Promise<Part> {
  for (const [sent, write] of writes.entries()) {
    if (signal.aborted || sent === room) return { kind: 'cutShort', writes: sent };
    const answer = await world.store.write(write);
    // refused: the item is not as it was read any more, and will be looked at again
    if (answer.kind !== 'applied' && answer.kind !== 'refused') return failedAt(answer, sent + 1);
  }
  return { kind: 'done', writes: writes.length };
}
