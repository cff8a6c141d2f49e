/** Services that answer a chosen request as they hardly ever do. */
import { KinesumerError } from '../../../src/errors.ts';
import type { Key, ReadFrom, StateStore, Stream, Write } from '../../../src/machines/ports.ts';
import { streamWays, ways, type Wraps } from '../wraps.ts';

export type Request =
  | { readonly to: 'read'; readonly keys: readonly Key[] }
  | { readonly to: 'query'; readonly pk: string }
  | { readonly to: 'write'; readonly write: Write }
  | { readonly to: 'describe' | 'listShards'; readonly stream: string }
  | { readonly to: 'openIterator'; readonly from: ReadFrom }
  | { readonly to: 'fetch' };

/**
 * - `denies`: refused for good, as without the permission
 * - `rejects`: Kinesis takes the request for malformed
 * - `throws`: the adapter breaks its contract
 * - `silent`: no answer
 * - `gone`: Kinesis does not find the shard
 * - `taken`: the shard is another's by now
 */
export type Manner = 'denies' | 'rejects' | 'throws' | 'silent' | 'gone' | 'taken';

const failed = (code: 'StoreRejected' | 'StreamRejected' | 'StreamUnanswered') =>
  ({ kind: 'failed', error: new KinesumerError(code, 'refused') }) as const;

const ANSWERS = {
  denies: failed('StoreRejected'),
  rejects: failed('StreamRejected'),
  silent: { kind: 'unanswered', error: new KinesumerError('StoreUnanswered', 'no answer') },
  gone: { kind: 'gone', error: new KinesumerError('StreamMissing', 'not found') },
  taken: {
    kind: 'refused',
    item: { pk: 'of the shard', sk: 'shard', lease_owner: 'somebody/else', fence: 1_000 },
  },
} as const;

/** Answers the requests that a process sends and `strikes` picks. One of its own for each process. */
export const breaking = (manner: Manner, make: () => (request: Request) => boolean): Wraps => {
  // a process asks for its store first, and for its stream in the same turn
  let strikes = make();
  const answer = () =>
    manner === 'throws'
      ? Promise.reject(new Error('the adapter is broken'))
      : Promise.resolve(ANSWERS[manner]);
  return {
    wrapStore: (store: StateStore): StateStore => {
      const mine = make();
      strikes = mine;
      return {
        ...ways(store),
        read: (keys, options) =>
          mine({ to: 'read', keys }) ? (answer() as never) : store.read(keys, options),
        query: (pk, options) =>
          mine({ to: 'query', pk }) ? (answer() as never) : store.query(pk, options),
        write: (write, options) =>
          mine({ to: 'write', write }) ? (answer() as never) : store.write(write, options),
      };
    },
    wrapStream: (stream: Stream): Stream => {
      const mine = strikes;
      return {
        ...streamWays(stream),
        describe: (name, options) =>
          mine({ to: 'describe', stream: name })
            ? (answer() as never)
            : stream.describe(name, options),
        listShards: (name, options) =>
          mine({ to: 'listShards', stream: name })
            ? (answer() as never)
            : stream.listShards(name, options),
        openIterator: (shard, from, options) =>
          mine({ to: 'openIterator', from })
            ? (answer() as never)
            : stream.openIterator(shard, from, options),
        fetch: (shard, iterator, limit, options) =>
          mine({ to: 'fetch' })
            ? (answer() as never)
            : stream.fetch(shard, iterator, limit, options),
      };
    },
  };
};

/** Nobody understands the items of some keys. */
export const garbling = (isGarbled: (key: Key) => boolean): Wraps => ({
  wrapStore: (store: StateStore): StateStore => ({
    ...ways(store),
    async read(keys, options) {
      const answer = await store.read(keys, options);
      if (answer.kind !== 'items') return answer;
      const items = keys.map((key, at) => {
        return isGarbled(key) ? { ...key, fence: 'garbled' } : (answer.items[at] ?? null);
      });
      return { kind: 'items', items };
    },
  }),
});

/** The requests of a kind from the `from`-th on, so many times. */
export const nth =
  (pick: (request: Request) => boolean, from = 1, times = 1) =>
  () => {
    let count = 0;
    return (request: Request): boolean => {
      if (!pick(request)) return false;
      count += 1;
      return count >= from && count < from + times;
    };
  };

export const writing =
  (is: (write: Write) => boolean) =>
  (request: Request): boolean =>
    request.to === 'write' && is(request.write);
