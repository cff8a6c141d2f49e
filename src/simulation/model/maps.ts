/**
 * The model of a stream's map, the third and smallest: clients that list a stream while it is split, each at its own
 * instant of Kinesis' clock, and enter its shards as ended, with requests that are late, dropped, duplicated or not
 * answered.
 * Judged: S10 (the start is set once, the version grows by one), and that the map is monotone.
 *
 * The rules are those of `rules/lineage.ts`, the items those of `rules/map-codec.ts`, the write is `putMap`. Left out:
 * maps in chunks, whose names are fresh for each write.
 */
import { invariant } from '../../errors.ts';
import type { Item, Write } from '../../machines/ports.ts';
import {
  firstMap,
  markEnded,
  mergeListing,
  type ListedShard,
  type Listing,
  type ShardMap,
} from '../../machines/rules/lineage.ts';
import { decodeMap, encodeMap } from '../../machines/rules/map-codec.ts';
import { putMap } from '../../machines/rules/writes.ts';
import { applyWrite } from '../../services/memory/apply-write.ts';
import type { Emit, Fault, Model } from './explorer.ts';
import { areRepeated, type LateWrites } from './late-writes.ts';
import type { Twist } from './twist.ts';

export interface MapsConfig {
  readonly name: string;
  readonly clients: number;
  readonly inFlight: number;
  /** @default 'repeated' */
  readonly lateWrites?: LateWrites;
  readonly twist?: Twist;
}

interface Flight {
  /** null: given up. */
  readonly client: number | null;
  readonly map: ShardMap;
  readonly versionAsRead: number | null;
}

interface State {
  readonly stream: 'whole' | 'split';
  readonly map: ShardMap | null;
  /** What each client read; 'idle': it is about nothing. */
  readonly minds: readonly ('idle' | 'waits' | { readonly read: ShardMap | null })[];
  readonly flights: readonly Flight[];
}

const shard = (
  n: number,
  closed: boolean,
  [start, end]: readonly [string, string],
): ListedShard => ({
  shardId: `shardId-${String(n).padStart(12, '0')}`,
  parentShardId: n === 0 ? null : 'shardId-000000000000',
  adjacentParentShardId: null,
  startingHashKey: start,
  endingHashKey: end,
  closed,
});
const LAST_KEY = 2n ** 128n - 1n;
const MIDDLE = LAST_KEY / 2n;
const WHOLE = [shard(0, false, ['0', String(LAST_KEY)])];
const SPLIT = [
  shard(0, true, ['0', String(LAST_KEY)]),
  shard(1, false, ['0', String(MIDDLE)]),
  shard(2, false, [String(MIDDLE + 1n), String(LAST_KEY)]),
];

/** Each client asks at an instant of its own, so that its start is its own. */
const listingOf = ({ stream }: State, client: number): Listing => ({
  shards: stream === 'whole' ? WHOLE : SPLIT,
  createdAtMs: 1,
  serverNowMs: 10_000 + client,
});

