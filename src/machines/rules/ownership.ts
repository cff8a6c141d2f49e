/**
 * What one client owns, wants and gives back: the bookkeeping between a plan and the shard readers.
 * Plain data; every change makes a new value.
 */

export interface ShardName {
  readonly stream: string;
  readonly shardId: string;
}

export const shardKey = (shard: ShardName): string => `${shard.stream}/${shard.shardId}`;

/** Back from {@link shardKey}; shard ids hold no slash. */
export const shardOf = (key: string): ShardName => {
  const slash = key.lastIndexOf('/');
  return { stream: key.slice(0, slash), shardId: key.slice(slash + 1) };
};

/** A shard with a reader. */
export interface Owned {
  readonly shard: ShardName;
  readonly fence: number;
  /** `reading`: kept · `lingering`: to be given back once the taker knows · `draining`: being given back. */
  readonly phase: 'reading' | 'lingering' | 'draining';
}

/** A shard to be asked for. */
export interface Pending {
  readonly shard: ShardName;
  /** `take`: in the plan · `settle`: only the doubt is left. */
  readonly intent: 'take' | 'settle';
  /** The fence of an acquire that was never answered: it outlives plans. */
  readonly doubt: number | null;
}

export interface Ownership {
  readonly owned: Readonly<Record<string, Owned>>;
  readonly pending: Readonly<Record<string, Pending>>;
  /** The newest plan's shards for this client. */
  readonly target: Readonly<Record<string, ShardName>>;
  /** Those of them that reached their end since it came: the next plan will not name them. */
  readonly ended: Readonly<Record<string, ShardName>>;
  /** Highest fence that this session saw, by shard. */
  readonly fences: Readonly<Record<string, number>>;
}

export const NOTHING_OWNED: Ownership = {
  owned: {},
  pending: {},
  target: {},
  ended: {},
  fences: {},
};

/** By hand: taking a key out with rest syntax costs four times as much on a record of a thousand shards. */
const without = <T>(
  record: Readonly<Record<string, T>>,
  keys: ReadonlySet<string>,
): Record<string, T> => {
  const rest: Record<string, T> = {};
  for (const each in record) {
    const value = record[each];
    if (!keys.has(each) && value !== undefined) rest[each] = value;
  }
  return rest;
};

/** What a target wants and nobody here owns yet; a doubt stays even when its shard is not wanted any more. */
const pendingFor = (state: Ownership): Record<string, Pending> => {
  const pending: Record<string, Pending> = {};
  for (const [key, entry] of Object.entries(state.pending)) {
    if (state.target[key] === undefined && entry.doubt !== null) {
      pending[key] = { ...entry, intent: 'settle' };
    }
  }
  for (const [key, shard] of Object.entries(state.target)) {
    if (state.owned[key] === undefined) {
      pending[key] = { shard, intent: 'take', doubt: state.pending[key]?.doubt ?? null };
    }
  }
  return pending;
};

/**
 * A new target. What is owned and still wanted is not touched; what is owned and not wanted lingers until the
 * taker has surely seen the plan; a reader that drains already is not called back.
 *
 * @param ended what is known to have ended of the plan in hand, and not asked for again by it
 */
export function retarget(
  state: Ownership,
  shards: readonly ShardName[],
  ended: Ownership['ended'] = {},
): Ownership {
  const target = without(
    Object.fromEntries(shards.map((shard) => [shardKey(shard), shard])),
    new Set(Object.keys(ended)),
  );
  const owned: Record<string, Owned> = {};
  for (const [key, entry] of Object.entries(state.owned)) {
    if (entry.phase === 'draining') owned[key] = entry;
    else owned[key] = { ...entry, phase: target[key] === undefined ? 'lingering' : 'reading' };
  }
  const next = { ...state, target, owned, ended };
  return { ...next, pending: pendingFor(next) };
}

/** Acquires were answered, all in one: from now on a reader stands for each of the shards. */
export function took(
  state: Ownership,
  acquired: readonly { readonly shard: ShardName; readonly fence: number }[],
): Ownership {
  if (acquired.length === 0) return state;
  const owned: Record<string, Owned> = { ...state.owned };
  const fences: Record<string, number> = { ...state.fences };
  const keys = new Set<string>();
  for (const { shard, fence } of acquired) {
    const key = shardKey(shard);
    keys.add(key);
    owned[key] = { shard, fence, phase: state.target[key] === undefined ? 'lingering' : 'reading' };
    fences[key] = Math.max(fence, fences[key] ?? 0);
  }
  return { ...state, owned, fences, pending: without(state.pending, keys) };
}

/** The reader of (shard, fence) is gone; where the shard is still wanted it is asked for again. */
export function gaveBack(state: Ownership, key: string, fence: number): Ownership {
  if (state.owned[key]?.fence !== fence) return state;
  const owned = without(state.owned, new Set([key]));
  const shard = state.target[key];
  if (shard === undefined) return { ...state, owned };
  return {
    ...state,
    owned,
    pending: { ...state.pending, [key]: { shard, intent: 'take', doubt: null } },
  };
}

/** The shard is at its end: it is not asked for again, whatever the plan in hand says. */
export function reachedEnd(state: Ownership, key: string): Ownership {
  const shard = state.target[key];
  return {
    ...state,
    owned: without(state.owned, new Set([key])),
    target: without(state.target, new Set([key])),
    pending: without(state.pending, new Set([key])),
    ended: shard === undefined ? state.ended : { ...state.ended, [key]: shard },
  };
}

/** The plan in hand stands for long though shards of it ended: they are asked for again, to see what became of that. */
export const wantEnded = (state: Ownership): Ownership =>
  retarget(state, Object.values({ ...state.target, ...state.ended }));

/** An acquire was not answered. */
export function doubted(state: Ownership, shard: ShardName, fence: number): Ownership {
  const key = shardKey(shard);
  const intent = state.target[key] === undefined ? 'settle' : 'take';
  return { ...state, pending: { ...state.pending, [key]: { shard, intent, doubt: fence } } };
}

/** A doubt is answered: the shard is not this session's and will not become it. */
export function settledDoubt(state: Ownership, key: string): Ownership {
  const before = state.pending[key];
  if (before === undefined) return state;
  if (before.intent === 'settle')
    return { ...state, pending: without(state.pending, new Set([key])) };
  return { ...state, pending: { ...state.pending, [key]: { ...before, doubt: null } } };
}

/** Those that linger are now being given back. */
export function startedDraining(state: Ownership, keys: readonly string[]): Ownership {
  const owned = { ...state.owned };
  for (const key of keys) {
    const entry = owned[key];
    if (entry !== undefined) owned[key] = { ...entry, phase: 'draining' };
  }
  return { ...state, owned };
}

export const inPhase = (state: Ownership, phase: Owned['phase']): string[] =>
  Object.keys(state.owned).filter((key) => state.owned[key]?.phase === phase);

/** Everything wanted is owned, nothing is being given back, no doubt is left. */
export const isSettled = (state: Ownership): boolean =>
  Object.keys(state.pending).length === 0 &&
  Object.values(state.owned).every((entry) => entry.phase === 'reading');
