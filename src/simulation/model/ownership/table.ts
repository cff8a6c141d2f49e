/**
 * The table of the ownership model. Every write is the one that the library sends, and it is carried out by the same
 * pure function as in the memory table; each pair of an item and a write is worked out once and remembered.
 */
import { invariant } from '../../../errors.ts';
import type { Item, Write } from '../../../machines/ports.ts';
import type { ShardItem } from '../../../machines/rules/fencing.ts';
import { parseClient, parseShardItem } from '../../../machines/rules/items.ts';
import { checkpointKey, clientKey } from '../../../machines/rules/keys.ts';
import { NOT_STARTED, positionOf, SHARD_END } from '../../../machines/rules/positions.ts';
import { sessionOf } from '../../../machines/rules/sessions.ts';
import {
  acquire,
  commit,
  createClient,
  disown,
  endShard,
  heartbeat,
  release,
  replaceClient,
} from '../../../machines/rules/writes.ts';
import { applyWrite } from '../../../services/memory/apply-write.ts';
import { clientIdOf, clientOf, codeOfName, nameOf, NONE, nonceOf, nonceText } from '../sessions.ts';
import type { Meddle } from '../twist.ts';
import type { Client, Flight, Shard } from './state.ts';

const APP = 'app';
const STREAM = 'stream';
const TTL_MS = 9_000;
const STREAMS_HASH = 'hash';
/** More than any number that occurs. */
const BASE = 512;

export type ShardPart = Pick<Shard, 'owner' | 'fence' | 'position'>;
export type ClientPart = Pick<Client, 'standing' | 'beaten'>;

/**
 * What a write does; `never`: it is refused now and from now on, whatever comes, but for a registration on its way of
 * the session that it demands.
 */
export interface Effect<Part> {
  readonly kind: 'applied' | 'refused' | 'never';
  /** What stands then. */
  readonly after: Part;
}

export class Table {
  readonly #positions: readonly (string | null)[];
  readonly #meddle: Meddle;
  readonly #shardEffects = new Map<number, Map<number, Effect<ShardPart>>>();
  readonly #clientEffects = new Map<number, Map<number, Effect<ClientPart>>>();

  constructor(records: number, meddle: Meddle) {
    const after = Array.from({ length: records }, (_, index) =>
      positionOf(String(index + 1), null),
    );
    this.#positions = [null, NOT_STARTED, ...after, SHARD_END];
    this.#meddle = meddle;
  }

  /** The number of SHARD_END. */
  get end(): number {
    return this.#positions.length - 1;
  }

  /** A position's text; null: none. */
  position(code: number): string | null {
    return this.#positions[code] ?? null;
  }

  codeOfPosition(position: string | null): number {
    const code = this.#positions.indexOf(position);
    invariant(code >= 0, 'position', { position });
    return code;
  }

  /** A shard's item as a read shows it; null: there is none. */
  shardItem({ owner, fence, position }: ShardPart): ShardItem | null {
    if (fence === NONE && position === NONE && owner === NONE) return null;
    return {
      owner: nameOf(owner),
      fence: fence === NONE ? null : fence,
      position: this.position(position),
      sequenceNumber: null,
    };
  }

  /** A client's item as a read shows it; null: there is none. */
  clientItem(client: number, { standing, beaten }: ClientPart): Item | null {
    if (standing === NONE) return null;
    return {
      ...clientKey(APP, clientIdOf(client)),
      nonce: nonceText(standing),
      rv: beaten,
      state: 'active',
      ttl: TTL_MS,
      streamsHash: STREAMS_HASH,
      endedCount: 0,
      version: 1,
    };
  }

  onShard(flight: Flight, part: ShardPart): Effect<ShardPart> {
    const of = flightCode(flight);
    let effects = this.#shardEffects.get(of);
    if (effects === undefined) this.#shardEffects.set(of, (effects = new Map()));
    const standing = (part.owner * BASE + part.fence) * BASE + part.position;
    let effect = effects.get(standing);
    if (effect === undefined) {
      effect = this.#workOutShard(flight, part);
      effects.set(standing, effect);
    }
    return effect;
  }

  /** Whether a registration makes a session that had its first heartbeat. */
  bringsHeartbeat(registration: Flight): boolean {
    const standing = nonceOf(registration.ownerAsRead);
    return this.onClient(registration, { standing, beaten: 0 }).after.beaten === 1;
  }

  onClient(flight: Flight, part: ClientPart): Effect<ClientPart> {
    const of = flightCode(flight);
    let effects = this.#clientEffects.get(of);
    if (effects === undefined) this.#clientEffects.set(of, (effects = new Map()));
    const standing = part.standing * BASE + part.beaten;
    let effect = effects.get(standing);
    if (effect === undefined) {
      effect = this.#workOutClient(flight, part);
      effects.set(standing, effect);
    }
    return effect;
  }

