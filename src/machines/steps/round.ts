/** The leader's round: who is there, who is silent, what ended, and is that a cause for a new generation. */
import { KinesumerError } from '../../errors.ts';
import type { Config } from '../../options.ts';
import type { Item } from '../ports.ts';
import { causesOf, isUrgent, type Cause } from '../rules/generation-causes.ts';
import { parseClient, parseShardItem, parseStreamsItem, type ClientItem } from '../rules/items.ts';
import { checkpointKey, clientsPk, streamsKey } from '../rules/keys.ts';
import { markEnded, type ShardMap } from '../rules/lineage.ts';
import { vouchedBy, type OwnBeats } from '../rules/own-beats.ts';
import { mapOf, type Plan } from '../rules/plan.ts';
import { SHARD_END } from '../rules/positions.ts';
import {
  EMPTY_LEDGER,
  expulsionsAllowed,
  nextSilenceInMs,
  observe,
  silentClients,
  type Ledger,
} from '../rules/session-expiry.ts';
import { expel } from '../rules/writes.ts';
import { removeOldPlans } from './garbage.ts';
import { readMaps, writeMap } from './maps.ts';
import { spread, storeStreamList, streamsHashOf, type Session } from './membership.ts';
import { corruptedItem, failureOf, type StepFailure, type World } from './step.ts';

/** What a leader remembers between its rounds. Plain data. */
export interface LeaderMemory {
  readonly ledger: Ledger;
  /** When the ledger was last fed, on the monotonic clock. */
  readonly seenAtMs: number;
  /** Session → the endedCount that was worked off. */
  readonly endedCounts: Readonly<Record<string, number>>;
  readonly maps: Readonly<Record<string, ShardMap>>;
  /** Immutable stream lists by hash. */
  readonly streamLists: Readonly<Record<string, readonly string[]>>;
  /** The generation after which old plans were removed. */
  readonly tidiedGeneration: number;
  /** Problems of the table that were told already. */
  readonly told: readonly string[];
  readonly throttledCount: number;
  readonly throttledAtMs: number | null;
  readonly expelledAtMs: readonly number[];
}

export const NO_MEMORY: LeaderMemory = {
  ledger: EMPTY_LEDGER,
  seenAtMs: 0,
  endedCounts: {},
  maps: {},
  streamLists: {},
  tidiedGeneration: 0,
  told: [],
  throttledCount: 0,
  throttledAtMs: null,
  expelledAtMs: [],
};

export interface RoundInput {
  readonly session: Session;
  /** What this client subscribes to. */
  readonly streams: readonly string[];
  readonly plan: Plan | null;
  readonly memory: LeaderMemory;
  readonly beats: OwnBeats;
}

export type RoundOutcome =
  | {
      readonly kind: 'rounded';
      readonly memory: LeaderMemory;
      readonly cause: 'none' | 'join' | 'urgent';
      readonly expelled: readonly string[];
      readonly errors: readonly KinesumerError[];
      readonly nextInMs: number;
    }
  /** `memory`: what was seen and done before it failed. */
  | (StepFailure & { readonly memory?: LeaderMemory });

/** A member as the table shows it. */
export interface GroupMember extends ClientItem {
  readonly streams: readonly string[];
}

export async function round(
  world: World,
  config: Config,
  input: RoundInput,
): Promise<RoundOutcome> {
  const queried = await world.store.query(clientsPk(world.app), { consistent: false });
  if (queried.kind !== 'items') return failureOf(queried);
  const nowMs = world.clock.monotonicMs();
  const { clients, errors } = parseClients(queried.items);

  const vouched = vouchedBy(input.beats, config.timings);
  const ledger = observe(input.memory.ledger, clients, nowMs, vouched);
  const throttledCount = world.store.usage().throttled;
  const throttledAtMs =
    throttledCount > input.memory.throttledCount ? nowMs : input.memory.throttledAtMs;
  let memory: LeaderMemory = {
    ...input.memory,
    ledger,
    seenAtMs: nowMs,
    throttledCount,
    throttledAtMs,
  };

  const expelled = await expelSilent(world, config, input.session, memory, clients, nowMs);
  memory = { ...memory, expelledAtMs: expelled.expelledAtMs };
  if (expelled.kind === 'failure') return { ...expelled, memory };
  const standing = clients.filter((client) => !expelled.gone.includes(client.session));

  const known = await withStreamLists(world, standing, memory.streamLists, input.streams);
  if (known.kind === 'failure') return { ...known, memory };
  errors.push(...known.errors);
  const refreshed = await refreshMaps(
    world,
    { ...memory, streamLists: known.lists },
    known.members,
  );
  if (refreshed.kind === 'failure') return { ...refreshed, memory };
  errors.push(...refreshed.errors);
  ({ memory } = refreshed);

  const generation = input.plan?.gen ?? 0;
  if (generation > memory.tidiedGeneration) {
    await removeOldPlans(world, generation);
    memory = { ...memory, tidiedGeneration: generation };
  }
  const causes = groupCauses(input.plan, known.members, memory.maps);
  const fresh = errors.filter((error) => !memory.told.includes(error.message));
  return {
    kind: 'rounded',
    // a problem that stays in the table is told once, and again when it comes back
    memory: { ...memory, told: errors.map((error) => error.message) },
    cause: causes.length === 0 ? 'none' : isUrgent(causes) ? 'urgent' : 'join',
    expelled: expelled.gone,
    errors: fresh,
    nextInMs: Math.min(
      spread(world, config.timings.pollIntervalMs, 'round period'),
      nextSilenceInMs(memory.ledger, world.clock.monotonicMs(), vouched),
    ),
  };
}

