/** Faults of the protocol, put between the clients and their services: what the checkers must find. */
import {
  comparePositions,
  NOT_STARTED,
  parsePosition,
  positionOf,
  SHARD_END,
} from '../../src/machines/rules/positions.ts';
import {
  bodyOf,
  inBoth,
  isAcquire,
  isCheckpoint,
  isCommit,
  isHead,
  isHeartbeat,
  isMap,
  isOfClients,
  isPlan,
  isRelease,
  keyOf,
  nonceOf,
  streamWays,
  ways,
  withItem,
  without,
  writes,
  type Update,
  type Wraps,
} from './wraps.ts';

/** The position some records further on. */
function ahead(position: unknown): string | null {
  const parsed = typeof position === 'string' ? parsePosition(position) : null;
  if (parsed?.kind !== 'after') return null;
  const later = BigInt(parsed.sequenceNumber) + 2_000n * 10n ** 12n;
  return positionOf(String(later), null);
}

const releasesWithoutPosition = writes((write) =>
  isCheckpoint(write) && isRelease(write) ? { ...write, set: {} } : write,
);

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
        const owners = isOfClients(keys) && options.consistent;
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
  'takes an unanswered heartbeat for answered': {
    wrapStore: (store) => ({
      ...ways(store),
      async write(write, options) {
        const answer = await store.write(write, options);
        const isUnheard = isHeartbeat(write) && answer.kind === 'unanswered';
        return isUnheard ? { kind: 'applied' as const, item: null } : answer;
      },
    }),
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
  'commits what its handler is through with, marked or not': inBoth(() => {
    /** The last positions of each shard's batches, as they were fetched. */
    const fetched = new Map<string, string[]>();
    return {
      wrapStore: (store) => ({
        ...ways(store),
        write(write, options) {
          const marked = isCommit(write) ? write.set['position'] : null;
          if (!isCommit(write) || typeof marked !== 'string') return store.write(write, options);
          // the handler has the last one at most, and the next is fetched ahead
          const through = fetched.get(write.key.sk)?.at(-3) ?? NOT_STARTED;
          const position = comparePositions(through, marked) > 0 ? through : marked;
          return store.write({ ...write, set: { ...write.set, position } }, options);
        },
      }),
      wrapStream: (stream) => ({
        ...streamWays(stream),
        async fetch(shard, iterator, limit, options) {
          const answer = await stream.fetch(shard, iterator, limit, options);
          const last = answer.kind === 'batch' ? answer.batch.records.at(-1) : undefined;
          if (last !== undefined) {
            const own = fetched.get(shard.shardId) ?? [];
            fetched.set(shard.shardId, [...own, positionOf(last.sequenceNumber, null)]);
          }
          return answer;
        },
      }),
    };
  }),
  'releases without the position': releasesWithoutPosition,
  /** The same where a client id of one's own passes from one process to the next. */
  'restarts without the position': releasesWithoutPosition,
  'drops a record of each batch': {
    wrapStream: (stream) => ({
      ...streamWays(stream),
      async fetch(shard, iterator, limit, options) {
        const answer = await stream.fetch(shard, iterator, limit, options);
        if (answer.kind !== 'batch') return answer;
        const records = answer.batch.records.filter((_, index) => index !== 1);
        return { ...answer, batch: { ...answer.batch, records } };
      },
    }),
  },
  'begins a shard one record late': {
    wrapStream: (stream) => {
      const opened = new Set<string>();
      return {
        ...streamWays(stream),
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
} as const satisfies Record<string, Wraps>;
