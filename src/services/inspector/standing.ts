/**
 * What stands, as the events that said so: of each thing the newest. Whoever begins to read a feed later is told this
 * first. As large as the group, and no larger with time.
 */
import type { FeedEvent, NoticeEvent, ProcessEvent } from '../../feed/events.ts';

/** The plan that stands and the one before it, from which shards move. */
const KEPT_PLANS = 2;

export class Standing {
  readonly #events = new Map<string, FeedEvent>();
  /** Names of the newest plans that a generation named, the newest last. */
  #plans: readonly string[] = [];

  note(event: FeedEvent): void {
    const key = keyOf(event);
    if (key !== null && isEnd(event)) this.#events.delete(key);
    else if (key !== null) this.#events.set(key, event);
    if (event.kind === 'generation') this.#named(event.planRef);
    if (event.kind === 'notice' && event.name === 'shardEnd') this.#ended(event);
    if ('process' in event && isEnd(event)) this.#left(event.process);
  }

  events(): readonly FeedEvent[] {
    return [...this.#events.values()];
  }

  /** Plans that no generation names any more, and never will. */
  #named(planRef: string): void {
    this.#plans = [...this.#plans.filter((plan) => plan !== planRef), planRef].slice(-KEPT_PLANS);
    const oldest = this.#plans[0] ?? planRef;
    for (const [key, event] of this.#events) {
      // references of plans sort by their generation
      if (event.kind === 'plan' && event.planRef < oldest) this.#events.delete(key);
    }
  }

  /** What a client said of a shard that it reads no more. */
  #ended({ process, shard }: NoticeEvent): void {
    this.#events.delete(`shardStart ${process} ${shard}`);
    this.#events.delete(`commit ${process} ${shard}`);
    this.#events.delete(`flow ${process} ${shard}`);
    this.#events.delete(`error ${process} ${shard}`);
  }

  #left(process: string): void {
    for (const [key, event] of this.#events) {
      if ('process' in event && event.process === process) this.#events.delete(key);
    }
  }
}

const LEFT: ReadonlySet<ProcessEvent['what']> = new Set(['left', 'crashed', 'failed']);

/** Whether the event says that the thing is no more. */
const isEnd = (event: FeedEvent): boolean =>
  (event.kind === 'member' && event.state === 'gone') ||
  (event.kind === 'shard' && event.change === 'deleted') ||
  (event.kind === 'notice' && event.name === 'close') ||
  (event.kind === 'process' && LEFT.has(event.what));

/** What an event is about; null: about nothing that stands. */
function keyOf(event: FeedEvent): string | null {
  switch (event.kind) {
    case 'member':
      return `member ${event.clientId}`;
    case 'generation':
    case 'table':
      return event.kind;
    case 'plan':
      return `plan ${event.planRef}`;
    case 'map':
      return `map ${event.stream}`;
    case 'shard':
      return `shard ${event.stream}/${event.shardId}`;
    case 'unreadable':
      return `unreadable ${event.pk}/${event.sk}`;
    case 'process':
    case 'setup':
    case 'refreshed':
    case 'handler':
    case 'usage':
      return `${event.kind} ${event.process}`;
    case 'flow':
      return `flow ${event.process} ${event.stream}/${event.shardId}`;
    case 'chart':
      return `chart ${event.machine}`;
    case 'notice':
      if (event.name === 'shardEnd') return null;
      return `${event.name} ${event.process} ${event.shard}`;
    default:
      return null;
  }
}
