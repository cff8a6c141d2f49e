import { expect, it } from 'vitest';
import { headKey } from '../../src/machines/rules/keys.ts';
import { failed, onWrite } from '../regressions/intercepted-store.ts';
import { PROFILES } from '../../src/options.ts';
import { APP, faceWorld, type FaceWorld } from './face-world.ts';

const STREAM = 'orders';
const { ttlMs, pollIntervalMs } = PROFILES.fast;
/** Some turns of the world's clock. */
const TURNS_MS = 100;

const headOf = (world: FaceWorld) => world.table.get(headKey(APP));

/** Three members that have come to rest, and which of them leads. */
async function groupOf(world: FaceWorld) {
  world.kinesis.createStream(STREAM, 6);
  const members = Array.from({ length: 3 }, () => world.member());
  for (const { client } of members) void client.run({ streams: [STREAM], eachBatch() {} });
  const shards = () => members.map(({ client }) => client.snapshot().shards.length);
  await world.until('two each', () => shards().every((count) => count === 2));
  await world.pass(10_000);
  const named = headOf(world)?.['leader'];
  const leader = members.find(({ client }) => named === client.snapshot().session);
  if (leader === undefined) throw new Error('nobody leads');
  return { leader, generation: headOf(world)?.['gen'] };
}

it('a dead leader is succeeded a TTL after it was seen to live, and expelled with the next requests', async () => {
  const world = faceWorld();
  const { leader, generation } = await groupOf(world);
  leader.store.cut();
  const diedMs = world.clock.monotonicMs();
  await world.until('a successor', () => headOf(world)?.['gen'] !== generation);
  const succeededMs = world.clock.monotonicMs();
  const stands = (): boolean =>
    world.registered().some((item) => item.sk === leader.client.clientId);
  await world.until('the expulsion', () => !stands());

  // it may have been seen to live a poll after it died at the latest
  expect(succeededMs - diedMs).toBeLessThanOrEqual(ttlMs + 1.1 * pollIntervalMs + TURNS_MS);
  expect(world.clock.monotonicMs() - succeededMs).toBeLessThanOrEqual(TURNS_MS);
});

it('a leader that can do all but publish falls silent, and is succeeded', async () => {
  const world = faceWorld();
  const { leader, generation } = await groupOf(world);
  onWrite(leader.store, (write, goOn) => {
    const key = write.kind === 'put' ? write.item : write.key;
    const isHead = key.pk === headKey(APP).pk && key.sk === headKey(APP).sk;
    return isHead ? Promise.resolve(failed('unanswered', 'StoreUnanswered')) : goOn();
  });
  const fromMs = world.clock.monotonicMs();
  // a reason for a generation
  void world.member().client.run({ streams: [STREAM], eachBatch() {} });
  await world.until('a successor', () => headOf(world)?.['gen'] !== generation);

  // it is silent a TTL after its last success, and dead to the others another one later
  expect(world.clock.monotonicMs() - fromMs).toBeLessThanOrEqual(2 * ttlMs + 4_000);
  expect(headOf(world)?.['leader']).not.toContain(leader.client.clientId);
});
