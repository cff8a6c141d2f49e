/** A state store that nobody reaches for longer than every TTL. */
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { PROFILES } from '../../../src/options.ts';
import { useProxy } from '../servers.ts';
import { codesOf, expectSound, sessionsOf, useFaultWorlds } from './fault-world.ts';

const worlds = await useFaultWorlds();
const proxy = await useProxy(worlds.cluster.dynamo.endpoint);

const OUTAGE_MS = 30_000;
/** From here on no client may trust its session: the self-fence, and as much again for a busy machine. */
const SILENT_AFTER_MS = 2 * PROFILES.fast.selfFenceMs;

it('a store that is away for 30 s stops deliveries, expels nobody, and all goes on when it is back', async () => {
  const world = await worlds.make({
    streams: { orders: 4 },
    config: { dynamodbEndpoint: proxy.endpoint },
  });
  const { group } = world;
  const members = [group.start(), group.start()];
  await world.shared(members, [2, 2]);
  await world.goesOn();
  const cutAtMs = Date.now();
  proxy.cut();
  // the fault itself, not a wait for something
  await wait(OUTAGE_MS);
  const restoredAtMs = Date.now();
  proxy.restore();
  await world.goesOn();
  const onTrust = group
    .histories()
    .flatMap(({ deliveries }) =>
      deliveries.filter(({ atMs }) => atMs > cutAtMs + SILENT_AFTER_MS && atMs < restoredAtMs),
    );
  expect(onTrust).toEqual([]);
  for (const member of members) {
    expect(codesOf(member)).toContain('StoreUnanswered');
    expect(new Set(sessionsOf(member)).size).toBe(1);
  }
  const ledger = await expectSound(world);
  expect(ledger.duplicated).toEqual([]);
});
