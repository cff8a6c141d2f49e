import { expect, it } from 'vitest';
import { faceWorld } from '../face/face-world.ts';
import { failed, isShardWrite, onWrite } from './intercepted-store.ts';

const STREAM = 'orders';

it('ends a consumption that may not write the items of its shards', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  const { client, store } = world.member();
  onWrite(store, (write, goOn) =>
    isShardWrite(write, STREAM) ? Promise.resolve(failed('failed', 'AccessDenied')) : goOn(),
  );
  let outcome = 'runs';
  client.run({ streams: [STREAM], eachRecord: () => {} }).then(
    () => (outcome = 'ended'),
    (error: { readonly code: string }) => (outcome = error.code),
  );
  // without an end it would ask for the shard again and again, and nobody would hear why nothing comes
  await world.until('the end', () => outcome !== 'runs', 60_000);
  await client.close({ abort: true });

  expect(outcome).toBe('AccessDenied');
});
