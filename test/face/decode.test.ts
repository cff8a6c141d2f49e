import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { KinesumerError } from '../../src/errors.ts';
import type { DecodeErrorChoice } from '../../src/options.ts';
import { faceWorld, SHARD_1, type FaceOptions, type FaceWorld } from './face-world.ts';

const STREAM = 'orders';
const Order = z.object({ id: z.number(), note: z.string().default('none') });
type Order = z.infer<typeof Order>;

function withData(...data: readonly string[]): FaceWorld {
  const world = faceWorld();
  world.kinesis.createStream(STREAM, 1);
  for (const [index, text] of data.entries()) {
    world.kinesis.putRecord({ stream: STREAM, partitionKey: `key-${index}`, data: text });
  }
  return world;
}

/** The first values of the stream and what was told on the way. */
async function valuesOf<T>(world: FaceWorld, options: FaceOptions<T>, count: number) {
  const { client } = world.member<T>(options);
  const values: unknown[] = [];
  const decodeErrors: unknown[] = [];
  const told: string[] = [];
  client.on('error', (error) => told.push(error.code));
  let failure: KinesumerError | null = null;
  try {
    for await (const record of client.consume([STREAM])) {
      values.push(record.value);
      decodeErrors.push(record.decodeError?.code);
      if (values.length === count) break;
    }
  } catch (error) {
    failure = error as KinesumerError;
  }
  await client.close();
  return { values, decodeErrors, told, failure };
}

describe('schema and decode', () => {
  it('of any Standard Schema makes value typed, from JSON', async () => {
    const world = withData('{"id":1}', '{"id":2,"note":"two"}');
    const { client } = world.member<Order>({ schema: Order });
    const values: Order[] = [];
    for await (const record of client.consume([STREAM])) {
      const order: Order = record.value;
      values.push(order);
      if (values.length === 2) break;
    }
    expect(values).toEqual([
      { id: 1, note: 'none' },
      { id: 2, note: 'two' },
    ]);
    await client.close();
  });

  it('decode makes the value from the bytes, and may be asynchronous', async () => {
    const world = withData('a', 'b');
    const decode = async (data: Uint8Array): Promise<string> => {
      await Promise.resolve();
      return new TextDecoder().decode(data).toUpperCase();
    };
    expect((await valuesOf(world, { decode }, 2)).values).toEqual(['A', 'B']);
  });

  it('decode feeds the schema where both are given', async () => {
    const world = withData('7');
    const decode = (data: Uint8Array): unknown => ({ id: Number(new TextDecoder().decode(data)) });
    const { values } = await valuesOf<Order>(world, { decode, schema: Order }, 1);
    expect(values).toEqual([{ id: 7, note: 'none' }]);
  });

  it('without either leaves value undefined and data, text() and json() as they are', async () => {
    const world = withData('{"id":1}');
    const { client } = world.member();
    for await (const record of client.consume([STREAM])) {
      expect(record.value).toBeUndefined();
      expect(record.text()).toBe('{"id":1}');
      expect(record.json()).toEqual({ id: 1 });
      expect(record.data).toBeInstanceOf(Uint8Array);
      break;
    }
    await client.close();
  });
});

describe('a record that does not fit', () => {
  const data = ['{"id":1}', '{"id":"two"}', '{"id":3}'];

  it('ends the consumption with DecodeFailed, and its shard stands before it', async () => {
    const world = withData(...data);
    const { values, failure } = await valuesOf<Order>(world, { schema: Order }, 3);
    expect(values).toEqual([{ id: 1, note: 'none' }]);
    const [, second] = world.kinesis.records(STREAM).get(SHARD_1) ?? [];
    expect(failure).toMatchObject({
      code: 'DecodeFailed',
      stream: STREAM,
      shardId: SHARD_1,
      sequenceNumber: second?.sequenceNumber,
    });
    expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_1, 1),
    );
    expect(world.registered()).toEqual([]);
  });

  it('is passed over with skip, told as an error, and counts as done', async () => {
    const world = withData(...data, '{"id":4}');
    const options = { schema: Order, onDecodeError: 'skip' } as const;
    const { values, told } = await valuesOf<Order>(world, options, 3);
    expect(values).toEqual([1, 3, 4].map((id) => ({ id, note: 'none' })));
    expect(told).toEqual(['RecordSkipped']);
    expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_1, 3),
    );
  });

  it('that is the last one of a shard is committed as done where it is skipped', async () => {
    const world = withData('{"id":1}', '{"id":"two"}');
    const { client } = world.member<Order>({ schema: Order, onDecodeError: 'skip' });
    client.on('error', () => {});
    const running = client.run({ streams: [STREAM], eachRecord() {} });
    await world.until(
      'the commit of the skipped one',
      () =>
        world.checkpoint(STREAM, SHARD_1)?.['position'] === world.positionOf(STREAM, SHARD_1, 2),
    );
    expect((await client.close()).outcome).toBe('closed');
    await running;
  });

  it('comes without a value and with its decodeError with raw', async () => {
    const world = withData(...data);
    const options = { schema: Order, onDecodeError: 'raw' } as const;
    const { values, decodeErrors } = await valuesOf<Order>(world, options, 3);
    expect(values).toEqual([{ id: 1, note: 'none' }, undefined, { id: 3, note: 'none' }]);
    expect(decodeErrors).toEqual([undefined, 'DecodeFailed', undefined]);
  });

  it('is decided on by a function for each record', async () => {
    const world = withData('{"id":1}', 'no json', '{"id":"three"}', '{"id":4}');
    const onDecodeError = (_: KinesumerError, record: { text(): string }): DecodeErrorChoice =>
      record.text().startsWith('{') ? 'raw' : 'skip';
    const { values } = await valuesOf<Order>(world, { schema: Order, onDecodeError }, 3);
    expect(values).toEqual([{ id: 1, note: 'none' }, undefined, { id: 4, note: 'none' }]);
  });

  it('in run stops the batch before it: what came before is handed over and committed', async () => {
    const world = withData(...data);
    const { client } = world.member<Order>({ schema: Order });
    const seen: number[] = [];
    const running = client.run({
      streams: [STREAM],
      eachBatch: (batch) => void seen.push(...batch.records.map((record) => record.value.id)),
    });
    await expect(running).rejects.toMatchObject({ code: 'DecodeFailed', shardId: SHARD_1 });
    expect(seen).toEqual([1]);
    expect(world.checkpoint(STREAM, SHARD_1)?.['position']).toBe(
      world.positionOf(STREAM, SHARD_1, 1),
    );
    await client.close();
  });

  it('by a decode function that throws does the same as one by a schema', async () => {
    const world = withData('a');
    const cause = new Error('not this one');
    const decode = (): never => {
      throw cause;
    };
    const { failure } = await valuesOf(world, { decode }, 1);
    expect(failure).toMatchObject({ code: 'DecodeFailed', cause });
  });
});