  #workOutShard(flight: Flight, part: ShardPart): Effect<ShardPart> {
    const write = this.#meddle(this.#writeOf(flight));
    const read = this.shardItem(part);
    const key = checkpointKey(APP, STREAM, shardId(flight.shard));
    const item: Item | null = read === null ? null : { ...key, ...attributesOf(read) };
    const result = applyWrite(item, write);
    invariant(result.kind !== 'invalid', 'model-write', { ...write });
    if (result.kind === 'refused') {
      return { kind: neverHolds(write, part, item) ? 'never' : 'refused', after: part };
    }
    if (result.item === null) {
      return { kind: 'applied', after: { owner: NONE, fence: NONE, position: NONE } };
    }
    const parsed = parseShardItem(result.item);
    invariant(parsed.kind === 'shard', 'readable-shard-items', { ...parsed });
    const after = {
      owner: codeOfName(parsed.owner),
      fence: parsed.fence ?? NONE,
      position: this.codeOfPosition(parsed.position),
    };
    return { kind: 'applied', after };
  }

  #workOutClient(flight: Flight, part: ClientPart): Effect<ClientPart> {
    const write = this.#meddle(this.#writeOf(flight));
    const result = applyWrite(this.clientItem(clientOf(flight.session), part), write);
    invariant(result.kind !== 'invalid', 'model-write', { ...write });
    if (result.kind === 'refused') {
      // who demands a nonce saw it stand, and it does not: only its own registration makes it stand again
      const demands = write.when.some(({ attribute, op }) => attribute === 'nonce' && op === '=');
      return { kind: demands ? 'never' : 'refused', after: part };
    }
    if (result.item === null) return { kind: 'applied', after: { standing: NONE, beaten: 0 } };
    const parsed = parseClient(result.item);
    invariant(parsed.kind === 'client', 'readable-client-items', { ...parsed });
    const after = { standing: Number(parsed.nonce), beaten: parsed.rv > 0 ? 1 : 0 } as const;
    return { kind: 'applied', after };
  }

  /** The write as the library makes it. */
  #writeOf(flight: Flight): Write {
    const { kind, session, shard, fence } = flight;
    const client = clientIdOf(clientOf(session));
    const nonce = nonceText(nonceOf(session));
    const fields = { clientId: client, nonce, ttlMs: TTL_MS, streamsHash: STREAMS_HASH };
    const me = sessionOf(client, nonce);
    const position = this.position(flight.position);
    switch (kind) {
      case 'create':
        return createClient(APP, fields);
      case 'replace':
        return replaceClient(APP, fields, nonceText(nonceOf(flight.ownerAsRead)));
      case 'beat':
        return heartbeat(APP, client, nonce, 0, {
          state: 'active',
          streamsHash: STREAMS_HASH,
          endedCount: 0,
        });
      case 'acquire':
        return acquire(APP, STREAM, shardId(shard), {
          session: me,
          fence,
          ownerAsRead: nameOf(flight.ownerAsRead),
          fenceAsRead: flight.fenceAsRead === NONE ? null : flight.fenceAsRead,
          firstPosition: position,
          sequenceNumberAsRead: null,
        });
      case 'disown':
        return disown(APP, STREAM, shardId(shard), me, fence);
      case 'commit':
        return commit(APP, STREAM, shardId(shard), me, fence, position ?? '');
      case 'release':
        return release(APP, STREAM, shardId(shard), me, fence, position ?? '');
      case 'end':
        return endShard(APP, STREAM, shardId(shard), me, fence);
    }
  }
}

export const shardId = (shard: number): string => `shardId-${String(shard).padStart(12, '0')}`;

const attributesOf = (item: ShardItem): Record<string, string | number> => ({
  ...(item.owner === null ? {} : { lease_owner: item.owner }),
  ...(item.fence === null ? {} : { fence: item.fence }),
  ...(item.position === null ? {} : { position: item.position }),
});

const KINDS = ['create', 'replace', 'beat', 'acquire', 'disown', 'commit', 'release', 'end'];

/** One number for all that makes the write. */
function flightCode(flight: Flight): number {
  let code = KINDS.indexOf(flight.kind);
  for (const part of [flight.session, flight.fence, flight.position, flight.ownerAsRead]) {
    code = code * BASE + part;
  }
  return code * 64 + flight.fenceAsRead;
}

/**
 * Whether a write that is refused can never be carried out any more, by what it demands: a fence only grows (S1), a
 * position too (S2), and under one fence the owner only goes.
 */
function neverHolds(write: Write, part: ShardPart, item: Item | null): boolean {
  return write.when.some((clause) => {
    const stands = item?.[clause.attribute];
    if (clause.attribute === 'fence') {
      if (clause.op === 'absent') return part.fence !== NONE;
      return clause.op === '=' && typeof clause.value === 'number' && part.fence > clause.value;
    }
    if (clause.attribute === 'position') {
      return (
        (clause.op === '<' || clause.op === '<=') &&
        typeof stands === 'string' &&
        !(clause.op === '<' ? stands < clause.value : stands <= clause.value)
      );
    }
    if (clause.attribute !== 'lease_owner' || clause.op !== '=') return false;
    const sameFence = write.when.some(
      (other) => other.attribute === 'fence' && other.op === '=' && other.value === part.fence,
    );
    return sameFence && stands !== clause.value;
  });
}
