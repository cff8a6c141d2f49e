/** Readings of a history that several checkers share. */
import { invariant } from '../../errors.ts';
import { parseClient, parseHead, parseShardItem } from '../../machines/rules/items.ts';
import { checkpointsPk, clientsPk, groupPk, mapsPk } from '../../machines/rules/keys.ts';
import type { ShardMap } from '../../machines/rules/lineage.ts';
import { decodeMap } from '../../machines/rules/map-codec.ts';
import { positionOf, SHARD_END } from '../../machines/rules/positions.ts';
import { sessionOf } from '../../machines/rules/sessions.ts';
import type { Item, Write } from '../../machines/ports.ts';
import type { DeliveredEvent, Evidence, PutEvent, WriteEvent } from '../history.ts';

/** Something that must not have happened. */
export interface Violation {
  /** Id of the invariant. */
  readonly invariant: string;
  /** Place in the history where it shows; null: at the end. */
  readonly order: number | null;
  readonly message: string;
}

/** Judges one invariant over a whole run; pure. */
export type Checker = (evidence: Evidence) => readonly Violation[];

// ---------------------------------------------------------------- writes

interface ShardState {
  readonly owner: string | null;
  readonly fence: number | null;
  readonly position: string | null;
}

/** A write to a shard's item. */
export interface ShardWrite {
  readonly order: number;
  readonly atMs: number;
  readonly process: string | null;
  readonly event: WriteEvent;
  readonly stream: string;
  readonly shardId: string;
  /** `stream/shardId`. */
  readonly shard: string;
  readonly before: ShardState;
  readonly after: ShardState;
  /**
   * `acquire`: a session became the owner, or was again. `tidy`: the item of an ended shard was marked or removed, and
   * nothing else of it changed; whether that was right is for S9 alone.
   */
  readonly kind: 'acquire' | 'other' | 'delete' | 'tidy';
}

const NO_STATE: ShardState = { owner: null, fence: null, position: null };

function stateOf(item: Item | null): ShardState {
  if (item === null) return NO_STATE;
  const parsed = parseShardItem(item);
  invariant(parsed.kind === 'shard', 'readable-shard-items', { ...parsed });
  return parsed;
}

const keyOf = ({ before, after }: WriteEvent): { pk: string; sk: string } => {
  const item = after ?? before;
  return { pk: item?.pk ?? '', sk: item?.sk ?? '' };
};

export const writesOf = (evidence: Evidence): readonly WriteEvent[] =>
  evidence.events.filter((event) => event.kind === 'write');

export function shardWritesOf(evidence: Evidence): readonly ShardWrite[] {
  const prefix = checkpointsPk(evidence.app, '');
  return writesOf(evidence).flatMap((event): ShardWrite[] => {
    const { pk, sk: shardId } = keyOf(event);
    if (!pk.startsWith(prefix)) return [];
    const stream = pk.slice(prefix.length);
    const before = stateOf(event.before);
    const after = stateOf(event.after);
    const taken =
      after.owner !== null && (after.owner !== before.owner || after.fence !== before.fence);
    return [
      {
        order: event.order,
        atMs: event.atMs,
        process: event.process,
        event,
        stream,
        shardId,
        shard: `${stream}/${shardId}`,
        before,
        after,
        kind: isTidy(event)
          ? 'tidy'
          : event.after === null
            ? 'delete'
            : taken
              ? 'acquire'
              : 'other',
      },
    ];
  });
}

const isTidy = ({ before, after }: WriteEvent): boolean =>
  before?.['position'] === SHARD_END && (after === null || bare(before) === bare(after));

