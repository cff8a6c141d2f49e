/**
 * The hub of a feed: sources publish what happens, readers take it at their own pace. It keeps what stands, a little of
 * the past, and the actors that live, so that whoever comes late is told all of it at once. It has no timer, and makes
 * no JSON: readers ask for what there is.
 */
import type { ChartState } from '../../feed/chart.ts';
import type { ActorEvent, FeedEvent, FeedHeader, Unplaced } from '../../feed/events.ts';
import type { ActorState, LiveActor } from './live-actor.ts';
import { Recent } from './recent.ts';
import { Standing } from './standing.ts';
import { Subscription } from './subscription.ts';

/** What a hub is told of an actor that lives. */
export interface ActorHandle {
  /** It has another state: that is read when somebody takes it. */
  changed(): void;
  /** It has ended; its last state is read now. */
  gone(): void;
}

export interface FeedHubOptions {
  /** The first line of the feed; read when a reader begins. */
  readonly header: () => Omit<FeedHeader, 'kind' | 'version'>;
  /** Milliseconds since the beginning of the feed; never goes back. */
  readonly nowMs: () => number;
}

/** Something that is only worth its cost while somebody reads. One that throws is told as an error, and asked no more. */
export interface FeedSource {
  /** Somebody reads. @returns ends it: nobody does any more */
  open(): () => void;
  /** Called whenever a reader takes, so that what is counted can be told in good time. */
  tick?(nowMs: number): void;
}

/**
 * One feed and its readers.
 *
 * @example
 * const hub = new FeedHub({ header: () => ({ source: 'process', app, scenario: null }), nowMs });
 * hub.publish({ kind: 'process', process: 'p1', clientId: 'worker', what: 'started' });
 * const reader = hub.subscribe();
 * const lines = reader.take();
 */
export class FeedHub {
  readonly #options: FeedHubOptions;
  readonly #standing = new Standing();
  readonly #recent = new Recent();
  readonly #actors = new Map<string, LiveActor>();
  readonly #charts = new Set<string>();
  readonly #readers = new Set<Subscription>();
  /** With what ends each, while somebody reads. */
  readonly #sources = new Map<FeedSource, (() => void) | null>();
  #order = 0;

  constructor(options: FeedHubOptions) {
    this.#options = options;
  }

  /** Whether anybody reads. */
  get watched(): boolean {
    return this.#readers.size > 0;
  }

