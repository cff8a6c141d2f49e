/** A client's state as plain JSON: every statechart, shard, owner, position and lag. No record data. */
import type { StoreUsage } from '../machines/ports.ts';
import type { Ownership } from '../machines/rules/ownership.ts';
import type { LaneSnapshot } from '../services/delivery/delivery.ts';
import type { ClientActor } from './consumption.ts';

export type StateJson = string | { readonly [region: string]: StateJson };

export interface ShardSnapshot {
  readonly stream: string;
  readonly shardId: string;
  readonly fence: number;
  /** State of the reader's statechart. */
  readonly state: StateJson;
  /** How far the newest fetched record is behind the tip; null: not known yet. */
  readonly millisBehindLatest: number | null;
  /** Position of the completed prefix, and the one that the store holds. */
  readonly completed: string;
  readonly committed: string;
  /** Records fetched and not completed. */
  readonly backlogRecords: number;
}

export interface ClientSnapshot {
  readonly app: string;
  readonly clientId: string;
  /** null: not registered. */
  readonly session: string | null;
  readonly streams: readonly string[];
  /** State of each statechart. */
  readonly states: {
    readonly client: StateJson;
    readonly membership: StateJson | null;
    readonly role: StateJson | null;
    readonly assignment: StateJson | null;
    readonly survey: StateJson | null;
  };
  readonly generation: number | null;
  readonly leader: string | null;
  /** Client ids of the newest plan, in index order. */
  readonly members: readonly string[];
  /** Shards owned. */
  readonly shards: readonly ShardSnapshot[];
  /** Shards wanted and not owned yet. */
  readonly pending: readonly { readonly stream: string; readonly shardId: string }[];
  readonly store: StoreUsage;
}

interface SnapshotParts {
  readonly app: string;
  readonly clientId: string;
  readonly streams: readonly string[];
  readonly actor: ClientActor | null;
  readonly lanes: readonly LaneSnapshot[];
  readonly store: StoreUsage;
}

interface AnyActor {
  getSnapshot(): unknown;
}

interface AssignmentView {
  readonly children: Readonly<Record<string, AnyActor | undefined>>;
  readonly context: { readonly own: Ownership };
}

interface ReaderView {
  readonly value: StateJson;
  readonly context: {
    readonly shard: { readonly stream: string; readonly shardId: string };
    readonly fence: number;
    readonly millisBehindLatest: number | null;
  };
}

const stateOf = (actor: AnyActor | undefined): StateJson | null =>
  actor === undefined ? null : (actor.getSnapshot() as { readonly value: StateJson }).value;

export function snapshotOf(parts: SnapshotParts): ClientSnapshot {
  const { actor } = parts;
  const client = actor?.getSnapshot();
  const children: Readonly<Record<string, AnyActor | undefined>> = client?.children ?? {};
  const assignment = children['assignment']?.getSnapshot() as AssignmentView | undefined;
  const context = client?.context;
  const lanes = new Map(parts.lanes.map((lane) => [`${lane.stream}/${lane.shardId}`, lane]));
  const readers = Object.values(assignment?.children ?? {}).flatMap((child): ShardSnapshot[] => {
    const view = child?.getSnapshot() as ReaderView | undefined;
    if (view === undefined || !('context' in view)) return [];
    const { shard, fence, millisBehindLatest } = view.context;
    const lane = lanes.get(`${shard.stream}/${shard.shardId}`);
    return [
      {
        ...shard,
        fence,
        state: view.value,
        millisBehindLatest,
        completed: lane?.completed ?? '',
        committed: lane?.committed ?? '',
        backlogRecords: lane?.backlogRecords ?? 0,
      },
    ];
  });
  return {
    app: parts.app,
    clientId: parts.clientId,
    session: context?.session?.id ?? null,
    streams: context?.streams ?? parts.streams,
    states: {
      client: (client?.value as StateJson | undefined) ?? 'idle',
      membership: stateOf(children['membership']),
      role: stateOf(children['role']),
      assignment: stateOf(children['assignment']),
      survey: stateOf(children['survey']),
    },
    generation: context?.view.plan?.gen ?? null,
    leader: context?.view.head?.leader ?? null,
    members: context?.view.plan?.members.map((member) => member.clientId) ?? [],
    shards: readers,
    pending: Object.values(assignment?.context.own.pending ?? {}).map((entry) => ({
      ...entry.shard,
    })),
    store: parts.store,
  };
}
