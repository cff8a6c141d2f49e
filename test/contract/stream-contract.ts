/** What every adapter of the stream's port must do, against whatever server it speaks to. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type {
  FetchAnswer,
  FetchedRecord,
  ListedShard,
  ReadFrom,
  ShardRef,
  Stream,
} from '../../src/machines/ports.ts';

/** What an operator and a producer do. Each resolves when it is done: the stream is active again, or gone. */
export interface StreamAdmin {
  createStream(name: string, shards: number): Promise<unknown>;
  putRecord(
    stream: string,
    partitionKey: string,
    data: Uint8Array,
  ): Promise<{ readonly shardId: string; readonly sequenceNumber: string }>;
  splitShard(stream: string, shardId: string): Promise<unknown>;
  mergeShards(stream: string, shardId: string, adjacentShardId: string): Promise<unknown>;
  deleteStream(name: string): Promise<unknown>;
}

export interface StreamFixture {
  readonly stream: Stream;
  readonly admin: StreamAdmin;
  /** Lets all iterators given out expire, where the server can be told to. */
  readonly expireIterators?: () => void;
  close(): Promise<void>;
}

/** Fetches that a test makes before it gives up on records that do not come. */
const MAX_FETCHES = 200;
const MAX_HASH_KEY = 2n ** 128n - 1n;
const HORIZON: ReadFrom = { kind: 'trimHorizon' };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

type Batch = Extract<FetchAnswer, { kind: 'batch' }>;

function expectBatch(answer: FetchAnswer): Batch {
  if (answer.kind !== 'batch') throw new Error(`fetch: ${JSON.stringify(answer)}`);
  return answer;
}

async function opened(stream: Stream, shard: ShardRef, from: ReadFrom): Promise<string> {
  const answer = await stream.openIterator(shard, from);
  if (answer.kind !== 'iterator') throw new Error(`openIterator: ${JSON.stringify(answer)}`);
  return answer.iterator;
}

async function listed(stream: Stream, name: string): Promise<readonly ListedShard[]> {
  const answer = await stream.listShards(name);
  if (answer.kind !== 'listed') throw new Error(`listShards: ${JSON.stringify(answer)}`);
  return answer.shards;
}

interface Reading {
  readonly records: readonly FetchedRecord[];
  readonly last: Batch;
}

/** Reads on until there are so many records, or the shard ends. */
async function readUntil(
  stream: Stream,
  shard: ShardRef,
  iterator: string,
  count: number,
): Promise<Reading> {
  const records: FetchedRecord[] = [];
  let next = iterator;
  for (let fetches = 0; fetches < MAX_FETCHES; fetches++) {
    const last = expectBatch(await stream.fetch(shard, next, 1_000));
    records.push(...last.batch.records);
    if (last.nextIterator === null || records.length >= count) return { records, last };
    next = last.nextIterator;
  }
  throw new Error(`${records.length} of ${count} records after ${MAX_FETCHES} fetches`);
}

async function readFrom(
  stream: Stream,
  shard: ShardRef,
  from: ReadFrom,
  count: number,
): Promise<readonly FetchedRecord[]> {
  const iterator = await opened(stream, shard, from);
  return (await readUntil(stream, shard, iterator, count)).records;
}

function texts(records: readonly FetchedRecord[]): readonly string[] {
  return records.map((record) => decoder.decode(record.data));
}

function sequenceNumbers(records: readonly FetchedRecord[]): readonly bigint[] {
  return records.map((record) => BigInt(record.sequenceNumber));
}

function ascending(numbers: readonly bigint[]): boolean {
  return numbers.every((number, index) => index === 0 || (numbers[index - 1] ?? 0n) < number);
}

function openShards(shards: readonly ListedShard[]): readonly ListedShard[] {
  return shards
    .filter((shard) => !shard.closed)
    .sort((a, b) => (BigInt(a.startingHashKey) < BigInt(b.startingHashKey) ? -1 : 1));
}

/** Whether the open shards cover every hash key once. */
function tiles(shards: readonly ListedShard[]): boolean {
  let next = 0n;
  for (const shard of openShards(shards)) {
    if (BigInt(shard.startingHashKey) !== next) return false;
    next = BigInt(shard.endingHashKey) + 1n;
  }
  return next === MAX_HASH_KEY + 1n;
}

/**
 * Registers the suite. Every test makes streams of its own.
 *
 * @param name of the adapter and server, for the report
 */
