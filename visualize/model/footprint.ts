/** What events and models take in memory, roughly: enough to keep a bound. */
import type { FeedEvent } from '../../src/feed/events.ts';
import type { GroupModel } from './group-model.ts';

const OBJECT = 64;
const FIELD = 16;
const EVENT = 200;
const MAP_SHARD = 300;

export function eventBytes(event: FeedEvent): number {
  switch (event.kind) {
    case 'plan':
      return EVENT + 2 * event.body.length;
    case 'map':
      return EVENT + MAP_SHARD * (event.shards?.length ?? 0);
    case 'state':
      return EVENT + jsonBytes(event.context) + jsonBytes(event.value);
    case 'violation':
      return EVENT + 2 * event.message.length;
    case 'notice':
      return EVENT + 2 * (event.detail?.length ?? 0);
    default:
      return EVENT;
  }
}

/** Of JSON. */
function jsonBytes(value: unknown): number {
  if (typeof value === 'string') return OBJECT + value.length;
  if (typeof value !== 'object' || value === null) return FIELD;
  let bytes = OBJECT;
  for (const key in value) bytes += FIELD + jsonBytes((value as Record<string, unknown>)[key]);
  return bytes;
}

/** A copy shares what does not change: it has references of its own to it, and some counters. */
const COPIED = { base: 20_000, shard: 800, member: 400, actor: 100 } as const;

export function modelBytes(model: GroupModel): number {
  const { shards, members, actors } = model.size;
  return COPIED.base + COPIED.shard * shards + COPIED.member * members + COPIED.actor * actors;
}
