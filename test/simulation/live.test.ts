import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { FeedEvent } from '../../src/feed/events.ts';
import { TRACE_SCHEMA } from '../../src/feed/schema.ts';
import { LiveGroup, type LiveOptions } from '../../src/simulation/live.ts';
import { hop } from './host.ts';

const line = z.fromJSONSchema(structuredClone(TRACE_SCHEMA) as z.core.JSONSchema.JSONSchema);

const group = (overrides: Partial<LiveOptions> = {}): LiveGroup =>
  new LiveGroup({ seed: 3, clients: 3, shards: 4, hop, ...overrides });

/** All that a group has told since it was last asked, but of its statecharts. */
function taking(live: LiveGroup): () => readonly FeedEvent[] {
  const reader = live.follow();
  return () =>
    reader
      .take(Number.POSITIVE_INFINITY)
      .flatMap((told) => (told.kind === 'trace' || isOfChart(told) ? [] : [told]));
}

const isOfChart = ({ kind }: FeedEvent): boolean =>
  kind === 'chart' || kind === 'actor' || kind === 'state' || kind === 'actorGone';

/** A little life: ten seconds, a death and a split, ten seconds. What it told, but for its places in the order. */
async function lived(stepMs: number): Promise<readonly object[]> {
  const live = group();
  const take = taking(live);
  const events: FeedEvent[] = [];
  const tenSeconds = async (): Promise<void> => {
    for (let passedMs = 0; passedMs < 10_000; passedMs += stepMs) {
      await live.advance(stepMs);
      events.push(...take());
    }
  };
  await tenSeconds();
  live.perform({ kind: 'crash', slot: 1 });
  live.perform({ kind: 'split', pick: 2 });
  await tenSeconds();
  return events.map(({ order: _, ...event }) => event);
}

describe('a group that is stepped', () => {
  it('lives the same life in small steps and in large ones', async () => {
    const small = await lived(250);
    expect(small).toEqual(await lived(10_000));
    expect(small.some((event) => 'children' in event)).toBe(true);
    const owners = new Map<string, string | null>();
    for (const event of small as readonly FeedEvent[]) {
      if (event.kind === 'shard') owners.set(event.shardId, event.owner);
    }
    // the dead one's shards have gone to the others
    const living = [...owners.values()].map((owner) => owner?.split('-')[0] ?? null);
    expect(new Set(living)).toEqual(new Set(['c0', 'c2', null]));
  });

  it('tells lines of the published shapes, in one order, statecharts too', async () => {
    const live = group();
    const reader = live.follow();
    await live.advance(6_000);
    const lines = reader.take(Number.POSITIVE_INFINITY);
    live.perform({ kind: 'crash', slot: 2 });
    await live.advance(1_000);
    lines.push(...reader.take(Number.POSITIVE_INFINITY));
    expect(lines.filter((told) => !line.safeParse(told).success).slice(0, 3)).toEqual([]);
    expect(lines[0]).toMatchObject({ kind: 'trace', source: 'simulation' });
    const orders = lines.slice(1).map((told) => ('order' in told ? (told.order ?? -1) : -1));
    expect(orders).toEqual(orders.toSorted((one, other) => one - other));
    for (const kind of ['chart', 'actor', 'state', 'actorGone']) {
      expect(lines.map((told) => told.kind)).toContain(kind);
    }
    reader.close();
  });

  it('tells whoever comes later what stands', async () => {
    const live = group();
    await live.advance(6_000);
    const reader = live.follow();
    const lines = reader.take(Number.POSITIVE_INFINITY);
    const members = lines.flatMap((told) => (told.kind === 'member' ? [told.clientId] : []));
    expect(new Set(members)).toEqual(new Set(['c0-1', 'c1', 'c2-1']));
    const readers = lines.filter((told) => told.kind === 'actor' && told.machine === 'reader');
    expect(readers).toHaveLength(4);
    expect(reader.take()).toEqual([]);
    reader.close();
  });

  it('is changed by hand: clients, rate and weather', async () => {
    const live = group({ recordsPerSecond: 0 });
    const take = taking(live);
    await live.advance(3_000);
    expect(take().some(({ kind }) => kind === 'put')).toBe(false);
    live.setRate(50);
    live.perform({ kind: 'join', slot: 7 });
    live.perform({ kind: 'leave', slot: 0 });
    await live.advance(8_000);
    expect(live.processes).toEqual([
      { slot: 1, clientId: 'c1', state: 'running' },
      { slot: 2, clientId: 'c2-1', state: 'running' },
      { slot: 7, clientId: 'c7', state: 'running' },
    ]);
    const before = take();
    const puts = before.filter(({ kind }) => kind === 'put');
    expect(puts).toHaveLength(400);
    expect(before.some(({ kind }) => kind === 'notice')).toBe(true);
    const errors = (events: readonly FeedEvent[]): readonly FeedEvent[] =>
      events.filter((event) => event.kind === 'notice' && event.name === 'error');
    expect(errors(before)).toEqual([]);
    live.setWeather({ store: { throttle: 0.3 }, stream: { throttle: 0.3 }, clockError: 0 });
    await live.advance(5_000);
    expect(errors(take()).length).toBeGreaterThan(0);
  });

  it('says which shards are open, in the order that picks one', async () => {
    const live = group();
    live.perform({ kind: 'split', pick: 1 });
    await live.advance(100);
    expect(live.openShards('orders').map(({ shardId }) => shardId.slice(-1))).toEqual(
      '04523'.split(''),
    );
    expect(live.openShards('nowhere')).toEqual([]);
  });
});
