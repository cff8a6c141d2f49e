import { describe, expect, it } from 'vitest';
import type { FeedEvent, FeedHeader } from '../../../src/feed/events.ts';
import { watchClient } from '../../../src/services/inspector/client-feed.ts';
import { FeedHub } from '../../../src/services/inspector/hub.ts';
import { tableSource } from '../../../src/services/inspector/table-feed.ts';
import { GroupModel } from '../../../visualize/model/group-model.ts';
import { APP, deferred, faceWorld, SHARD_1, type FaceWorld } from '../../face/face-world.ts';
import { takeAll } from '../../services/inspector/hub-world.ts';
import { shardsOf } from './played.ts';

const STREAM = 'orders';

/** A page: a model that hears all that a hub tells. */
function pageOf(world: FaceWorld, source: FeedHeader['source']) {
  const startMs = world.clock.monotonicMs();
  const nowMs = (): number => world.clock.monotonicMs() - startMs;
  const hub = new FeedHub({ header: () => ({ source, app: APP, scenario: null }), nowMs });
  const open = () => {
    const reader = hub.subscribe();
    const [header, ...first] = takeAll(reader);
    const model = new GroupModel(header as FeedHeader);
    for (const line of first) model.apply(line as FeedEvent);
    const listen = (): void => {
      for (const line of takeAll(reader)) model.apply(line as FeedEvent);
    };
    const close = (): void => reader.close();
    return { model, listen, close, view: () => (listen(), model.view(nowMs())) };
  };
  return { hub, open };
}

describe('the model of a live group', () => {
  it('shows by the table alone what its clients say of themselves', async () => {
    const world = faceWorld();
    world.twoShards(STREAM, 5);
    const { client: one } = world.member({ clientId: 'one' });
    const { client: two } = world.member({ clientId: 'two' });
    // of a client that consumes nothing
    const { store } = world.member();
    const { hub, open } = pageOf(world, 'table');
    hub.source(tableSource(hub, { app: APP, store, clock: world.clock }));
    const page = open();
    const running = [one, two].map((client) =>
      client.run({ streams: [STREAM], eachRecord: () => {} }),
    );
    await world.until('a shard each', () =>
      [one, two].every((client) => client.snapshot().shards.length === 1),
    );
    await world.pass(8_000);
    const view = page.view();
    const { generation, leader } = one.snapshot();
    expect(view.generation).toMatchObject({ number: generation, leader: 'one', plan: 'known' });
    expect(leader).toMatch(/^one\//);
    expect(view.members.map(({ clientId, state }) => [clientId, state])).toEqual([
      ['one', 'active'],
      ['two', 'active'],
    ]);
    for (const shard of shardsOf(view)) {
      const owner = [one, two].find((client) =>
        client.snapshot().shards.some(({ shardId }) => shardId === shard.shardId),
      );
      const { clientId, fence } = {
        clientId: owner?.clientId,
        fence: owner?.snapshot().shards[0]?.fence,
      };
      expect(shard).toMatchObject({ owner: clientId, target: clientId, fence, unread: false });
      expect(shard.why.sentence).toBe(`${clientId} reads it.`);
    }
    const late = open().view();
    expect(late.streams).toEqual(view.streams);
    await one.close({ leave: true });
    await world.pass(8_000);
    const after = page.view();
    expect(shardsOf(after).map(({ owner }) => owner)).toEqual(['two', 'two']);
    // it may have left between two looks
    const texts = page.model.marks(0, 60_000).map(({ text }) => text);
    expect(texts.some((text) => /^one (is gone|has left)$/.test(text))).toBe(true);
    await two.close();
    await Promise.all(running);
    page.close();
  });

  it('shows what a client of the process does, and why its shard waits', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    const { client } = world.member({ clientId: 'one' });
    const { hub, open } = pageOf(world, 'process');
    watchClient(hub, client, 'p1');
    const page = open();
    const held = deferred();
    const running = client.run({ streams: [STREAM], eachRecord: () => held.promise });
    await world.until('its shard', () => client.snapshot().shards.length === 1);
    await world.pass(3_000);
    const before = shardsOf(page.view())[0];
    expect(before).toMatchObject({ shardId: SHARD_1, owner: 'one', fence: 1, unread: false });
    expect(before?.behindMs?.value).toBe(0);
    expect(before?.recordsPerSecond?.value).toBe(0);
    expect(before?.why.sentence).toBe('one reads it.');
    const reader = page.model.actors().find(({ machine }) => machine === 'reader');
    expect(before?.reader).toEqual({ process: 'p1', actorId: reader?.actorId });
    world.kinesis.putRecord({ stream: STREAM, partitionKey: 'k', data: 'd' });
    for (let second = 0; second < 15; second += 1) {
      await world.pass(1_000);
      page.listen();
    }
    const slow = shardsOf(page.view())[0]?.why;
    expect(slow?.kind).toBe('slow');
    expect(slow?.sentence).toMatch(/^The handler of one has been running for 1[2-5] s\.$/);
    client.pause();
    held.resolve();
    await world.pass(1_000);
    expect(shardsOf(page.view())[0]?.why.sentence).toBe('Paused by one.');
    client.resume();
    await client.close();
    await running;
    const [member] = page.view().members;
    expect(member).toMatchObject({ clientId: 'one', life: 'ended', process: 'p1', generation: 1 });
    page.close();
  });
});