/** The causes for a next generation; streams without a map can not be planned yet. */
export function groupCauses(
  plan: Plan | null,
  members: readonly GroupMember[],
  maps: Readonly<Record<string, ShardMap>>,
): readonly Cause[] {
  const planned = streamsOf(members.filter((member) => member.state === 'active'));
  const mapVersions: Readonly<Record<string, number>> = Object.fromEntries(
    planned.flatMap((stream) => {
      const map = mapOf(maps, stream);
      return map === undefined ? [] : [[stream, map.version]];
    }),
  );
  return causesOf({
    plan,
    // a session is planned for only from its first answered heartbeat
    members: members.filter((member) => member.rv >= 1),
    mapVersions,
  });
}

export const streamsOf = (members: readonly GroupMember[]): string[] => [
  ...new Set(members.flatMap((member) => member.streams)),
];

export function parseClients(items: readonly Item[]): {
  readonly clients: ClientItem[];
  readonly errors: KinesumerError[];
} {
  const clients: ClientItem[] = [];
  const errors: KinesumerError[] = [];
  for (const item of items) {
    const parsed = parseClient(item);
    if (parsed.kind === 'client') clients.push(parsed);
    else if (parsed.kind === 'corrupted') errors.push(corruptedItem(parsed.problem));
    else {
      errors.push(
        new KinesumerError(
          'GoGroupAlive',
          `A Go kinesumer client (${parsed.clientId}) stands in the table; stop the Go group first`,
        ),
      );
    }
  }
  return { clients, errors };
}

async function expelSilent(
  world: World,
  config: Config,
  own: Session,
  memory: LeaderMemory,
  clients: readonly ClientItem[],
  nowMs: number,
): Promise<
  | {
      readonly kind: 'expelled';
      readonly gone: readonly string[];
      readonly expelledAtMs: readonly number[];
    }
  | (StepFailure & { readonly expelledAtMs: readonly number[] })
> {
  const { ttlMs } = config.timings;
  const recent = memory.expelledAtMs.filter((at) => nowMs - at < ttlMs);
  const throttled = memory.throttledAtMs !== null && nowMs - memory.throttledAtMs < ttlMs;
  const allowed = expulsionsAllowed(clients.length, throttled) - (throttled ? recent.length : 0);
  const silent = silentClients(memory.ledger).filter((clientId) => clientId !== own.clientId);
  const gone: string[] = [];
  const expelledAtMs = [...recent];
  for (const clientId of silent.slice(0, Math.max(0, Math.min(silent.length, allowed)))) {
    const client = clients.find((candidate) => candidate.clientId === clientId);
    if (client === undefined) continue;
    const answer = await world.store.write(expel(world.app, clientId, client.nonce, client.rv));
    if (answer.kind === 'applied') {
      gone.push(client.session);
      expelledAtMs.push(nowMs);
    } else if (answer.kind !== 'refused') {
      // one that was not answered may be carried out yet
      if (answer.kind === 'unanswered') expelledAtMs.push(nowMs);
      return { ...failureOf(answer), expelledAtMs };
    }
  }
  return { kind: 'expelled', gone, expelledAtMs };
}

