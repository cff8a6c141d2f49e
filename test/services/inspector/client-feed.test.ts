import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { FeedLine } from '../../../src/feed/events.ts';
import { watchClient, type ClientWatcher } from '../../../src/services/inspector/client-feed.ts';
import { FeedHub } from '../../../src/services/inspector/hub.ts';
import type { Subscription } from '../../../src/services/inspector/subscription.ts';
import { APP, deferred, faceWorld, SHARD_1, type FaceWorld } from '../../face/face-world.ts';
import { ofKind, takeAll } from './hub-world.ts';

const SECRET = 'what the record says';
const STREAM = 'orders';
const schema = z.fromJSONSchema(
  JSON.parse(
    readFileSync(new URL('../../../schema/trace.schema.json', import.meta.url), 'utf8'),
  ) as z.core.JSONSchema.JSONSchema,
);

/** A client, a hub that watches it, and all that a reader takes from it. */
function watched(world: FaceWorld) {
  const startMs = world.clock.monotonicMs();
  const hub = new FeedHub({
    header: () => ({ source: 'process', app: APP, scenario: null }),
    nowMs: () => world.clock.monotonicMs() - startMs,
  });
  const { client } = world.member();
  watchClient(hub, client, 'p1');
  return { hub, client };
}

/** Takes all the time, as a page does; the lines as JSON carries them. */
function following(reader: Subscription): FeedLine[] {
  const lines: FeedLine[] = [];
  const follow = async (): Promise<void> => {
    while (!reader.closed) {
      await reader.ready();
      const taken = takeAll(reader);
      lines.push(...(JSON.parse(JSON.stringify(taken)) as FeedLine[]));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  void follow();
  return lines;
}

const lastState = (lines: readonly FeedLine[], actorId: string | undefined) =>
  ofKind(lines, 'state').findLast((state) => state.actorId === actorId);

describe('the feed of a client', () => {
  it('tells its statecharts, events and flow in the published shapes, and no record data', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.kinesis.putRecord({ stream: STREAM, partitionKey: SECRET, data: SECRET });
    const { hub, client } = watched(world);
    const reader = hub.subscribe();
    const lines = following(reader);
    const held = deferred();
    let seen = 0;
    const running = client.run({
      streams: [STREAM],
      eachRecord: async (record) => {
        expect(record.text()).toBe(SECRET);
        seen += 1;
        await held.promise;
      },
    });
    await world.until('the record', () => seen === 1);
    await world.pass(3_000);
    held.resolve();
    await world.pass(10_000);
    await client.close();
    await running;
    await world.pass(1_000);
    reader.close();

    const wrong = lines.filter((line) => !schema.safeParse(line).success);
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(JSON.stringify(lines)).not.toContain(SECRET);
    const machines = 'client membership role assignment survey reader'.split(' ').sort();
    expect(
      ofKind(lines, 'chart')
        .map(({ machine }) => machine)
        .sort(),
    ).toEqual(machines);
    expect(new Set(ofKind(lines, 'actor').map(({ machine }) => machine))).toEqual(
      new Set(machines),
    );
    const shard = { stream: STREAM, shardId: SHARD_1 };
    const [read] = ofKind(lines, 'actor').filter(({ machine }) => machine === 'reader');
    expect(read).toMatchObject({ ...shard, name: `reader ${STREAM}/${SHARD_1}`, process: 'p1' });
    const states = ofKind(lines, 'state').filter(({ actorId }) => actorId === read?.actorId);
    expect(states.some(({ activeIds }) => activeIds.includes('reader.active.fetch.reading'))).toBe(
      true,
    );
    expect(states.at(-1)).toMatchObject({ status: 'done' });
    expect(states.at(-1)?.from).not.toEqual(states.at(-1)?.activeIds);
    expect(ofKind(lines, 'actorGone').map(({ actorId }) => actorId)).toContain(read?.actorId);
    const flows = ofKind(lines, 'flow');
    expect(flows.reduce((sum, { records }) => sum + records, 0)).toBe(1);
    expect(flows.every(({ overMs }) => overMs >= 1_000)).toBe(true);
    const names = new Set(ofKind(lines, 'notice').map(({ name }) => name));
    const told = 'ready leader rebalance shardStart commit shardEnd close'.split(' ');
    expect([...names].sort()).toEqual(told.sort());
    expect(ofKind(lines, 'process').map(({ what }) => what)).toEqual(['started', 'left']);
  });

  it('draws at once for a reader that comes late, and again for the next consumption', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 1);
    const { hub, client } = watched(world);
    const stop = new AbortController();
    const first = client.run({ streams: [STREAM], signal: stop.signal, eachRecord: () => {} });
    await world.until('its shards', () => client.snapshot().shards.length === 2);
    await world.pass(3_000);
    const reader = hub.subscribe();
    const lines = takeAll(reader);
    const actors = ofKind(lines, 'actor');
    expect(actors.map(({ machine }) => machine).sort()).toEqual(
      'assignment client membership reader reader role survey'.split(' '),
    );
    for (const { actorId } of actors) {
      expect(lastState(lines, actorId)).toMatchObject({ status: 'active', sinceMs: null });
    }
    const root = actors.find(({ machine }) => machine === 'client');
    expect(actors.filter(({ parentId }) => parentId === root?.actorId)).toHaveLength(4);

    stop.abort();
    await first;
    const second = client.run({ streams: [STREAM], eachRecord: () => {} });
    await world.until('its shards', () => client.snapshot().shards.length === 2);
    const later = takeAll(reader);
    const gone = ofKind(later, 'actorGone').map(({ actorId }) => actorId);
    expect(gone).toEqual(expect.arrayContaining(actors.map(({ actorId }) => actorId)));
    expect(ofKind(later, 'actor').filter(({ machine }) => machine === 'reader')).toHaveLength(2);
    await client.close();
    await second;
    expect(ofKind(takeAll(hub.subscribe()), 'actor')).toEqual([]);
  });

  it('of a client that has begun before tells first how it stands', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 1);
    const { client } = world.member();
    const running = client.run({ streams: [STREAM], eachRecord: () => {} });
    await world.until('its shards', () => client.snapshot().shards.length === 2);
    const hub = new FeedHub({
      header: () => ({ source: 'process', app: APP, scenario: null }),
      nowMs: () => 0,
    });
    const stop = watchClient(hub, client, 'p1');
    const { session, generation } = client.snapshot();
    expect(ofKind(takeAll(hub.subscribe()), 'notice')).toMatchObject([
      { name: 'ready', detail: session },
      { name: 'rebalance', detail: String(generation) },
      { name: 'shardStart', shard: `${STREAM}/${SHARD_1}`, fence: 1 },
      { name: 'shardStart', fence: 1 },
    ]);
    stop();
    await client.close();
    await running;
    expect(ofKind(takeAll(hub.subscribe()), 'notice')).toHaveLength(4);
  });

  it('observes the statecharts only while somebody reads', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 1);
    const { hub, client } = watched(world);
    let observers = 0;
    type Root = Parameters<ClientWatcher['began']>[0];
    client.inside().watch({
      began: ({ system }: Root) => {
        const inspect = system.inspect.bind(system);
        system.inspect = (observer) => {
          const { unsubscribe } = inspect(observer);
          observers += 1;
          return {
            unsubscribe: () => {
              observers -= 1;
              unsubscribe();
            },
          };
        };
      },
      told: () => {},
    });
    const running = client.run({ streams: [STREAM], eachRecord: () => {} });
    await world.until('its shards', () => client.snapshot().shards.length === 2);
    expect(observers).toBe(0);
    const reader = hub.subscribe();
    expect(observers).toBe(1);
    reader.close();
    expect(observers).toBe(0);
    await client.close();
    await running;
  });

  it('keeps no error from the log', async () => {
    const world = faceWorld();
    const { hub, client } = watched(world);
    const reader = hub.subscribe();
    world.kinesis.createStream(STREAM, 1, { creating: true });
    const running = client.run({ streams: [STREAM], eachRecord: () => {} });
    await world.until('the warning', () => world.logged.some(({ level }) => level === 'warn'));
    const errors = ofKind(takeAll(reader), 'notice').filter(({ name }) => name === 'error');
    expect(errors[0]?.detail).toMatch(/^StreamCreating: /);
    await client.close();
    await running;
  });
});
