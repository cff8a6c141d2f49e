/**
 * Every write of the protocol as plain data: the item, what it sets, and the condition it stands on.
 * The adapters only carry them out, so that a model can explore the very same writes.
 */
import { checkpointKey, clientKey, headKey, mapChunkKey, planKey, streamsKey } from './keys.ts';
import { parsePosition, SHARD_END } from './positions.ts';

interface Key {
  readonly pk: string;
  readonly sk: string;
}
type Value = string | number | boolean | null | readonly Value[] | { readonly [k: string]: Value };
type Item = Readonly<Record<string, Value>> & Key;
type Clause =
  | { readonly attribute: string; readonly op: 'absent' | 'present' }
  | {
      readonly attribute: string;
      readonly op: '=' | '<' | '<=' | '>' | '>=';
      readonly value: string | number;
    };
interface Put {
  readonly kind: 'put';
  readonly item: Item;
  readonly when: readonly Clause[];
}
interface Update {
  readonly kind: 'update';
  readonly key: Key;
  readonly set: Readonly<Record<string, Value>>;
  readonly add?: Readonly<Record<string, number>>;
  readonly remove?: readonly string[];
  readonly when: readonly Clause[];
}
interface Delete {
  readonly kind: 'delete';
  readonly key: Key;
  readonly when: readonly Clause[];
}

const absent = (attribute: string): Clause => ({ attribute, op: 'absent' });
const equal = (attribute: string, value: string | number): Clause => ({
  attribute,
  op: '=',
  value,
});
const asRead = (attribute: string, value: string | number | null): Clause =>
  value === null ? absent(attribute) : equal(attribute, value);

// ---------------------------------------------------------------- clients

export interface ClientFields {
  readonly clientId: string;
  readonly nonce: string;
  readonly ttlMs: number;
  readonly streamsHash: string;
}

const clientItem = (app: string, client: ClientFields): Item => ({
  ...clientKey(app, client.clientId),
  nonce: client.nonce,
  rv: 0,
  state: 'active',
  ttl: client.ttlMs,
  streamsHash: client.streamsHash,
  endedCount: 0,
  version: 1,
});

/** Register: only where no item of this clientId stands. */
export const createClient = (app: string, client: ClientFields): Put => ({
  kind: 'put',
  item: clientItem(app, client),
  when: [absent('pk')],
});

/**
 * Register over the nonce that was read: of a static clientId's predecessor, of an own earlier try, or what stands in
 * its place in an item that no session can be using (null: nothing).
 */
export const replaceClient = (
  app: string,
  client: ClientFields,
  nonceAsRead: string | number | null,
): Put => ({
  kind: 'put',
  item: clientItem(app, client),
  when: [asRead('nonce', nonceAsRead)],
});

export interface HeartbeatFields {
  readonly state: 'active' | 'leaving';
  readonly streamsHash: string;
  readonly endedCount: number;
}

/** A conditional update, never an upsert: an expelled session can not come back (S5). */
export const heartbeat = (
  app: string,
  clientId: string,
  nonce: string,
  acknowledged: number,
  fields: HeartbeatFields,
): Update => ({
  kind: 'update',
  key: clientKey(app, clientId),
  set: {
    state: fields.state,
    streamsHash: fields.streamsHash,
    endedCount: fields.endedCount,
  },
  add: { rv: 1 },
  when: [equal('nonce', nonce), { attribute: 'rv', op: '>=', value: acknowledged }],
});

/** Expel exactly the session and version that was seen to be silent. */
export const expel = (app: string, clientId: string, nonce: string, rv: number): Delete => ({
  kind: 'delete',
  key: clientKey(app, clientId),
  when: [equal('nonce', nonce), equal('rv', rv)],
});

/** Leave: delete the own item, never a successor's. */
export const leave = (app: string, clientId: string, nonce: string): Delete => ({
  kind: 'delete',
  key: clientKey(app, clientId),
  when: [equal('nonce', nonce)],
});

// ---------------------------------------------------------------- group

/** Immutable: the first writer of a hash wins, all would write the same. */
export const putStreams = (app: string, hash: string, streams: readonly string[]): Put => ({
  kind: 'put',
  item: { ...streamsKey(app, hash), streams },
  when: [absent('pk')],
});

/** One part of an immutable plan; its name is fresh, so that it can only be absent. */
export const putPlanPart = (
  app: string,
  planRef: string,
  part: number,
  parts: number,
  body: string,
): Put => ({
  kind: 'put',
  item: { ...planKey(app, planRef, part), parts, body },
  when: [absent('pk')],
});

/** The election: whoever moves the head from the generation that it read, leads (S6). */
export const publishHead = (
  app: string,
  generationAsRead: number | null,
  next: { readonly generation: number; readonly leader: string; readonly planRef: string },
): Put => ({
  kind: 'put',
  item: { ...headKey(app), gen: next.generation, leader: next.leader, planRef: next.planRef },
  when: [generationAsRead === null ? absent('pk') : equal('gen', generationAsRead)],
});

/**
 * The same over a head that cannot be understood, on what stands in place of its generation (null: nothing). The
 * next generation differs from it, so that of two publishers one wins here too.
 */
export const replaceUnreadableHead = (
  app: string,
  genAsRead: string | number | null,
  next: { readonly generation: number; readonly leader: string; readonly planRef: string },
): Put => ({
  kind: 'put',
  item: { ...headKey(app), gen: next.generation, leader: next.leader, planRef: next.planRef },
  when: [asRead('gen', genAsRead)],
});

