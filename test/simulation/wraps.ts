/** What mutants and odd environments are made of: the ports with single ways replaced, and names for writes. */
import { KinesumerError } from '../../src/errors.ts';
import type { Clause, Item, Key, StateStore, Stream, Write } from '../../src/machines/ports.ts';
import { SHARD_END } from '../../src/machines/rules/positions.ts';
import type { Host } from '../../src/simulation/scenario.ts';

/** Something between each client and its services. Called once per process, in the order of their starts. */
export type Wraps = Pick<Host, 'wrapStore' | 'wrapStream'>;

export type Update = Extract<Write, { kind: 'update' }>;
export type Put = Extract<Write, { kind: 'put' }>;

/** The store's methods as own properties, to be replaced one by one. */
export const ways = (store: StateStore): StateStore => ({
  open: (options) => store.open(options),
  read: (keys, options) => store.read(keys, options),
  query: (pk, options) => store.query(pk, options),
  write: (write, options) => store.write(write, options),
  usage: () => store.usage(),
  close: () => store.close(),
});

/** The same of the stream. */
export const streamWays = (stream: Stream): Stream => ({
  describe: (name, options) => stream.describe(name, options),
  listShards: (name, options) => stream.listShards(name, options),
  openIterator: (shard, from, options) => stream.openIterator(shard, from, options),
  fetch: (shard, iterator, limit, options) => stream.fetch(shard, iterator, limit, options),
  close: () => stream.close(),
});

/** Every write is sent as `change` says. */
export const writes = (change: (write: Write) => Write): Wraps => ({
  wrapStore: (store) => ({
    ...ways(store),
    write: (write, options) => store.write(change(write), options),
  }),
});

/** One stands nearer to the client, the other nearer to the services. */
export const within = (near: Wraps, far: Wraps): Wraps => ({
  wrapStore: (store) => {
    const rest = far.wrapStore?.(store) ?? store;
    return near.wrapStore?.(rest) ?? rest;
  },
  wrapStream: (stream) => {
    const rest = far.wrapStream?.(stream) ?? stream;
    return near.wrapStream?.(rest) ?? rest;
  },
});

export const keyOf = (write: Write): Key => (write.kind === 'put' ? write.item : write.key);

const isOnShard = (write: Write): write is Update =>
  write.kind === 'update' && write.key.pk.startsWith('check_point#');
export const isAcquire = (write: Write): write is Update =>
  isOnShard(write) && 'fence' in write.set;
/** A commit, a release or an end. */
export const isCheckpoint = (write: Write): write is Update =>
  isOnShard(write) && !isAcquire(write);
export const isEnd = (write: Write): boolean =>
  isCheckpoint(write) && write.set['position'] === SHARD_END;
export const isRelease = (write: Write): boolean =>
  isCheckpoint(write) && write.remove?.includes('lease_owner') === true && !isEnd(write);
export const isCommit = (write: Write): write is Update =>
  isCheckpoint(write) && write.remove === undefined;
export const isHeartbeat = (write: Write): write is Update =>
  write.kind === 'update' && write.key.pk.startsWith('client#');
/** Of another client's item: who leaves does not name its version. */
export const isExpulsion = (write: Write): boolean =>
  write.kind === 'delete' &&
  write.key.pk.startsWith('client#') &&
  write.when.some(({ attribute }) => attribute === 'rv');
export const isRegistration = (write: Write): write is Put =>
  write.kind === 'put' && write.item.pk.startsWith('client#');
export const isMap = (write: Write): write is Put =>
  write.kind === 'put' && write.item.pk.startsWith('shard_cache#');
export const isHead = (write: Write): write is Put =>
  write.kind === 'put' && write.item.sk === 'head';
export const isPlan = (write: Write): write is Put =>
  write.kind === 'put' && write.item.sk.startsWith('plan#');

export const isOfClients = (keys: readonly Key[]): boolean =>
  keys.every((key) => key.pk.startsWith('client#'));
export const isOfShards = (keys: readonly Key[]): boolean =>
  keys.every((key) => key.pk.startsWith('check_point#'));
export const isOfPlans = (keys: readonly Key[]): boolean =>
  keys.every((key) => key.sk.startsWith('plan#'));

export const without = (write: Update, ...attributes: string[]): Update => ({
  ...write,
  when: write.when.filter((clause: Clause) => !attributes.includes(clause.attribute)),
});

export const withItem = (write: Put, change: Record<string, Item[string]>): Put => ({
  ...write,
  item: { ...write.item, ...change },
});

/** The nonce that a heartbeat demands. */
export function nonceOf(write: Update): string {
  const clause = write.when.find(({ attribute }) => attribute === 'nonce');
  return clause !== undefined && 'value' in clause ? String(clause.value) : '';
}

export const bodyOf = ({ body }: Item): string => (typeof body === 'string' ? body : '');

/** What a client hears of a request that may be carried out yet. */
export const unanswered = {
  kind: 'unanswered',
  error: new KinesumerError('StoreUnanswered', 'write: no answer'),
} as const;

/** The same of one that was refused for its rate. */
export const throttled = {
  kind: 'throttled',
  error: new KinesumerError('StoreThrottled', 'write: too many requests'),
} as const;

/** Only the process that is started in this place, from 0, has the wrap; the others have their stores as they are. */
export const inPlace = (place: number, wrap: (store: StateStore) => StateStore): Wraps => {
  let started = 0;
  return { wrapStore: (store) => (started++ === place ? wrap(store) : store) };
};

/** A write's answer where nothing was written. */
export const asIfApplied = (write: Write): { readonly kind: 'applied'; readonly item: Item } => ({
  kind: 'applied',
  item:
    write.kind === 'put' ? write.item : { ...keyOf(write), ...('set' in write ? write.set : {}) },
});

/** Wraps of both ports of one process that know of each other. */
export const inBoth = (
  make: () => {
    readonly wrapStore: (store: StateStore) => StateStore;
    readonly wrapStream: (stream: Stream) => Stream;
  },
): Wraps => {
  // a process asks for its store first, and for its stream in the same turn
  let own = make();
  return {
    wrapStore: (store) => {
      own = make();
      return own.wrapStore(store);
    },
    wrapStream: (stream) => own.wrapStream(stream),
  };
};
