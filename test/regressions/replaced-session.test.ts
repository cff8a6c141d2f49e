import { expect, it } from 'vitest';
import { faceWorld, type Member } from '../face/face-world.ts';

const STREAM = 'orders';

/** Starts a consumption; tells why it ended, or that it runs. */
function start({ client }: Member): () => string {
  let state = 'runs';
  client.run({ streams: [STREAM], eachRecord: () => {} }).then(
    () => (state = 'ended'),
    (error: { readonly code: string }) => (state = error.code),
  );
  return () => state;
}

it('never registers again once another process took its client id over', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  const one = world.member({ clientId: 'one' });
  const other = world.member({ clientId: 'one' });
  const first = start(one);
  await world.until('the first owns', () => one.client.snapshot().shards.length === 1);
  const second = start(other);
  await world.until('the first ended', () => first() !== 'runs');
  await world.until('the second owns', () => other.client.snapshot().shards.length === 1);
  // as a supervisor does that starts what ended: two that take over from each other never come to work
  const again = start(one);
  await world.pass(10_000);

  expect([first(), again(), second()]).toEqual(['SessionReplaced', 'SessionReplaced', 'runs']);
  expect(other.client.snapshot().shards).toHaveLength(1);
  for (const { client } of [one, other]) await client.close({ abort: true });
});
