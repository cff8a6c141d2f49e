/** The actors that run in the processes of the feed, with the newest state of each. */
import type { ChartState } from '../../src/feed/chart.ts';
import type { FeedEvent } from '../../src/feed/events.ts';
import { shardKey } from './shard-items.ts';
import type { ActorView } from './view.ts';

type Of<Kind extends FeedEvent['kind']> = Extract<FeedEvent, { kind: Kind }>;

/** An actor, and since when each of its active states is. Never changed, only replaced. */
export interface Actor extends ActorView {
  readonly enteredMs: ReadonlyMap<string, number>;
}

/** Of those that have ended: they show how it ended. */
const KEPT_ACTORS = 50;

const nameOf = (process: string, actorId: string): string => `${process}/${actorId}`;

export class Actors {
  readonly #byName: Map<string, Actor>;
  /** The newest reader of each shard. */
  readonly #readers: Map<string, string>;
  readonly #gone: string[];
  readonly #charts: Map<string, ChartState>;

  constructor(before?: Actors) {
    this.#byName = new Map(before === undefined ? [] : before.#byName);
    this.#readers = new Map(before === undefined ? [] : before.#readers);
    this.#gone = before === undefined ? [] : [...before.#gone];
    this.#charts = before === undefined ? new Map() : before.#charts;
  }

  clone(): Actors {
    return new Actors(this);
  }

  /** All actors are told anew. */
  onlyCharts(): Actors {
    const fresh = new Actors();
    for (const [machine, chart] of this.#charts) fresh.#charts.set(machine, chart);
    return fresh;
  }

  get size(): number {
    return this.#byName.size;
  }

  all(): readonly ActorView[] {
    return [...this.#byName.values()];
  }

  charts(): ReadonlyMap<string, ChartState> {
    return this.#charts;
  }

  /** The actor that reads a shard; undefined: none does here. */
  readerOf(key: string): Actor | undefined {
    const name = this.#readers.get(key);
    return name === undefined ? undefined : this.#byName.get(name);
  }

  /** A chart is the same at all times: copies share them. */
  applyChart({ machine, definition }: Of<'chart'>): void {
    this.#charts.set(machine, definition);
  }

  applyActor(event: Of<'actor'>): void {
    const { process, actorId, parentId, machine, name, stream, shardId, atMs } = event;
    const id = nameOf(process, actorId);
    if (this.#byName.has(id)) return;
    this.#byName.set(id, {
      process,
      actorId,
      parentId,
      machine,
      name,
      stream: stream ?? null,
      shardId: shardId ?? null,
      status: 'unknown',
      value: null,
      activeIds: [],
      last: null,
      context: null,
      atMs,
      sinceMs: null,
      enteredMs: new Map(),
    });
    if (stream !== undefined && shardId !== undefined) {
      this.#readers.set(shardKey(stream, shardId), id);
    }
  }

  /** @returns undefined: of an actor that is not known */
  applyState(event: Of<'state'>): Actor | undefined {
    const { process, actorId, status, value, activeIds, from, sinceMs, context, atMs } = event;
    const id = nameOf(process, actorId);
    const before = this.#byName.get(id);
    if (before === undefined) return undefined;
    const enteredMs = new Map<string, number>();
    for (const each of activeIds) {
      enteredMs.set(each, before.enteredMs.get(each) ?? sinceMs ?? atMs);
    }
    const last = event.event === '' ? null : { event: event.event, from };
    const newest = { status, value, activeIds, last, sinceMs, context, atMs, enteredMs };
    const actor = { ...before, ...newest };
    this.#byName.set(id, actor);
    return actor;
  }

  applyGone({ process, actorId, atMs }: Of<'actorGone'>): void {
    const id = nameOf(process, actorId);
    const before = this.#byName.get(id);
    if (before === undefined) return;
    const ended = before.status === 'done' || before.status === 'error';
    this.#byName.set(id, { ...before, status: ended ? before.status : 'stopped', atMs });
    if (before.stream !== null && before.shardId !== null) {
      const key = shardKey(before.stream, before.shardId);
      if (this.#readers.get(key) === id) this.#readers.delete(key);
    }
    this.#gone.push(id);
    if (this.#gone.length > KEPT_ACTORS) this.#byName.delete(this.#gone.shift() ?? '');
  }
}
