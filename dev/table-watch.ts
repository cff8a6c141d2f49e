/** What stands in the state table, read from outside the group at a steady pace. */
import type { StateStore } from '../src/machines/ports.ts';
import { parseClient, parseHead, parseShardItem } from '../src/machines/rules/items.ts';
import { checkpointsPk, clientsPk, headKey } from '../src/machines/rules/keys.ts';
import { parseSession } from '../src/machines/rules/sessions.ts';

export interface WatchedClient {
  readonly rv: number;
  readonly state: 'active' | 'leaving';
  /** When its heartbeat was last seen to move, by `performance.now()`. */
  readonly movedAtMs: number;
}

export interface WatchedTable {
  readonly generation: number | null;
  /** Client id. */
  readonly leader: string | null;
  /** By client id. */
  readonly clients: ReadonlyMap<string, WatchedClient>;
  /** Client id of the owner, by shard id. */
  readonly owners: ReadonlyMap<string, string>;
}

export interface TableWatch {
  readonly now: WatchedTable;
  stop(): Promise<void>;
}

const NOTHING: WatchedTable = {
  generation: null,
  leader: null,
  clients: new Map(),
  owners: new Map(),
};

export function watchTable(
  store: StateStore,
  app: string,
  stream: string,
  intervalMs: number,
): TableWatch {
  let table = NOTHING;
  let reading: Promise<void> = Promise.resolve();
  const read = async (): Promise<void> => {
    const [clients, heads, shards] = await Promise.all([
      store.query(clientsPk(app), { consistent: true }),
      store.read([headKey(app)], { consistent: true }),
      store.query(checkpointsPk(app, stream), { consistent: true }),
    ]);
    if (clients.kind !== 'items' || heads.kind !== 'items' || shards.kind !== 'items') return;
    const head = heads.items[0] ? parseHead(heads.items[0]) : null;
    table = {
      generation: head?.kind === 'head' ? head.generation : null,
      leader: head?.kind === 'head' ? clientOf(head.leader) : null,
      clients: new Map(clients.items.flatMap((item) => watched(item, table.clients))),
      owners: new Map(
        shards.items.flatMap((item) => {
          const shard = parseShardItem(item);
          const owner =
            shard.kind === 'shard' && shard.owner !== null ? clientOf(shard.owner) : null;
          return owner === null ? [] : [[item.sk, owner] as const];
        }),
      ),
    };
  };
  const timer = setInterval(() => {
    reading = reading.then(read);
  }, intervalMs);
  return {
    get now() {
      return table;
    },
    async stop() {
      clearInterval(timer);
      await reading;
    },
  };
}

const clientOf = (session: string): string | null => parseSession(session)?.clientId ?? null;

function watched(
  item: Readonly<Record<string, unknown>>,
  before: WatchedTable['clients'],
): (readonly [string, WatchedClient])[] {
  const client = parseClient(item);
  if (client.kind !== 'client') return [];
  const { clientId, rv, state } = client;
  const old = before.get(clientId);
  const movedAtMs = old !== undefined && old.rv === rv ? old.movedAtMs : performance.now();
  return [[clientId, { rv, state, movedAtMs }]];
}
