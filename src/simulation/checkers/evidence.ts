/** Readings of a history that several checkers share. */
import { invariant } from '../../errors.ts';
import { parseClient, parseHead, parseShardItem } from '../../machines/rules/items.ts';
import { checkpointsPk, clientsPk, groupPk, mapsPk } from '../../machines/rules/keys.ts';
import type { ShardMap } from '../../machines/rules/lineage.ts';
import { decodeMap, mapChunkKeys } from '../../machines/rules/map-codec.ts';
import { NOT_STARTED, positionOf, SHARD_END } from '../../machines/rules/positions.ts';
import { sessionOf } from '../../machines/rules/sessions.ts';
import type { Item, Write } from '../../machines/ports.ts';
import type { Evidence, WriteEvent } from '../history.ts';
import { once } from './once.ts';

/** What Jepsen's tests of logs call it. */
export type Anomaly =
  /** A record that was put is never delivered. */
  | 'lost write'
  /** A record is delivered again. */
  | 'duplicate'
  /** A delivery passes records over. */
  | 'poll skip'
  /** A delivery goes back. */
  | 'nonmonotonic poll'
  /** What is delivered is not what was put there. */
  | 'inconsistent offset';

/** Something that must not have happened. */
export interface Violation {
  /** Id of the invariant. */
  readonly invariant: string;
  readonly anomaly?: Anomaly;
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
  /** Who knows no positions leaves only this. */
  readonly sequenceNumber: string | null;
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
   * `acquire`: a session became the owner, or was again. `foreign`: no client wrote it. `tidy`: the item of an ended
   * shard was marked or removed, and nothing else of it changed; whether that was right is for S9 alone.
   */
  readonly kind: 'acquire' | 'other' | 'delete' | 'foreign' | 'tidy';
  /** Foreign writes to this shard so far, this one included: what was before them says nothing of what is after. */
  readonly epoch: number;
}

const NO_STATE: ShardState = { owner: null, fence: null, position: null, sequenceNumber: null };

/** An item that cannot be understood says nothing; no client of the group writes one. */
function stateOf(item: Item | null, writer: 'client' | 'anybody'): ShardState {
  const parsed = item === null ? null : parseShardItem(item);
  if (parsed?.kind === 'shard') return parsed;
  invariant(parsed === null || writer === 'anybody', 'readable-shard-items', { ...parsed });
  return NO_STATE;
}

/** Where a shard's item says that reading goes on. */
export function standingOf({ position, sequenceNumber }: ShardState): string {
  if (position !== null) return position;
  return sequenceNumber === null || sequenceNumber === ''
    ? NOT_STARTED
    : positionOf(sequenceNumber, null);
}

const keyOf = ({ before, after }: WriteEvent): { pk: string; sk: string } => {
  const item = after ?? before;
  return { pk: item?.pk ?? '', sk: item?.sk ?? '' };
};

export const writesOf = once((evidence): readonly WriteEvent[] =>
  evidence.events.filter((event) => event.kind === 'write'),
);

export const shardWritesOf = once((evidence): readonly ShardWrite[] => {
  const prefix = checkpointsPk(evidence.app, '');
  const epochs = new Map<string, number>();
  return writesOf(evidence).flatMap((event): ShardWrite[] => {
    const { pk, sk: shardId } = keyOf(event);
    if (!pk.startsWith(prefix)) return [];
    const foreign = event.process === null;
    const epoch = (epochs.get(`${pk}/${shardId}`) ?? 0) + (foreign ? 1 : 0);
    epochs.set(`${pk}/${shardId}`, epoch);
    const stream = pk.slice(prefix.length);
    const before = stateOf(event.before, 'anybody');
    const after = stateOf(event.after, foreign ? 'anybody' : 'client');
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
        kind: foreign ? 'foreign' : kindOf(event, taken ? 'acquire' : 'other'),
        epoch,
      },
    ];
  });
});

const kindOf = (event: WriteEvent, otherwise: 'acquire' | 'other'): ShardWrite['kind'] =>
  isTidy(event) ? 'tidy' : event.after === null ? 'delete' : otherwise;

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

/** The acquires of each shard, by `stream/shardId`. */
export const acquiresOf = once((evidence): ReadonlyMap<string, readonly ShardWrite[]> =>
  groupBy(
    shardWritesOf(evidence).filter((write) => write.kind === 'acquire'),
    (write) => write.shard,
  ),
);

/** The sessions that stand in the table, as the history goes on. */
export class Sessions {
  readonly #pk: string;
  readonly #standing = new Map<string, string>();
  readonly #sessions = new Set<string>();

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
    if (before !== null) this.#sessions.delete(before);
    if (after === null) this.#standing.delete(sk);
    else {
      this.#standing.set(sk, after);
      this.#sessions.add(after);
    }
    return { before, after };
  }

  stands(session: string): boolean {
    return this.#sessions.has(session);
  }
}

/** Which process registered a session. */
export const processesOfSessions = once((evidence): ReadonlyMap<string, string> => {
  const sessions = new Sessions(evidence.app);
  const processes = new Map<string, string>();
  for (const event of writesOf(evidence)) {
    const change = sessions.apply(event);
    if (change?.after && change.after !== change.before && event.process !== null) {
      processes.set(change.after, event.process);
    }
  }
  return processes;
});

export interface HeadWrite {
  readonly event: WriteEvent;
  readonly before: number;
  readonly generation: number;
  readonly leader: string;
  readonly planRef: string;
}

/** Every publish. */
export const headWritesOf = once((evidence): readonly HeadWrite[] =>
  writesOf(evidence).flatMap((event): HeadWrite[] => {
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
  }),
);

/** A version of a stream's map. */
export interface MapWrite {
  readonly order: number;
  readonly atMs: number;
  readonly map: ShardMap;
  /** Foreign writes to this map so far: after one it may begin anew. */
  readonly epoch: number;
}

/** Every version of the maps of streams, in the order of their writes. */
export const mapsOf = once((evidence): readonly MapWrite[] => {
  const epochs = new Map<string, number>();
  const chunks = new Map<string, Item>();
  return writesOf(evidence).flatMap((event) => {
    const { pk, sk } = keyOf(event);
    const chunksOf = ({ set, chunks: count }: { readonly set: string; readonly chunks: number }) =>
      mapChunkKeys(evidence.app, sk, set, count).map((key) => chunks.get(key.sk) ?? null);
    if (pk !== mapsPk(evidence.app)) return [];
    const epoch = (epochs.get(sk) ?? 0) + (event.process === null ? 1 : 0);
    epochs.set(sk, epoch);
    if (event.after === null) return [];
    chunks.set(sk, event.after);
    const { order, atMs } = event;
    const decoded = decodeMap(event.after);
    const whole = decoded.kind === 'chunked' ? decodeMap(event.after, chunksOf(decoded)) : decoded;
    return whole.kind === 'map' ? [{ order, atMs, map: whole.map, epoch }] : [];
  });
});

/** The maps that began anew, by stream: the first one, and those after an operator removed the one before. */
export const firstMapsOf = once((evidence): ReadonlyMap<string, readonly MapWrite[]> => {
  const epochs = groupBy(mapsOf(evidence), ({ map, epoch }) => `${map.stream}/${epoch}`);
  return groupBy(
    [...epochs.values()].flatMap(([first]) => (first === undefined ? [] : [first])),
    ({ map }) => map.stream,
  );
});

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
