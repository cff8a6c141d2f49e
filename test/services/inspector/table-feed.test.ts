import { describe, expect, it } from 'vitest';
import type { FeedLine } from '../../../src/feed/events.ts';
import type { Item } from '../../../src/machines/ports.ts';
import { checkpointsPk } from '../../../src/machines/rules/keys.ts';
import { encodeMap } from '../../../src/machines/rules/map-codec.ts';
import { putMap, putMapChunk } from '../../../src/machines/rules/writes.ts';
import { eventStream } from '../../../src/services/inspector/event-stream.ts';
import { FeedHub } from '../../../src/services/inspector/hub.ts';
import { SeenItems } from '../../../src/services/inspector/seen-items.ts';
import { tableSource } from '../../../src/services/inspector/table-feed.ts';
import { MemoryStateStore, SeededRandom } from '../../../src/services/memory/index.ts';
import { APP, faceWorld, SHARD_1, SHARD_2, type FaceWorld } from '../../face/face-world.ts';
import { mapOf } from '../../machines/group.ts';
import { ofKind, takeAll } from './hub-world.ts';

const STREAM = 'orders';

/** A reader of the table that stands outside the group. */
function watched(world: FaceWorld) {
  const { clock, table } = world;
  const store = new MemoryStateStore({ table, clock, name: 'page', random: new SeededRandom(9) });
  const hub = new FeedHub({
    header: () => ({ source: 'table', app: APP, scenario: null }),
    nowMs: () => clock.monotonicMs(),
  });
  hub.source(tableSource(hub, { app: APP, store, clock }));
  return { store, hub };
}

const newest = <Kind extends FeedLine['kind']>(lines: readonly FeedLine[], kind: Kind) =>
  ofKind(lines, kind).at(-1);

