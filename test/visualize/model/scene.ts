/** A feed made by hand, a few events at a time, and the model that hears it. */
import type { FeedEvent, FeedHeader } from '../../../src/feed/events.ts';
import type { MapShard } from '../../../src/machines/rules/lineage.ts';
import type { Plan } from '../../../src/machines/rules/plan.ts';
import { positionOf } from '../../../src/machines/rules/positions.ts';
import { GroupModel } from '../../../visualize/model/group-model.ts';
import type { ShardView, Why } from '../../../visualize/model/view.ts';

export const STREAM = 'orders';
export const SHARDS = ['s-0', 's-1', 's-2', 's-3'] as const;
/** The time to live of the fast profile. */
const TTL_MS = 4_000;
const HASH_KEYS = 2n ** 128n;

type Untimed<Event> = Event extends FeedEvent ? Omit<Event, 'atMs' | 'order'> : never;

const quarter = (n: number): bigint => (HASH_KEYS / 4n) * BigInt(n);

/** The four shards that a stream begins with, or what came of them. */
export const shardOfMap = (shardId: string, overrides: Partial<MapShard> = {}): MapShard => {
  const n = Math.max(0, SHARDS.indexOf(shardId as 's-0'));
  return {
    shardId,
    parents: [],
    startHash: String(quarter(n)),
    endHash: String(quarter(n + 1) - 1n),
    closed: false,
    ended: false,
    origin: 'first',
    ...overrides,
  };
};

export class Scene {
  readonly model: GroupModel;
  readonly events: FeedEvent[] = [];
  #atMs = 0;

  constructor(source: FeedHeader['source']) {
    this.model = new GroupModel({ kind: 'trace', version: 1, source, app: 'app', scenario: null });
  }

  /** What follows happens then. */
  at(atMs: number): this {
    this.#atMs = atMs;
    return this;
  }

  tell(...events: readonly Untimed<FeedEvent>[]): this {
    for (const untimed of events) {
      const event = { ...untimed, atMs: this.#atMs, order: this.events.length } as FeedEvent;
      this.events.push(event);
      this.model.apply(event);
    }
    return this;
  }

  member(clientId: string, state: 'active' | 'leaving' | 'registering' = 'active', rv = 1): this {
    const session = `${clientId}/1`;
    return this.tell({ kind: 'member', by: clientId, clientId, session, state, rv, ttlMs: TTL_MS });
  }

  /** All that stand give a sign of life. */
  beat(): this {
    for (const { clientId, state } of this.model.view(this.#atMs).members) {
      if (state === 'active' || state === 'leaving')
        this.member(clientId, state, this.events.length);
    }
    return this;
  }

  gone(clientId: string, by: string | null = null): this {
    const event = { kind: 'member', clientId, session: null, state: 'gone', rv: 0 } as const;
    return this.tell({ ...event, by, ttlMs: null });
  }

  map(version = 1, shards: readonly MapShard[] = SHARDS.map((id) => shardOfMap(id))): this {
    return this.tell({ kind: 'map', by: null, stream: STREAM, version, startMs: null, shards });
  }

  /** A generation, by the first shard of each member. */
  plan(
    generation: number,
    firsts: Readonly<Record<string, string>>,
    { mapVersion = 1, stream = STREAM } = {},
  ): this {
    const [leader = ''] = Object.keys(firsts);
    const planRef = `plan#${String(generation).padStart(10, '0')}#n`;
    const plan: Plan = {
      gen: generation,
      planId: planRef,
      leader: `${leader}/1`,
      members: Object.keys(firsts).map((clientId) => ({
        clientId,
        session: `${clientId}/1`,
        streamsHash: 'h',
      })),
      assignor: 'sticky-range',
      tolerance: 0,
      streams: {
        [stream]: {
          mapVersion,
          ranges: Object.entries(firsts).map(([clientId, first]) => ({ clientId, first })),
        },
      },
    };
    return this.tell(
      { kind: 'plan', by: leader, planRef, generation, body: JSON.stringify(plan), parts: 1 },
      { kind: 'generation', by: leader, generation, leader: `${leader}/1`, planRef },
    );
  }

  /** A shard belongs to a client, or to nobody. */
  owned(shardId: string, clientId: string | null, fence = 1): this {
    const owner = clientId === null ? null : `${clientId}/1`;
    const change = clientId === null ? 'released' : 'acquired';
    const position = positionOf('49', null);
    return this.tell({
      kind: 'shard',
      by: clientId,
      stream: STREAM,
      shardId,
      change,
      owner,
      fence,
      position,
    });
  }

  ended(shardId: string): this {
    const position = '~SHARD_END';
    const event = { kind: 'shard', by: null, stream: STREAM, shardId, position } as const;
    return this.tell({ ...event, change: 'ended', owner: null, fence: 1 });
  }

  life(clientId: string, what: 'started' | 'crashed' | 'paused' | 'resumed' | 'leaving'): this {
    return this.tell({ kind: 'process', process: clientId, clientId, what });
  }

  /** A client reads a shard, by its own word. */
  reads(clientId: string, shardId: string, fence = 1): this {
    const event = { kind: 'notice', process: clientId, name: 'shardStart' } as const;
    return this.tell({ ...event, shard: `${STREAM}/${shardId}`, fence, detail: '!NOT_STARTED' });
  }

  error(clientId: string, detail: string, shardId?: string): this {
    const shard = shardId === undefined ? {} : { shard: `${STREAM}/${shardId}` };
    return this.tell({ kind: 'notice', process: clientId, name: 'error', detail, ...shard });
  }

  /** The table does not answer whoever reads it for the feed, or does again. */
  table(what: 'lost' | 'back'): this {
    return this.tell({ kind: 'table', what });
  }

  /** The reader of a shard is in some states. */
  reader(clientId: string, shardId: string, ...activeIds: readonly string[]): this {
    const actor = { process: clientId, actorId: `x:${shardId}` };
    return this.tell(
      {
        kind: 'actor',
        ...actor,
        parentId: null,
        machine: 'reader',
        name: `reader ${STREAM}/${shardId}`,
        stream: STREAM,
        shardId,
      },
      {
        kind: 'state',
        ...actor,
        status: 'active',
        value: {},
        activeIds: ['reader', ...activeIds],
        event: 'xstate.init',
        from: [],
        sinceMs: this.#atMs,
        context: null,
      },
    );
  }

  shard(shardId: string, atMs = this.#atMs): ShardView {
    const shards = this.model.view(atMs).streams.flatMap((stream) => stream.shards);
    const found = shards.find((shard) => shard.shardId === shardId);
    if (found === undefined) throw new Error(`No shard ${shardId}`);
    return found;
  }

  why(shardId: string, atMs = this.#atMs): Why {
    return this.shard(shardId, atMs).why;
  }

  /** Two members share four shards: a has the first two, b the last two. */
  static settled(source: FeedHeader['source']): Scene {
    const scene = new Scene(source).life('a', 'started').life('b', 'started');
    scene.member('a').member('b').map().plan(1, { a: 's-0', b: 's-2' });
    for (const [index, shardId] of SHARDS.entries()) {
      const clientId = index < 2 ? 'a' : 'b';
      scene.owned(shardId, clientId).reads(clientId, shardId);
    }
    return scene;
  }
}
