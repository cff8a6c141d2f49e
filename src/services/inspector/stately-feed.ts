/** The actors of this process for tools of Stately: all of them, promises too, event by event. */
import type { Clock } from '../../machines/ports.ts';
import type { ActorShape, Inspected, RootActorShape } from './actor-feed.ts';
import type { Taker } from './event-stream.ts';
import { Bell } from './bell.ts';
import { statelyEventOf, type StatelyEvent } from './stately-events.ts';

/** Events that wait for a slow reader, by reference; one that has more begins anew. */
const MAX_WAITING = 2_000;
/** Each may be a snapshot with all that a client knows: few in one turn of the event loop. */
const MAX_EVENTS = 25;

/** Of all that XState tells, what the protocol has words for. */
const TOLD: ReadonlySet<string> = new Set(['@xstate.actor', '@xstate.event', '@xstate.snapshot']);

/** The systems of actors that run, and those who read them. */
export class StatelyFeed {
  readonly #clock: Clock;
  readonly #roots = new Set<RootActorShape>();
  readonly #readers = new Set<StatelyReader>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns takes it off again */
  add(root: RootActorShape): () => void {
    this.#roots.add(root);
    for (const reader of this.#readers) reader.add(root);
    return () => {
      this.#roots.delete(root);
      for (const reader of this.#readers) reader.remove(root);
    };
  }

  subscribe(): Taker<StatelyEvent> {
    const reader: StatelyReader = new StatelyReader(this.#clock, () => {
      this.#readers.delete(reader);
    });
    this.#readers.add(reader);
    for (const root of this.#roots) reader.add(root);
    return reader;
  }

  close(): void {
    for (const reader of this.#readers) reader.close();
  }
}

type Life = 'fresh' | 'following' | 'closed';

class StatelyReader implements Taker<StatelyEvent> {
  readonly #clock: Clock;
  readonly #onClose: () => void;
  readonly #observed = new Map<RootActorShape, { unsubscribe(): void }>();
  readonly #bell = new Bell();
  #life: Life = 'fresh';
  #waiting: Inspected[] = [];
  /** How many may wait: the actors that lived at first are told in any case. */
  #limit = 0;

  constructor(clock: Clock, onClose: () => void) {
    this.#clock = clock;
    this.#onClose = onClose;
  }

  get closed(): boolean {
    return this.#life === 'closed';
  }

  get pending(): boolean {
    return this.#life === 'fresh' || this.#waiting.length > 0;
  }

  add(root: RootActorShape): void {
    if (this.#life === 'following') this.#register(root);
    this.#observed.set(
      root,
      root.system.inspect((event) => this.#inspected(event)),
    );
  }

  remove(root: RootActorShape): void {
    this.#observed.get(root)?.unsubscribe();
    this.#observed.delete(root);
  }

  take(): StatelyEvent[] {
    if (this.closed) return [];
    if (this.#life === 'fresh') this.#begin();
    const wallMs = Math.trunc(this.#clock.wallMs());
    return this.#waiting
      .splice(0, MAX_EVENTS)
      .flatMap((inspected) => statelyEventOf(inspected, wallMs) ?? []);
  }

  ready(): Promise<void> {
    return this.closed || this.pending ? Promise.resolve() : this.#bell.rung();
  }

  close(): void {
    if (this.closed) return;
    this.#life = 'closed';
    this.#waiting = [];
    for (const root of this.#observed.keys()) this.remove(root);
    this.#onClose();
    this.#bell.ring();
  }

  #begin(): void {
    this.#life = 'following';
    for (const root of this.#observed.keys()) this.#register(root);
    this.#limit = this.#waiting.length + MAX_WAITING;
  }

  #inspected(event: Inspected): void {
    // whoever has not begun is told of what lives when it does
    if (this.#life !== 'following' || !TOLD.has(event.type)) return;
    if (this.#waiting.length >= this.#limit) {
      this.#waiting = [];
      this.#life = 'fresh';
      return;
    }
    this.#waiting.push(event);
    this.#bell.ring();
  }

  /** Tells of the actors that live, with their newest snapshots. */
  #register(actor: ActorShape, rootId = actor.sessionId): void {
    this.#waiting.push({ type: '@xstate.actor', actorRef: actor, rootId });
    const snapshot = actor.getSnapshot();
    if (typeof snapshot !== 'object' || snapshot === null || !('children' in snapshot)) return;
    const children = snapshot.children as Readonly<Record<string, ActorShape | undefined>>;
    for (const child of Object.values(children)) {
      if (child !== undefined) this.#register(child, rootId);
    }
    this.#bell.ring();
  }
}