  /**
   * When a reader last asked for more; null: there is none. Whoever has a page open that is frozen does not ask, though
   * it is connected; one that reads asks at least four times a minute, also where nothing happens.
   */
  get askedMs(): number | null {
    if (!this.watched) return null;
    return Math.max(...Array.from(this.#readers, ({ askedMs }) => askedMs));
  }

  nowMs(): number {
    return this.#options.nowMs();
  }

  /** Tells all readers, and keeps what a later one has to know. */
  publish(event: Unplaced<FeedEvent>): void {
    switch (event.kind) {
      case 'actor':
        this.#published(event);
        break;
      case 'state':
        this.#actors.get(actorKey(event))?.replace(event);
        break;
      case 'actorGone':
        this.#gone(this.#actors.get(actorKey(event)));
        break;
      default:
        this.#tell(event);
    }
  }

  /**
   * An actor lives.
   *
   * @param read gives its newest state; called only when a reader takes it
   */
  actor(actor: Unplaced<ActorEvent>, read: () => ActorState): ActorHandle {
    const live = this.#began(actor, read);
    return { changed: () => this.#changed(live), gone: () => this.#gone(live) };
  }

  /** What a machine is; told once. */
  chart(machine: string, chartOf: () => ChartState): void {
    if (this.#charts.has(machine)) return;
    this.#charts.add(machine);
    this.publish({ kind: 'chart', machine, definition: chartOf() });
  }

  /** @returns takes it off again */
  source(source: FeedSource): () => void {
    this.#sources.set(source, null);
    if (this.watched) this.#open(source);
    return () => {
      this.#end(source);
      this.#sources.delete(source);
    };
  }

  /** Something is to be told that is not published yet: readers take, and sources are asked. */
  stir(): void {
    for (const reader of this.#readers) reader.stir();
  }

  /** A reader that begins now. It has to be closed: sources are open as long as there is one. */
  subscribe(): Subscription {
    const reader: Subscription = new Subscription({
      begin: () => this.#begin(),
      tick: () => this.#tick(),
      place: () => this.#place(),
      nowMs: this.#options.nowMs,
      onClose: () => this.#left(reader),
    });
    this.#readers.add(reader);
    if (this.#readers.size === 1) {
      for (const source of this.#sources.keys()) this.#open(source);
    }
    return reader;
  }

  /** Ends all readers. */
  close(): void {
    for (const reader of this.#readers) reader.close();
  }

  // ---------------------------------------------------------------- inside

  #place(): { readonly atMs: number; readonly order: number } {
    return { atMs: this.#options.nowMs(), order: this.#order++ };
  }

  #tell(unplaced: Unplaced<FeedEvent>): void {
    const event = { ...unplaced, ...this.#place() } as FeedEvent;
    this.#standing.note(event);
    this.#recent.note(event);
    for (const reader of this.#readers) reader.told(event);
  }

  /** An actor of another process, whose states are published. */
  #published(event: Unplaced<ActorEvent>): void {
    let state = UNTOLD;
    const live = this.#began(
      event,
      () => state,
      ({ kind: _, process: __, actorId: ___, ...newest }) => {
        state = newest;
        this.#changed(live);
      },
    );
  }

  #began(
    actor: Unplaced<ActorEvent>,
    read: () => ActorState,
    replace: LiveActor['replace'] = () => {},
  ): LiveActor {
    const live: LiveActor = { event: { ...actor, ...this.#place() }, read, replace };
    this.#actors.set(actorKey(actor), live);
    for (const reader of this.#readers) {
      reader.told(live.event);
      reader.changed(live);
    }
    return live;
  }

  #changed(live: LiveActor): void {
    for (const reader of this.#readers) reader.changed(live);
  }

  #gone(live: LiveActor | undefined): void {
    if (live === undefined || this.#actors.get(actorKey(live.event)) !== live) return;
    this.#actors.delete(actorKey(live.event));
    const { process, actorId } = live.event;
    for (const reader of this.#readers) {
      reader.ended(live, { kind: 'actorGone', process, actorId, ...this.#place() });
    }
  }

  #begin() {
    const actors = [...this.#actors.values()];
    const header: FeedHeader = { kind: 'trace', version: 1, ...this.#options.header() };
    const stands = [...this.#standing.events(), ...actors.map(({ event }) => event)];
    return { header, stands, recent: this.#recent.events(), actors };
  }

  #tick(): void {
    const nowMs = this.#options.nowMs();
    for (const source of this.#sources.keys()) this.#ask(source, () => source.tick?.(nowMs));
  }

  #open(source: FeedSource): void {
    this.#ask(source, () => void this.#sources.set(source, source.open()));
  }

  #end(source: FeedSource): void {
    const end = this.#sources.get(source) ?? null;
    if (end === null) return;
    this.#sources.set(source, null);
    this.#ask(source, end);
  }

  /** What a source throws would go into whoever began to read, or has stopped, and leave others open for nobody. */
  #ask(source: FeedSource, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#end(source);
      this.#sources.delete(source);
      const detail = `InvariantBroken: A source of the feed threw: ${String(error)}`;
      this.publish({ kind: 'notice', process: 'inspector', name: 'error', detail });
    }
  }

  #left(reader: Subscription): void {
    if (!this.#readers.delete(reader) || this.watched) return;
    for (const source of this.#sources.keys()) this.#end(source);
  }
}

const UNTOLD: ActorState = {
  status: 'active',
  value: null,
  activeIds: [],
  event: '',
  from: [],
  sinceMs: null,
  context: null,
};

const actorKey = (actor: { readonly process: string; readonly actorId: string }): string =>
  `${actor.process} ${actor.actorId}`;
