import { expect, it } from 'vitest';
import type { World } from '../../src/machines/steps/step.ts';
import { writeMap } from '../../src/machines/steps/maps.ts';
import { beatsFrom, withBeat, type OwnBeats } from '../../src/machines/rules/own-beats.ts';
import type { Session } from '../../src/machines/steps/membership.ts';
import { publish } from '../../src/machines/steps/publish.ts';
import { NO_MEMORY, round, type LeaderMemory } from '../../src/machines/steps/round.ts';
import { mapOf, STREAM } from '../machines/group.ts';
import { beat, config, GroupTable, join } from './group-table.ts';
import { failed, storeWith } from './intercepted-store.ts';

const SECOND = 1_000;
const { heartbeatIntervalMs, ttlMs } = config.timings;

/** One look of a leader without a plan, which goes on from what it remembers. */
async function look(world: World, session: Session, memory: LeaderMemory, beats: OwnBeats) {
  const outcome = await round(world, config, {
    session,
    streams: [STREAM],
    plan: null,
    memory,
    beats,
  });
  return {
    memory: outcome.memory ?? memory,
    expelled: outcome.kind === 'rounded' ? outcome.expelled : outcome.kind,
  };
}

it('expels nobody over an outage of the store that all members saw', async () => {
  const group = new GroupTable();
  const { clock } = group;
  const world = group.world();
  await writeMap(world, mapOf(4), null);
  const me = await join(world, 'c1');
  await join(world, 'c2');
  const joined = beatsFrom(0);
  const first = await look(world, me, NO_MEMORY, joined);
  // all heartbeats are due: from here on the store answers nobody
  clock.advance(heartbeatIntervalMs - 100);
  const before = await look(world, me, first.memory, joined);
  // it is back so late that the other was unmoved for a TTL; this leader's heartbeat happens to be the first
  clock.advance(ttlMs - heartbeatIntervalMs + 500);
  const beats = withBeat(joined, clock.monotonicMs(), config.timings);
  await beat(world, me, 1);
  const after = await look(world, me, before.memory, beats);

  expect([first.expelled, before.expelled, after.expelled]).toEqual([[], [], []]);
});

it('keeps members that may not be expelled yet in the plan while the store throttles', async () => {
  const group = new GroupTable();
  const { clock } = group;
  let throttled = 0;
  const world = group.world((store) =>
    storeWith(store, { usage: () => ({ ...store.usage(), throttled }) }),
  );
  await writeMap(world, mapOf(4), null);
  const me = await join(world, 'c0');
  for (const clientId of ['c1', 'c2', 'c3']) await join(world, clientId);
  const taken = await publish(world, config, {
    session: me,
    streams: [STREAM],
    headAsKnown: null,
    planAsKnown: null,
    memory: NO_MEMORY,
    purpose: 'takeover',
  });
  if (taken.kind !== 'published') throw new Error(taken.kind);

  let { head, plan, memory } = taken;
  let rv = 1;
  let beats = beatsFrom(clock.monotonicMs());
  const generations: { readonly gen: number; readonly members: readonly string[] }[] = [];
  // the others fell silent all at once; past their TTL, and short of a second one
  for (let second = 0; second < 15; second += 1) {
    clock.advance(SECOND);
    throttled += 1;
    rv = await beat(world, me, rv);
    beats = withBeat(beats, clock.monotonicMs(), config.timings);
    const seen = await round(world, config, {
      session: me,
      streams: [STREAM],
      plan,
      memory,
      beats,
    });
    if (seen.kind !== 'rounded') throw new Error(seen.kind);
    memory = seen.memory;
    if (seen.cause === 'none') continue;
    const next = await publish(world, config, {
      session: me,
      streams: [STREAM],
      headAsKnown: head,
      planAsKnown: plan,
      memory,
      purpose: 'lead',
    });
    if (next.kind !== 'published') continue;
    ({ head, plan, memory } = next);
    generations.push({ gen: plan.gen, members: plan.members.map((member) => member.clientId) });
  }
  // one expulsion per TTL is one generation; a plan without the other two would follow itself with each round
  expect(generations).toEqual([{ gen: 2, members: ['c0', 'c2', 'c3'] }]);
});

it('remembers an expulsion though the rest of its round failed', async () => {
  const group = new GroupTable();
  const { clock } = group;
  let throttled = 0;
  let reads: 'answered' | 'throttled' = 'answered';
  const world = group.world((store) =>
    storeWith(store, {
      usage: () => ({ ...store.usage(), throttled }),
      read: (keys, options) => {
        if (reads === 'answered') return store.read(keys, options);
        throttled += 1;
        return Promise.resolve(failed('throttled', 'StoreThrottled'));
      },
    }),
  );
  await writeMap(world, mapOf(4), null);
  const me = await join(world, 'c0');
  for (const clientId of ['c1', 'c2', 'c3', 'c4']) await join(world, clientId);
  let memory: LeaderMemory = NO_MEMORY;
  let beats = beatsFrom(0);
  const left: number[] = [];
  // two TTLs but for the last second: the first expulsion is due after 9 s, the second after 18 s
  for (let second = 0; second * SECOND < 2 * ttlMs - SECOND; second += 1) {
    beats = withBeat(beats, clock.monotonicMs(), config.timings);
    ({ memory } = await look(world, me, memory, beats));
    left.push(group.registered().length);
    if (second * SECOND === ttlMs - SECOND) {
      reads = 'throttled';
      throttled += 1;
    }
    clock.advance(SECOND);
  }
  expect([...new Set(left)]).toEqual([5, 4]);
});
