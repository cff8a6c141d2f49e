import { expect, it } from 'vitest';
import { streamsKey } from '../../src/machines/rules/keys.ts';
import { EMPTY_LEDGER, observe } from '../../src/machines/rules/session-expiry.ts';
import { writeMap } from '../../src/machines/steps/maps.ts';
import { streamsHashOf } from '../../src/machines/steps/membership.ts';
import { publish } from '../../src/machines/steps/publish.ts';
import { NO_MEMORY } from '../../src/machines/steps/round.ts';
import { APP, faceWorld, type Member } from '../face/face-world.ts';
import { mapOf, STREAM } from '../machines/group.ts';
import { beat, config, GroupTable, join } from './group-table.ts';

it('leaves the lead to one that was silent to a follower but lives by the strong query', async () => {
  const world = new GroupTable().world();
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
  // the follower's eventual reads stood still for a TTL, while the leader's heartbeats went on
  const { ttlMs } = config.timings;
  const stale = [{ clientId: leader.clientId, nonce: leader.nonce, rv: 1, ttlMs }];
  const vouched = { fromMs: 0, untilMs: ttlMs };
  const ledger = observe(observe(EMPTY_LEDGER, stale, 0, vouched), stale, ttlMs, vouched);
  await beat(world, leader, 1);

  const taken = await publish(world, config, {
    session: follower,
    streams: [STREAM],
    headAsKnown: led.head,
    planAsKnown: led.plan,
    memory: { ...NO_MEMORY, ledger },
    purpose: 'takeover',
  });
  expect(taken.kind).toBe('noCause');
});

it('takes over from a dead leader though their list of streams was deleted, and writes it again', async () => {
  const world = faceWorld();
  world.twoShards(STREAM);
  const members = ['a', 'b'].map((clientId) => world.member({ clientId }));
  const [dies, lives] = members;
  if (dies === undefined || lives === undefined) throw new Error('no members');
  const told: string[] = [];
  lives.client.on('error', ({ code }) => told.push(code));
  const owned = ({ client }: Member): number => client.snapshot().shards.length;
  const running: Promise<void>[] = [];
  for (const { client } of members) {
    running.push(client.run({ streams: [STREAM], eachRecord() {} }));
    // who comes first leads
    await world.pass(3_000);
  }
  await world.until('one shard each', () => members.every((member) => owned(member) === 1));
  const key = streamsKey(APP, streamsHashOf([STREAM]));
  const list = world.table.get(key);
  world.table.write({ kind: 'delete', key, when: [] }, 'somebody');
  await world.pass(5_000);
  dies.store.cut();

  await world.until('both shards with the other', () => owned(lives) === 2);
  expect(world.table.get(key)).toEqual(list);
  expect(told).toEqual(['ItemCorrupted']);
  dies.store.restore();
  for (const { client } of members) await client.close({ abort: true });
  await Promise.all(running);
});
