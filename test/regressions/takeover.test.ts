import { expect, it } from 'vitest';
import { EMPTY_LEDGER, observe } from '../../src/machines/rules/session-expiry.ts';
import { writeMap } from '../../src/machines/steps/maps.ts';
import { publish } from '../../src/machines/steps/publish.ts';
import { NO_MEMORY } from '../../src/machines/steps/round.ts';
import { mapOf } from '../machines/group.ts';
import { beat, config, GroupTable, join } from './group-table.ts';

it('plans for a leader that was silent to a follower but lives by the strong query', async () => {
  const world = new GroupTable().world();
  await writeMap(world, mapOf(4), null);
  const leader = await join(world, 'c1');
  const follower = await join(world, 'c2');
  const led = await publish(world, config, {
    session: leader,
    headAsKnown: null,
    memory: NO_MEMORY,
    purpose: 'takeover',
  });
  if (led.kind !== 'published') throw new Error(led.kind);
  // the follower's eventual reads stood still for a TTL, while the leader's heartbeats went on
  const { ttlMs } = config.timings;
  const stale = [{ clientId: leader.clientId, nonce: leader.nonce, rv: 1, ttlMs }];
  const vouched = { fromMs: 0, untilMs: ttlMs };
  const ledger = observe(observe(EMPTY_LEDGER, stale, 0, vouched), stale, ttlMs, vouched);
  await beat(world, leader, 1);

  const taken = await publish(world, config, {
    session: follower,
    headAsKnown: led.head,
    memory: { ...NO_MEMORY, ledger },
    purpose: 'takeover',
  });
  expect(taken).toMatchObject({
    kind: 'published',
    plan: { leader: follower.id, members: [{ clientId: 'c1' }, { clientId: 'c2' }] },
  });
});
