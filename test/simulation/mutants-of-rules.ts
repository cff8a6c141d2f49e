/** Rules of the protocol left out, one by one: each stands in it because a group without it goes wrong. */
import type { Item, ListAnswer, QueryAnswer } from '../../src/machines/ports.ts';
import { SHARD_END } from '../../src/machines/rules/positions.ts';
import {
  isAcquire,
  isCommit,
  isExpulsion,
  isHead,
  isHeartbeat,
  isMap,
  isRegistration,
  isRelease,
  nonceOf,
  streamWays,
  ways,
  withItem,
  without,
  writes,
  type Wraps,
} from './wraps.ts';

/** Where a look at the clients is old, it is so many looks old. */
const LOOKS_BEHIND = 6;

/** Shows each client's sign of life with a time to live that has passed as soon as it is seen again. */
const hasty = (item: Item): Item => (item.pk.startsWith('client#') ? { ...item, ttl: 1 } : item);

export const RULE_MUTANTS = {
  'commits on no condition': writes((write) => (isCommit(write) ? { ...write, when: [] } : write)),
  'commits whatever the position': writes((write) =>
    isCommit(write) ? without(write, 'position') : write,
  ),
  'heartbeats by upsert': writes((write) => {
    if (!isHeartbeat(write)) return write;
    return { ...write, set: { ...write.set, nonce: nonceOf(write), ttl: 4_000 }, when: [] };
  }),
  'acquires without compare-and-set': writes((write) =>
    isAcquire(write) ? { ...write, when: [] } : write,
  ),
  'takes registering for a heartbeat': {
    wrapStore: (store) => {
      let registered: Item | null = null;
      return {
        ...ways(store),
        write(write, options) {
          if (isRegistration(write)) registered = write.item;
          if (registered !== null && isHeartbeat(write)) {
            const item = { ...registered, rv: 0 };
            registered = null;
            return Promise.resolve({ kind: 'applied' as const, item });
          }
          return store.write(write, options);
        },
      };
    },
  },
  'plans for who never sent a heartbeat': {
    wrapStore: (store) => ({
      ...ways(store),
      async query(pk, options) {
        const answer = await store.query(pk, options);
        if (answer.kind !== 'items' || !pk.startsWith('client#')) return answer;
        const items = answer.items.map((item) => (item['rv'] === 0 ? { ...item, rv: 1 } : item));
        return { ...answer, items };
      },
    }),
  },
  'expels whom it sees twice without a heartbeat between': {
    wrapStore: (store) => ({
      ...ways(store),
      async read(keys, options) {
        const answer = await store.read(keys, options);
        if (answer.kind !== 'items' || options.consistent) return answer;
        return { ...answer, items: answer.items.map((item) => item && hasty(item)) };
      },
      async query(pk, options) {
        const answer = await store.query(pk, options);
        return answer.kind === 'items' ? { ...answer, items: answer.items.map(hasty) } : answer;
      },
    }),
  },
  'forgets acquires that were not answered': {
    wrapStore: (store) => ({
      ...ways(store),
      async write(write, options) {
        const answer = await store.write(write, options);
        return isAcquire(write) && answer.kind === 'unanswered'
          ? { kind: 'refused', item: null }
          : answer;
      },
    }),
  },
  'publishes on an old look at the clients': {
    wrapStore: (store) => {
      const looks: QueryAnswer[] = [];
      return {
        ...ways(store),
        async query(pk, options) {
          const answer = await store.query(pk, options);
          if (answer.kind !== 'items' || !pk.startsWith('client#')) return answer;
          if (!options.consistent) looks.push(answer);
          const old = looks.at(-LOOKS_BEHIND);
          return options.consistent && old !== undefined ? old : answer;
        },
      };
    },
  },
  'publishes over any generation': writes((write) =>
    isHead(write) ? { ...write, when: [] } : write,
  ),
  'starts a shard where its tip is when it is acquired': {
    wrapStream: (stream) => ({
      ...streamWays(stream),
      openIterator(shard, from, options) {
        const anchored = from.kind === 'at' || from.kind === 'after';
        return stream.openIterator(shard, anchored ? from : { kind: 'latest' }, options);
      },
    }),
  },
  'takes a closed shard for an ended one': writes((write) => {
    if (!isMap(write)) return write;
    const meta = (write.item['meta'] as readonly string[]).map((line) =>
      line.replace(/\|c(?=l?$)/, '|ce'),
    );
    return withItem(write, { meta });
  }),
  'keeps the owner of a shard that it gives back': writes((write) =>
    isRelease(write) ? { ...write, remove: [] } : write,
  ),
  'expels nobody': {
    wrapStore: (store) => ({
      ...ways(store),
      write: (write, options) =>
        isExpulsion(write)
          ? Promise.resolve({ kind: 'refused' as const, item: null })
          : store.write(write, options),
    }),
  },
  'lists its shards once': {
    wrapStream: (stream) => {
      let listing: Promise<ListAnswer> | null = null;
      return {
        ...streamWays(stream),
        listShards: (name, options) => (listing ??= stream.listShards(name, options)),
      };
    },
  },
  'takes the end of a batch for the end of a shard': writes((write) =>
    isCommit(write) ? { ...write, set: { position: SHARD_END }, remove: ['lease_owner'] } : write,
  ),
} as const satisfies Record<string, Wraps>;
