import { createInspector as createTheirs } from '@statelyai/inspect';
import { describe, expect, it } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { createActor, fromPromise, setup } from 'xstate';
import { watchClient } from '../../../src/services/inspector/client-feed.ts';
import type { Inspected } from '../../../src/services/inspector/actor-feed.ts';
import { FeedHub } from '../../../src/services/inspector/hub.ts';
import {
  protocolJson,
  statelyEventOf,
  type StatelyEvent,
} from '../../../src/services/inspector/stately-events.ts';
import { StatelyFeed } from '../../../src/services/inspector/stately-feed.ts';
import { KinesumerError } from '../../../src/errors.ts';
import { faceWorld, type FaceWorld } from '../../face/face-world.ts';

/** As it would be received, but for when it was made. */
const received = (event: object): object => {
  const { createdAt, ...rest } = JSON.parse(JSON.stringify(event)) as { createdAt: unknown };
  expect(createdAt).toMatch(/^\d+$/);
  return rest;
};

const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

async function consumed(world: FaceWorld): Promise<{ theirs: object[]; ours: object[] }> {
  const [theirs, ours]: [object[], object[]] = [[], []];
  const inspector = createTheirs({ send: (event) => void theirs.push(received(event)) });
  const { client } = world.member();
  client.inside().watch({
    began: ({ system }) => {
      system.inspect((event: InspectionEvent) => {
        inspector.inspect.next?.(event);
        // when theirs is made: as late as that
        setTimeout(() => {
          const made = statelyEventOf(event as Inspected, 1);
          if (made !== null) ours.push(received(made));
        }, 0);
      });
    },
    told: () => {},
  });
  const seen: unknown[] = [];
  const stop = new AbortController();
  const running = client.run({
    streams: ['orders'],
    signal: stop.signal,
    eachRecord: (record) => void seen.push(record),
  });
  await world.until('the records', () => seen.length === 6);
  stop.abort();
  await running;
  await turn();
  await turn();
  return { theirs, ours };
}

describe('the events for tools of Stately', () => {
  it('are those that @statelyai/inspect itself makes of the same actors', async () => {
    const world = faceWorld();
    world.twoShards('orders', 3);
    const { theirs, ours } = await consumed(world);
    expect(theirs.length).toBeGreaterThan(200);
    expect(new Set(theirs.map((event) => (event as StatelyEvent).type))).toEqual(
      new Set(['@xstate.actor', '@xstate.event', '@xstate.snapshot']),
    );
    expect(ours).toEqual(theirs);
  });

  it('are so also of values that JSON has no word for', async () => {
    const [theirs, ours]: [object[], object[]] = [[], []];
    // what an actor registers with is left as it is by theirs, for whoever sends it
    const plain = (event: StatelyEvent): object =>
      received(event.type === '@xstate.actor' ? { ...event, snapshot: null } : event);
    const inspector = createTheirs({
      send: (event) => void theirs.push(plain(event as object as StatelyEvent)),
    });
    const deep = (depth: number): object => (depth === 0 ? { end: [1] } : { in: deep(depth - 1) });
    const circle: Record<string, unknown> = { b: 1, a: [] };
    circle['self'] = circle;
    const odd = [undefined, () => 1, Symbol('s'), NaN, 7n, null, new Date(0), [], {}];
    const machine = setup({
      types: { context: {} as object },
      actors: { step: fromPromise(() => Promise.resolve({ done: new Map([[1, 2]]) })) },
    }).createMachine({
      id: 'odd',
      context: { deep: deep(12), circle, odd, named: function named() {} },
      invoke: { src: 'step', onDone: '.over' },
      initial: 'waiting',
      states: { waiting: {}, over: { type: 'final' } },
    });
    const actor = createActor(machine, {
      inspect: (event) => {
        inspector.inspect.next?.(event);
        setTimeout(() => {
          const made = statelyEventOf(event as Inspected, 1);
          if (made !== null) ours.push(plain(made));
        }, 0);
      },
    });
    actor.start();
    await turn();
    await turn();
    expect(theirs.length).toBeGreaterThan(5);
    expect(ours).toEqual(theirs);
  });

  it('hold no bytes, and nothing of what somebody else threw', () => {
    const cause = Object.assign(new Error('a secret'), { record: 'a secret' });
    const error = new KinesumerError('HandlerFailed', 'The handler threw', { cause });
    const shown = JSON.stringify(protocolJson({ data: new Uint8Array(3), cause, error }));
    expect(shown).not.toContain('secret');
    expect(shown).toContain('<3 bytes>');
    expect(shown).toContain('HandlerFailed');
  });

  it('are told to a late reader from the actors that live, and a frozen one begins anew', async () => {
    const world = faceWorld();
    world.twoShards('orders', 3);
    const feed = new StatelyFeed(world.clock);
    const hub = new FeedHub({
      header: () => ({ source: 'process', app: 'face', scenario: null }),
      nowMs: () => 0,
    });
    const { client } = world.member();
    watchClient(hub, client, 'p', { onRoot: (root) => feed.add(root) });
    const running = client.run({ streams: ['orders'], eachRecord: () => {} });
    await world.until('its shards', () => client.snapshot().shards.length === 2);
    const reader = feed.subscribe();
    const registered = (): string[] => {
      const events: StatelyEvent[] = [];
      while (reader.pending) events.push(...(reader.take() as StatelyEvent[]));
      return events.flatMap(({ type, definition = '{}' }) =>
        type === '@xstate.actor' ? [String((JSON.parse(definition) as { id: string }).id)] : [],
      );
    };
    const machines = 'assignment client membership reader reader role survey'.split(' ');
    expect(registered()).toEqual(expect.arrayContaining(machines));
    // far more than may wait
    await world.pass(180_000);
    expect(reader.pending).toBe(true);
    expect(registered()).toEqual(expect.arrayContaining(machines));
    const ready = reader.ready();
    await world.pass(1_000);
    await ready;
    expect(reader.take().length).toBeGreaterThan(0);
    reader.close();
    expect(reader.take()).toEqual([]);
    await client.close();
    await running;
  });
});
