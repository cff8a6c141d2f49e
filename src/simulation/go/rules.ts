/** What the Go kinesumer decides, as pure functions: who is alive, who leads, who reads what. */
import { checkpointsPk, clientsPk, mapsPk } from '../../machines/rules/keys.ts';
import type { Item, ListedShard, Write } from '../../machines/ports.ts';

const SECOND = 1_000;

/** A client looks at the group this often: it pings, lists the clients, divides the shards anew. */
export const SYNC_MS = 5.05 * SECOND;
/** Within this a look, and all that it asks of the table, has to be done. */
export const SYNC_TIMEOUT_MS = 4.95 * SECOND;
export const COMMIT_MS = 5 * SECOND;
export const COMMIT_TIMEOUT_MS = 2 * SECOND;
/** A client whose last sign of life is older than this by the reader's wall clock is dead. */
const OUTDATED_MS = 10 * SECOND;
/** Records between the readers and the application. */
export const CHANNEL_SLOTS = 20;

const stamp = (wallMs: number): string => new Date(wallMs).toISOString();

/** Wall clocks of two hosts are compared here. */
const isOutdated = (client: Item, nowMs: number): boolean => {
  const { last_update: lastUpdate } = client;
  return typeof lastUpdate !== 'string' || lastUpdate <= stamp(nowMs - OUTDATED_MS);
};

/** Ids of the clients that seem to live, in the order of the table. */
export const aliveOf = (clients: readonly Item[], nowMs: number): readonly string[] =>
  clients.filter((client) => !isOutdated(client, nowMs)).map((client) => client.sk);

export const outdatedOf = (clients: readonly Item[], nowMs: number): readonly string[] =>
  clients.filter((client) => isOutdated(client, nowMs)).map((client) => client.sk);

/** A client's place among those alive. One that is missing there takes the first; the first one leads. */
export const seatOf = (alive: readonly string[], own: string): number =>
  Math.max(0, alive.indexOf(own));

/** The shards of a place: contiguous, by the order of their ids. */
export function rangeOf(
  shardIds: readonly string[],
  seat: number,
  clients: number,
): readonly string[] {
  const share = shardIds.length / clients;
  return shardIds.slice(Math.round(seat * share), Math.round((seat + 1) * share));
}

export const sameIds = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((id, at) => id === b[at]);

/** Closed shards are left out, read or not. */
export const openIds = (shards: readonly ListedShard[]): readonly string[] =>
  shards.filter((shard) => !shard.closed).map((shard) => shard.shardId);

/** The ids of a cached listing; null: there is none. */
export function cachedIds(item: Item | null): readonly string[] | null {
  const shards = item?.['shards'];
  if (!Array.isArray(shards)) return null;
  return shards.flatMap((shard: unknown) =>
    typeof shard === 'object' && shard !== null && 'ID' in shard && typeof shard.ID === 'string'
      ? [shard.ID]
      : [],
  );
}

// ---------------------------------------------------------------- writes, all of them on no condition

/** Registers and pings: whatever stands there. */
export const ping = (app: string, clientId: string, nowMs: number): Write => ({
  kind: 'update',
  key: { pk: clientsPk(app), sk: clientId },
  set: { last_update: stamp(nowMs) },
  when: [],
});

export const deregister = (app: string, clientId: string): Write => ({
  kind: 'delete',
  key: { pk: clientsPk(app), sk: clientId },
  when: [],
});

export const cacheShards = (app: string, stream: string, shardIds: readonly string[]): Write => ({
  kind: 'update',
  key: { pk: mapsPk(app), sk: stream },
  set: { shards: shardIds.map((ID) => ({ ID, Closed: false })) },
  when: [],
});

export const checkpoint = (
  app: string,
  stream: string,
  shardId: string,
  sequenceNumber: string,
  nowMs: number,
): Write => ({
  kind: 'put',
  item: {
    pk: checkpointsPk(app, stream),
    sk: shardId,
    sequence_number: sequenceNumber,
    last_update: stamp(nowMs),
  },
  when: [],
});