export const removeGarbage = (key: Key): Delete => ({ kind: 'delete', key, when: [] });

// ---------------------------------------------------------------- shard maps

export const putMapChunk = (
  app: string,
  stream: string,
  set: string,
  chunk: number,
  meta: readonly string[],
): Put => ({
  kind: 'put',
  item: { ...mapChunkKey(app, stream, set, chunk), meta },
  when: [absent('pk')],
});

/** Flips the version last; `versionAsRead` null: the group takes the stream in for the first time (S10). */
export const putMap = (item: Item, versionAsRead: number | null): Put => ({
  kind: 'put',
  item,
  when: [versionAsRead === null ? absent('ver') : equal('ver', versionAsRead)],
});

// ---------------------------------------------------------------- shards

/** What an acquire found and what it would write. */
export interface AcquireFields {
  readonly session: string;
  readonly fence: number;
  readonly ownerAsRead: string | null;
  readonly fenceAsRead: number | null;
  /** Set where the item had no position. */
  readonly firstPosition: string | null;
  /** The Go attribute as read, where the first position was taken from it. */
  readonly sequenceNumberAsRead: string | null;
}

/**
 * Compare-and-set of (owner, fence). Creates the item where there is none, and leaves a completed shard alone (S9)
 * even where an item was deleted and a fence came back.
 */
export const acquire = (
  app: string,
  stream: string,
  shardId: string,
  fields: AcquireFields,
): Update => ({
  kind: 'update',
  key: checkpointKey(app, stream, shardId),
  set: {
    lease_owner: fields.session,
    fence: fields.fence,
    ...(fields.firstPosition === null ? {} : { position: fields.firstPosition }),
  },
  when: [
    asRead('lease_owner', fields.ownerAsRead),
    asRead('fence', fields.fenceAsRead),
    ...(fields.firstPosition === null
      ? [{ attribute: 'position', op: '<', value: SHARD_END } as const]
      : [absent('position'), asRead('sequence_number', fields.sequenceNumberAsRead)]),
  ],
});

/** The Go attribute beside the position, so that a Go group can read on from it. */
const positionAttributes = (position: string): Record<string, Value> => {
  const parsed = parsePosition(position);
  if (parsed.kind !== 'after') return { position };
  return {
    position,
    sequence_number: parsed.sequenceNumber,
    subsequence: parsed.subsequenceNumber,
  };
};

/** S2 and S3: only the current (owner, fence), only forward. */
export const commit = (
  app: string,
  stream: string,
  shardId: string,
  session: string,
  fence: number,
  position: string,
): Update => ({
  kind: 'update',
  key: checkpointKey(app, stream, shardId),
  set: positionAttributes(position),
  when: [
    equal('lease_owner', session),
    equal('fence', fence),
    { attribute: 'position', op: '<', value: position },
  ],
});

/** The last completed position and no owner, in one write. The fence stays. */
export const release = (
  app: string,
  stream: string,
  shardId: string,
  session: string,
  fence: number,
  position: string,
): Update => ({
  kind: 'update',
  key: checkpointKey(app, stream, shardId),
  set: positionAttributes(position),
  remove: ['lease_owner'],
  when: [
    equal('lease_owner', session),
    equal('fence', fence),
    { attribute: 'position', op: '<=', value: position },
  ],
});

/** SHARD_END and no owner, in one write; final (S9). */
export const endShard = (
  app: string,
  stream: string,
  shardId: string,
  session: string,
  fence: number,
): Update => ({
  kind: 'update',
  key: checkpointKey(app, stream, shardId),
  set: { position: SHARD_END },
  remove: ['lease_owner'],
  when: [
    equal('lease_owner', session),
    equal('fence', fence),
    { attribute: 'position', op: '<=', value: SHARD_END },
  ],
});

/** Gives up an ownership taken in doubt and not wanted: the position stays as it is. */
export const disown = (
  app: string,
  stream: string,
  shardId: string,
  session: string,
  fence: number,
): Update => ({
  kind: 'update',
  key: checkpointKey(app, stream, shardId),
  set: {},
  remove: ['lease_owner'],
  when: [equal('lease_owner', session), equal('fence', fence)],
});

/** Of an ended shard: where no item stands, this makes none. */
const ended: Clause = equal('position', SHARD_END);

/** Notes Kinesis' time of the first listing that lacked an ended shard; the first one stays. */
export const noteUnlisted = (
  app: string,
  stream: string,
  shardId: string,
  sinceMs: number,
): Update => ({
  kind: 'update',
  key: checkpointKey(app, stream, shardId),
  set: { unlisted_since: sinceMs },
  when: [ended, absent('unlisted_since')],
});

/** An ended shard shows up again: its time begins anew. */
export const noteListed = (
  app: string,
  stream: string,
  shardId: string,
  sinceMsAsRead: number,
): Update => ({
  kind: 'update',
  key: checkpointKey(app, stream, shardId),
  set: {},
  remove: ['unlisted_since'],
  when: [ended, equal('unlisted_since', sinceMsAsRead)],
});

/** The item of an ended shard that is long gone (S9): never one that was read on, or showed up, since it was read. */
export const removeEnded = (
  app: string,
  stream: string,
  shardId: string,
  sinceMsAsRead: number,
): Delete => ({
  kind: 'delete',
  key: checkpointKey(app, stream, shardId),
  when: [ended, equal('unlisted_since', sinceMsAsRead)],
});
