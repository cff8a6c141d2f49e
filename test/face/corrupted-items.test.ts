import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../src/errors.ts';
import type { Kinesumer } from '../../src/kinesumer.ts';
import type { Item } from '../../src/machines/ports.ts';
import type { ShardRecord } from '../../src/services/delivery/record.ts';
import {
  checkpointKey,
  clientKey,
  groupPk,
  headKey,
  mapKey,
  planKey,
} from '../../src/machines/rules/keys.ts';
import {
  APP,
  faceWorld,
  numberOf,
  numbersTo,
  SHARD_1,
  SHARD_2,
  type FaceWorld,
} from './face-world.ts';

const STREAM = 'orders';
/** What a group is given to heal by itself: a few TTLs. */
const HEALING_MS = 40_000;

interface Group {
  readonly world: FaceWorld;
  readonly codes: Set<string>;
  readonly clients: readonly Kinesumer[];
  readonly leader: Kinesumer;
  /** The leader's first. */
  readonly clientIds: readonly string[];
  /** Notes a delivery. */
  take(record: ShardRecord): void;
  /** Puts so many more records on each shard and waits until each was delivered. */
  deliver(count: number): Promise<void>;
  end(): Promise<void>;
}

/** Two members with a shard each, which never end by an error. */
async function group(): Promise<Group> {
  const world = faceWorld();
  world.twoShards(STREAM);
  const codes = new Set<string>();
  const seen: Record<string, number[]> = { [SHARD_1]: [], [SHARD_2]: [] };
  let put = 0;
  const take = (record: ShardRecord): void => void seen[record.shardId]?.push(numberOf(record));
  const members = [world.member(), world.member()].map(({ client }) => {
    client.on('error', (error) => codes.add(error.code));
    return { client, running: client.run({ streams: [STREAM], eachRecord: take }) };
  });
  await world.until('a shard each', () =>
    members.every(({ client }) => client.snapshot().shards.length === 1),
  );
  const byId = members
    .map(({ client }) => client)
    .sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
  const leader = byId.find((client) => client.snapshot().leader === client.snapshot().session);
  if (leader === undefined) throw new Error('nobody leads');
  const firsts = (shardId: string): number[] => [...new Set(seen[shardId])];
  return {
    world,
    codes,
    take,
    clients: byId,
    leader,
    clientIds: [leader, ...byId.filter((client) => client !== leader)].map(
      (client) => client.clientId,
    ),
    async deliver(count) {
      for (const shardId of [SHARD_1, SHARD_2] as const) {
        world.put(STREAM, shardId, count, put + 1);
      }
      put += count;
      await world.until('every record', () =>
        [SHARD_1, SHARD_2].every((shardId) => firsts(shardId).length === put),
      );
    },
    async end() {
      for (const { client } of members) await client.close();
      await Promise.all(members.map(({ running }) => running));
      // first deliveries come in order, and none is missing
      expect(firsts(SHARD_1)).toEqual(numbersTo(put));
      expect(firsts(SHARD_2)).toEqual(numbersTo(put));
    },
  };
}

const itemAt = (world: FaceWorld, key: { readonly pk: string; readonly sk: string }): Item => {
  const item = world.table.get(key);
  if (item === null) throw new Error(`${key.pk} / ${key.sk} does not stand`);
  return item;
};

const planItemKey = (world: FaceWorld) =>
  planKey(APP, itemAt(world, headKey(APP))['planRef'] as string);

const streamsItemKey = (world: FaceWorld) => {
  const found = world.table
    .partition(groupPk(APP))
    .find(({ item }) => item?.sk.startsWith('streams#'));
  return { pk: groupPk(APP), sk: found?.item?.sk ?? '' };
};

interface Damage {
  readonly code: ErrorCode;
  readonly name: string;
  readonly done: (world: FaceWorld, clientIds: readonly string[]) => void;
}

interface StandingDamage extends Damage {
  readonly noticedBy: 'joiner' | 'newLeader';
}

/** Overwrites one attribute. */
const spoil = (world: FaceWorld, key: { pk: string; sk: string }, part: object): void =>
  world.table.put({ ...itemAt(world, key), ...part });

const first = (ids: readonly string[]): string => ids[0] ?? '';
const last = (ids: readonly string[]): string => ids.at(-1) ?? '';

