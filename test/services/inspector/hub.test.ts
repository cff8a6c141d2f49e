import { describe, expect, it } from 'vitest';
import { HubWorld, ofKind, takeAll } from './hub-world.ts';

const details = (lines: Parameters<typeof ofKind>[0]): (string | undefined)[] =>
  ofKind(lines, 'notice').map(({ detail }) => detail);

describe('a reader of a feed', () => {
  it('is told the header first, and each event once, in order', () => {
    const world = new HubWorld();
    const reader = world.hub.subscribe();
    expect(reader.take()).toMatchObject([{ kind: 'trace', version: 1, app: 'shop' }]);
    world.nowMs = 5;
    world.commit(1);
    world.commit(2);
    const lines = takeAll(reader);
    expect(details(lines)).toEqual(['1', '2']);
    expect(lines.map((line) => ('atMs' in line ? line.atMs : null))).toEqual([5, 5]);
    expect(takeAll(reader)).toEqual([]);
  });

  it('that comes late is told what stands and what lives, without what has ended', () => {
    const world = new HubWorld();
    const { hub } = world;
    const member = { kind: 'member', by: null, rv: 1, ttlMs: 9_000 } as const;
    const [one, two] = [world.actor('one'), world.actor('two')];
    hub.publish({ ...member, clientId: 'a', session: 'a/1', state: 'active' });
    hub.chart('reader', () => CHART);
    hub.chart('reader', () => CHART);
    one.move(1);
    two.gone();
    // far more of the past than is kept
    for (let n = 0; n < 20_000; n += 1) world.commit(n);
    const lines = takeAll(hub.subscribe());
    expect(ofKind(lines, 'member').map(({ clientId }) => clientId)).toEqual(['a']);
    expect(ofKind(lines, 'chart').map(({ machine }) => machine)).toEqual(['reader']);
    expect(ofKind(lines, 'actor').map(({ actorId }) => actorId)).toEqual(['one']);
    expect(ofKind(lines, 'state').map(({ value }) => value)).toEqual([1]);
    expect(details(lines).at(-1)).toBe('19999');
    expect(lines.length).toBeLessThan(10_100);
    const orders = lines.flatMap((line) => ('order' in line ? (line.order ?? []) : []));
    expect(orders).toEqual([...orders].sort((a, b) => a - b));
    hub.publish({ ...member, clientId: 'a', session: null, state: 'gone' });
    expect(ofKind(takeAll(hub.subscribe()), 'process')).toEqual([]);
  });

  it('is told of a plan that no generation names any more nothing, and of the last two all', () => {
    const world = new HubWorld();
    const { hub } = world;
    for (let generation = 1; generation <= 40; generation += 1) {
      const planRef = `plan#${String(generation).padStart(10, '0')}#n`;
      hub.publish({ kind: 'plan', by: null, planRef, generation, body: '{}', parts: 1 });
      hub.publish({ kind: 'generation', by: null, generation, leader: 'a/1', planRef });
    }
    const plans = ofKind(takeAll(hub.subscribe()), 'plan').map(({ generation }) => generation);
    expect(plans.slice(-2)).toEqual([39, 40]);
    // the past, of which a few are kept
    expect(plans).toHaveLength(16);
  });

  it('is told nothing that a client said of shards that it reads no more', () => {
    const { hub } = new HubWorld();
    const told = { kind: 'notice', process: 'p' } as const;
    for (let n = 0; n < 20_000; n += 1) {
      const shard = `orders/shard-${n}`;
      hub.publish({ ...told, name: 'shardStart', shard, fence: 1, detail: '1' });
      hub.publish({ ...told, name: 'error', shard, detail: 'StreamThrottled: too fast' });
      hub.publish({ ...told, name: 'commit', shard, fence: 1, detail: '2' });
      hub.publish({ ...told, name: 'shardEnd', shard, fence: 1, detail: 'released' });
    }
    // what is left is the past, of which so much is kept and no more
    expect(takeAll(hub.subscribe()).length).toBeLessThan(15_100);
  });

  it('is told of an actor that changes a hundred times only its newest state, read once', () => {
    const world = new HubWorld();
    const actor = world.actor('one');
    const reader = world.hub.subscribe();
    takeAll(reader);
    const before = actor.shown.reads;
    for (let n = 1; n <= 100; n += 1) actor.move(n);
    expect(ofKind(takeAll(reader), 'state').map(({ value }) => value)).toEqual([100]);
    expect(actor.shown.reads).toBe(before + 1);
  });

  it('is told the last state of an actor before its end', () => {
    const world = new HubWorld();
    const actor = world.actor('one');
    const reader = world.hub.subscribe();
    takeAll(reader);
    actor.move(7);
    actor.gone();
    actor.gone();
    expect(takeAll(reader)).toMatchObject([
      { kind: 'state', actorId: 'one', value: 7 },
      { kind: 'actorGone', actorId: 'one' },
    ]);
  });

  it('gets the states of a thousand actors in turns, and none is forgotten', () => {
    const world = new HubWorld();
    const actors = Array.from({ length: 1_000 }, (_, n) => world.actor(`a${n}`));
    const reader = world.hub.subscribe();
    takeAll(reader);
    actors.forEach((actor, n) => actor.move(n));
    const first = reader.take();
    expect(first.length).toBeLessThanOrEqual(200);
    // those that changed again wait behind the others
    actors.slice(0, 100).forEach((actor) => actor.move(-1));
    const values = ofKind([...first, ...takeAll(reader)], 'state').map(({ value }) => value);
    expect(new Set(values).size).toBe(1_001);
  });

  it('is woken by what happens, and by its end', async () => {
    const world = new HubWorld();
    const reader = world.hub.subscribe();
    await reader.ready();
    takeAll(reader);
    const woken = Promise.all([reader.ready(), reader.ready()]);
    world.commit(1);
    await woken;
    takeAll(reader);
    const ended = reader.ready();
    world.hub.close();
    await ended;
    expect(reader.closed).toBe(true);
    expect(reader.take()).toEqual([]);
  });

  it('that takes nothing holds a bounded number of events, and begins anew when it takes again', () => {
    const world = new HubWorld();
    const [kept, lost] = [world.actor('kept'), world.actor('lost')];
    const member = { kind: 'member', by: null, rv: 1, ttlMs: 9_000, state: 'active' } as const;
    world.hub.publish({ ...member, clientId: 'a', session: 'a/1' });
    for (const what of ['started', 'left'] as const) {
      world.hub.publish({ kind: 'process', process: 'p0', clientId: 'b', what });
    }
    const reader = world.hub.subscribe();
    takeAll(reader);
    for (let n = 1; n <= 123_456; n += 1) {
      world.commit(n);
      kept.move(n);
    }
    lost.gone();
    const lines = takeAll(reader);
    expect(lines[0]).toMatchObject({ kind: 'dropped' });
    expect(ofKind(lines, 'actor').map(({ actorId }) => actorId)).toEqual(['kept']);
    expect(ofKind(lines, 'state').map(({ value }) => value)).toEqual([123_456]);
    expect(details(lines).at(-1)).toBe('123456');
    expect(lines.length).toBeLessThan(10_100);
    // the member stands, the rest of the past was told before
    expect(ofKind(lines, 'member').map(({ clientId }) => clientId)).toEqual(['a']);
    expect(ofKind(lines, 'process')).toEqual([]);
    world.commit(0);
    expect(takeAll(reader)).toMatchObject([{ kind: 'notice', detail: '0' }]);
  });

  it('that is still being told what stands is not too slow', () => {
    const world = new HubWorld();
    for (let n = 1; n <= 10_000; n += 1) world.commit(n);
    const reader = world.hub.subscribe();
    const first = reader.take();
    for (let n = 1; n <= 4_000; n += 1) world.commit(n);
    const lines = [...first, ...takeAll(reader)];
    expect(ofKind(lines, 'dropped')).toEqual([]);
    expect(ofKind(lines, 'notice')).toHaveLength(14_000);
  });

  it('that was never begun holds nothing', () => {
    const world = new HubWorld();
    const actor = world.actor('one');
    world.hub.subscribe();
    for (let n = 1; n <= 1_000; n += 1) actor.move(n);
    expect(actor.shown.reads).toBe(0);
  });
});

