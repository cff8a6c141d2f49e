import { expect, it } from 'vitest';
import type { KinesumerError } from '../../src/errors.ts';
import { checkpointKey } from '../../src/machines/rules/keys.ts';
import { positionOf } from '../../src/machines/rules/positions.ts';
import { APP, faceWorld, SHARD_1, SHARD_2 } from '../face/face-world.ts';
import { failed } from './intercepted-store.ts';

const STREAM = 'orders';
const MINUTE = 60_000;

it('ends a run whose reads are refused for good, as its error says', async () => {
  const world = faceWorld();
  world.twoShards(STREAM, 1);
  const { client, stream } = world.member();
  let end = 'runs';
  client
    .run({ streams: [STREAM], eachRecord() {} })
    .catch((error: KinesumerError) => (end = `${error.code} ${error.next}`));
  await world.until('the shards', () => client.snapshot().shards.length === 2);
  // as a key that was disabled
  stream.fetch = () => Promise.resolve(failed('failed', 'StreamRejected'));
  await world.until('the end', () => end !== 'runs', MINUTE);
  expect(end).toBe('StreamRejected leaves');
  await client.close();
});

it('tells once of a checkpoint that is none of its shard, and reads the others', async () => {
  const world = faceWorld();
  world.twoShards(STREAM, 1);
  world.table.put({
    ...checkpointKey(APP, STREAM, SHARD_1),
    position: positionOf('4711', null),
    fence: 3,
  });
  const { client } = world.member();
  const seen: string[] = [];
  const codes: string[] = [];
  client.on('error', ({ code, shardId }) => codes.push(`${code} ${shardId}`));
  const running = client.run({
    streams: [STREAM],
    eachRecord: ({ shardId }) => void seen.push(shardId),
  });
  await world.until('the other shard', () => seen.length === 1);
  await world.pass(5 * MINUTE);
  expect(seen).toEqual([SHARD_2]);
  expect(codes).toEqual([`ItemCorrupted ${SHARD_1}`]);
  await client.close();
  await running;
});

it('asks Kinesis for a deleted stream as a whole, not for each of its shards', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 100);
  world.twoShards('other');
  const { client, stream } = world.member();
  const running = client.run({ streams: [STREAM, 'other'], eachRecord() {} });
  await world.until('the shards', () => client.snapshot().shards.length === 102);
  let asked = 0;
  const describeStream = stream.describe.bind(stream);
  stream.describe = (name, options) => {
    asked += name === STREAM ? 1 : 0;
    return describeStream(name, options);
  };
  const list = stream.listShards.bind(stream);
  stream.listShards = (name, options) => {
    asked += name === STREAM ? 1 : 0;
    return list(name, options);
  };
  world.kinesis.deleteStream(STREAM);
  await world.pass(MINUTE);
  expect(asked).toBeGreaterThan(0);
  // an account may ask 20 times a second
  expect(asked).toBeLessThan(120);
  await client.close({ abort: true });
  await running;
});
