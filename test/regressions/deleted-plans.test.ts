import { expect, it } from 'vitest';
import { groupPk } from '../../src/machines/rules/keys.ts';
import { APP, faceWorld, SHARD_1, SHARD_2, type FaceWorld } from '../face/face-world.ts';

const STREAM = 'orders';
/** Who writes what no client would. */
const SOMEBODY = 'somebody';

/** Deletes the plan of the generation as soon as the head names it, so that nobody but its leader has ever seen it. */
function losePlanOf(world: FaceWorld, generation: number): void {
  const stop = world.table.onWrite(({ after }) => {
    if (after?.sk !== 'head' || after['gen'] !== generation) return;
    stop();
    const sk = after['planRef'] as string;
    world.table.write({ kind: 'delete', key: { pk: groupPk(APP), sk }, when: [] }, SOMEBODY);
  });
}

const generationOf = (world: FaceWorld): unknown =>
  world.table.get({ pk: groupPk(APP), sk: 'head' })?.['gen'];

it('publishes again where the plan that the head names is gone', async () => {
  const world = faceWorld();
  world.twoShards(STREAM, 3);
  const seen: string[] = [];
  const told: string[] = [];
  const start = () => {
    const { client } = world.member();
    client.on('error', (error) => told.push(error.code));
    const running = client.run({
      streams: [STREAM],
      eachRecord: (record) => void seen.push(`${record.shardId} ${record.text()}`),
    });
    return { client, running };
  };
  const first = start();
  await world.until('the first generation', () => first.client.snapshot().shards.length === 2);
  losePlanOf(world, Number(generationOf(world)) + 1);
  const second = start();

  await world.until('a shard for each', () =>
    [first, second].every(({ client }) => client.snapshot().shards.length === 1),
  );
  expect(told).toContain('ItemCorrupted');
  const generation = generationOf(world);
  await world.pass(30_000);
  // one takes the lead, once
  expect(generationOf(world)).toBe(generation);
  world.put(STREAM, SHARD_1, 1, 4);
  world.put(STREAM, SHARD_2, 1, 4);
  await world.until('the later records', () => seen.length === 8);
  for (const { client, running } of [first, second]) {
    await client.close();
    await running;
  }
  expect(new Set(seen).size).toBe(8);
});

it('leaves the plans of a group alone whose head began anew under it', async () => {
  const world = faceWorld();
  world.twoShards(STREAM);
  const starts = [world.member(), world.member()];
  const runs = starts.map(({ client }) => client.run({ streams: [STREAM], eachRecord: () => {} }));
  await world.until('both', () =>
    starts.every(({ client }) => client.snapshot().shards.length === 1),
  );
  const joins = async (): Promise<void> => {
    const { client } = world.member();
    const running = client.run({ streams: [STREAM], eachRecord: () => {} });
    await world.pass(10_000);
    await client.close();
    await running;
    await world.pass(10_000);
  };
  for (const _ of [1, 2, 3]) await joins();
  const deleted: string[] = [];
  world.table.onWrite(({ before, after }) => {
    if (after === null && before?.sk.startsWith('plan#')) deleted.push(before.sk);
  });
  // the leader publishes for a joiner; before its next round tidies, the group begins anew with its first generation
  const head = { pk: groupPk(APP), sk: 'head' };
  const planRef = 'plan#0000000001#00000000000000000000000000000000';
  const stop = world.table.onWrite(({ after }) => {
    if (after?.sk !== 'head') return;
    stop();
    expect(after['gen']).toBeGreaterThan(5);
    const plan = world.table.get({ pk: groupPk(APP), sk: after['planRef'] as string });
    for (const item of [
      { ...plan, pk: groupPk(APP), sk: planRef },
      { ...after, ...head, gen: 1, planRef },
    ]) {
      world.table.write({ kind: 'put', item, when: [] }, SOMEBODY);
    }
  });
  await joins();
  expect(generationOf(world)).toBeLessThan(5);
  expect(deleted).not.toContain(planRef);
  for (const [index, { client }] of starts.entries()) {
    await client.close();
    await runs[index];
  }
});
