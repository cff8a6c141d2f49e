/**
 * Defects that the Kinesis Client Library had, as wraps of ours: what would become of a group that had them, and the
 * behaviour of the services in which they show. `kcl.test.ts` has the scenarios.
 */
import type { Item, ListedShard } from '../../src/machines/ports.ts';
import { NOT_STARTED, positionOf, SHARD_END } from '../../src/machines/rules/positions.ts';
import { RULE_MUTANTS } from './mutants-of-rules.ts';
import {
  asIfApplied,
  inBoth,
  inPlace,
  isAcquire,
  isCommit,
  isEnd,
  isHeartbeat,
  isMap,
  isOfShards,
  isRegistration,
  isRelease,
  keyOf,
  streamWays,
  throttled,
  unanswered,
  ways,
  withItem,
  without,
  type Update,
  type Wraps,
} from './wraps.ts';

/** Listings that lack a new shard before one has it. */
const LISTINGS_BEHIND = 2;
/** Rounds of the first leader that get an answer. */
const ROUNDS = 8;
const REFUSED_COMMITS = 3;

/** What the services do in a scenario. A sound group lives with it. */
export const CONDITIONS = {
  'as ever': () => ({}),
  'a table that refuses the first commits of each process': () => ({
    wrapStore: (store) => {
      let commits = 0;
      return {
        ...ways(store),
        write: (write, options) =>
          isCommit(write) && commits++ < REFUSED_COMMITS
            ? Promise.resolve(throttled)
            : store.write(write, options),
      };
    },
  }),
  'a table that soon answers no query of the first leader': () =>
    inPlace(0, (store) => {
      let rounds = 0;
      return {
        ...ways(store),
        query: (pk, options) =>
          rounds++ < ROUNDS ? store.query(pk, options) : Promise.resolve(unanswered),
      };
    }),
  'a table that never hears from the first two processes which shards ended': () => {
    let started = 0;
    return {
      wrapStore: (store) =>
        started++ > 1
          ? store
          : {
              ...ways(store),
              write: (write, options) =>
                isMap(write) && (write.item['meta'] as readonly string[]).some(tellsEnd)
                  ? Promise.resolve(unanswered)
                  : store.write(write, options),
            },
    };
  },
  'listings that lack one of the children for a while, and no other word of them': () => ({
    wrapStream: (stream) => {
      const listed = new Map<string, number>();
      return {
        ...streamWays(stream),
        async listShards(name, options) {
          const answer = await stream.listShards(name, options);
          if (answer.kind !== 'listed') return answer;
          for (const { shardId } of answer.shards) {
            listed.set(shardId, (listed.get(shardId) ?? 0) + 1);
          }
          const child = answer.shards.findLast((shard) => shard.parentShardId !== null);
          const isNew = child !== undefined && (listed.get(child.shardId) ?? 0) <= LISTINGS_BEHIND;
          const shards = isNew ? answer.shards.filter((shard) => shard !== child) : answer.shards;
          return { ...answer, shards };
        },
        async fetch(shard, iterator, limit, options) {
          const answer = await stream.fetch(shard, iterator, limit, options);
          return answer.kind === 'batch' ? { ...answer, childShardIds: [] } : answer;
        },
      };
    },
  }),
} as const satisfies Record<string, () => Wraps>;

const tellsEnd = (line: string): boolean => /\|c?e/.test(line);

