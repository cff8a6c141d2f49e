/**
 * The statecharts of one system of XState as actors of a feed. While nobody reads, XState is not observed at all; when
 * somebody begins, the actors that live are found by walking down from the root. A change is only noted: the newest
 * snapshot is held by reference, and told as JSON when a reader takes it.
 */
import { chartOf, type MachineShape } from '../../feed/chart.ts';
import type { ActorHandle, FeedHub, FeedSource } from './hub.ts';
import type { ActorState } from './live-actor.ts';
import { plainJson } from './plain-json.ts';

/** What is read of XState's inspection events. */
export interface Inspected {
  readonly type: string;
  readonly actorRef: object;
  readonly snapshot?: unknown;
  readonly event?: { readonly type: string };
  readonly rootId?: string;
  readonly sourceRef?: object | undefined;
}

/** What is read of an actor of XState. */
export interface ActorShape {
  readonly id: string;
  readonly sessionId: string;
  readonly logic?: unknown;
  readonly options?: { readonly input?: unknown };
  readonly _parent?: ActorShape | undefined;
  getSnapshot(): unknown;
}

/** What is read of a root actor: its system tells what happens in it. */
export interface RootActorShape extends ActorShape {
  readonly system: {
    inspect(observer: (event: Inspected) => void): { unsubscribe(): void };
  };
}

interface SnapshotShape {
  readonly status: ActorState['status'];
  readonly value: unknown;
  readonly context: unknown;
  readonly children: Readonly<Record<string, ActorShape | undefined>>;
  /** Not there where the machine threw. */
  readonly _nodes?: readonly { readonly id: string }[];
}

type Nodes = NonNullable<SnapshotShape['_nodes']>;

interface MachineLogic extends MachineShape {
  readonly id: string;
}

/** Promises and callbacks are no statecharts: they are part of the state that invoked them. */
const machineOf = ({ logic }: ActorShape): MachineLogic | null =>
  typeof logic === 'object' && logic !== null && 'root' in logic && 'id' in logic
    ? (logic as MachineLogic)
    : null;

/**
 * The statecharts of a root actor, and of all below it, for as long as somebody reads.
 *
 * @param process names where they run
 */
export function actorSource(hub: FeedHub, root: RootActorShape, process: string): FeedSource {
  return {
    open: () => {
      const feed = new ActorFeed(hub, process);
      feed.found(root);
      const end = (): void => {
        observed.unsubscribe();
        feed.end();
      };
      const observed = root.system.inspect((event) => {
        try {
          feed.inspected(event);
        } catch (error) {
          // it would go into the statechart that is being watched, and end it
          end();
          const detail = `InvariantBroken: The inspector threw: ${String(error)}`;
          hub.publish({ kind: 'notice', process, name: 'error', detail });
        }
      });
      return end;
    },
  };
}

class ActorFeed {
  readonly #hub: FeedHub;
  readonly #process: string;
  readonly #actors = new Map<string, WatchedActor>();

  constructor(hub: FeedHub, process: string) {
    this.#hub = hub;
    this.#process = process;
  }

  /** An actor that lives, with those below it. */
  found(actor: ActorShape): void {
    const snapshot = actor.getSnapshot() as Partial<SnapshotShape> | undefined;
    if (snapshot?.status !== 'active') return;
    this.#register(actor, 'before');
    for (const child of Object.values(snapshot.children ?? {})) {
      if (child !== undefined) this.found(child);
    }
  }

  inspected(event: Inspected): void {
    if (event.type === '@xstate.actor') {
      // it has no state yet: that is read when somebody takes it
      this.#register(event.actorRef as ActorShape, 'now');
      return;
    }
    if (event.type !== '@xstate.snapshot') return;
    const { sessionId } = event.actorRef as ActorShape;
    const watched = this.#actors.get(sessionId);
    if (watched === undefined) return;
    const snapshot = event.snapshot as SnapshotShape;
    watched.moved(snapshot, event.event?.type ?? '', this.#hub);
    if (snapshot.status === 'active') return;
    this.#actors.delete(sessionId);
    watched.handle.gone();
  }

  end(): void {
    for (const { handle } of this.#actors.values()) handle.gone();
    this.#actors.clear();
  }

  #register(actor: ActorShape, began: 'before' | 'now'): void {
    const machine = machineOf(actor);
    if (machine === null || this.#actors.has(actor.sessionId)) return;
    const { id } = machine;
    this.#hub.chart(id, () => chartOf(machine));
    const sinceMs = began === 'before' ? null : this.#hub.nowMs();
    const shard = shardOf(actor);
    const watched: WatchedActor = new WatchedActor(actor, sinceMs, () =>
      this.#hub.actor(
        {
          kind: 'actor',
          process: this.#process,
          actorId: actor.sessionId,
          parentId: actor._parent?.sessionId ?? null,
          machine: id,
          name: shard === null ? actor.id : `${id} ${shard.stream}/${shard.shardId}`,
          ...shard,
        },
        () => watched.state(),
      ),
    );
    this.#actors.set(actor.sessionId, watched);
  }
}

class WatchedActor {
  readonly handle: ActorHandle;
  readonly #actor: ActorShape;
  #snapshot: SnapshotShape | null = null;
  #sinceMs: number | null;
  #event = '';
  #before: Nodes = [];

  constructor(actor: ActorShape, sinceMs: number | null, register: () => ActorHandle) {
    this.#actor = actor;
    this.#sinceMs = sinceMs;
    // an actor that is being made has no snapshot yet, and throws when asked for it
    if (sinceMs === null) this.#snapshot = actor.getSnapshot() as SnapshotShape;
    this.handle = register();
  }

  moved(snapshot: SnapshotShape, event: string, clock: { nowMs(): number }): void {
    const before = this.#snapshot?._nodes ?? [];
    if (!sameNodes(before, snapshot._nodes ?? [])) {
      this.#before = before;
      this.#event = event;
      this.#sinceMs = clock.nowMs();
    }
    this.#snapshot = snapshot;
    this.handle.changed();
  }

  state(): ActorState {
    const snapshot = this.#snapshot ?? (this.#actor.getSnapshot() as SnapshotShape);
    return {
      status: snapshot.status,
      value: snapshot.value,
      activeIds: idsOf(snapshot._nodes ?? []),
      event: this.#event,
      from: idsOf(this.#before),
      sinceMs: this.#sinceMs,
      context: plainJson(snapshot.context),
    };
  }
}

const sameNodes = (some: Nodes, others: Nodes): boolean =>
  some === others ||
  (some.length === others.length && some.every((node, index) => node === others[index]));

const idsOf = (nodes: Nodes): string[] => nodes.map(({ id }) => id);

/** The shard that an actor was made to read. */
function shardOf({ options }: ActorShape): { stream: string; shardId: string } | null {
  const input = options?.input;
  if (typeof input !== 'object' || input === null || !('shard' in input)) return null;
  const { shard } = input;
  if (typeof shard !== 'object' || shard === null) return null;
  const stream: unknown = Reflect.get(shard, 'stream');
  const shardId: unknown = Reflect.get(shard, 'shardId');
  return typeof stream === 'string' && typeof shardId === 'string' ? { stream, shardId } : null;
}
