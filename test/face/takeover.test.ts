import { expect, it } from 'vitest';
import { headKey } from '../../src/machines/rules/keys.ts';
import { PROFILES } from '../../src/options.ts';
import { APP, faceWorld } from './face-world.ts';

const STREAM = 'orders';
const { ttlMs, pollIntervalMs } = PROFILES.fast;
/** Some turns of the world's clock. */
const TURNS_MS = 100;

it('a dead leader is succeeded a TTL after it was seen to live, and expelled with the next requests', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 6);
  const members = Array.from({ length: 3 }, () => world.member());
  for (const { client } of members) void client.run({ streams: [STREAM], eachBatch() {} });
  const shards = () => members.map(({ client }) => client.snapshot().shards.length);
  await world.until('two each', () => shards().every((count) => count === 2));
  await world.pass(10_000);

  const head = () => world.table.get(headKey(APP));
  const before = head();
  const leader = members.find(({ client }) => before?.['leader'] === client.snapshot().session);
  if (leader === undefined) throw new Error('nobody leads');
  leader.store.cut();
  const diedMs = world.clock.monotonicMs();
  await world.until('a successor', () => head()?.['gen'] !== before?.['gen']);
  const succeededMs = world.clock.monotonicMs();
  const stands = (): boolean =>
    world.registered().some((item) => item.sk === leader.client.clientId);
  await world.until('the expulsion', () => !stands());

  // it may have been seen to live a poll after it died at the latest
  expect(succeededMs - diedMs).toBeLessThanOrEqual(ttlMs + 1.1 * pollIntervalMs + TURNS_MS);
  expect(world.clock.monotonicMs() - succeededMs).toBeLessThanOrEqual(TURNS_MS);
});