/** Each client's list of streams, read once per hash. The own one is known, and written again where it is gone. */
export async function withStreamLists(
  world: World,
  clients: readonly ClientItem[],
  known: Readonly<Record<string, readonly string[]>>,
  own: readonly string[],
): Promise<
  | {
      readonly kind: 'lists';
      readonly lists: Readonly<Record<string, readonly string[]>>;
      readonly members: readonly GroupMember[];
      readonly errors: readonly KinesumerError[];
    }
  | StepFailure
> {
  const missing = [...new Set(clients.map((client) => client.streamsHash))].filter(
    (hash) => known[hash] === undefined,
  );
  const lists: Record<string, readonly string[]> = { ...known };
  const errors: KinesumerError[] = [];
  if (missing.length > 0) {
    const answer = await world.store.read(
      missing.map((hash) => streamsKey(world.app, hash)),
      { consistent: true },
    );
    if (answer.kind !== 'items') return failureOf(answer);
    for (const [index, hash] of missing.entries()) {
      const item = answer.items[index] ?? null;
      const parsed = item === null ? null : parseStreamsItem(item);
      if (parsed?.kind === 'streams') {
        lists[hash] = parsed.streams;
        continue;
      }
      errors.push(corruptedItem(parsed?.problem ?? `streams#${hash} does not exist`));
      if (hash !== streamsHashOf(own)) continue;
      // without it this client would neither lead nor be planned for, nor all that share it
      lists[hash] = own;
      const stored = await storeStreamList(world, hash, own);
      if (stored.kind === 'failure') return stored;
    }
  }
  const members = clients.flatMap((client) => {
    const streams = lists[client.streamsHash];
    return streams === undefined ? [] : [{ ...client, streams }];
  });
  return { kind: 'lists', lists, members, errors };
}

/** Maps of streams that are new, or of clients that told of an end or of a changed map. */
async function refreshMaps(
  world: World,
  memory: LeaderMemory,
  members: readonly GroupMember[],
): Promise<
  | {
      readonly kind: 'refreshed';
      readonly memory: LeaderMemory;
      readonly errors: readonly KinesumerError[];
    }
  | StepFailure
> {
  const present = new Set(members.map((member) => member.session));
  // a session that is gone may have ended shards in its last moments and never told of it
  const departed = Object.keys(memory.endedCounts).some((session) => !present.has(session));
  const moved = members.filter(
    (member) => departed || member.endedCount !== (memory.endedCounts[member.session] ?? -1),
  );
  const streams = new Set(streamsOf(moved));
  for (const stream of streamsOf(members)) {
    if (mapOf(memory.maps, stream) === undefined) streams.add(stream);
  }
  if (streams.size === 0) return { kind: 'refreshed', memory, errors: [] };

  const read = await readMaps(world, [...streams], true);
  if (read.kind === 'failure') return read;
  const maps = new Map(Object.entries(memory.maps));
  for (const map of Object.values(read.maps)) {
    if (map === null) continue;
    const ended = await enterEnded(world, map);
    if ('kind' in ended) return ended;
    maps.set(ended.stream, ended);
  }
  const endedCounts = Object.fromEntries(
    members.map((member) => [member.session, member.endedCount]),
  );
  return {
    kind: 'refreshed',
    memory: { ...memory, maps: Object.fromEntries(maps), endedCounts },
    errors: read.errors,
  };
}

/** `ended` is entered only after a strong read of the shard's item. */
async function enterEnded(world: World, map: ShardMap): Promise<ShardMap | StepFailure> {
  const candidates = map.shards.filter((shard) => !shard.ended);
  if (candidates.length === 0) return map;
  const answer = await world.store.read(
    candidates.map((shard) => checkpointKey(world.app, map.stream, shard.shardId)),
    { consistent: true },
  );
  if (answer.kind !== 'items') return failureOf(answer);
  const ended = candidates.filter((_, index) => {
    const item = answer.items[index] ?? null;
    const parsed = item === null ? null : parseShardItem(item);
    return parsed?.kind === 'shard' && parsed.position === SHARD_END;
  });
  if (ended.length === 0) return map;
  const next = markEnded(
    map,
    ended.map((shard) => shard.shardId),
  );
  const written = await writeMap(world, next, map.version);
  if (written.kind === 'failure') return written;
  if (written.kind === 'written') return next;
  // somebody else wrote first: theirs lacks what has ended
  const reread = await readMaps(world, [map.stream], true);
  if (reread.kind === 'failure') return reread;
  const theirs = mapOf(reread.maps, map.stream) ?? null;
  return theirs === null ? map : enterEnded(world, theirs);
}
