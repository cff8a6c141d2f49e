/**
 * The table of the generation model: client items and the head. Every write is the one that the library sends, and it
 * is carried out by the same pure function as in the memory table.
 */
import { invariant } from '../../../errors.ts';
import type { Item, Write } from '../../../machines/ports.ts';
import { parseClient, parseHead, type ClientItem } from '../../../machines/rules/items.ts';
import { clientKey, headKey, planRefOf } from '../../../machines/rules/keys.ts';
import {
  createClient,
  expel,
  heartbeat,
  leave,
  publishHead,
  replaceClient,
} from '../../../machines/rules/writes.ts';
import { applyWrite } from '../../../services/memory/apply-write.ts';
import { clientIdOf, clientOf, codeOfName, nameOf, NONE, nonceOf, nonceText } from '../sessions.ts';
import type { Meddle } from '../twist.ts';
import type { Flight, Id } from './state.ts';

const APP = 'app';
const TTL_MS = 9_000;
const STREAMS_HASH = 'hash';

export type IdPart = Pick<Id, 'nonce' | 'rv' | 'leaving'>;
export interface HeadPart {
  readonly generation: number;
  readonly leader: number;
}

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
  readonly #meddle: Meddle;
  readonly #idEffects = new Map<number, Map<number, Effect<IdPart>>>();
  readonly #items = new Map<number, Item>();
  readonly #headEffects = new Map<string, Effect<HeadPart>>();

  constructor(meddle: Meddle) {
    this.#meddle = meddle;
  }

  /** A client's item as a read shows it; null: there is none. */
  clientItem(id: number, part: IdPart): Item | null {
    if (part.nonce === NONE) return null;
    const key = id * BASE ** 3 + partCode(part);
    let item = this.#items.get(key);
    if (item === undefined) this.#items.set(key, (item = itemOf(id, part)));
    return item;
  }
  /** The members that a query shows. */
  members(ids: readonly IdPart[]): ClientItem[] {
    return ids.flatMap((part, id) => {
      const item = this.clientItem(id, part);
      const parsed = item === null ? null : parseClient(item);
      return parsed?.kind === 'client' ? [parsed] : [];
    });
  }

  /** Whether a registration makes a session that had its first heartbeat. */
  bringsHeartbeat(registration: Flight): boolean {
    const stood = { nonce: registration.asRead, rv: 0, leaving: 0 } as const;
    return this.onId(registration, stood).after.rv > 0;
  }

  onId(flight: Flight, part: IdPart): Effect<IdPart> {
    const of = flightCode(flight);
    let effects = this.#idEffects.get(of);
    if (effects === undefined) this.#idEffects.set(of, (effects = new Map()));
    const standing = partCode(part);
    let effect = effects.get(standing);
    if (effect === undefined) effects.set(standing, (effect = this.#workOutId(flight, part)));
    return effect;
  }

  onHead(flight: Flight, part: HeadPart): Effect<HeadPart> {
    const key = [flight.session, flight.asRead, flight.leader, part.generation, part.leader].join();
    let effect = this.#headEffects.get(key);
    if (effect === undefined) {
      this.#headEffects.set(key, (effect = this.#workOutHead(flight, part)));
    }
    return effect;
  }

  #workOutId(flight: Flight, part: IdPart): Effect<IdPart> {
    const write = this.#meddle(writeOf(flight));
    const item = this.clientItem(clientOf(flight.session), part);
    const result = applyWrite(item, write);
    invariant(result.kind !== 'invalid', 'model-write', { ...write });
    if (result.kind === 'refused') {
      return { kind: neverHolds(write, part) ? 'never' : 'refused', after: part };
    }
    if (result.item === null) {
      return { kind: 'applied', after: { nonce: NONE, rv: 0, leaving: 0 } };
    }
    const parsed = parseClient(result.item);
    invariant(parsed.kind === 'client', 'readable-client-items', { ...parsed });
    const { nonce, rv, state } = parsed;
    const after = { nonce: Number(nonce), rv, leaving: state === 'leaving' ? 1 : 0 } as const;
    return { kind: 'applied', after };
  }

  #workOutHead(flight: Flight, part: HeadPart): Effect<HeadPart> {
    const write = this.#meddle(writeOf(flight));
    const item: Item | null =
      part.generation === NONE
        ? null
        : {
            ...headKey(APP),
            gen: part.generation,
            leader: nameOf(part.leader) ?? '',
            planRef: planRefOf(part.generation, 'one'),
          };
    const result = applyWrite(item, write);
    invariant(result.kind !== 'invalid', 'model-write', { ...write });
    // the generation only grows (S6): one that has passed is never read again
    if (result.kind === 'refused' || result.item === null) return { kind: 'never', after: part };
    const parsed = parseHead(result.item);
    invariant(parsed.kind === 'head', 'readable-head', { ...parsed });
    const after = { generation: parsed.generation, leader: codeOfName(parsed.leader) };
    return { kind: 'applied', after };
  }
}

const itemOf = (id: number, { nonce, rv, leaving }: IdPart): Item => ({
  ...clientKey(APP, clientIdOf(id)),
  nonce: nonceText(nonce),
  rv,
  state: leaving === 1 ? 'leaving' : 'active',
  ttl: TTL_MS,
  streamsHash: STREAMS_HASH,
  endedCount: 0,
  version: 1,
});

/** More than any number that occurs. */
const BASE = 512;
const KINDS = ['create', 'replace', 'beat', 'leave', 'expel', 'publish'];

const partCode = ({ nonce, rv, leaving }: IdPart): number => (nonce * BASE + rv) * 2 + leaving;

/** One number for all that makes the write to a client's item. */
const flightCode = ({ kind, session, asRead, leaving }: Flight): number =>
  ((KINDS.indexOf(kind) * BASE + session) * BASE + asRead) * 2 + leaving;

/** The write as the library makes it. */
function writeOf({ kind, session, asRead, leaving, leader }: Flight): Write {
  const clientId = clientIdOf(clientOf(session));
  const nonce = nonceText(nonceOf(session));
  const fields = { clientId, nonce, ttlMs: TTL_MS, streamsHash: STREAMS_HASH };
  switch (kind) {
    case 'create':
      return createClient(APP, fields);
    case 'replace':
      return replaceClient(APP, fields, nonceText(asRead));
    case 'beat':
      return heartbeat(APP, clientId, nonce, asRead, {
        state: leaving === 1 ? 'leaving' : 'active',
        streamsHash: STREAMS_HASH,
        endedCount: 0,
      });
    case 'leave':
      return leave(APP, clientId, nonce);
    case 'expel':
      return expel(APP, clientId, nonce, asRead);
    case 'publish': {
      const generation = asRead + 1;
      const planRef = planRefOf(generation, 'one');
      const next = { generation, leader: nameOf(leader) ?? '', planRef };
      return publishHead(APP, asRead === NONE ? null : asRead, next);
    }
  }
}

/**
 * Whether a refused write to a client's item can never be carried out any more: who demands a nonce saw it stand, and
 * one that is gone comes back by its own registration only, with its first version; else the version only grows under
 * one nonce.
 */
function neverHolds(write: Write, part: IdPart): boolean {
  return write.when.some((clause) => {
    if (clause.op !== '=') return false;
    if (clause.attribute === 'nonce') return clause.value !== nonceText(part.nonce);
    return clause.attribute === 'rv' && part.rv > Number(clause.value);
  });
}
