import { expect, it } from 'vitest';
import { fromPromise } from 'xstate';
import { membershipMachine } from '../../src/machines/membership.ts';
import { createClient } from '../../src/machines/rules/writes.ts';
import { beatOnce } from '../../src/machines/steps/membership.ts';
import { ME } from './group.ts';
import { APP, LiveWorld, turn } from './live-world.ts';

it('what changes while a heartbeat is on its way is said by another one right after', async () => {
  const world = new LiveWorld();
  const { store } = world.parts.world;
  const { clientId, nonce } = ME;
  await store.write(createClient(APP, { clientId, nonce, ttlMs: 9_000, streamsHash: 'h' }));
  const { timings } = world.parts.config;
  const machine = membershipMachine.provide({
    actors: { heartbeat: fromPromise(({ input }) => beatOnce(world.parts.world, timings, input)) },
    delays: { dutyTtl: timings.ttlMs },
  });
  const membership = world.start(machine, {
    session: ME,
    ownNonces: [],
    acknowledged: 0,
    nextInMs: 3_000,
    fields: { state: 'active', streamsHash: 'h', endedCount: 0 },
  });
  world.writes.shut();
  await world.until('a heartbeat on its way', () => world.writes.count() === 1);
  const sentAtMs = world.clock.monotonicMs();
  membership.send({ type: 'HURRY', fields: { endedCount: 1 } });
  membership.send({ type: 'HURRY', fields: { state: 'leaving' } });
  await turn();
  expect(world.writes.count()).toBe(1);
  world.writes.open();
  for (let turns = 0; turns < 10; turns += 1) await turn();
  expect(world.client()).toMatchObject({ rv: 2, endedCount: 1, state: 'leaving' });
  // no time passed in between
  expect(world.clock.monotonicMs()).toBe(sentAtMs);
  expect(world.reports.map(({ type }) => type)).toEqual(['BEAT', 'BEAT']);
});
