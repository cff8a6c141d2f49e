import { expect, it } from 'vitest';
import type { KinesumerError } from '../../src/errors.ts';
import { faceWorld, SHARD_1 } from '../face/face-world.ts';
import { failed, isShardWrite, onWrite } from './intercepted-store.ts';

const STREAM = 'orders';

it('tells of a handler that threw though its session is lost before its shard could be given back', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  const { client, store } = world.member();
  const errors: string[] = [];
  client.on('error', ({ code }) => errors.push(code));
  let calls = 0;
  let outcome = 'runs';
  client
    .run({
      streams: [STREAM],
      eachRecord() {
        calls += 1;
        // from here on the table answers nobody
        store.cut();
        throw new Error('a bad record');
      },
    })
    .catch((error: KinesumerError) => (outcome = error.code));
  await world.until('its shard', () => client.snapshot().shards.length === 1);
  world.put(STREAM, SHARD_1, 3);
  await world.until('the handler', () => calls === 1);
  await world.pass(3_000);
  // the group takes the silent session for dead
  const [item] = world.registered();
  if (item === undefined) throw new Error('it was registered');
  world.table.remove(item);
  store.restore();
  await world.until('the end', () => outcome !== 'runs');

  expect(outcome).toBe('HandlerFailed');
  expect(calls).toBe(1);
  await client.close();
});

it('ends a consumption that may not list its streams any more', async () => {
  const world = faceWorld();
  world.twoShards(STREAM);
  const { client, stream } = world.member();
  let outcome = 'runs';
  client
    .run({ streams: [STREAM], eachRecord: () => {} })
    .catch((error: KinesumerError) => (outcome = error.code));
  await world.until('its shards', () => client.snapshot().shards.length === 2);
  stream.listShards = () => Promise.resolve(failed('failed', 'AccessDenied'));
  // listed each minute
  await world.until('the end', () => outcome !== 'runs', 90_000);

  expect(outcome).toBe('AccessDenied');
  await client.close();
});

it('tells the failure of the handler, not what the table refuses afterwards', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  const { client, store } = world.member();
  const errors: string[] = [];
  client.on('error', ({ code }) => errors.push(code));
  let outcome = 'runs';
  let refuses = false;
  onWrite(store, (write, goOn) =>
    refuses && isShardWrite(write, STREAM)
      ? Promise.resolve(failed('failed', 'AccessDenied'))
      : goOn(),
  );
  client
    .run({
      streams: [STREAM],
      eachRecord() {
        refuses = true;
        throw new Error('a bad record');
      },
    })
    .catch((error: KinesumerError) => (outcome = error.code));
  await world.until('its shard', () => client.snapshot().shards.length === 1);
  world.put(STREAM, SHARD_1, 1);
  await world.until('the end', () => outcome !== 'runs');

  expect(outcome).toBe('HandlerFailed');
  expect(errors).toContain('AccessDenied');
  await client.close();
});
