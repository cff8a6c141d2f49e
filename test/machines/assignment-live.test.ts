import { describe, expect, it } from 'vitest';
import { fromPromise, type AnyActorRef } from 'xstate';
import { assignmentMachine } from '../../src/machines/assignment.ts';
import type { Item, Write } from '../../src/machines/ports.ts';
import { createClient } from '../../src/machines/rules/writes.ts';
import { askForShards } from '../../src/machines/steps/acquire.ts';
import { ME, mapOf, planOf, viewOf } from './group.ts';
import { APP, LiveWorld, type LiveOptions } from './live-world.ts';

interface Live {
  readonly world: LiveWorld;
  readonly assignment: AnyActorRef;
  /** How many shards were asked for in each ask. */
  readonly asks: number[];
  /** Fences in the order in which the table saw them. */
  readonly fences: unknown[];
}

/** An assignment with its real readers; its session stands in the table. */
async function live(options: LiveOptions = {}): Promise<Live> {
  const world = new LiveWorld(options);
  const { store } = world.parts.world;
  const { clientId, nonce } = ME;
  await store.write(createClient(APP, { clientId, nonce, ttlMs: 9_000, streamsHash: 'h' }));
  const asks: number[] = [];
  const fences: unknown[] = [];
  world.table.onWrite(({ before, after }) => {
    if (after?.['fence'] !== before?.['fence']) fences.push(after?.['fence']);
  });
  const machine = assignmentMachine.provide({
    actors: {
      reader: world.reader(),
      ask: fromPromise(({ input }) => {
        asks.push(input.asks.length);
        return askForShards(world.parts.world, input);
      }),
    },
    actions: { notifyAll: (_, { notices }) => notices.forEach(world.parts.tell) },
    delays: { linger: 1_350 },
  });
  const assignment = world.start(machine, { session: ME, mode: 'open' });
  return { world, assignment, asks, fences };
}

const SHARDS = 300;
const target = (gen: number, first: number | null, shards = 1) => ({
  type: 'TARGET',
  view: viewOf(planOf(gen, first), mapOf(shards)),
});
const owner = (item: Item | null): unknown => item?.['lease_owner'];
const setsOwner = (write: Write): boolean =>
  write.kind === 'update' && write.set['lease_owner'] !== undefined;
const owned = (assignment: AnyActorRef): number => {
  const context: unknown = Reflect.get(assignment.getSnapshot(), 'context');
  const own: unknown = Reflect.get(context as object, 'own');
  return Object.keys(Reflect.get(own as object, 'owned') as object).length;
};
const valueOf = (actor: AnyActorRef): unknown => Reflect.get(actor.getSnapshot(), 'value');
const SETTLED = { staying: { settled: 'sure' } };

describe('a running assignment', () => {
  it('asks again for a shard that it gives back only once that is answered', async () => {
    const { world, assignment, fences } = await live();
    assignment.send(target(1, 0));
    await world.until('the shard', () => owned(assignment) === 1);
    world.writes.shut();
    assignment.send(target(2, null));
    await world.until('the release on its way', () => world.writes.count() === 1);
    assignment.send(target(3, 0));
    await world.pass(5_000);
    expect([world.writes.count(), fences]).toEqual([1, [1]]);

    world.writes.open();
    await world.until('the shard again', () => fences.length === 2);
    await world.until('its reader', () => owned(assignment) === 1);
    expect(fences).toEqual([1, 2]);
    expect(owner(world.shard())).toBe(ME.id);
  });

  it('gives back what an answer brings after the plan has taken it away', async () => {
    const { world, assignment } = await live();
    world.writes.shut();
    assignment.send(target(1, 0));
    await world.until('the acquire on its way', () => world.writes.count() === 1);
    assignment.send(target(2, null));
    await world.pass(200);
    world.writes.open();
    await world.until('the acquire', () => owner(world.shard()) === ME.id);
    await world.until('the release', () => owner(world.shard()) === undefined);
    await world.until('rest', () => valueOf(assignment) !== null && owned(assignment) === 0);
    expect(valueOf(assignment)).toEqual(SETTLED);
  });

  it('keeps a doubt over later plans until it is settled', async () => {
    const { world, assignment, asks } = await live();
    world.late.shut();
    world.delays = setsOwner;
    assignment.send(target(1, 0));
    await world.until('an acquire on its way', () => world.late.count() > 0);
    assignment.send(target(2, null));
    assignment.send(target(3, null));
    const askedBefore = asks.length;
    await world.pass(60_000);
    // it may be applied at any time: it is looked at again and again, each 5 s
    expect(asks.length).toBeGreaterThan(askedBefore + 8);
    expect(asks.length).toBeLessThan(askedBefore + 20);
    expect(valueOf(assignment)).not.toEqual(SETTLED);

    world.delays = () => false;
    world.late.open();
    await world.until('the late acquire', () => owner(world.shard()) === ME.id);
    await world.until('the shard given back', () => owner(world.shard()) === undefined);
    await world.until('rest', () => JSON.stringify(valueOf(assignment)).includes('settled'));
    expect([owned(assignment), world.shard()?.['fence']]).toEqual([0, 1]);
    // it was never read
    expect(world.notices.filter(({ kind }) => kind === 'shardStart')).toEqual([]);
  });

  it('takes a shard whose acquire was not answered, above the fence that it tried', async () => {
    const { world, assignment, fences } = await live();
    let lost = 0;
    world.loses = (write) => setsOwner(write) && lost++ === 0;
    assignment.send(target(1, 0));
    await world.until('the shard', () => owned(assignment) === 1);
    expect(fences).toEqual([1, 2]);
    expect(owner(world.shard())).toBe(ME.id);
  });

  it('takes and gives back hundreds of shards a few at a time', async () => {
    const { world, assignment, asks } = await live({ shards: SHARDS });
    assignment.send(target(1, 0, SHARDS));
    await world.until('all of them', () => owned(assignment) === SHARDS);
    expect(Math.max(...asks)).toBeLessThanOrEqual(32);
    expect(asks.reduce((sum, count) => sum + count, 0)).toBe(SHARDS);

    assignment.send({ type: 'DRAIN_ALL' });
    await world.until('the end', () => world.reports.some(({ type }) => type === 'DRAINED'));
    expect(owned(assignment)).toBe(0);
    expect(world.clock.pending()).toBe(0);
  });
});