export const KCL_DEFECTS = {
  'swallows the end of a shard whose last record is committed': inBoth(() => {
    const fetched = new Map<string, string>();
    const committed = new Map<string, string>();
    return {
      wrapStore: (store) => ({
        ...ways(store),
        async write(write, options) {
          const { sk } = keyOf(write);
          const isClean = (fetched.get(sk) ?? NOT_STARTED) <= (committed.get(sk) ?? NOT_STARTED);
          if (isEnd(write) && isClean) return asIfApplied(write);
          const answer = await store.write(write, options);
          const position = isCommit(write) ? write.set['position'] : null;
          if (typeof position === 'string' && answer.kind === 'applied') {
            committed.set(sk, position);
          }
          return answer;
        },
      }),
      wrapStream: (stream) => ({
        ...streamWays(stream),
        async fetch(shard, iterator, limit, options) {
          const answer = await stream.fetch(shard, iterator, limit, options);
          const last = answer.kind === 'batch' ? answer.batch.records.at(-1) : undefined;
          if (last) fetched.set(shard.shardId, positionOf(last.sequenceNumber, null));
          return answer;
        },
      }),
    };
  }),
  'takes a failed commit for done': {
    wrapStore: (store) => ({
      ...ways(store),
      async write(write, options) {
        const answer = await store.write(write, options);
        const failed = answer.kind !== 'applied' && answer.kind !== 'refused';
        return isCommit(write) && failed ? asIfApplied(write) : answer;
      },
    }),
  },
  'sends heartbeats, whether or not it leads': {
    wrapStore: (store) => {
      let last: Update | null = null;
      return {
        ...ways(store),
        read(keys, options) {
          const looks = keys.some((key) => key.sk === 'head');
          if (looks && last !== null) void store.write(last);
          return store.read(keys, options);
        },
        write(write, options) {
          if (isHeartbeat(write)) last = write;
          return store.write(write, options);
        },
      };
    },
  },
  'hands a shard over and stays its owner':
    RULE_MUTANTS['keeps the owner of a shard that it gives back'],
  'has no reader of a shard that it owns, and nothing to hand over':
    RULE_MUTANTS['forgets acquires that were not answered'],
  'leaves, but its shards and its sign of life stay': {
    wrapStore: (store) => ({
      ...ways(store),
      write(write, options) {
        const leaves = write.kind === 'delete' && write.key.pk.startsWith('client#');
        if (leaves || isRelease(write)) return Promise.resolve(asIfApplied(write));
        const sent = isRegistration(write) ? withItem(write, { ttl: 1_000_000_000 }) : write;
        return store.write(sent, options);
      },
    }),
  },
  'goes on with a shard that is at its end': {
    wrapStore: (store) => ({
      ...ways(store),
      async read(keys, options) {
        const answer = await store.read(keys, options);
        if (answer.kind !== 'items' || !isOfShards(keys)) return answer;
        return { ...answer, items: answer.items.map(reopened) };
      },
      write: (write, options) =>
        store.write(isAcquire(write) ? without(write, 'position') : write, options),
    }),
  },
  'takes any listing for whole': {
    wrapStream: (stream) => ({
      ...streamWays(stream),
      async listShards(name, options) {
        const answer = await stream.listShards(name, options);
        return answer.kind === 'listed' ? { ...answer, shards: papered(answer.shards) } : answer;
      },
    }),
  },
  'takes a dead leader for one that lives': {
    wrapStore: (store) => {
      let looks = 0;
      return {
        ...ways(store),
        async read(keys, options) {
          const answer = await store.read(keys, options);
          if (answer.kind !== 'items' || keys[0]?.sk !== 'head') return answer;
          const [head = null, leader = null] = answer.items;
          return { ...answer, items: [head, leader && { ...leader, rv: ++looks }] };
        },
      };
    },
  },
} as const satisfies Record<string, Wraps>;

/** An ended shard as if it stood at its last record. */
function reopened(item: Item | null): Item | null {
  if (item === null || item['position'] !== SHARD_END) return item;
  const last = item['sequence_number'];
  return { ...item, position: typeof last === 'string' ? positionOf(last, null) : NOT_STARTED };
}

/** Each open shard reaches to the next one, so that no gap shows. */
function papered(shards: readonly ListedShard[]): readonly ListedShard[] {
  const open = shards
    .filter((shard) => !shard.closed)
    .toSorted((a, b) => (BigInt(a.startingHashKey) < BigInt(b.startingHashKey) ? -1 : 1));
  const widened = open.map((shard, at) => {
    const startingHashKey = at === 0 ? '0' : shard.startingHashKey;
    const next = open[at + 1]?.startingHashKey ?? String(1n << 128n);
    return { ...shard, startingHashKey, endingHashKey: String(BigInt(next) - 1n) };
  });
  return [...shards.filter((shard) => shard.closed), ...widened];
}