export function streamContract(name: string, open: () => Promise<StreamFixture>): void {
  describe(`the stream on ${name}`, { timeout: 60_000 }, () => {
    let fixture: StreamFixture;
    let stream: Stream;
    let admin: StreamAdmin;

    beforeAll(async () => {
      fixture = await open();
      ({ stream, admin } = fixture);
    }, 60_000);
    afterAll(async () => fixture.close());

    async function freshStream(shards = 1): Promise<string> {
      const streamName = `contract-${crypto.randomUUID()}`;
      await admin.createStream(streamName, shards);
      return streamName;
    }

    /** A new stream of one shard with so many records of the texts '0', '1', … */
    async function filled(count: number): Promise<{ shard: ShardRef; numbers: string[] }> {
      const streamName = await freshStream();
      const [only] = await listed(stream, streamName);
      const shard: ShardRef = { stream: streamName, shardId: only?.shardId ?? 'none' };
      const numbers: string[] = [];
      for (let n = 0; n < count; n++) {
        const put = await admin.putRecord(streamName, `key-${n}`, encoder.encode(String(n)));
        numbers.push(put.sequenceNumber);
      }
      return { shard, numbers };
    }

    describe('listing', () => {
      it('tells shards whose hash ranges cover all hash keys, and when the stream was created', async () => {
        const answer = await stream.listShards(await freshStream(3));
        if (answer.kind !== 'listed') throw new Error(answer.kind);
        expect(answer.shards).toHaveLength(3);
        expect(tiles(answer.shards)).toBe(true);
        for (const shard of answer.shards) {
          expect(shard).toMatchObject({ parentShardId: null, adjacentParentShardId: null });
        }
        expect(answer.createdAtMs).toBeGreaterThan(0);
        // the creation may be told in whole seconds, rounded to the nearest
        expect(answer.serverNowMs).toBeGreaterThan(answer.createdAtMs - 2_000);
      });

      it('tells which stream has the name: the same as the listing, and another one after it was made anew', async () => {
        const streamName = await freshStream();
        const [answer, listing] = [
          await stream.describe(streamName),
          await stream.listShards(streamName),
        ];
        if (listing.kind !== 'listed') throw new Error(listing.kind);
        expect(answer).toEqual({ kind: 'described', createdAtMs: listing.createdAtMs });
        await admin.deleteStream(streamName);
        expect(await stream.describe(streamName)).toMatchObject({
          kind: 'missing',
          error: { code: 'StreamMissing', stream: streamName },
        });
        await admin.createStream(streamName, 1);
        await vi.waitFor(
          async () => {
            const again = await stream.describe(streamName);
            if (again.kind === 'described' && again.createdAtMs > listing.createdAtMs) return;
            // the creation is told in whole seconds, and this one was in the same
            await admin.deleteStream(streamName);
            await admin.createStream(streamName, 1);
            throw new Error(again.kind);
          },
          { timeout: 10_000, interval: 200 },
        );
      });

      it('tells every shard of a stream of more than one page', async () => {
        const shards = await listed(stream, await freshStream(120));
        expect(new Set(shards.map((shard) => shard.shardId)).size).toBe(120);
        expect(tiles(shards)).toBe(true);
      });

      it('tells a split parent as closed and its children with it as their parent', async () => {
        const streamName = await freshStream(2);
        const [first, other] = openShards(await listed(stream, streamName));
        await admin.splitShard(streamName, first?.shardId ?? 'none');
        const shards = await listed(stream, streamName);
        expect(shards).toHaveLength(4);
        expect(tiles(shards)).toBe(true);
        const closed = shards.filter((shard) => shard.closed);
        expect(closed.map((shard) => shard.shardId)).toEqual([first?.shardId]);
        const children = shards.filter((shard) => shard.parentShardId !== null);
        expect(children).toHaveLength(2);
        for (const child of children) {
          expect(child.parentShardId).toBe(first?.shardId);
          expect(child.adjacentParentShardId).toBeNull();
        }
        expect(children[0]?.startingHashKey).toBe(first?.startingHashKey);
        expect(children[1]?.endingHashKey).toBe(first?.endingHashKey);
        expect(shards.find((shard) => shard.shardId === other?.shardId)).toEqual(other);
      });

      it('tells a merged child with both of its parents', async () => {
        const streamName = await freshStream(2);
        const [low, high] = openShards(await listed(stream, streamName));
        await admin.mergeShards(streamName, low?.shardId ?? 'none', high?.shardId ?? 'none');
        const shards = await listed(stream, streamName);
        expect(shards.filter((shard) => shard.closed)).toHaveLength(2);
        expect(openShards(shards)).toMatchObject([
          {
            parentShardId: low?.shardId,
            adjacentParentShardId: high?.shardId,
            startingHashKey: '0',
            endingHashKey: String(MAX_HASH_KEY),
          },
        ]);
      });

      it('answers a name of no stream with missing', async () => {
        const answer = await stream.listShards('contract-no-such-stream');
        expect(answer).toMatchObject({ kind: 'missing', error: { code: 'StreamMissing' } });
      });

      it('answers a deleted stream with missing', async () => {
        const streamName = await freshStream();
        await admin.deleteStream(streamName);
        const answer = await stream.listShards(streamName);
        expect(answer).toMatchObject({ kind: 'missing', error: { code: 'StreamMissing' } });
      });
    });

    describe('iterators', () => {
      it('start at the oldest record by TRIM_HORIZON', async () => {
        const { shard, numbers } = await filled(5);
        const records = await readFrom(stream, shard, HORIZON, 5);
        expect(texts(records)).toEqual(['0', '1', '2', '3', '4']);
        expect(records.map((record) => record.sequenceNumber)).toEqual(numbers);
        expect(records.map((record) => record.partitionKey)).toEqual(
          numbers.map((_, n) => `key-${n}`),
        );
        expect(records.map((record) => record.subsequenceNumber)).toEqual(numbers.map(() => null));
      });

      it('start behind the newest record by LATEST', async () => {
        const { shard } = await filled(3);
        const iterator = await opened(stream, shard, { kind: 'latest' });
        await admin.putRecord(shard.stream, 'late', encoder.encode('late'));
        expect(texts((await readUntil(stream, shard, iterator, 1)).records)).toEqual(['late']);
      });

      it('start at a record, or behind it, by its sequence number', async () => {
        const { shard, numbers } = await filled(4);
        const sequenceNumber = numbers[1] ?? 'none';
        const at = await readFrom(stream, shard, { kind: 'at', sequenceNumber }, 3);
        expect(texts(at)).toEqual(['1', '2', '3']);
        const after = await readFrom(stream, shard, { kind: 'after', sequenceNumber }, 2);
        expect(texts(after)).toEqual(['2', '3']);
      });

      it('start at the first record that arrived at an instant or later', async () => {
        const { shard } = await filled(6);
        const all = await readFrom(stream, shard, HORIZON, 6);
        const timestampMs = all[3]?.approximateArrivalMs ?? 0;
        const expected = all.filter((record) => record.approximateArrivalMs >= timestampMs);
        const from: ReadFrom = { kind: 'atTimestamp', timestampMs };
        const records = await readFrom(stream, shard, from, expected.length);
        expect(texts(records)).toEqual(texts(expected));
        const early: ReadFrom = { kind: 'atTimestamp', timestampMs: timestampMs - 3_600_000 };
        expect(texts(await readFrom(stream, shard, early, 6))).toEqual(texts(all));
      });

      it('cannot be opened on a shard or stream that is not there', async () => {
        const streamName = await freshStream();
        const shards: readonly ShardRef[] = [
          { stream: streamName, shardId: 'shardId-000000000099' },
          { stream: 'contract-no-such-stream', shardId: 'shardId-000000000000' },
        ];
        for (const shard of shards) {
          const answer = await stream.openIterator(shard, HORIZON);
          expect(answer).toMatchObject({ kind: 'gone', error: { code: 'StreamMissing' } });
        }
      });

      it('cannot be opened on a deleted stream', async () => {
        const { shard } = await filled(1);
        await admin.deleteStream(shard.stream);
        const answer = await stream.openIterator(shard, HORIZON);
        expect(answer).toMatchObject({ kind: 'gone', error: { code: 'StreamMissing' } });
      });

      it('expire where the server can be told to let them, and reading goes on with a new one', async () => {
        const { shard, numbers } = await filled(3);
        const iterator = await opened(stream, shard, HORIZON);
        if (fixture.expireIterators !== undefined) {
          fixture.expireIterators();
          expect(await stream.fetch(shard, iterator, 10)).toEqual({ kind: 'expired' });
        }
        const from: ReadFrom = { kind: 'after', sequenceNumber: numbers[0] ?? 'none' };
        expect(texts(await readFrom(stream, shard, from, 2))).toEqual(['1', '2']);
      });
    });

    describe('fetches', () => {
      it('bring records in the order of their sequence numbers, as they were put', async () => {
        const { shard } = await filled(0);
        const put: Uint8Array[] = [];
        for (let n = 0; n < 40; n++) {
          const data = Uint8Array.from({ length: n * 7 }, (_, at) => (n * 31 + at * 17) % 256);
          await admin.putRecord(shard.stream, `clé-${n}`, data);
          put.push(data);
        }
        const records = await readFrom(stream, shard, HORIZON, put.length);
        expect(ascending(sequenceNumbers(records))).toBe(true);
        expect(records.map((record) => [...record.data])).toEqual(put.map((data) => [...data]));
        expect(records.map((record) => record.partitionKey)).toEqual(put.map((_, n) => `clé-${n}`));
      });

      it('bring no more than the limit and go on where they stopped', async () => {
        const { shard } = await filled(25);
        const seen: string[] = [];
        const sizes: number[] = [];
        let iterator: string | null = await opened(stream, shard, HORIZON);
        for (let fetches = 0; seen.length < 25 && fetches < MAX_FETCHES; fetches++) {
          if (iterator === null) break;
          const { batch, nextIterator } = expectBatch(await stream.fetch(shard, iterator, 10));
          seen.push(...texts(batch.records));
          sizes.push(batch.records.length);
          iterator = nextIterator;
        }
        expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => String(n)));
        expect(Math.max(...sizes)).toBe(10);
      });

      it('bring nothing, but an iterator, at the tip of an open shard', async () => {
        const { shard } = await filled(0);
        const iterator = await opened(stream, shard, HORIZON);
        const answer = expectBatch(await stream.fetch(shard, iterator, 10));
        expect(answer.batch).toMatchObject({ records: [], bytes: 0, millisBehindLatest: 0 });
        expect(answer.childShardIds).toEqual([]);
        expect(answer.nextIterator).not.toBeNull();
      });

      it('count the bytes of data and partition keys', async () => {
        const { shard } = await filled(0);
        await admin.putRecord(shard.stream, 'key', new Uint8Array(1_000));
        await admin.putRecord(shard.stream, 'key', new Uint8Array(500));
        const iterator = await opened(stream, shard, HORIZON);
        const { batch } = expectBatch(await stream.fetch(shard, iterator, 10));
        expect(batch.records).toHaveLength(2);
        expect(batch.bytes).toBe(1_506);
      });

      it('place a partition key on the shard whose range has its hash', async () => {
        const streamName = await freshStream(4);
        const shards = await listed(stream, streamName);
        const placed = new Map<string, string[]>();
        for (let n = 0; n < 24; n++) {
          const { shardId } = await admin.putRecord(streamName, `k${n}`, encoder.encode(`k${n}`));
          placed.set(shardId, [...(placed.get(shardId) ?? []), `k${n}`]);
        }
        expect(placed.size).toBe(4);
        for (const { shardId } of shards) {
          const expected = placed.get(shardId) ?? [];
          const shard: ShardRef = { stream: streamName, shardId };
          expect(texts(await readFrom(stream, shard, HORIZON, expected.length))).toEqual(expected);
        }
      });

      it.each([
        ['a split', 1, 2],
        ['a merge', 2, 1],
      ] as const)('end a shard closed by %s with its children', async (how, before, children) => {
        const streamName = await freshStream(before);
        const [low, high] = openShards(await listed(stream, streamName));
        const shardId = low?.shardId ?? 'none';
        const shard: ShardRef = { stream: streamName, shardId };
        for (let n = 0; n < 12; n++) {
          await admin.putRecord(streamName, `key-${n}`, encoder.encode(String(n)));
        }
        const iterator = await opened(stream, shard, HORIZON);
        if (how === 'a split') await admin.splitShard(streamName, shardId);
        else await admin.mergeShards(streamName, shardId, high?.shardId ?? 'none');

        const reading = await readUntil(stream, shard, iterator, Number.POSITIVE_INFINITY);
        expect(reading.records.length).toBeGreaterThan(0);
        expect(reading.last.nextIterator).toBeNull();
        const born = openShards(await listed(stream, streamName)).map((child) => child.shardId);
        expect(born).toHaveLength(children);
        expect([...reading.last.childShardIds].sort()).toEqual([...born].sort());

        const put = await admin.putRecord(streamName, 'key-0', encoder.encode('child'));
        expect(born).toContain(put.shardId);
        const parentEnd = sequenceNumbers(reading.records).at(-1) ?? 0n;
        expect(BigInt(put.sequenceNumber)).toBeGreaterThan(parentEnd);
        const child: ShardRef = { stream: streamName, shardId: put.shardId };
        expect(texts(await readFrom(stream, child, HORIZON, 1))).toEqual(['child']);
      });

      it('end a closed shard at once when it is read from behind its last record', async () => {
        const { shard, numbers } = await filled(2);
        await admin.splitShard(shard.stream, shard.shardId);
        const sequenceNumber = numbers[1] ?? 'none';
        const iterator = await opened(stream, shard, { kind: 'after', sequenceNumber });
        const reading = await readUntil(stream, shard, iterator, 1);
        expect(reading.records).toEqual([]);
        expect(reading.last.childShardIds).toHaveLength(2);
      });
    });

    it('leaves a request of an aborted signal unanswered', async () => {
      const { shard } = await filled(1);
      const iterator = await opened(stream, shard, HORIZON);
      const signal = AbortSignal.abort();
      const unanswered = { kind: 'unanswered', error: { code: 'StreamUnanswered' } };
      expect(await stream.listShards(shard.stream, { signal })).toMatchObject(unanswered);
      expect(await stream.openIterator(shard, HORIZON, { signal })).toMatchObject(unanswered);
      expect(await stream.fetch(shard, iterator, 10, { signal })).toMatchObject(unanswered);
    });
  });
}
