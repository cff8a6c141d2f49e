import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  createDecoder,
  type DecodeOptions,
  type Decoded,
  type SchemaIssue,
  type StandardSchema,
} from '../../../src/services/delivery/decode.ts';
import { ShardRecord } from '../../../src/services/delivery/record.ts';
import { fetched } from './delivery-world.ts';

const home = { stream: 'orders', shardId: 'shard-1', fence: 1, mark: () => {} };
const order = z.object({ id: z.string(), total: z.coerce.number() });

function decodeWith<T>(
  options: DecodeOptions<T>,
  text: string,
): { readonly record: ShardRecord<T>; readonly decoded: Decoded | Promise<Decoded> } {
  const record = new ShardRecord<T>(home, fetched(5, text), 1);
  const decoder = createDecoder(options);
  if (decoder === null) throw new Error('no decoder');
  return { record, decoded: decoder.decode(record) };
}

describe('createDecoder', () => {
  it('makes none where neither a schema nor a decode function is given', () => {
    expect(createDecoder({ onDecodeError: 'skip' })).toBeNull();
  });

  it('reads JSON for a schema and gives what the schema made of it, without a promise', () => {
    const { record, decoded } = decodeWith({ schema: order }, '{"id":"a","total":"12"}');
    expect(decoded).toEqual({ kind: 'ready' });
    expect(record.value).toEqual({ id: 'a', total: 12 });
  });

  it('gives a schema what the decode function made', () => {
    const { record } = decodeWith(
      { schema: z.number(), decode: (data) => data.byteLength },
      'four',
    );
    expect(record.value).toBe(4);
  });

  it('awaits schemas and decode functions that answer later', async () => {
    const schema = z.string().refine((text) => Promise.resolve(text === 'ok'));
    const good = decodeWith({ schema, decode: () => Promise.resolve('ok') }, '');
    await expect(good.decoded).resolves.toEqual({ kind: 'ready' });
    expect(good.record.value).toBe('ok');
    const later = decodeWith({ schema }, '"ok"');
    await expect(later.decoded).resolves.toEqual({ kind: 'ready' });
    const bad = decodeWith({ schema }, '"no"');
    await expect(bad.decoded).resolves.toMatchObject({ kind: 'failed' });
    const rejected = decodeWith({ decode: () => Promise.reject(new Error('late')) }, '');
    await expect(rejected.decoded).resolves.toMatchObject({
      kind: 'failed',
      error: { code: 'DecodeFailed' },
    });
  });

  it('fails by default, with the place of the record and the issues as the cause', () => {
    const { decoded } = decodeWith({ schema: order }, '{"total":1}');
    expect(decoded).toMatchObject({
      kind: 'failed',
      error: {
        code: 'DecodeFailed',
        stream: 'orders',
        shardId: 'shard-1',
        sequenceNumber: '5',
        cause: [{ path: ['id'] }],
      },
    });
  });

  it('keeps the data out of the error of a text that is no JSON', () => {
    const { decoded } = decodeWith({ schema: order }, 'secret');
    if (decoded instanceof Promise || decoded.kind !== 'failed') throw new Error('not failed');
    expect(decoded.error.message).toContain('not JSON');
    expect(decoded.error.message).not.toContain('secret');
    expect(decoded.error.cause).toBeUndefined();
  });

  it('skips, or gives the record raw, where told so', () => {
    const skipped = decodeWith({ schema: order, onDecodeError: 'skip' }, '1');
    expect(skipped.decoded).toMatchObject({ kind: 'skipped', error: { code: 'RecordSkipped' } });
    const raw = decodeWith({ schema: order, onDecodeError: 'raw' }, '1');
    expect(raw.decoded).toEqual({ kind: 'ready' });
    expect([raw.record.value, raw.record.decodeError?.code]).toEqual([undefined, 'DecodeFailed']);
    expect(raw.record.copy().decodeError).toBe(raw.record.decodeError);
  });

  it('asks a function with the error and the record', () => {
    const asked: unknown[] = [];
    const { decoded } = decodeWith(
      {
        schema: order,
        onDecodeError: (error, record) => {
          asked.push(error.code, record.text());
          return 'skip';
        },
      },
      '1',
    );
    expect(decoded).toMatchObject({ kind: 'skipped' });
    expect(asked).toEqual(['DecodeFailed', '1']);
  });

  it('fails where that function throws', () => {
    const cause = new Error('policy');
    const { decoded } = decodeWith(
      {
        schema: order,
        onDecodeError: () => {
          throw cause;
        },
      },
      '1',
    );
    expect(decoded).toMatchObject({ kind: 'failed', error: { code: 'DecodeFailed', cause } });
  });

  it('fails where a decode function throws, with its error as the cause', () => {
    const cause = new TypeError('mine');
    const { decoded } = decodeWith(
      {
        decode: () => {
          throw cause;
        },
      },
      '',
    );
    expect(decoded).toMatchObject({ kind: 'failed', error: { cause } });
  });
});

describe('StandardSchema', () => {
  it('takes every schema of the specification and keeps its output type', () => {
    expectTypeOf<StandardSchemaV1<unknown, number>>().toExtend<StandardSchema<number>>();
    expectTypeOf<StandardSchemaV1<string, number>>().toExtend<StandardSchema<number>>();
    expectTypeOf<StandardSchemaV1<unknown, string>>().not.toExtend<StandardSchema<number>>();
    expectTypeOf<StandardSchemaV1.Issue>().toExtend<SchemaIssue>();
    const inferred = createDecoder({ schema: order });
    expectTypeOf(inferred).toEqualTypeOf<ReturnType<
      typeof createDecoder<{ id: string; total: number }>
    > | null>();
    expect(inferred).not.toBeNull();
  });
});
