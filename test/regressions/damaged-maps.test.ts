import { expect, it } from 'vitest';
import { clientKey, headKey, mapKey } from '../../src/machines/rules/keys.ts';
import { APP, faceWorld, numberOf, numbersTo, SHARD_1 } from '../face/face-world.ts';

const STREAM = 'orders';
/** Who writes what no client would. */
const SOMEBODY = 'somebody';

it('divides a stream anew after its map was set back to a lower version', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 6);
  const clients = ['a', 'b', 'c'].map((clientId) => world.member({ clientId }).client);
  const owned = (): number[] => clients.map((client) => client.snapshot().shards.length);
  const total = (): number => owned().reduce((sum, shards) => sum + shards);
  const running = clients.map((client) => client.run({ streams: [STREAM], eachRecord: () => {} }));
  await world.until('two shards each', () => owned().every((shards) => shards === 2));
  world.kinesis.splitShard(STREAM, SHARD_1);
  await world.until('the children too', () => total() === 7);
  await world.pass(5_000);
  const damaged = mapKey(APP, STREAM);
  world.table.write({ kind: 'update', key: damaged, set: { ver: 1 }, when: [] }, SOMEBODY);
  await world.pass(130_000);
  const leaves = clients.find(
    (client) => !client.snapshot().leader?.startsWith(`${client.clientId}/`),
  );
  if (leaves === undefined) throw new Error('all lead');
  await leaves.close();

  // a member that still went by the map of before would leave shards of the new plan alone
  await world.until('all shards owned by two', () => total() === 7, 60_000);
  expect(owned().filter((shards) => shards > 0)).toHaveLength(2);
  for (const client of clients) await client.close({ abort: true });
  await Promise.all(running);
});

it('makes a deleted map anew though the generation after the deletion found none', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 4);
  const clients = ['a', 'b'].map((clientId) => world.member({ clientId }).client);
  const running = clients.map((client) => client.run({ streams: [STREAM], eachRecord: () => {} }));
  const owned = (): number[] => clients.map((client) => client.snapshot().shards.length);
  await world.until('two shards each', () => owned().every((shards) => shards === 2));
  world.table.write({ kind: 'delete', key: mapKey(APP, STREAM), when: [] }, SOMEBODY);
  world.table.write({ kind: 'delete', key: headKey(APP), when: [] }, SOMEBODY);

  // the plan that is made now knows nothing of the stream
  await world.until('the map', () => world.table.get(mapKey(APP, STREAM)) !== null, 15_000);
  await world.until('a generation of it', () => clients[0]?.snapshot().generation === 2, 15_000);
  await world.pass(10_000);
  expect(owned()).toEqual([2, 2]);
  for (const client of clients) await client.close({ abort: true });
  await Promise.all(running);
});

it('takes its other streams up again after a lost session though the map of one is torn', async () => {
  const world = faceWorld();
  world.kinesis.createStream('sound', 1);
  world.kinesis.createStream('torn', 1);
  const { client } = world.member();
  const seen: number[] = [];
  const running = client.run({
    streams: ['sound', 'torn'],
    eachRecord: (record) => void seen.push(numberOf(record)),
  });
  await world.until('both owned', () => client.snapshot().shards.length === 2);
  const { session } = client.snapshot();
  const damaged = mapKey(APP, 'torn');
  world.table.write({ kind: 'update', key: damaged, set: { meta: 'torn' }, when: [] }, SOMEBODY);
  const own = clientKey(APP, client.clientId);
  world.table.write({ kind: 'delete', key: own, when: [] }, SOMEBODY);
  await world.until('the session was lost', () => client.snapshot().session !== session);
  world.put('sound', SHARD_1, 3);

  await world.until('the records of the sound stream', () => seen.length === 3, 60_000);
  expect(seen).toEqual(numbersTo(3));
  await client.close({ abort: true });
  await running;
});
