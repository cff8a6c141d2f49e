/**
 * One reader of a feed. It takes when it can; what happens meanwhile waits in bounded memory, of an actor only that it
 * has changed. A reader that is too slow begins anew: it is told how much it missed, and what stands.
 */
import type {
  ActorGoneEvent,
  FeedEvent,
  FeedHeader,
  FeedLine,
  Placed,
  StateEvent,
} from '../../feed/events.ts';
import { Bell } from './bell.ts';
import type { LiveActor } from './live-actor.ts';

/** All that a reader has to know who knows nothing; in no order. */
interface Beginning {
  readonly header: FeedHeader;
  readonly stands: readonly FeedEvent[];
  readonly recent: readonly FeedEvent[];
  readonly actors: readonly LiveActor[];
}

interface SubscriptionOptions {
  readonly begin: () => Beginning;
  readonly tick: () => void;
  readonly place: () => Placed;
  readonly nowMs: () => number;
  readonly onClose: () => void;
}

/** Events that wait for a slow reader, at most. */
const MAX_WAITING = 5_000;

/** Lines of one message: enough for a group, and no turn of the event loop is long. */
const MAX_LINES = 200;

type Phase =
  /** Knows nothing yet, or not any more. */
  | { readonly kind: 'fresh'; readonly dropped: number | null }
  | { readonly kind: 'following' }
  | { readonly kind: 'closed' };

export class Subscription {
  readonly #options: SubscriptionOptions;
  #phase: Phase = { kind: 'fresh', dropped: null };
  /** In their order; taken from `#head` on. */
  #waiting: FeedEvent[] = [];
  #head = 0;
  /** Where in `#waiting` that ends which stood when it began. */
  #begun = 0;
  /** The newest event that was taken. */
  #last: Placed = { atMs: 0, order: -1 };
  readonly #changed = new Set<LiveActor>();
  readonly #bell = new Bell();
  #askedMs: number;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#askedMs = options.nowMs();
  }

  /** When it last wanted to know more, in the time of the feed: one that stands still does not ask. */
  get askedMs(): number {
    return this.#askedMs;
  }

  get closed(): boolean {
    return this.#phase.kind === 'closed';
  }

  /** Whether `take` would give more at once. */
  get pending(): boolean {
    return this.#phase.kind === 'fresh' || this.#head < this.#waiting.length;
  }

  /**
   * The next lines, in their order; none: nothing has happened. States of actors come last, so that they are as new as
   * can be; those that find no room are given next time.
   */
  take(maxLines = MAX_LINES): FeedLine[] {
    if (this.#phase.kind === 'closed') return [];
    this.#askedMs = this.#options.nowMs();
    this.#options.tick();
    const lines: FeedLine[] = [];
    if (this.#phase.kind === 'fresh') this.#begin(this.#phase.dropped, lines);
    const end = Math.min(this.#waiting.length, this.#head + maxLines);
    for (; this.#head < end; this.#head += 1) {
      const event = this.#waiting[this.#head];
      if (event === undefined) continue;
      lines.push(event);
      // what stands may be older than what was taken before
      if ((event.order ?? 0) > this.#last.order) this.#last = placeOf(event);
    }
    if (this.#head === this.#waiting.length) {
      this.#emptied();
      for (const actor of this.#changed) {
        if (lines.length >= maxLines) break;
        this.#changed.delete(actor);
        lines.push(stateOf(actor, this.#options.place()));
      }
    }
    return lines;
  }

  /** Resolves as soon as there is something to take, or the reader is closed. */
  ready(): Promise<void> {
    this.#askedMs = this.#options.nowMs();
    if (this.closed || this.pending || this.#changed.size > 0) return Promise.resolve();
    return this.#bell.rung();
  }

  close(): void {
    if (this.closed) return;
    this.#phase = { kind: 'closed' };
    this.#forget();
    this.#options.onClose();
    this.stir();
  }

  // ---------------------------------------------------------------- from the hub

  told(event: FeedEvent): void {
    // whoever has not begun is told what stands when it does
    if (this.#phase.kind !== 'following') return;
    // what it was told at first may be more, and does not count
    const waiting = this.#waiting.length - Math.max(this.#head, this.#begun);
    if (waiting >= MAX_WAITING) {
      this.#phase = { kind: 'fresh', dropped: waiting + 1 };
      this.#forget();
      return;
    }
    this.#waiting.push(event);
    this.stir();
  }

  changed(actor: LiveActor): void {
    if (this.#phase.kind !== 'following') return;
    this.#changed.add(actor);
    this.stir();
  }

  ended(actor: LiveActor, gone: ActorGoneEvent): void {
    if (this.#phase.kind !== 'following') return;
    this.#changed.delete(actor);
    this.told(stateOf(actor, gone));
    this.told({ ...gone, ...this.#options.place() });
  }

  stir(): void {
    this.#bell.ring();
  }

  // ---------------------------------------------------------------- inside

  #begin(dropped: number | null, lines: FeedLine[]): void {
    const { header, stands, recent, actors } = this.#options.begin();
    const { atMs, order } = this.#last;
    if (dropped === null) lines.push(header);
    else lines.push({ kind: 'dropped', count: dropped, atMs, order: Math.max(0, order) });
    // what stands is told in any case, of the past only what was not told before
    const past = recent.filter((event) => (event.order ?? 0) > order);
    const events = new Set([...stands, ...past]);
    this.#waiting = [...events].sort((one, other) => (one.order ?? 0) - (other.order ?? 0));
    this.#begun = this.#waiting.length;
    for (const actor of actors) this.#changed.add(actor);
    this.#phase = { kind: 'following' };
  }

  #forget(): void {
    this.#emptied();
    this.#changed.clear();
  }

  #emptied(): void {
    this.#waiting = [];
    this.#head = 0;
    this.#begun = 0;
  }
}

const placeOf = ({ atMs, order }: FeedEvent): Placed => ({ atMs, order: order ?? 0 });

const stateOf = (actor: LiveActor, { atMs, order }: Placed): StateEvent => {
  const { process, actorId } = actor.event;
  return { kind: 'state', process, actorId, ...actor.read(), atMs, order };
};
