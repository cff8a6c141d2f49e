/** Histories written by hand, event by event, with the writes that the library would send. */
import type { Key, ListedShard, Write } from '../../src/machines/ports.ts';
import { checkpointKey, planRefOf } from '../../src/machines/rules/keys.ts';
import type { MapShard } from '../../src/machines/rules/lineage.ts';
import { encodeMap } from '../../src/machines/rules/map-codec.ts';
import { NOT_STARTED, positionOf, type StreamStart } from '../../src/machines/rules/positions.ts';
import {
  acquire,
  commit,
  createClient,
  endShard,
  expel,
  heartbeat,
  publishHead,
  putMap,
  putPlanPart,
  release,
} from '../../src/machines/rules/writes.ts';
import { MemoryTable } from '../../src/services/memory/index.ts';
import type { Checker } from '../../src/simulation/checkers/evidence.ts';
import { Recorder, type Evidence, type Pace } from '../../src/simulation/history.ts';

export const APP = 'a';
export const STREAM = 's';

export const PACE: Pace = {
  heartbeatIntervalMs: 1_000,
  ttlMs: 4_000,
  pollIntervalMs: 500,
  commitIntervalMs: 1_000,
  drainTimeoutMs: 5_000,
  closeTimeoutMs: 10_000,
  scanIntervalMs: 600,
  handlerMs: 300,
  roundTripMs: 20,
  requestTimeoutMs: 1_000,
  stragglerMs: 0,
  staleMs: 0,
  clockError: 0,
};

type Note = Parameters<Recorder['note']>[0];
type ProcessNote = Extract<Note, { kind: 'process' }>;

interface MapEntry {
  readonly parents?: readonly string[];
  readonly ended?: boolean;
  /** Where it is not as the versions of the map say. */
  readonly origin?: MapShard['origin'];
}

const CREATED_AT_MS = 1;
const hex = (index: number): string => String(index * 1_000);

/** The position behind the n-th record of a shard, from 1. */
export const behind = (n: number): string => positionOf(String(n), null);

/** Writes a history in the order of the calls. Each process has the client id of its name. */
export class HandMade {
  readonly #table = new MemoryTable();
  readonly #recorder: Recorder;
  readonly #beats = new Map<string, number>();
  readonly #fences = new Map<string, number>();
  readonly #live = new Set<string>();
  #nowMs = 0;
  #calls = 0;
  #generation = 0;
  #mapVersion = 0;
  /** The shards of its first version. */
  #firsts: ReadonlySet<string> = new Set();
  #listed: readonly ListedShard[] = [];

