/** The group as it stands at each moment of a run, for checkers that walk through it. */
import { parseClient } from '../../machines/rules/items.ts';
import { comparePositions, positionOf, SHARD_END } from '../../machines/rules/positions.ts';
import { parseSession } from '../../machines/rules/sessions.ts';
import type { Evidence, HistoryEvent } from '../history.ts';
import {
  firstMapsOf,
  headWritesOf,
  mapsOf,
  Sessions,
  shardWritesOf,
  type HeadWrite,
  type ShardWrite,
} from './evidence.ts';
import { once } from './once.ts';
import { deliveriesOf, isNewestLife } from './records.ts';

/** What an event changed: a shard by `stream/shardId`, the head, who is there; null: nothing of it. */
export type Change = { readonly kind: 'shard'; readonly shard: string } | 'head' | 'members' | null;

const shardWriteAt = once(
  (evidence) => new Map(shardWritesOf(evidence).map((write) => [write.order, write])),
);
const headWriteAt = once(
  (evidence) => new Map(headWritesOf(evidence).map((write) => [write.event.order, write])),
);

/** The shard of what was completed, by the place in the history where it was. */
const shardOfCompletion = once(
  (evidence) =>
    new Map(deliveriesOf(evidence).map(({ completedOrder, shard }) => [completedOrder, shard])),
);

/** Whether the owner had completed more of a shard than stood in its item when a foreign write took that. */
function hasToCommit(evidence: Evidence, { shard, before, order }: ShardWrite): boolean {
  return deliveriesOf(evidence).some(
    (delivery) =>
      delivery.shard === shard &&
      delivery.completedOrder < order &&
      delivery.acquire?.after.owner === before.owner &&
      delivery.fence === before.fence &&
      comparePositions(positionOf(delivery.sequenceNumber, null), before.position ?? '') > 0,
  );
}

