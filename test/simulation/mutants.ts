/** Faults of the protocol, put between the clients and their services: what the checkers must find. */
import type { Clause, Item, StateStore, Stream, Write } from '../../src/machines/ports.ts';
import { parsePosition, positionOf, SHARD_END } from '../../src/machines/rules/positions.ts';
import type { Host } from '../../src/simulation/scenario.ts';

export type Mutant = Pick<Host, 'wrapStore' | 'wrapStream'>;
type Update = Extract<Write, { kind: 'update' }>;
type Put = Extract<Write, { kind: 'put' }>;

const writes = (change: (write: Write) => Write): Mutant => ({
  wrapStore: (store) => ({
    ...ways(store),
    write: (write, options) => store.write(change(write), options),
  }),
});

/** The store's methods as own properties, to be replaced one by one. */
const ways = (store: StateStore): StateStore => ({
  open: (options) => store.open(options),
  read: (keys, options) => store.read(keys, options),
  query: (pk, options) => store.query(pk, options),
  write: (write, options) => store.write(write, options),
  usage: () => store.usage(),
  close: () => store.close(),
});

const keyOf = (write: Write): { pk: string; sk: string } =>
  write.kind === 'put' ? write.item : write.key;

const isOnShard = (write: Write): write is Update =>
  write.kind === 'update' && write.key.pk.startsWith('check_point#');
const isAcquire = (write: Write): write is Update => isOnShard(write) && 'fence' in write.set;
const isCheckpoint = (write: Write): write is Update => isOnShard(write) && !isAcquire(write);
const isRelease = (write: Write): boolean =>
  isCheckpoint(write) &&
  write.remove?.includes('lease_owner') === true &&
  write.set['position'] !== SHARD_END;
const isHeartbeat = (write: Write): write is Update =>
  write.kind === 'update' && write.key.pk.startsWith('client#');
const isMap = (write: Write): write is Put =>
  write.kind === 'put' && write.item.pk.startsWith('shard_cache#');
const isHead = (write: Write): write is Put => write.kind === 'put' && write.item.sk === 'head';
const isPlan = (write: Write): write is Put =>
  write.kind === 'put' && write.item.sk.startsWith('plan#');

const without = (write: Update, ...attributes: string[]): Update => ({
  ...write,
  when: write.when.filter((clause: Clause) => !attributes.includes(clause.attribute)),
});

const withItem = (write: Put, change: Record<string, Item[string]>): Put => ({
  ...write,
  item: { ...write.item, ...change },
});

/** The nonce that a heartbeat demands. */
function nonceOf(write: Update): string {
  const clause = write.when.find(({ attribute }) => attribute === 'nonce');
  return clause !== undefined && 'value' in clause ? String(clause.value) : '';
}

const bodyOf = ({ body }: Item): string => (typeof body === 'string' ? body : '');

/** The position some records further on. */
function ahead(position: unknown): string | null {
  const parsed = typeof position === 'string' ? parsePosition(position) : null;
  if (parsed?.kind !== 'after') return null;
  const later = BigInt(parsed.sequenceNumber) + 2_000n * 10n ** 12n;
  return positionOf(String(later), null);
}