  constructor() {
    this.#recorder = new Recorder(() => this.#nowMs);
    this.#table.onWrite(({ before, after, write, client }) =>
      this.#recorder.note({ kind: 'write', process: client, before, after, write }),
    );
  }

  /** True time goes on to this. */
  at(second: number): this {
    this.#nowMs = second * 1_000;
    return this;
  }

  note(event: Note): this {
    this.#recorder.note(event);
    return this;
  }

  /** @throws where the table refuses it: such a history could not be */
  write(process: string, write: Write): this {
    const { result } = this.#table.write(write, process);
    if (result.kind !== 'applied') throw new Error(`${process}: ${JSON.stringify(result)}`);
    return this;
  }

  /** A write without a condition. */
  set(process: string, key: Key, set: Record<string, string | number>): this {
    return this.write(process, { kind: 'update', key, set, when: [] });
  }

  /** An operator's edit of a shard's item; null: its deletion. */
  operator(shardId: string, item: Record<string, string | number> | null): this {
    const key = checkpointKey(APP, STREAM, shardId);
    if (item === null) this.#table.remove(key);
    else this.#table.put({ ...key, ...item });
    return this;
  }

  /** An operator's deletion of any item. */
  operatorRemoves(key: Key): this {
    this.#table.remove(key);
    return this;
  }

  quiet(): this {
    return this.note({ kind: 'quiet' });
  }

  // -------------------------------------------------------------- processes

  life(process: string, what: ProcessNote['what'], more: Partial<ProcessNote> = {}): this {
    if (what === 'started') this.#live.add(process);
    if (['left', 'crashed', 'failed', 'leaving'].includes(what)) this.#live.delete(process);
    return this.note({ kind: 'process', process, clientId: process, what, ...more });
  }

  /** Starts a process and registers it. */
  starts(process: string): this {
    this.life(process, 'started');
    return this.registers(process);
  }

  registers(process: string): this {
    const fields = { clientId: process, nonce: process, ttlMs: PACE.ttlMs, streamsHash: 'h' };
    this.write(process, createClient(APP, fields));
    this.#beats.set(process, 0);
    this.beats(process);
    return this.note({ kind: 'notice', process, name: 'ready' });
  }

  beats(process: string, state: 'active' | 'leaving' = 'active'): this {
    return this.sendsBeat(process, state).hearsBeat(process, this.#nowMs / 1_000);
  }

  /** A heartbeat that is carried out; its answer is another matter. */
  sendsBeat(process: string, state: 'active' | 'leaving' = 'active'): this {
    const acknowledged = this.#beats.get(process) ?? 0;
    this.#beats.set(process, acknowledged + 1);
    const fields = { state, streamsHash: 'h', endedCount: 0 };
    return this.write(process, heartbeat(APP, process, process, acknowledged, fields));
  }

  /** The answer to the heartbeat of an instant. */
  hearsBeat(process: string, sentSecond: number): this {
    const session = sessionOf(process);
    return this.note({ kind: 'heartbeat', process, session, sentMs: sentSecond * 1_000 });
  }

  /** Each of them heartbeats each second until then. */
  beatUntil(second: number, ...processes: readonly string[]): this {
    for (let nowS = this.#nowMs / 1_000 + 1; nowS <= second; nowS++) {
      this.at(nowS);
      for (const process of processes) this.beats(process);
    }
    return this.at(second);
  }

  expels(process: string, other: string): this {
    return this.write(process, expel(APP, other, other, this.#beats.get(other) ?? 0));
  }

  // -------------------------------------------------------------- plans

  /** The next version of the map, and what Kinesis lists. */
  map(
    process: string,
    shards: Readonly<Record<string, MapEntry>>,
    startMs?: number,
    createdAtMs = CREATED_AT_MS,
  ): this {
    const version = this.#mapVersion + 1;
    if (version === 1) this.#firsts = new Set(Object.keys(shards));
    const entries = Object.entries(shards).map(
      ([shardId, { parents = [], ended = false, origin }], index): MapShard => ({
        shardId,
        parents,
        startHash: hex(index),
        endHash: hex(index + 1),
        closed: ended,
        ended,
        origin: origin ?? (this.#firsts.has(shardId) ? 'first' : 'later'),
      }),
    );
    this.#listed = entries.map(({ shardId, parents, startHash, endHash, closed }) => ({
      shardId,
      parentShardId: parents[0] ?? null,
      adjacentParentShardId: parents[1] ?? null,
      startingHashKey: startHash,
      endingHashKey: endHash,
      closed,
    }));
    const start: StreamStart =
      startMs === undefined
        ? { kind: 'trimHorizon' }
        : { kind: 'atTimestamp', timestampMs: startMs };
    const map = { stream: STREAM, version, createdAtMs, start, shards: entries };
    this.write(process, putMap(encodeMap(APP, map, 'x').item, version === 1 ? null : version - 1));
    this.#mapVersion = version;
    return this;
  }

  /** The first version again, at an instant. */
  mapAnew(
    process: string,
    shards: Readonly<Record<string, MapEntry>>,
    startMs?: number,
    createdAtMs = CREATED_AT_MS,
  ): this {
    this.#mapVersion = 0;
    return this.map(process, shards, startMs, createdAtMs);
  }

  /** The first generation again. */
  publishesFirst(process: string, firsts: Readonly<Record<string, string | null>>): this {
    this.#generation = 0;
    return this.publishes(process, firsts, 'again');
  }

  /** The next generation, led by its publisher: of each member the first of its shards, in their order. */
  publishes(
    process: string,
    firsts: Readonly<Record<string, string | null>>,
    nonce = process,
  ): this {
    return this.plans(process, firsts, nonce).names(process, nonce);
  }

  /** Its plan alone. */
  plans(process: string, firsts: Readonly<Record<string, string | null>>, nonce: string): this {
    const generation = this.#generation + 1;
    const planRef = planRefOf(generation, nonce);
    const leader = sessionOf(process);
    const plan = {
      gen: generation,
      planId: planRef,
      leader,
      members: Object.keys(firsts).map((id) => ({
        clientId: id,
        session: sessionOf(id),
        streamsHash: 'h',
      })),
      assignor: 'sticky-range',
      tolerance: 0,
      streams: {
        [STREAM]: {
          mapVersion: this.#mapVersion,
          ranges: Object.entries(firsts).map(([clientId, first]) => ({ clientId, first })),
        },
      },
    };
    return this.write(process, putPlanPart(APP, planRef, 0, 1, JSON.stringify(plan)));
  }

  /** The head that names a plan of the next generation. */
  names(process: string, nonce: string): this {
    const generation = this.#generation + 1;
    const planRef = planRefOf(generation, nonce);
    const leader = sessionOf(process);
    const next = { generation, leader, planRef };
    this.write(process, publishHead(APP, generation === 1 ? null : generation - 1, next));
    this.#generation = generation;
    return this;
  }

  /** A client takes the newest generation. */
  adopts(process: string): this {
    return this.note({
      kind: 'notice',
      process,
      name: 'rebalance',
      detail: String(this.#generation),
    });
  }

  // -------------------------------------------------------------- shards

  takes(process: string, shardId: string, fence = this.fenceOf(shardId) + 1): this {
    return this.acquires(process, shardId, fence).reader(process, 'shardStart', shardId, fence);
  }

  /** An acquire whose answer is still on its way. */
  acquires(process: string, shardId: string, fence: number): this {
    const key = checkpointKey(APP, STREAM, shardId);
    const stands = this.#table.get(key);
    const owner = stands?.['lease_owner'];
    const sequenceNumber = stands?.['sequence_number'];
    const left = typeof sequenceNumber === 'string' ? sequenceNumber : null;
    const first = left === null ? NOT_STARTED : positionOf(left, null);
    const fields = {
      session: sessionOf(process),
      fence,
      ownerAsRead: typeof owner === 'string' ? owner : null,
      fenceAsRead: typeof stands?.['fence'] === 'number' ? stands['fence'] : null,
      firstPosition: stands?.['position'] === undefined ? first : null,
      sequenceNumberAsRead: left,
    };
    this.write(process, acquire(APP, STREAM, shardId, fields));
    this.#fences.set(shardId, fence);
    return this;
  }

  commits(process: string, shardId: string, position: string): this {
    const fence = this.fenceOf(shardId);
    return this.write(process, commit(APP, STREAM, shardId, sessionOf(process), fence, position));
  }

  givesBack(process: string, shardId: string, position: string, reason = 'moved'): this {
    const fence = this.fenceOf(shardId);
    this.write(process, release(APP, STREAM, shardId, sessionOf(process), fence, position));
    return this.reader(process, 'shardEnd', shardId, fence, reason);
  }

  ends(process: string, shardId: string): this {
    const fence = this.fenceOf(shardId);
    this.write(process, endShard(APP, STREAM, shardId, sessionOf(process), fence));
    return this.reader(process, 'shardEnd', shardId, fence, 'closed');
  }

  reader(
    process: string,
    name: 'shardStart' | 'shardEnd',
    shardId: string,
    fence: number,
    detail = '',
  ): this {
    const shard = `${STREAM}/${shardId}`;
    return this.note({ kind: 'notice', process, name, shard, fence, detail });
  }

  fenceOf(shardId: string): number {
    return this.#fences.get(shardId) ?? 0;
  }

  // -------------------------------------------------------------- records

  /** The n-th record of a shard, of a key of its own. */
  puts(shardId: string, n: number): this {
    const sequenceNumber = String(n);
    const record = { stream: STREAM, shardId, sequenceNumber, key: shardId, n };
    return this.note({ kind: 'put', ...record, arrivalMs: this.#nowMs });
  }

  /** Records enter a handler in one call, which comes back at once or never. */
  delivers(
    process: string,
    shardId: string,
    records: readonly number[],
    end: 'completes' | 'hangs' = 'completes',
    fence = this.fenceOf(shardId),
  ): this {
    const call = this.#calls++;
    for (const n of records) {
      const record = { stream: STREAM, shardId, fence, sequenceNumber: String(n) };
      this.note({ kind: 'delivered', process, call, ...record, key: shardId, n });
    }
    return end === 'hangs' ? this : this.note({ kind: 'completed', process, call });
  }

  // -------------------------------------------------------------- the end

  until(second: number, overrides: Partial<Evidence> = {}): Evidence {
    this.at(second);
    return {
      app: APP,
      events: [...this.#recorder.events],
      shards: { [STREAM]: this.#listed },
      items: this.#table.items(),
      live: [...this.#live],
      trustMs: 3_000,
      pace: PACE,
      endMs: this.#nowMs,
      ...overrides,
    };
  }
}

export const sessionOf = (process: string): string => `${process}/${process}`;
export const keyOfShard = (shardId: string): Key => checkpointKey(APP, STREAM, shardId);

/** Invariants that a checker finds broken, with the names of their anomalies. */
export const found = (check: Checker, evidence: Evidence): readonly string[] =>
  check(evidence).map(({ invariant, anomaly }) =>
    anomaly === undefined ? invariant : `${invariant} ${anomaly}`,
  );

/** Two clients and two shards, one each; p leads. The quiet phase begins at 10 s, and with it the bounds at 11 s. */
export const pair = (): HandMade =>
  new HandMade()
    .starts('p')
    .map('p', { '0': {}, '1': {} })
    .publishes('p', { p: '0' })
    .starts('q')
    .publishes('p', { p: '0', q: '1' })
    .takes('p', '0')
    .takes('q', '1')
    .beatUntil(10, 'p', 'q')
    .quiet();