const bare = (item: Item): string =>
  JSON.stringify(
    Object.entries(item)
      .filter(([name]) => name !== 'unlisted_since')
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

/** Whether a write demands that an attribute is just so. */
export const demands = (write: Write, attribute: string, value: unknown): boolean =>
  write.when.some(
    (clause) => clause.op === '=' && clause.attribute === attribute && clause.value === value,
  );

/** An acquire, by `stream/shardId/fence`. */
export function acquiresOf(evidence: Evidence): ReadonlyMap<string, ShardWrite> {
  const acquires = shardWritesOf(evidence).filter((write) => write.kind === 'acquire');
  return new Map(acquires.map((write) => [`${write.shard}/${write.after.fence}`, write]));
}

/** The sessions that stand in the table, as the history goes on. */
export class Sessions {
  readonly #pk: string;
  readonly #standing = new Map<string, string>();

  constructor(app: string) {
    this.#pk = clientsPk(app);
  }

  /** @returns what the write made of the client's item; null: it is about something else */
  apply(
    event: WriteEvent,
  ): { readonly before: string | null; readonly after: string | null } | null {
    const { pk, sk } = keyOf(event);
    if (pk !== this.#pk) return null;
    const before = this.#standing.get(sk) ?? null;
    const parsed = event.after === null ? null : parseClient(event.after);
    const after = parsed?.kind === 'client' ? sessionOf(parsed.clientId, parsed.nonce) : null;
    if (after === null) this.#standing.delete(sk);
    else this.#standing.set(sk, after);
    return { before, after };
  }

  stands(session: string): boolean {
    return [...this.#standing.values()].includes(session);
  }
}

/** Which process registered a session. */
export function processesOfSessions(evidence: Evidence): ReadonlyMap<string, string> {
  const sessions = new Sessions(evidence.app);
  const processes = new Map<string, string>();
  for (const event of writesOf(evidence)) {
    const change = sessions.apply(event);
    if (change?.after && change.after !== change.before && event.process !== null) {
      processes.set(change.after, event.process);
    }
  }
  return processes;
}

export interface HeadWrite {
  readonly event: WriteEvent;
  readonly before: number;
  readonly generation: number;
  readonly leader: string;
  readonly planRef: string;
}

/** Every publish. */
export function headWritesOf(evidence: Evidence): readonly HeadWrite[] {
  return writesOf(evidence).flatMap((event): HeadWrite[] => {
    const { pk, sk } = keyOf(event);
    if (pk !== groupPk(evidence.app) || sk !== 'head' || event.after === null) return [];
    const head = parseHead(event.after);
    const before = event.before === null ? null : parseHead(event.before);
    invariant(head.kind === 'head', 'readable-head', { ...head });
    const { generation, leader, planRef } = head;
    return [
      {
        event,
        before: before?.kind === 'head' ? before.generation : 0,
        generation,
        leader,
        planRef,
      },
    ];
  });
}

/** Every version of the maps of streams, in the order of their writes. */
export function mapsOf(
  evidence: Evidence,
): readonly { readonly order: number; readonly map: ShardMap }[] {
  return writesOf(evidence).flatMap((event) => {
    if (keyOf(event).pk !== mapsPk(evidence.app) || event.after === null) return [];
    const decoded = decodeMap(event.after);
    return decoded.kind === 'map' ? [{ order: event.order, map: decoded.map }] : [];
  });
}

// ---------------------------------------------------------------- records

/** A producer's record and its place in its shard. */
export interface PlacedRecord extends PutEvent {
  /** From 0, among all records of the shard. */
  readonly index: number;
  readonly position: string;
}

/** The records of each shard, by `stream/shardId`, in their order. */
export function recordsOf(evidence: Evidence): ReadonlyMap<string, readonly PlacedRecord[]> {
  const shards = new Map<string, PlacedRecord[]>();
  for (const event of evidence.events) {
    if (event.kind !== 'put') continue;
    const shard = `${event.stream}/${event.shardId}`;
    const records = shards.get(shard) ?? [];
    const position = positionOf(event.sequenceNumber, null);
    records.push({ ...event, index: records.length, position });
    shards.set(shard, records);
  }
  return shards;
}

/** The first record that the group has to read, by `stream/shardId`; Infinity: none of that shard. */
export function firstIndexes(evidence: Evidence): ReadonlyMap<string, number> {
  const firsts = new Map<string, number>();
  for (const [shard, records] of recordsOf(evidence)) {
    const [stream, shardId] = shard.split('/');
    const map = mapsOf(evidence).find((version) => version.map.stream === stream)?.map;
    const listed = map?.shards.find((candidate) => candidate.shardId === shardId);
    if (map === undefined || listed === undefined || map.start.kind === 'trimHorizon') {
      firsts.set(shard, 0);
      continue;
    }
    const { timestampMs } = map.start;
    const first = records.findIndex((record) => record.arrivalMs >= timestampMs);
    firsts.set(shard, listed.ended || first < 0 ? Number.POSITIVE_INFINITY : first);
  }
  return firsts;
}

/** A delivery and when its handler call was through. */
export interface Delivery extends DeliveredEvent {
  /** Order of the completion; Infinity: never. */
  readonly completedOrder: number;
}

export function deliveriesOf(evidence: Evidence): readonly Delivery[] {
  const completions = new Map<string, number>();
  for (const event of evidence.events) {
    if (event.kind === 'completed') {
      completions.set(`${event.process}/${event.call}`, event.order);
    }
  }
  return evidence.events.flatMap((event) =>
    event.kind === 'delivered'
      ? [
          {
            ...event,
            completedOrder:
              completions.get(`${event.process}/${event.call}`) ?? Number.POSITIVE_INFINITY,
          },
        ]
      : [],
  );
}

/** Groups in the order of their first members. */
export function groupBy<T>(items: Iterable<T>, keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