describe('a source of a feed', () => {
  it('is open while somebody reads, and only then', () => {
    const world = new HubWorld();
    const told: string[] = [];
    const source = (name: string) => ({
      open: () => {
        told.push(`${name} opens`);
        return () => void told.push(`${name} ends`);
      },
    });
    const take = world.hub.source(source('early'));
    expect(told).toEqual([]);
    const [one, two] = [world.hub.subscribe(), world.hub.subscribe()];
    world.hub.source(source('late'));
    expect(told.splice(0)).toEqual(['early opens', 'late opens']);
    one.close();
    one.close();
    expect(told).toEqual([]);
    take();
    expect(told.splice(0)).toEqual(['early ends']);
    two.close();
    expect(told.splice(0)).toEqual(['late ends']);
    world.hub.subscribe();
    expect(told).toEqual(['late opens']);
  });

  it('that throws is told as an error and asked no more, and others are', () => {
    for (const at of ['open', 'tick', 'end'] as const) {
      const { hub } = new HubWorld();
      const calls: string[] = [];
      const call = (what: string): void => {
        calls.push(what);
        if (what === at) throw new Error(`${at} broke`);
      };
      hub.source({
        open: () => {
          call('open');
          return () => call('end');
        },
        tick: () => call('tick'),
      });
      let others = 0;
      hub.source({
        open: () => {
          others += 1;
          return () => void (others -= 1);
        },
      });
      const reader = hub.subscribe();
      takeAll(reader);
      expect(others).toBe(1);
      reader.close();
      expect(others).toBe(0);
      expect(hub.watched).toBe(false);
      const errors = ofKind(takeAll(hub.subscribe()), 'notice');
      expect(errors).toMatchObject([{ name: 'error', detail: expect.stringContaining('broke') }]);
      expect(calls.filter((each) => each === at)).toEqual([at]);
    }
  });
});

describe('what another process published', () => {
  it('is told as if it were from here', () => {
    const world = new HubWorld();
    const { hub } = world;
    const who = { process: 'far', actorId: 'x:1' };
    const actor = { kind: 'actor', ...who, parentId: null, machine: 'role', name: 'role' } as const;
    const state = { kind: 'state', ...who, status: 'active', value: 'leader', event: 'E' } as const;
    hub.publish(actor);
    hub.publish({ ...state, activeIds: ['role.leader'], from: [], sinceMs: 1, context: {} });
    const reader = hub.subscribe();
    const lines = takeAll(reader);
    expect(ofKind(lines, 'actor')).toMatchObject([actor]);
    expect(ofKind(lines, 'state')).toMatchObject([{ value: 'leader', event: 'E', sinceMs: 1 }]);
    hub.publish({ kind: 'actorGone', ...who });
    hub.publish({ ...state, activeIds: [], from: [], sinceMs: 1, context: {} });
    expect(ofKind(takeAll(reader), 'actorGone')).toHaveLength(1);
    expect(ofKind(takeAll(hub.subscribe()), 'actor')).toEqual([]);
  });
});

const CHART = {
  id: 'reader',
  key: 'reader',
  type: 'atomic',
  initial: null,
  invokes: [],
  transitions: [],
  states: [],
} as const;
