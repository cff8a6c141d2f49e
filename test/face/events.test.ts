import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { EventName } from '../../src/kinesumer/events.ts';
import { faceWorld, SHARD_1, SHARD_2, type FaceWorld, type Member } from './face-world.ts';

const STREAM = 'orders';
const ALL: readonly EventName[] = [
  'ready',
  'leader',
  'rebalance',
  'shardStart',
  'shardEnd',
  'batch',
  'commit',
  'error',
  'close',
];

/** Makes the client tell an error: the stream does not answer. */
async function provokeError(world: FaceWorld, member: Member, told: () => boolean): Promise<void> {
  member.stream.cut();
  await world.until('the error', told);
  member.stream.restore();
}

describe('events', () => {
  it('tell the life of a member in its order', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.put(STREAM, SHARD_1, 3);
    const { client } = world.member();
    const told: { readonly name: EventName; readonly event: unknown }[] = [];
    for (const name of ALL) client.on(name, (event) => told.push({ name, event }));
    let seen = 0;
    const running = client.run({ streams: [STREAM], eachRecord: () => void (seen += 1) });
    await world.until('the commit', () => told.some(({ name }) => name === 'commit'));
    const session = client.snapshot().session;
    await client.close();
    await running;
    const order = told.map(({ name }) => name).filter((name) => name !== 'batch');
    expect(order).toEqual([
      'ready',
      'leader',
      'rebalance',
      'shardStart',
      'commit',
      'shardEnd',
      'close',
    ]);
    const shard = { stream: STREAM, shardId: SHARD_1 };
    const of = (name: EventName): unknown => told.find((one) => one.name === name)?.event;
    expect(of('ready')).toEqual({ session });
    expect(of('leader')).toEqual({ session, generation: 1 });
    expect(of('rebalance')).toEqual({ generation: 1, gained: [shard], lost: [] });
    expect(of('shardStart')).toEqual({ ...shard, fence: 1, position: '!NOT_STARTED' });
    expect(of('batch')).toMatchObject({ ...shard, fence: 1, records: 3, millisBehindLatest: 0 });
    expect(of('commit')).toEqual({
      ...shard,
      fence: 1,
      position: world.positionOf(STREAM, SHARD_1, 3),
    });
    expect(of('shardEnd')).toEqual({ ...shard, fence: 1, reason: 'shutdown' });
    expect(of('close')).toEqual({ app: 'face', clientId: client.clientId });
  });

  it('tell a rebalance as what this member gains and loses', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    const one = world.member();
    const changes: { gained: number; lost: number }[] = [];
    const ends: string[] = [];
    one.client.on('rebalance', ({ gained, lost }) =>
      changes.push({ gained: gained.length, lost: lost.length }),
    );
    one.client.on('shardEnd', ({ reason }) => ends.push(reason));
    const running = [one.client.run({ streams: [STREAM], eachRecord() {} })];
    await world.until('both', () => one.client.snapshot().shards.length === 2);
    const other = world.member();
    running.push(other.client.run({ streams: [STREAM], eachRecord() {} }));
    await world.until('the move', () => other.client.snapshot().shards.length === 1);
    await other.client.close();
    await world.until('both again', () => one.client.snapshot().shards.length === 2);
    expect(changes).toEqual([
      { gained: 2, lost: 0 },
      { gained: 0, lost: 1 },
      { gained: 1, lost: 0 },
    ]);
    expect(ends).toEqual(['moved']);
    await one.client.close();
    await Promise.all(running);
  });

  it('tell the end of a split shard as closed, and its children start', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.put(STREAM, SHARD_1, 3);
    const { client } = world.member();
    const told: string[] = [];
    client.on('shardStart', ({ shardId }) => told.push(`start ${shardId.slice(-1)}`));
    client.on('shardEnd', ({ shardId, reason }) => told.push(`${reason} ${shardId.slice(-1)}`));
    const running = client.run({ streams: [STREAM], eachRecord() {} });
    await world.until('the shard', () => told.length === 1);
    world.kinesis.splitShard(STREAM, SHARD_1);
    await world.until('the children', () => told.length === 4);
    expect(told.slice(0, 2)).toEqual(['start 0', 'closed 0']);
    expect(told.slice(2).sort()).toEqual(['start 1', 'start 2']);
    await client.close();
    await running;
  });

  it('go to every listener until off, and once to one of once', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    const { client } = world.member();
    const calls = { on: 0, off: 0, once: 0 };
    const counted = (): void => void (calls.off += 1);
    client
      .on('shardStart', () => void (calls.on += 1))
      .on('shardStart', counted)
      .once('shardStart', () => void (calls.once += 1))
      .off('shardStart', counted);
    const running = client.run({ streams: [STREAM], eachRecord() {} });
    await world.until('both', () => calls.on === 2);
    expect(calls).toEqual({ on: 2, off: 0, once: 1 });
    await client.close();
    await running;
  });

  it('whose listener throws stop nothing: it is logged, and the others are called', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 1);
    world.put(STREAM, SHARD_1, 3);
    const { client } = world.member();
    let seen = 0;
    for (const name of ALL) {
      client.on(name, () => {
        throw new Error('a listener');
      });
    }
    const running = client.run({ streams: [STREAM], eachRecord: () => void (seen += 1) });
    await world.until('the records', () => seen === 3);
    expect(await client.close()).toEqual({ outcome: 'closed', unfinished: [] });
    await running;
    expect(world.logged.some(({ message }) => message.includes('listener threw'))).toBe(true);
  });
});