export function mapsModel(config: MapsConfig): Model<State> {
  const { name, clients, inFlight, twist } = config;
  const expand = (state: State, emit: Emit<State>): void => {
    if (state.stream === 'whole') {
      emit({ ...state, stream: 'split' }, () => 'the stream is split', []);
    }
    for (let client = 0; client < clients; client++) {
      const mind = state.minds[client] ?? 'idle';
      if (mind === 'idle') {
        const next = withMind(state, client, { read: state.map });
        emit(next, () => `c${client} reads the map`, []);
      } else if (mind !== 'waits' && state.flights.length < inFlight) {
        changesOf(state, client, mind.read).forEach(([map, words]) => {
          const versionAsRead = mind.read?.version ?? null;
          const flights = [...state.flights, { client, map, versionAsRead }];
          emit({ ...withMind(state, client, 'waits'), flights }, () => `c${client} ${words}`, []);
        });
        emit(withMind(state, client, 'idle'), () => `c${client} has nothing to change`, []);
      }
    }
    for (const [index, flight] of state.flights.entries()) {
      const { client } = flight;
      const flights = state.flights.toSpliced(index, 1);
      const heard = client === null ? state : withMind(state, client, 'idle');
      const { map, faults } = arrive(state.map, flight, twist);
      const words = `version ${flight.map.version} on ${flight.versionAsRead}`;
      const stays = client === null && areRepeated(config);
      const left = stays ? state.flights : flights;
      emit({ ...heard, map, flights: left }, () => `${words} arrives`, faults);
      const late = state.flights.with(index, { ...flight, client: null });
      const given = client === null ? flights : late;
      emit({ ...heard, flights: given }, () => `${words} is not answered, or lost`, []);
    }
  };
  return {
    name,
    initial: {
      stream: 'whole',
      map: null,
      minds: Array.from({ length: clients }, () => 'idle' as const),
      flights: [],
    },
    expand,
    faultsOf: () => [],
    encode: (state) =>
      JSON.stringify({
        ...state,
        flights: state.flights.map((flight) => JSON.stringify(flight)).sort(),
      }),
    decode: (text) => {
      const state = JSON.parse(text) as Omit<State, 'flights'> & { readonly flights: string[] };
      return { ...state, flights: state.flights.map((flight) => JSON.parse(flight) as Flight) };
    },
  };
}

const withMind = (state: State, client: number, mind: State['minds'][number]): State => ({
  ...state,
  minds: state.minds.with(client, mind),
});

/** What a client may make of the map that it read. */
function changesOf(state: State, client: number, read: ShardMap | null): [ShardMap, string][] {
  const listing = listingOf(state, client);
  const listed =
    read === null
      ? firstMap('stream', listing, { kind: 'latest' }, new Map())
      : mergeListing(read, listing);
  const changes: [ShardMap, string][] = [];
  if (listed.kind === 'map') changes.push([listed.map, 'lists the stream and sends its first map']);
  if (listed.kind === 'changed') changes.push([listed.map, 'lists the stream and sends its map']);
  // a closed shard may be at its end
  for (const { shardId, closed, ended } of read?.shards ?? []) {
    if (read === null || !closed || ended) continue;
    changes.push([markEnded(read, [shardId]), `sends the map with ${shardId} as ended`]);
  }
  return changes;
}

function arrive(
  before: ShardMap | null,
  flight: Flight,
  twist: Twist | undefined,
): { readonly map: ShardMap | null; readonly faults: readonly Fault[] } {
  const write: Write = putMap(itemOf(flight.map), flight.versionAsRead);
  const result = applyWrite(
    before === null ? null : itemOf(before),
    twist?.write?.(write) ?? write,
  );
  if (result.kind !== 'applied' || result.item === null) return { map: before, faults: [] };
  const decoded = decodeMap(result.item);
  invariant(decoded.kind === 'map', 'readable-maps', { ...decoded });
  return { map: decoded.map, faults: faultsOf(before, decoded.map) };
}

const itemOf = (map: ShardMap): Item => encodeMap('app', map, 'set').item;

function faultsOf(before: ShardMap | null, after: ShardMap): Fault[] {
  const wrong = (message: string): Fault[] => [{ invariant: 'S10', message }];
  // the first one is the instant of its listing
  if (before === null) return [];
  if (after.version !== before.version + 1) {
    return wrong(`the version went from ${before.version} to ${after.version}`);
  }
  if (JSON.stringify(before.start) !== JSON.stringify(after.start)) return wrong('the start moved');
  const forgotten = before.shards.some((shard) => {
    const now = after.shards.find(({ shardId }) => shardId === shard.shardId);
    if (now === undefined) return !shard.ended;
    return (shard.ended && !now.ended) || (shard.closed && !now.closed);
  });
  return forgotten ? wrong('the map went back') : [];
}
