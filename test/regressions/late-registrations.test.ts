import { expect, it } from 'vitest';
import type { Write } from '../../src/machines/ports.ts';
import { clientsPk } from '../../src/machines/rules/keys.ts';
import { APP, faceWorld } from '../face/face-world.ts';
import { failed, onWrite } from './intercepted-store.ts';

const STREAM = 'orders';
const isCreate = (write: Write): boolean =>
  write.kind === 'put' && write.item.pk === clientsPk(APP);

it('takes an own registration that arrives late for no other process', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  const { client, store } = world.member();
  const late: Write[] = [];
  onWrite(store, (write, goOn) => {
    if (!isCreate(write) || late.length > 0) return goOn();
    late.push(write);
    return Promise.resolve(failed('unanswered', 'StoreUnanswered'));
  });
  let end = 'runs';
  const running = client.run({ streams: [STREAM], eachRecord: () => {} }).then(
    () => (end = 'ended'),
    (error: { readonly code: string }) => (end = error.code),
  );
  await world.until('a session', () => client.snapshot().shards.length === 1);
  const [expelled] = world.registered();
  // expelled, and then the try that was given up comes in
  if (expelled !== undefined) world.table.remove(expelled);
  const [tried] = late;
  if (tried !== undefined) await store.write(tried);
  await world.pass(10_000);

  expect(end).toBe('runs');
  expect(world.registered()).toEqual([
    expect.objectContaining({ sk: expelled?.sk, state: 'active' }),
  ]);
  const nonces = [expelled, tried?.kind === 'put' ? tried.item : undefined].map(
    (item) => item?.['nonce'],
  );
  expect(nonces).not.toContain(world.registered()[0]?.['nonce']);
  expect(client.snapshot().shards).toHaveLength(1);
  await client.close({ abort: true });
  await running;
});