export const MUTANTS = {
  'commits without the fence': writes((write) =>
    isCheckpoint(write) ? without(write, 'fence') : write,
  ),
  'commits without owner and fence': writes((write) =>
    isCheckpoint(write) ? without(write, 'lease_owner', 'fence') : write,
  ),
  'repeats an old commit, whatever the position': {
    wrapStore: (store) => {
      const last = new Map<string, Update>();
      return {
        ...ways(store),
        async write(write, options) {
          const answer = await store.write(write, options);
          if (!isCheckpoint(write) || isRelease(write) || answer.kind !== 'applied') return answer;
          const old = last.get(write.key.sk);
          last.set(write.key.sk, write);
          if (old !== undefined) await store.write(without(old, 'position'));
          return answer;
        },
      };
    },
  },
  'acquires again, late and without compare-and-set': {
    wrapStore: (store) => {
      const sent: Update[] = [];
      return {
        ...ways(store),
        async write(write, options) {
          const last = sent.at(-1);
          if (isAcquire(write)) sent.push(write);
          else if (isHeartbeat(write) && last !== undefined)
            await store.write({ ...last, when: [] });
          return store.write(write, options);
        },
      };
    },
  },
  'takes every owner for dead': {
    wrapStore: (store) => ({
      ...ways(store),
      async read(keys, options) {
        const answer = await store.read(keys, options);
        // the leader's sign of life is read with the head, or alone
        const owners = keys.every((key) => key.pk.startsWith('client#')) && options.consistent;
        return answer.kind === 'items' && owners
          ? { ...answer, items: answer.items.map(() => null) }
          : answer;
      },
    }),
  },
  'heartbeats by upsert, after it left': {
    wrapStore: (store) => {
      const sent: Update[] = [];
      return {
        ...ways(store),
        async write(write, options) {
          const answer = await store.write(write, options);
          if (isHeartbeat(write) && answer.kind === 'applied') {
            const nonce = answer.item?.['nonce'] ?? '';
            const ttl = answer.item?.['ttl'] ?? 0;
            sent.push({ ...write, set: { ...write.set, nonce, ttl }, when: [] });
          }
          const last = sent.at(-1);
          if (write.kind === 'delete' && last !== undefined && write.key.sk === last.key.sk) {
            await store.write(last);
          }
          return answer;
        },
      };
    },
  },
  'believes in heartbeats that nobody got': {
    wrapStore: (store) => {
      let beats = 0;
      return {
        ...ways(store),
        write(write, options) {
          if (!isHeartbeat(write) || beats++ < 5) return store.write(write, options);
          const item = {
            ...write.key,
            ...write.set,
            rv: 1_000 + beats,
            nonce: nonceOf(write),
            ttl: 4_000,
          };
          return Promise.resolve({ kind: 'applied' as const, item });
        },
      };
    },
  },
  'publishes two generations at once': writes((write) =>
    isHead(write) ? withItem(write, { gen: Number(write.item['gen']) + 1 }) : write,
  ),
  'plans without the last member': writes((write) => {
    if (!isPlan(write)) return write;
    const plan = JSON.parse(bodyOf(write.item)) as {
      streams: Record<string, { ranges: unknown[] }>;
    };
    for (const division of Object.values(plan.streams)) division.ranges.pop();
    return withItem(write, { body: JSON.stringify(plan) });
  }),
  'forgets the parents of a shard': writes((write) => {
    if (!isMap(write)) return write;
    const meta = (write.item['meta'] as readonly string[]).map((line) => {
      const [shardId, , ...rest] = line.split('|');
      return [shardId, '', ...rest].join('|');
    });
    return withItem(write, { meta });
  }),
  'ends a shard and keeps it': writes((write) =>
    isCheckpoint(write) && write.set['position'] === SHARD_END ? { ...write, remove: [] } : write,
  ),
  'removes the item of a shard that ended': {
    wrapStore: (store) => ({
      ...ways(store),
      async write(write, options) {
        const answer = await store.write(write, options);
        if (isCheckpoint(write) && write.set['position'] === SHARD_END) {
          await store.write({ kind: 'delete', key: write.key, when: [] });
        }
        return answer;
      },
    }),
  },
  'moves the start with each map': writes((write) =>
    isMap(write)
      ? withItem(write, { start: 1_735_689_600_000 - Number(write.item['ver']) })
      : write,
  ),
  'commits before the handler is through': writes((write) => {
    const further = isCheckpoint(write) ? ahead(write.set['position']) : null;
    if (further === null || !isCheckpoint(write)) return write;
    return { ...write, set: { ...write.set, position: further } };
  }),
  'releases without the position': writes((write) =>
    isCheckpoint(write) && isRelease(write) ? { ...write, set: {} } : write,
  ),
  'drops a record of each batch': {
    wrapStream: (stream): Stream => ({
      describe: (name, options) => stream.describe(name, options),
      listShards: (name, options) => stream.listShards(name, options),
      openIterator: (shard, from, options) => stream.openIterator(shard, from, options),
      async fetch(shard, iterator, limit, options) {
        const answer = await stream.fetch(shard, iterator, limit, options);
        if (answer.kind !== 'batch') return answer;
        const records = answer.batch.records.filter((_, index) => index !== 1);
        return { ...answer, batch: { ...answer.batch, records } };
      },
      close: () => stream.close(),
    }),
  },
  'begins a shard one record late': {
    wrapStream: (stream): Stream => {
      const opened = new Set<string>();
      return {
        describe: (name, options) => stream.describe(name, options),
        listShards: (name, options) => stream.listShards(name, options),
        async openIterator(shard, from, options) {
          const answer = await stream.openIterator(shard, from, options);
          if (answer.kind === 'iterator') opened.add(answer.iterator);
          return answer;
        },
        async fetch(shard, iterator, limit, options) {
          const answer = await stream.fetch(shard, iterator, limit, options);
          if (answer.kind !== 'batch' || !opened.delete(iterator)) return answer;
          return { ...answer, batch: { ...answer.batch, records: answer.batch.records.slice(1) } };
        },
        close: () => stream.close(),
      };
    },
  },
  'never acquires its last shard': {
    wrapStore: (store) => ({
      ...ways(store),
      write: (write, options) =>
        isAcquire(write) && keyOf(write).sk === 'shardId-000000000002'
          ? Promise.resolve({ kind: 'refused' as const, item: null })
          : store.write(write, options),
    }),
  },
  'publishes without a cause': {
    wrapStore: (store) => {
      const queries = { strong: 0, eventual: 0 };
      return {
        ...ways(store),
        async query(pk, options) {
          const answer = await store.query(pk, options);
          if (answer.kind !== 'items') return answer;
          // in the leader's eyes the others go and come back with every other look, and so when it publishes
          const kind = options.consistent ? 'strong' : 'eventual';
          queries[kind] += 1;
          const all = queries[kind] % 2 === 1;
          return { ...answer, items: all ? answer.items : answer.items.slice(0, 1) };
        },
      };
    },
  },
} as const satisfies Record<string, Mutant>;
