import { expect, it } from 'vitest';
import type { StateStore } from '../../../src/machines/ports.ts';
import { beatsFrom, withBeat } from '../../../src/machines/rules/own-beats.ts';
import { EMPTY_LEDGER } from '../../../src/machines/rules/session-expiry.ts';
import { writeMap } from '../../../src/machines/steps/maps.ts';
import { NO_VIEW, poll } from '../../../src/machines/steps/poll.ts';
import { publish } from '../../../src/machines/steps/publish.ts';
import { NO_MEMORY, round } from '../../../src/machines/steps/round.ts';
import { beat, config, GroupTable, join } from '../../regressions/group-table.ts';
import { storeWith } from '../../regressions/intercepted-store.ts';
import { mapOf, STREAM } from '../group.ts';

const { heartbeatIntervalMs, pollIntervalMs, ttlMs } = config.timings;

/** A leader that dies at once, and a follower that watches it, its own heartbeats written. */
class Watch {
  readonly #group = new GroupTable();
  readonly plansRead: string[] = [];

  async begin() {
    const { clock } = this.#group;
    const world = this.#group.world((store) => this.#noting(store));
    await writeMap(world, mapOf(4), null);
    const leader = await join(world, 'c1');
    const follower = await join(world, 'c2');
    const led = await publish(world, config, {
      session: leader,
      streams: [STREAM],
      headAsKnown: null,
      planAsKnown: null,
      memory: NO_MEMORY,
      purpose: 'takeover',
    });
    if (led.kind !== 'published') throw new Error(led.kind);
    let beats = beatsFrom(clock.monotonicMs());
    let rv = 1;
    let ledger = EMPTY_LEDGER;
    let view = NO_VIEW;
    /** One more look, and a heartbeat where it is due. */
    const look = async () => {
      if (clock.monotonicMs() - beats.lastMs >= heartbeatIntervalMs) {
        rv = await beat(world, follower, rv);
        beats = withBeat(beats, clock.monotonicMs(), config.timings);
      }
      const session = follower;
      const input = { session, streams: [STREAM], view, ledger, beats };
      const seen = await poll(world, config.timings, input);
      if (seen.kind !== 'polled') throw new Error(seen.kind);
      ({ ledger, view } = seen);
      return { ...seen, beats };
    };
    /** Looks until the leader was silent for long enough. */
    const lookUntilSilent = async () => {
      let seen = await look();
      while (seen.leader !== 'silent') {
        clock.advance(seen.nextInMs);
        seen = await look();
      }
      return seen;
    };
    /** The follower claims the lead by what it saw. */
    const claim = (seen: Pick<Awaited<ReturnType<typeof look>>, 'view' | 'ledger'>) =>
      publish(world, config, {
        session: follower,
        streams: [STREAM],
        headAsKnown: seen.view.head,
        planAsKnown: seen.view.plan,
        memory: { ...NO_MEMORY, ledger: seen.ledger },
        purpose: 'takeover',
      });
    return { clock, world, leader, follower, look, lookUntilSilent, claim };
  }

  #noting(store: StateStore): StateStore {
    return storeWith(store, {
      read: (keys, options) => {
        this.plansRead.push(...keys.flatMap(({ sk }) => (sk.startsWith('plan#') ? [sk] : [])));
        return store.read(keys, options);
      },
    });
  }
}

it('looks again at the very moment when the silence of the leader would be long enough', async () => {
  const { clock, look } = await new Watch().begin();
  await look();
  const firstMs = clock.monotonicMs();
  const waits: number[] = [];
  for (;;) {
    const seen = await look();
    if (seen.leader === 'silent') break;
    waits.push(seen.nextInMs);
    clock.advance(seen.nextInMs);
  }
  // not a poll later, and no more often than at the poll period but for the last look
  expect(clock.monotonicMs() - firstMs).toBeCloseTo(ttlMs, 6);
  expect(Math.min(...waits.slice(0, -1))).toBeGreaterThanOrEqual(0.9 * pollIntervalMs);
});

it('expels the silent leader in the first round after the takeover', async () => {
  const watch = new Watch();
  const { world, leader, follower, lookUntilSilent, claim } = await watch.begin();
  const seen = await lookUntilSilent();
  watch.plansRead.splice(0);
  const taken = await claim(seen);
  if (taken.kind !== 'published') throw new Error(taken.kind);
  // plans never change
  expect(watch.plansRead).toEqual([]);
  const { plan, memory } = taken;
  const first = await round(world, config, {
    session: follower,
    streams: [STREAM],
    plan,
    memory,
    beats: seen.beats,
  });
  expect(first).toMatchObject({ kind: 'rounded', expelled: [leader.id], cause: 'none' });
});

it('takes nothing over from a leader that moved on since it was seen silent', async () => {
  const { world, leader, look, lookUntilSilent, claim } = await new Watch().begin();
  const seen = await lookUntilSilent();
  await beat(world, leader, 1);
  expect((await claim(seen)).kind).toBe('noCause');
  // and from then on it counts anew
  expect((await look()).leader).toBe('alive');
  expect((await claim(await lookUntilSilent())).kind).toBe('published');
});

it('has the leader look again at the very moment when a member would be silent for long enough', async () => {
  const { clock, world, leader, follower } = await new Watch().begin();
  let memory = NO_MEMORY;
  let beats = beatsFrom(clock.monotonicMs());
  let rv = 1;
  const firstMs = clock.monotonicMs();
  for (;;) {
    if (clock.monotonicMs() - beats.lastMs >= heartbeatIntervalMs) {
      rv = await beat(world, leader, rv);
      beats = withBeat(beats, clock.monotonicMs(), config.timings);
    }
    const seen = await round(world, config, {
      session: leader,
      streams: [STREAM],
      plan: null,
      memory,
      beats,
    });
    if (seen.kind !== 'rounded') throw new Error(seen.kind);
    if (seen.expelled.length > 0) {
      expect(seen.expelled).toEqual([follower.id]);
      break;
    }
    ({ memory } = seen);
    clock.advance(seen.nextInMs);
  }
  expect(clock.monotonicMs() - firstMs).toBeCloseTo(ttlMs, 6);
});