/** What the group notices by itself and gets over, and the code that it tells. */
const HEALS: readonly Damage[] = [
  {
    code: 'SessionLost',
    name: 'a deleted client',
    done: (w, ids) => w.table.remove(clientKey(APP, last(ids))),
  },
  {
    code: 'SessionLost',
    name: 'the deleted client of the leader',
    done: (w, ids) => w.table.remove(clientKey(APP, first(ids))),
  },
  {
    code: 'ItemCorrupted',
    name: 'a client whose ttl is no number',
    done: (w, ids) => spoil(w, clientKey(APP, last(ids)), { ttl: 'long' }),
  },
  {
    code: 'ItemCorrupted',
    name: 'a client whose nonce is no string',
    done: (w, ids) => spoil(w, clientKey(APP, last(ids)), { nonce: 7 }),
  },
  {
    code: 'ItemCorrupted',
    name: 'the client of the leader, written over by a stranger',
    done: (w, ids) => w.table.put({ ...clientKey(APP, first(ids)), hello: 'world' }),
  },
  {
    code: 'ItemCorrupted',
    name: 'a head whose gen is no number',
    done: (w) => spoil(w, headKey(APP), { gen: 'seven' }),
  },
  {
    code: 'ItemCorrupted',
    name: 'a head written over by a stranger',
    done: (w) => w.table.put({ ...headKey(APP), hello: 'world' }),
  },
  {
    code: 'ItemCorrupted',
    name: 'a head that names a plan that is not there',
    done: (w) => spoil(w, headKey(APP), { planRef: 'x' }),
  },
  {
    code: 'ForeignWrite',
    name: 'a shard written over by a Go client',
    done: (w) => {
      const { sequenceNumber } = w.kinesis.records(STREAM).get(SHARD_1)?.[4] ?? {};
      w.table.put({
        ...checkpointKey(APP, STREAM, SHARD_1),
        sequence_number: sequenceNumber ?? '',
      });
    },
  },
  {
    code: 'ForeignWrite',
    name: 'a deleted shard',
    done: (w) => w.table.remove(checkpointKey(APP, STREAM, SHARD_1)),
  },
];

/** What stands until somebody puts it right: meanwhile readers go on, nothing is lost. */
const HOLDS: readonly StandingDamage[] = [
  {
    code: 'ItemCorrupted',
    noticedBy: 'joiner',
    name: 'a plan that is no JSON',
    done: (w) => spoil(w, planItemKey(w), { body: '{' }),
  },
  {
    code: 'ItemCorrupted',
    noticedBy: 'joiner',
    name: 'a plan of another shape',
    done: (w) => spoil(w, planItemKey(w), { body: '[]' }),
  },
  {
    code: 'ItemCorrupted',
    noticedBy: 'joiner',
    name: 'a deleted plan',
    done: (w) => w.table.remove(planItemKey(w)),
  },
  {
    code: 'ItemCorrupted',
    noticedBy: 'newLeader',
    name: 'a map whose shards cannot be read',
    done: (w) => spoil(w, mapKey(APP, STREAM), { meta: ['?'] }),
  },
  {
    code: 'ItemCorrupted',
    noticedBy: 'newLeader',
    name: 'a map whose version is no number',
    done: (w) => spoil(w, mapKey(APP, STREAM), { ver: 'one' }),
  },
  {
    code: 'ItemCorrupted',
    noticedBy: 'newLeader',
    name: 'a list of streams that is no list',
    done: (w) => spoil(w, streamsItemKey(w), { streams: 'orders' }),
  },
  {
    code: 'ItemCorrupted',
    noticedBy: 'newLeader',
    name: 'a deleted list of streams',
    done: (w) => w.table.remove(streamsItemKey(w)),
  },
];

/** A third member of the group, with what it is told. */
function joins(made: Group) {
  const { client } = made.world.member();
  client.on('error', (error) => made.codes.add(error.code));
  const running = client.run({
    streams: [STREAM],
    eachRecord: (record) => made.take(record),
  });
  return { client, running };
}

describe('damage to the table that the group gets over', () => {
  it.each(HEALS)('is told as $code: $name', async ({ code, done }) => {
    const made = await group();
    await made.deliver(5);
    await made.world.pass(6_000);
    done(made.world, made.clientIds);
    await made.deliver(5);
    await made.world.pass(10_000);
    expect([...made.codes]).toContain(code);
    await made.world.pass(HEALING_MS);
    await made.deliver(5);
    // whole again: who joins is planned for, and everybody says the same
    const third = joins(made);
    await made.world.until('a plan with the third', () =>
      [...made.clients, third.client].every(
        (client) => client.snapshot().members.length === made.clients.length + 1,
      ),
    );
    await made.deliver(5);
    await third.client.close();
    await third.running;
    await made.deliver(5);
    await made.end();
  });
});

describe('damage to the table that waits for somebody', () => {
  it.each(HOLDS)('is told as $code while readers go on: $name', async (damage) => {
    const { code, done, noticedBy } = damage;
    const made = await group();
    const { world } = made;
    await made.deliver(5);
    const before = new Map(world.table.items().map((item) => [`${item.pk} ${item.sk}`, item]));
    done(world, made.clientIds);
    const damaged = [...before.values()].filter((item) => world.table.get(item) !== item);
    const standing = damaged.map((item) => world.table.get(item));
    await made.deliver(5);
    // who leads anew and who joins have to read what others only remember
    if (noticedBy === 'newLeader') await made.leader.close();
    await world.pass(HEALING_MS);
    const third = joins(made);
    await world.pass(HEALING_MS);
    expect([...made.codes]).toContain(code);
    await made.leader.close();
    // put right, where the group did not do it already
    for (const [index, item] of damaged.entries()) {
      if (world.table.get(item) === standing[index]) world.table.put(item);
    }
    await made.deliver(5);
    await third.client.close();
    await third.running;
    await made.deliver(5);
    await made.end();
  });
});
