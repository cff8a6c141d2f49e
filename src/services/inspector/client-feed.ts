/** What a client of this process tells, and the statecharts that it runs, as a feed. Never record data. */
import type { KinesumerError } from '../../errors.ts';
import type { NoticeEvent } from '../../feed/events.ts';
import type { Clock, ShardRef, StateStore } from '../../machines/ports.ts';
import { actorSource, type RootActorShape } from './actor-feed.ts';
import type { FeedHub } from './hub.ts';

/** A public event of a client. */
export type ClientEvent =
  | { readonly name: 'ready'; readonly event: { readonly session: string } }
  | { readonly name: 'leader' | 'rebalance'; readonly event: { readonly generation: number } }
  | {
      readonly name: 'shardStart' | 'commit';
      readonly event: ShardRef & { readonly fence: number; readonly position: string };
    }
  | {
      readonly name: 'shardEnd';
      readonly event: ShardRef & { readonly fence: number; readonly reason: string };
    }
  | { readonly name: 'batch'; readonly event: ShardRef & Fetched }
  | { readonly name: 'error'; readonly event: KinesumerError }
  | { readonly name: 'close'; readonly event: { readonly clientId: string } };

interface Fetched {
  readonly records: number;
  readonly bytes: number;
  readonly millisBehindLatest: number;
}

export interface ClientWatcher {
  /** The root statechart of the consumption that is on, and of each that begins. */
  readonly began: (root: RootActorShape) => void;
  readonly told: (event: ClientEvent) => void;
}

/** A client as an inspector sees it. */
export interface InspectedClient {
  readonly app: string;
  readonly clientId: string;
  snapshot(): {
    readonly session: string | null;
    readonly generation: number | null;
    readonly shards: readonly (ShardRef & { readonly fence: number; readonly committed: string })[];
  };
  inside(): {
    readonly store: StateStore;
    readonly clock: Clock;
    /** @returns ends it */
    readonly watch: (watcher: ClientWatcher) => () => void;
  };
}

/** How often what was fetched is told. */
const FLOW_INTERVAL_MS = 1_000;

/** Told of what a client is made of, besides the feed. */
interface Others {
  /** @returns called when another root takes its place, and at the end */
  readonly onRoot: (root: RootActorShape) => () => void;
  /** The client was closed, or is not watched any more. */
  readonly onEnd: () => void;
}

/**
 * Feeds a hub with all that a client does, from now until it is closed.
 *
 * @param process names the client in the feed
 * @returns takes it off again
 *
 * @example
 * const stop = watchClient(hub, client, 'p1');
 */
export function watchClient(
  hub: FeedHub,
  client: InspectedClient,
  process: string,
  { onRoot, onEnd }: Partial<Others> = {},
): () => void {
  const { clientId } = client;
  const flow = new Flow(hub, process);
  const offFlow = hub.source({ open: () => flow.open(), tick: (nowMs) => flow.tick(nowMs) });
  let offActors = (): void => {};
  const end = (): void => {
    offActors();
    offFlow();
    stop();
    onEnd?.();
  };
  const notice = (told: Notice): void => hub.publish({ kind: 'notice', process, ...told });
  hub.publish({ kind: 'process', process, clientId, what: 'started' });
  for (const told of standingOf(client)) notice(told);
  const stop = client.inside().watch({
    began: (root) => {
      offActors();
      const offFeed = hub.source(actorSource(hub, root, process));
      const offOther = onRoot?.(root);
      offActors = () => {
        offFeed();
        offOther?.();
      };
    },
    told: (told) => {
      flow.told(told);
      const news = noticeOf(told);
      if (news !== null) notice(news);
      if (told.name !== 'close') return;
      hub.publish({ kind: 'process', process, clientId, what: 'left' });
      end();
    },
  });
  return end;
}

type Notice = Pick<NoticeEvent, 'name' | 'shard' | 'fence' | 'detail'>;

/** What a client that is in its group already has told before. */
function standingOf(client: InspectedClient): Notice[] {
  const { session, generation, shards } = client.snapshot();
  return [
    ...(session === null ? [] : [{ name: 'ready', detail: session } as const]),
    ...(generation === null ? [] : [{ name: 'rebalance', detail: String(generation) } as const]),
    ...shards.map((shard) => {
      const { fence, committed } = shard;
      return { name: 'shardStart', shard: nameOf(shard), fence, detail: committed } as const;
    }),
  ];
}

/** null: it is told otherwise. */
function noticeOf(told: ClientEvent): Notice | null {
  switch (told.name) {
    case 'ready':
      return { name: 'ready', detail: told.event.session };
    case 'leader':
    case 'rebalance':
      return { name: told.name, detail: String(told.event.generation) };
    case 'shardStart':
    case 'commit': {
      const { fence, position } = told.event;
      return { name: told.name, shard: nameOf(told.event), fence, detail: position };
    }
    case 'shardEnd': {
      const { fence, reason } = told.event;
      return { name: 'shardEnd', shard: nameOf(told.event), fence, detail: reason };
    }
    case 'batch':
      return null;
    case 'error': {
      const { code, message, stream, shardId } = told.event;
      const detail = `${code}: ${message}`;
      if (stream === undefined || shardId === undefined) return { name: 'error', detail };
      return { name: 'error', shard: nameOf({ stream, shardId }), detail };
    }
    case 'close':
      return { name: 'close' };
  }
}

const nameOf = ({ stream, shardId }: ShardRef): string => `${stream}/${shardId}`;

interface Counted extends ShardRef {
  answers: number;
  records: number;
  bytes: number;
  behindMs: number;
}

/** Counts what is fetched while somebody reads. */
class Flow {
  readonly #hub: FeedHub;
  readonly #process: string;
  /** null: nobody reads. */
  #counted: Map<string, Counted> | null = null;
  #sinceMs = 0;

  constructor(hub: FeedHub, process: string) {
    this.#hub = hub;
    this.#process = process;
  }

  open(): () => void {
    this.#counted = new Map();
    this.#sinceMs = this.#hub.nowMs();
    return () => {
      this.#counted = null;
    };
  }

  told(told: ClientEvent): void {
    if (this.#counted === null) return;
    if (told.name === 'shardEnd') this.#counted.delete(nameOf(told.event));
    if (told.name !== 'batch') return;
    const { stream, shardId, records, bytes, millisBehindLatest } = told.event;
    const name = nameOf(told.event);
    const counted = this.#counted.get(name);
    if (counted === undefined) {
      const first = { stream, shardId, answers: 1, records, bytes, behindMs: millisBehindLatest };
      this.#counted.set(name, first);
    } else {
      counted.answers += 1;
      counted.records += records;
      counted.bytes += bytes;
      counted.behindMs = millisBehindLatest;
    }
    this.#hub.stir();
  }

  tick(nowMs: number): void {
    const overMs = nowMs - this.#sinceMs;
    if (this.#counted === null || overMs < FLOW_INTERVAL_MS) return;
    this.#sinceMs = nowMs;
    for (const counted of this.#counted.values()) {
      if (counted.answers === 0) continue;
      const { answers: _, ...flow } = counted;
      this.#hub.publish({ kind: 'flow', process: this.#process, ...flow, overMs });
      counted.answers = 0;
      counted.records = 0;
      counted.bytes = 0;
    }
  }
}
