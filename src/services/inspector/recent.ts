/**
 * The events of the last time, in bounded memory: whoever begins to read a feed later sees a little of the past too.
 * What happens often must not push out what happens seldom, so that each has a ring of its own; plans and maps are
 * large, so that few are kept.
 */
import type { FeedEvent } from '../../feed/events.ts';

const KEPT = { often: 10_000, seldom: 5_000, large: 16 } as const;

type Class = keyof typeof KEPT;

export class Recent {
  readonly #rings: Readonly<Record<Class, Ring>> = {
    often: new Ring(KEPT.often),
    seldom: new Ring(KEPT.seldom),
    large: new Ring(KEPT.large),
  };

  note(event: FeedEvent): void {
    const kind = classOf(event);
    if (kind !== null) this.#rings[kind].push(event);
  }

  /** In no order. */
  events(): readonly FeedEvent[] {
    return Object.values(this.#rings).flatMap((ring) => ring.events());
  }
}

/** null: not kept, since it says nothing about the past. */
function classOf(event: FeedEvent): Class | null {
  switch (event.kind) {
    case 'chart':
    case 'actor':
    case 'state':
    case 'actorGone':
    case 'dropped':
      return null;
    case 'plan':
    case 'map':
      return 'large';
    case 'put':
    case 'delivered':
    case 'completed':
    case 'marked':
    case 'threw':
    case 'flow':
    case 'heartbeat':
    case 'usage':
    case 'member':
      return 'often';
    case 'shard':
      return event.change === 'committed' || event.change === 'other' ? 'often' : 'seldom';
    case 'notice':
      return event.name === 'commit' ? 'often' : 'seldom';
    default:
      return 'seldom';
  }
}

/** The last so many. */
class Ring {
  readonly #capacity: number;
  readonly #events: FeedEvent[] = [];
  /** Where the next one goes, once it is full: the oldest stands there. */
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(event: FeedEvent): void {
    this.#events[this.#next] = event;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  events(): readonly FeedEvent[] {
    return this.#events;
  }
}
