import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { FetchedRecord } from '../../../src/machines/ports.ts';
import { homeOf, ShardRecord, type RecordHome } from '../../../src/services/delivery/record.ts';
import { fetched } from './delivery-world.ts';

function homeWith(marks: number[] = []): RecordHome {
  return {
    stream: 'orders',
    shardId: 'shard-1',
    fence: 4,
    mark: (ordinal) => void marks.push(ordinal),
  };
}

describe('ShardRecord', () => {
  it('shows the fields of the fetched record and of its shard', () => {
    const record = new ShardRecord(homeWith(), { ...fetched(12), explicitHashKey: '99' }, 1);
    expect(record.stream).toBe('orders');
    expect(record.shardId).toBe('shard-1');
    expect(record.fence).toBe(4);
    expect(record.sequenceNumber).toBe('12');
    expect(record.subsequenceNumber).toBeUndefined();
    expect(record.partitionKey).toBe('key-12');
    expect(record.explicitHashKey).toBe('99');
    expect(record.approximateArrivalAt.toISOString()).toBe('2023-11-14T22:13:20.012Z');
    expect(record.text()).toBe('record 12');
    expect(record.value).toBeUndefined();
  });

  it('reads text and JSON', () => {
    const record = new ShardRecord(homeWith(), fetched(1, '{"id":"ä"}'), 1);
    expect(record.text()).toBe('{"id":"ä"}');
    expect(record.json<{ id: string }>().id).toBe('ä');
  });

  it('reads each lazily decoded field of its source once', () => {
    const reads: string[] = [];
    const source: FetchedRecord = {
      ...fetched(1),
      get data() {
        reads.push('data');
        return new Uint8Array([1]);
      },
      get partitionKey() {
        reads.push('partitionKey');
        return 'key';
      },
    };
    const record = new ShardRecord(homeWith(), source, 1);
    expect(reads).toEqual([]);
    expect(record.data).toBe(record.data);
    expect(record.partitionKey).toBe(record.partitionKey);
    expect(reads).toEqual(['data', 'partitionKey']);
  });

  it('copies its data out of the slab, also where that is a Buffer, and is marked like the original', () => {
    const marks: number[] = [];
    const slab = Buffer.from('before;record;after');
    const source = { ...fetched(1), data: slab.subarray(7, 13) };
    const record = new ShardRecord(homeWith(marks), source, 3);
    const copy = record.copy();
    slab.fill(0);
    expect(copy.text()).toBe('record');
    expect(copy.data.buffer.byteLength).toBe(6);
    copy.mark();
    expect(marks).toEqual([3]);
    expect(homeOf(copy)).toBe(homeOf(record));
  });

  it('lets no data or key slip into a log', () => {
    const record = new ShardRecord(homeWith(), fetched(1, 'a secret'), 1);
    expect(record.text()).toBe('a secret');
    expect(inspect(record, { depth: 9, showHidden: false })).not.toContain('secret');
    expect(JSON.parse(JSON.stringify(record))).toEqual({
      stream: 'orders',
      shardId: 'shard-1',
      fence: 4,
      sequenceNumber: '1',
      approximateArrivalMs: 1_700_000_000_001,
    });
  });
});