describe('the feed of a table', () => {
  it('tells a group from outside: members, plan, maps, and who owns which shard', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 3);
    const { hub, store } = watched(world);
    const one = world.member({ clientId: 'one' });
    const two = world.member({ clientId: 'two' });
    const running = [one, two].map(({ client }) =>
      client.run({ streams: [STREAM], eachRecord: () => {} }),
    );
    await world.until('a shard each', () =>
      [one, two].every(({ client }) => client.snapshot().shards.length === 1),
    );
    const writesBefore = store.usage().writeUnits;
    const reader = hub.subscribe();
    await world.pass(3_000);
    const lines = takeAll(reader);
    const sessions = [one, two].map(({ client }) => client.snapshot().session);
    const members = ofKind(lines, 'member').filter(({ state }) => state === 'active');
    expect(new Set(members.map(({ session }) => session))).toEqual(new Set(sessions));
    expect(members.every(({ ttlMs }) => ttlMs === 4_000)).toBe(true);
    const generation = newest(lines, 'generation');
    expect(generation).toMatchObject({ generation: one.client.snapshot().generation });
    expect(newest(lines, 'plan')).toMatchObject({ planRef: generation?.planRef, parts: 1 });
    expect(newest(lines, 'map')?.shards?.map(({ shardId }) => shardId)).toEqual([SHARD_1, SHARD_2]);
    const owners = new Set(ofKind(lines, 'shard').map(({ owner }) => owner));
    expect(owners).toEqual(new Set(sessions));
    // it stands, and nobody saw it happen
    expect(ofKind(lines, 'shard').map(({ change }) => change)).not.toContain('acquired');

    await two.client.close({ leave: true });
    await world.until('the other shard', () => one.client.snapshot().shards.length === 2);
    await world.pass(3_000);
    const later = takeAll(reader);
    expect(ofKind(later, 'member')).toContainEqual(
      expect.objectContaining({ clientId: 'two', state: 'gone' }),
    );
    expect(ofKind(later, 'shard')).toContainEqual(
      expect.objectContaining({ change: 'acquired', owner: sessions[0] }),
    );
    expect(store.usage().writeUnits).toBe(writesBefore);
    await one.client.close();
    await Promise.all(running);
  });

  it('reads while somebody reads it, and only then; and tells again only what changed', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 3);
    const { hub, store } = watched(world);
    const { client } = world.member();
    const running = client.run({ streams: [STREAM], eachRecord: () => {} });
    await world.until('the shards', () => client.snapshot().shards.length === 2);
    await world.pass(20_000);
    expect(store.usage().requests).toBe(0);
    const first = hub.subscribe();
    await world.pass(20_000);
    expect(ofKind(takeAll(first), 'map')).toHaveLength(1);
    first.close();
    await world.pass(1_000);
    const { requests } = store.usage();
    await world.pass(20_000);
    expect(store.usage().requests).toBe(requests);
    const second = hub.subscribe();
    await world.pass(20_000);
    const lines = takeAll(second);
    expect(ofKind(lines, 'map')).toHaveLength(1);
    expect(ofKind(lines, 'plan')).toHaveLength(1);
    const heartbeats = ofKind(lines, 'member').map(({ rv }) => rv);
    expect(heartbeats).toEqual([...new Set(heartbeats)].sort((a, b) => a - b));
    second.close();
    await client.close();
    await running;
  });

  it('of three clients and sixteen shards costs as little as it is said to', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 16);
    const { hub, store } = watched(world);
    const clients = [1, 2, 3].map(() => world.member({ profile: 'default' }).client);
    const running = clients.map((client) =>
      client.run({ streams: [STREAM], eachRecord: () => {} }),
    );
    await world.until('balance', () =>
      clients.every((client) => client.snapshot().shards.length >= 5),
    );
    const reader = hub.subscribe();
    const aMinute = async (): Promise<void> => {
      for (let n = 0; n < 6; n += 1) {
        await world.pass(10_000);
        takeAll(reader);
      }
    };
    await aMinute();
    const before = store.usage().readUnits;
    await aMinute();
    expect(store.usage().readUnits - before).toBeLessThan(80);
    expect(store.usage().readUnits - before).toBeGreaterThan(50);
    reader.close();
    for (const client of clients) await client.close();
    await Promise.all(running);
  });

  it('tells that the table does not answer, once, and that it does again', async () => {
    const world = faceWorld();
    const { hub, store } = watched(world);
    const reader = hub.subscribe();
    store.cut();
    await world.pass(25_000);
    const lost = takeAll(reader).slice(1);
    expect(lost).toMatchObject([{ kind: 'table', what: 'lost' }]);
    expect(ofKind(lost, 'table')[0]?.detail).toMatch(/^StoreUnanswered: /);
    // whoever comes later is told too
    const later = hub.subscribe();
    expect(later.take().at(-1)).toMatchObject({ kind: 'table', what: 'lost' });
    store.restore();
    await world.pass(30_000);
    expect(takeAll(reader)).toMatchObject([{ kind: 'table', what: 'back' }]);
    await world.pass(20_000);
    expect(takeAll(reader)).toEqual([]);
  });

  it('leaves the table alone while all pages are frozen, and reads on when one thaws', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 3);
    const { hub, store } = watched(world);
    const { client } = world.member();
    const running = client.run({ streams: [STREAM], eachRecord: () => {} });
    const write = (lines: readonly FeedLine[]) => `${lines.length}`;
    const [page, other] = [1, 2].map(() =>
      eventStream(hub.subscribe(), world.clock, write).getReader(),
    );
    await Promise.all([page?.read(), other?.read()]);
    await world.pass(35_000);
    const { requests } = store.usage();
    await world.pass(60_000);
    expect(store.usage().requests).toBe(requests);
    await page?.read();
    await world.pass(3_000);
    expect(store.usage().requests).toBeGreaterThan(requests + 3);
    await Promise.all([page?.cancel(), other?.cancel()]);
    await client.close();
    await running;
  });

  it('goes on for a page that reads, also where nothing happens', async () => {
    const world = faceWorld();
    const { hub, store } = watched(world);
    const reader = eventStream(hub.subscribe(), world.clock, () => 'said').getReader();
    let reading = true;
    const readOn = async (): Promise<void> => {
      while (reading) await reader.read();
    };
    const done = readOn();
    await world.pass(60_000);
    const { requests } = store.usage();
    await world.pass(60_000);
    expect(store.usage().requests).toBeGreaterThan(requests + 100);
    reading = false;
    await reader.cancel();
    await done;
  });

  it('looks for the map that a plan names until it is there', async () => {
    const world = faceWorld();
    const { hub } = watched(world);
    const map = mapOf(2, 5);
    const write = (item: Item): void => {
      expect(world.table.write({ kind: 'put', item, when: [] }, 'test').result.kind).toBe(
        'applied',
      );
    };
    const planRef = 'plan#0000000001#n';
    const streams = { [map.stream]: { mapVersion: 5, ranges: [] } };
    write({ pk: `group#${APP}`, sk: planRef, parts: 1, body: JSON.stringify({ streams }) });
    write({ pk: `group#${APP}`, sk: 'head', gen: 1, leader: 'one/n', planRef });
    const reader = hub.subscribe();
    await world.pass(3_000);
    expect(ofKind(takeAll(reader), 'map')).toEqual([]);
    write(encodeMap(APP, map, '5#n').item);
    await world.pass(2_000);
    expect(ofKind(takeAll(reader), 'map').map(({ version }) => version)).toEqual([5]);
  });

  it('tells a map of thousands of shards whole', async () => {
    const world = faceWorld();
    const { hub } = watched(world);
    const map = mapOf(1_500, 2);
    const { item, chunks } = encodeMap(APP, map, '2#n');
    chunks.forEach((chunk, n) => {
      world.table.write(putMapChunk(APP, map.stream, '2#n', n, chunk), 'test');
    });
    world.table.write(putMap(item, null), 'test');
    const reader = hub.subscribe();
    await world.pass(1_000);
    expect(newest(takeAll(reader), 'map')?.shards).toEqual(map.shards);
  });
});

describe('items that are seen again and again', () => {
  const shard = (fence: number, position: string): Item => ({
    pk: checkpointsPk(APP, STREAM),
    sk: SHARD_1,
    fence,
    position,
  });

  it('change only forward: a stale copy is none, and one miss is no deletion', () => {
    const told: (readonly [unknown, unknown])[] = [];
    const seen = new SeenItems((before, after) =>
      told.push([before?.['position'] ?? null, after?.['position'] ?? null]),
    );
    const { pk } = shard(1, '');
    seen.partition(pk, [shard(1, 'b')]);
    seen.partition(pk, [shard(1, 'b')]);
    seen.partition(pk, [shard(1, 'a')]);
    expect(told.splice(0)).toEqual([[null, 'b']]);
    // an operator may set it back, under a higher fence
    seen.partition(pk, [shard(2, 'a')]);
    seen.partition(pk, [shard(1, 'z')]);
    expect(told.splice(0)).toEqual([['b', 'a']]);
    seen.partition(pk, []);
    seen.partition(pk, [shard(2, 'a')]);
    seen.partition(pk, []);
    expect(told).toEqual([]);
    seen.partition(pk, []);
    expect(told).toEqual([['a', null]]);
  });
});
