/** The streams with their shards as the page shows them. */
import { targetsOf } from './plans.ts';
import { settled, settledList } from './settle.ts';
import {
  areCurrent,
  factsOf,
  subscribedTo,
  type Moment,
  type Parts,
  type ShardFacts,
  type ShardPlace,
  type StreamScope,
} from './shard-facts.ts';
import { shardOfKey } from './shard-items.ts';
import { shardViewOf } from './shard-view.ts';
import type { ShardView, StreamView } from './view.ts';

interface Seen {
  readonly facts: ShardFacts;
  readonly view: ShardView;
}

export class StreamViews {
  /** Shards at the last look, by stream and then in their order. */
  #shards = new Map<string, ReadonlyMap<string, Seen>>();
  #streams: readonly StreamView[] = [];

  at(parts: Parts, moment: Moment): readonly StreamView[] {
    const unplaced = unplacedOf(parts);
    const names = [...new Set([...parts.maps.names(), ...unplaced.keys()])].sort();
    const known = new Map(this.#streams.map((stream) => [stream.stream, stream]));
    const seen = new Map<string, ReadonlyMap<string, Seen>>();
    const streams = names.map((stream) => {
      const scope = scopeOf(parts, stream);
      const shards = this.#look(parts, moment, scope, unplaced.get(stream) ?? NONE);
      seen.set(stream, shards);
      return streamViewOf(scope, shards, known.get(stream));
    });
    this.#shards = seen;
    this.#streams = settledList(this.#streams, streams);
    return this.#streams;
  }

  #look(
    parts: Parts,
    moment: Moment,
    scope: StreamScope,
    unplaced: readonly ShardPlace[],
  ): ReadonlyMap<string, Seen> {
    const before = this.#shards.get(scope.stream);
    const shards = new Map<string, Seen>();
    const look = (place: ShardPlace): void => {
      const known = before?.get(place.shardId);
      const current = known !== undefined && areCurrent(known.facts, parts, moment, scope);
      shards.set(place.shardId, current ? known : seenOf(parts, moment, scope, place, known));
    };
    for (const placed of scope.map?.shards ?? []) {
      look({ shardId: placed.shardId, key: placed.key, placed });
    }
    for (const place of unplaced) look(place);
    return shards;
  }
}

const NONE: readonly ShardPlace[] = [];

function seenOf(
  parts: Parts,
  moment: Moment,
  scope: StreamScope,
  place: ShardPlace,
  before: Seen | undefined,
): Seen {
  const facts = factsOf(parts, moment, scope, place);
  return { facts, view: settled(before?.view, shardViewOf(parts, facts)) };
}

function streamViewOf(
  { stream, map, subscribed }: StreamScope,
  seen: ReadonlyMap<string, Seen>,
  before: StreamView | undefined,
): StreamView {
  const shards = Array.from(seen.values(), ({ view }) => view);
  return settled(before, {
    stream,
    mapVersion: map?.version ?? null,
    subscribed,
    shards: settledList(before?.shards, shards),
  });
}

function scopeOf({ maps, plans }: Parts, stream: string): StreamScope {
  const { newest, before } = plans;
  return {
    stream,
    map: maps.get(stream),
    newest,
    before,
    targets: targetsOf(newest, stream),
    targetsBefore: targetsOf(before, stream),
    subscribed: subscribedTo(newest, stream),
  };
}

/** What is owned or read and in no map, by stream, in the order of the ids. */
export function unplacedOf({ maps, items, processes }: Parts): Map<string, readonly ShardPlace[]> {
  const keys = new Set<string>();
  for (const key of items.keys()) {
    // what was read to its end leaves the map in time, and its item stays for long
    if (!maps.hasKey(key) && !isPast(key)) keys.add(key);
  }
  for (const key of processes.shardKeys()) if (!maps.hasKey(key)) keys.add(key);
  const places = new Map<string, ShardPlace[]>();
  for (const key of [...keys].sort()) {
    const { stream, shardId } = shardOfKey(key);
    const others = places.get(stream) ?? [];
    places.set(stream, others);
    others.push({ shardId, key, placed: undefined });
  }
  return places;

  function isPast(key: string): boolean {
    return items.hasEnded(key) && maps.get(shardOfKey(key).stream) !== undefined;
  }
}