export class Group {
  readonly #evidence: Evidence;
  readonly #sessions: Sessions;
  readonly #processOf = new Map<string, string>();
  readonly #states = new Map<string, 'running' | 'leaving' | 'paused'>();
  readonly #clientIds = new Map<string, string>();
  readonly #sessionOf = new Map<string, { readonly session: string; readonly beaten: boolean }>();
  readonly #shards = new Map<string, ShardWrite['after']>();
  /** Owners that read on without their item: somebody who is no client overwrote it, and they had nothing to commit. */
  readonly #unaware = new Map<string, string>();
  /** Acquires whose item a foreign write took before their answers were heard. */
  readonly #robbed = new Map<string, ShardWrite['after']>();
  /** By `process shard`. */
  readonly #readers = new Set<string>();
  readonly #ended = new Set<string>();
  /** Client ids under which something else than a session stands. */
  readonly #taken = new Set<string>();
  #head: HeadWrite | null = null;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    this.#sessions = new Sessions(evidence.app);
  }

  apply(event: HistoryEvent): Change {
    if (event.kind === 'process') return this.#applyLife(event);
    if (event.kind === 'completed' || event.kind === 'marked' || event.kind === 'notice') {
      return this.#applyReading(event);
    }
    if (event.kind !== 'write') return null;
    const write = shardWriteAt(this.#evidence).get(event.order);
    if (write !== undefined) return this.#applyShard(write);
    const head = headWriteAt(this.#evidence).get(event.order);
    if (head !== undefined) {
      this.#head = head;
      return 'head';
    }
    return this.#applyClient(event);
  }

  #applyShard(write: ShardWrite): Change {
    const { shard, before, after } = write;
    this.#robbed.delete(shard);
    if (write.kind === 'foreign') {
      const reader = [before.owner, this.#unaware.get(shard) ?? null].find(
        (session) => session !== null && this.#reads(session, shard),
      );
      if (reader && !hasToCommit(this.#evidence, write)) this.#unaware.set(shard, reader);
      else this.#unaware.delete(shard);
      if (!reader) this.#robbed.set(shard, before);
      // whoever acquires it next is not heard of either
    } else if (after.owner === this.#unaware.get(shard)) this.#unaware.delete(shard);
    this.#shards.set(shard, after);
    if (after.position === SHARD_END) this.#ended.add(shard);
    return { kind: 'shard', shard };
  }

  #reads(session: string, shard: string): boolean {
    return this.#readers.has(`${this.#processOf.get(session)} ${shard}`);
  }

  /** Who completed something of a shard commits it and learns what became of the item; so does whose reader ended. */
  #applyReading(event: Extract<HistoryEvent, { kind: 'completed' | 'marked' | 'notice' }>): Change {
    if (event.kind === 'notice') {
      const name = `${event.process} ${event.shard}`;
      if (event.name === 'shardStart') {
        this.#readers.add(name);
        return this.#applyStart(event);
      }
      if (event.name !== 'shardEnd') return null;
      this.#readers.delete(name);
    }
    const shard =
      event.kind === 'notice' ? event.shard : shardOfCompletion(this.#evidence).get(event.order);
    const reader = this.#unaware.get(shard ?? '');
    if (shard === undefined || reader === undefined) return null;
    if (this.#processOf.get(reader) !== event.process) return null;
    this.#unaware.delete(shard);
    return { kind: 'shard', shard };
  }

  /** Who reads by an acquire whose item was taken before it was answered does not know either. */
  #applyStart({ process, shard, fence }: Extract<HistoryEvent, { kind: 'notice' }>): Change {
    const acquired = this.#robbed.get(shard ?? '');
    const owner = acquired?.owner ?? null;
    if (shard === undefined || owner === null || acquired?.fence !== fence) return null;
    if (this.#processOf.get(owner) !== process) return null;
    this.#unaware.set(shard, owner);
    return { kind: 'shard', shard };
  }

  #applyLife({ process, clientId, what }: Extract<HistoryEvent, { kind: 'process' }>): Change {
    this.#clientIds.set(process, clientId);
    if (what === 'started') this.#states.set(process, 'running');
    else if (what === 'leaving') this.#states.set(process, 'leaving');
    else if (what === 'left' || what === 'crashed' || what === 'failed') {
      this.#states.delete(process);
    } else if (what === 'paused' && this.#states.get(process) === 'running') {
      this.#states.set(process, 'paused');
    } else if (what === 'resumed' && this.#states.get(process) === 'paused') {
      this.#states.set(process, 'running');
    } else return null;
    return 'members';
  }

  #applyClient(event: Extract<HistoryEvent, { kind: 'write' }>): Change {
    const change = this.#sessions.apply(event);
    if (change === null) return null;
    const { before, after } = change;
    if (after !== null && after !== before && event.process !== null) {
      this.#processOf.set(after, event.process);
    }
    const parsed = event.after === null ? null : parseClient(event.after);
    const clientId = (event.after ?? event.before)?.sk ?? '';
    if (parsed === null || parsed.kind === 'client') this.#taken.delete(clientId);
    else this.#taken.add(clientId);
    const beaten = parsed?.kind === 'client' && parsed.rv >= 1;
    const process = this.#processOf.get(after ?? before ?? '');
    const known = process === undefined ? undefined : this.#sessionOf.get(process);
    if (before !== null && before !== after) {
      const former = this.#processOf.get(before) ?? '';
      if (this.#sessionOf.get(former)?.session === before) this.#sessionOf.delete(former);
    }
    if (after !== null && process !== undefined) {
      this.#sessionOf.set(process, { session: after, beaten });
    }
    return before === after && known?.beaten === beaten ? null : 'members';
  }

  /** Processes that run and do not leave, with what the group knows of each. */
  *running(): Iterable<{
    readonly process: string;
    readonly clientId: string;
    /** With its first answered heartbeat. */
    readonly session: string | null;
  }> {
    for (const [process, state] of this.#states) {
      if (state !== 'running') continue;
      const known = this.#sessionOf.get(process);
      yield {
        process,
        clientId: this.#clientIds.get(process) ?? '',
        session: known?.beaten === true ? known.session : null,
      };
    }
  }

  /** Whether somebody else stands under a client id, as a client of the Go library does. */
  isTaken(clientId: string): boolean {
    return this.#taken.has(clientId);
  }

  isDeserted(): boolean {
    for (const state of this.#states.values()) if (state === 'running') return false;
    return true;
  }

  /** Whether a session stands in the table and its process is there, be it on its way out. */
  isLive(session: string | null): boolean {
    if (session === null || !this.#sessions.stands(session)) return false;
    const state = this.#states.get(this.#processOf.get(session) ?? '');
    return state === 'running' || state === 'leaving';
  }

  head(): HeadWrite | null {
    return this.#head;
  }

  ownerOf(shard: string): string | null {
    return this.#shards.get(shard)?.owner ?? null;
  }

  /** Its owner, or who reads it and can not know yet that a foreign write took its item. */
  readerOf(shard: string): string | null {
    const owner = this.ownerOf(shard);
    return this.isLive(owner) ? owner : (this.#unaware.get(shard) ?? owner);
  }

  /** Also where a foreign write took the end from its item, once the map has it as ended. */
  hasEnded(shard: string): boolean {
    const { passed, closed } = lineageOf(this.#evidence);
    if (this.#shards.get(shard)?.position === SHARD_END || passed.has(shard)) return true;
    return this.#ended.has(shard) && closed.has(shard);
  }

  /** Whether the group has to read a shard now: it has not ended, all its parents have. */
  isActive(shard: string): boolean {
    const parents = lineageOf(this.#evidence).parents.get(shard);
    if (parents === undefined || this.hasEnded(shard)) return false;
    return parents.every((parent) => this.hasEnded(parent));
  }
}

export const clientIdOf = (session: string | null): string | null =>
  session === null ? null : (parseSession(session)?.clientId ?? null);

interface Lineage {
  /** Of every shard, by `stream/shardId`; those that passed their retention are not among them. */
  readonly parents: ReadonlyMap<string, readonly string[]>;
  readonly children: ReadonlyMap<string, readonly string[]>;
  /** Not to be read: they were closed when the group took their stream in at its tip. */
  readonly passed: ReadonlySet<string>;
  /** Those that the newest map has as ended, or that left it as such: a stale listing lacks what is listed. */
  readonly closed: ReadonlySet<string>;
}

/** The shards that Kinesis has, of streams that the group may read. */
export const lineageOf = once((evidence): Lineage => {
  const parents = new Map<string, readonly string[]>();
  const children = new Map<string, string[]>();
  const passed = new Set<string>();
  const closed = new Set<string>();
  for (const [stream, shards] of Object.entries(evidence.shards)) {
    if (!isNewestLife(evidence, stream)) continue;
    const listed = new Set(shards.map(({ shardId }) => shardId));
    for (const { shardId, parentShardId, adjacentParentShardId } of shards) {
      const own = [parentShardId, adjacentParentShardId]
        .filter((id) => id !== null && listed.has(id))
        .map((id) => `${stream}/${id}`);
      parents.set(`${stream}/${shardId}`, own);
      for (const parent of own) {
        children.set(parent, [...(children.get(parent) ?? []), `${stream}/${shardId}`]);
      }
    }
    const maps = mapsOf(evidence).filter(({ map }) => map.stream === stream);
    const epoch = maps.at(-1)?.epoch;
    for (const { map } of maps.filter((write) => write.epoch === epoch)) {
      for (const { shardId, ended } of map.shards) {
        if (ended) closed.add(`${stream}/${shardId}`);
        else closed.delete(`${stream}/${shardId}`);
      }
    }
    for (const first of firstMapsOf(evidence).get(stream) ?? []) {
      for (const shard of first.map.shards) {
        if (shard.ended) passed.add(`${stream}/${shard.shardId}`);
      }
    }
  }
  return { parents, children, passed, closed };
});
