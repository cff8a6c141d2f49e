import { expect, it, onTestFinished } from 'vitest';
import { createKinesumer } from '../../src/index.ts';
import { faceWorld } from '../face/face-world.ts';

const STREAM = 'orders';

/** What Node.js would end the process for, until the end of the test. */
function unhandledRejections(): string[] {
  const unhandled: string[] = [];
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (reason) => unhandled.push(String(reason)));
  onTestFinished(() => {
    process.removeAllListeners('unhandledRejection');
    for (const each of others) process.on('unhandledRejection', each);
  });
  return unhandled;
}

it('logs what an async listener rejects with', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  const unhandled = unhandledRejections();
  const { client } = world.member();
  client.on('ready', () => Promise.reject(new Error('the metrics are down')));
  const running = client.run({ streams: [STREAM], eachRecord() {} });
  await world.until('the shard', () => client.snapshot().shards.length === 1);
  await client.close();
  await running;
  expect(unhandled).toEqual([]);
  expect(world.logged).toMatchObject([
    { level: 'error', fields: { event: 'ready' }, message: 'An event listener threw' },
  ]);
});

it.each([
  [
    'throws',
    (): never => {
      throw new Error('the transport is gone');
    },
  ],
  ['rejects', (): Promise<never> => Promise.reject(new Error('the transport is gone'))],
] as const)('goes on though its logger %s', async (_, broken) => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  const unhandled = unhandledRejections();
  let lines = 0;
  const log = (): unknown => {
    lines += 1;
    return broken();
  };
  const { client, store } = world.member({
    logger: { debug: log, info: log, warn: log, error: log },
  });
  let end = 'runs';
  const running = client.run({ streams: [STREAM], eachRecord() {} }).then(
    () => (end = 'ended'),
    (error: { readonly code: string }) => (end = error.code),
  );
  await world.until('the shard', () => client.snapshot().shards.length === 1);
  store.cut(world.clock.monotonicMs() + 1_500);
  await world.pass(10_000);
  expect(lines).toBeGreaterThan(0);
  expect(end).toBe('runs');
  await client.close();
  await running;
  expect(unhandled).toEqual([]);
});

it('goes on though the inspect function throws', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  const { store, stream } = world.member();
  const logged: string[] = [];
  const log = (_: object, message: string): void => void logged.push(message);
  const client = await createKinesumer({
    app: 'inspected',
    stateStore: store,
    stream,
    profile: 'fast',
    logger: { debug: log, info: log, warn: log, error: log },
    inspect: () => {
      throw new Error('the inspector is gone');
    },
  });
  const running = client.run({ streams: [STREAM], eachRecord() {} });
  await world.until('the shard', () => client.snapshot().shards.length === 1);
  await client.close();
  await running;
  expect(new Set(logged)).toEqual(new Set(['The inspect function threw']));
});

it('takes a listener of once off again', async () => {
  const { client } = faceWorld().member();
  let heard = 0;
  const listener = (): void => void (heard += 1);
  client.once('close', listener);
  client.off('close', listener);
  await client.close();
  expect(heard).toBe(0);
});

it('gives a loop every error since the call of errors()', async () => {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  const { client, store } = world.member();
  const running = client.run({ streams: [STREAM], eachRecord() {} });
  await world.until('the shard', () => client.snapshot().shards.length === 1);
  const errors = client.errors();
  store.cut(world.clock.monotonicMs() + 1_500);
  await world.pass(3_000);
  const { value } = await errors.next();
  expect(value).toMatchObject({ code: 'StoreUnanswered' });
  await errors.return();
  await client.close();
  await running;
});

it.each(['left', 'forgotten'] as const)(
  'logs the errors of an errors() loop that was %s before it began',
  async (how) => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    const { client, store } = world.member();
    const running = client.run({ streams: [STREAM], eachRecord() {} });
    await world.until('the shard', () => client.snapshot().shards.length === 1);
    const errors = client.errors();
    store.cut(world.clock.monotonicMs() + 1_500);
    await world.pass(3_000);
    expect(world.logged).toEqual([]);
    if (how === 'left') await errors.return();
    else await client.close();
    expect(world.logged).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ code: 'StoreUnanswered' }) }),
    );
    await client.close();
    await running;
  },
);