describe('errors', () => {
  it('with no listener are logged, never thrown', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    const member = world.member();
    const running = member.client.run({ streams: [STREAM], eachRecord() {} });
    await world.until('both', () => member.client.snapshot().shards.length === 2);
    const warned = (): boolean =>
      world.logged.some(
        ({ level, fields }) =>
          level === 'warn' && 'code' in fields && fields.code === 'StreamUnanswered',
      );
    await provokeError(world, member, warned);
    // the client goes on
    expect(member.client.snapshot().shards.length).toBe(2);
    await member.client.close();
    await running;
  });

  it('with a listener go there and not to the log', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    const member = world.member();
    const codes: string[] = [];
    member.client.on('error', (error) => codes.push(error.code));
    const running = member.client.run({ streams: [STREAM], eachRecord() {} });
    await world.until('both', () => member.client.snapshot().shards.length === 2);
    await provokeError(world, member, () => codes.includes('StreamUnanswered'));
    await member.client.close();
    await running;
    expect(world.logged).toEqual([]);
  });

  it('come by errors() as a loop, which ends when the client is closed', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    const member = world.member();
    const codes: string[] = [];
    const listening = (async () => {
      for await (const error of member.client.errors()) codes.push(error.code);
      return 'ended';
    })();
    const running = member.client.run({ streams: [STREAM], eachRecord() {} });
    await world.until('both', () => member.client.snapshot().shards.length === 2);
    await provokeError(world, member, () => codes.includes('StreamUnanswered'));
    await member.client.close();
    expect(await listening).toBe('ended');
    await running;
    expect(world.logged).toEqual([]);
  });

  it('that no errors() loop took before it was left are logged', async () => {
    const world = faceWorld();
    world.twoShards(STREAM);
    const member = world.member();
    const errors = member.client.errors();
    const first = errors.next();
    const running = member.client.run({ streams: [STREAM], eachRecord() {} });
    await world.until('both', () => member.client.snapshot().shards.length === 2);
    member.stream.cut();
    await first;
    await world.pass(10_000);
    member.stream.restore();
    expect(world.logged).toEqual([]);
    await errors.return();
    expect(world.logged.length).toBeGreaterThan(0);
    await member.client.close();
    await running;
  });
});

describe('record data', () => {
  it('is in no event, log line, error or snapshot', async () => {
    const world = faceWorld();
    world.kinesis.createStream(STREAM, 2);
    const secret = 'sesame-7531';
    for (const explicitHashKey of ['0', String(2n ** 128n - 1n)]) {
      world.kinesis.putRecord({
        stream: STREAM,
        partitionKey: secret,
        explicitHashKey,
        data: secret,
      });
    }
    const { client } = world.member({ schema: undefined, decode: () => 1 });
    const told: unknown[] = [];
    for (const name of ALL) client.on(name, (event) => told.push(event));
    const running = client
      .run({
        streams: [STREAM],
        eachBatch(batch) {
          told.push(batch, ...batch.records, client.snapshot());
          if (batch.shardId === SHARD_2) throw new Error('a handler');
        },
      })
      .catch((error: unknown) => told.push(error));
    await running;
    await client.close();
    const plain = JSON.stringify([told, world.logged], (_, value: unknown) =>
      value instanceof Error
        ? { ...Object.fromEntries(Object.entries(value)), text: inspect(value, { depth: 9 }) }
        : value,
    );
    expect(plain).toContain('HandlerFailed');
    expect(plain).not.toContain(secret);
  });
});
