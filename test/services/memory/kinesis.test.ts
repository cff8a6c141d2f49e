import { describe, expect, it } from 'vitest';
import type { FetchAnswer, ReadFrom, ShardRef } from '../../../src/machines/ports.ts';
import {
  ManualClock,
  MemoryKinesis,
  MemoryStream,
  SeededRandom,
  type MemoryKinesisOptions,
  type StreamFaults,
} from '../../../src/services/memory/index.ts';

const FIRST = 'shardId-000000000000';
const SHARD: ShardRef = { stream: 'orders', shardId: FIRST };
const HORIZON: ReadFrom = { kind: 'trimHorizon' };
const HOUR_MS = 3_600_000;

function setUp(options: Partial<MemoryKinesisOptions> = {}, faults: StreamFaults = {}) {
  const clock = new ManualClock();
  const kinesis = new MemoryKinesis({ clock, ...options });
  kinesis.createStream('orders', 1);
  const random = new SeededRandom(3);
  const stream = new MemoryStream({ kinesis, clock, random, faults });
  const put = (data: Uint8Array | string, partitionKey = 'k') =>
    kinesis.putRecord({ stream: 'orders', partitionKey, data });
  return { clock, kinesis, stream, put };
}

async function opened(stream: MemoryStream, from: ReadFrom = HORIZON, shard = SHARD) {
  const answer = await stream.openIterator(shard, from);
  if (answer.kind !== 'iterator') throw new Error(answer.kind);
  return answer.iterator;
}

function expectBatch(answer: FetchAnswer): Extract<FetchAnswer, { kind: 'batch' }> {
  if (answer.kind !== 'batch') throw new Error(answer.kind);
  return answer;
}

function texts(answer: FetchAnswer): readonly string[] {
  return expectBatch(answer).batch.records.map((record) => new TextDecoder().decode(record.data));
}

describe('records', () => {
  it('have sequence numbers of 56 digits that grow over shards, splits and streams of one name', () => {
    const { kinesis, put } = setUp();
    const numbers = [put('a').sequenceNumber, put('b').sequenceNumber];
    kinesis.splitShard('orders', FIRST);
    for (let n = 0; n < 20; n++) numbers.push(put('c', `key-${n}`).sequenceNumber);
    kinesis.deleteStream('orders');
    kinesis.createStream('orders', 1);
    numbers.push(put('d').sequenceNumber);
    for (const number of numbers) expect(number).toMatch(/^\d{56}$/);
    expect([...numbers].sort()).toEqual(numbers);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('go to the halves of a split shard, down to one hash key', () => {
    const { kinesis } = setUp();
    const put = (explicitHashKey: string) =>
      kinesis.putRecord({ stream: 'orders', partitionKey: 'k', data: 'x', explicitHashKey })
        .shardId;
    const [low] = kinesis.splitShard('orders', FIRST, '2');
    const halves = kinesis.splitShard('orders', low ?? 'none');
    expect([put('0'), put('1')]).toEqual(halves);
    expect(() => kinesis.splitShard('orders', halves[0] ?? 'none')).toThrow('cannot be split');
  });

  it('go where an explicit hash key says', () => {
    const { kinesis } = setUp();
    kinesis.createStream('wide', 4);
    const quarter = 2n ** 126n;
    const put = (explicitHashKey: bigint) =>
      kinesis.putRecord({
        stream: 'wide',
        partitionKey: 'k',
        data: 'x',
        explicitHashKey: String(explicitHashKey),
      }).shardId;
    expect([0n, quarter - 1n, quarter, 4n * quarter - 1n].map(put)).toEqual([
      FIRST,
      FIRST,
      'shardId-000000000001',
      'shardId-000000000003',
    ]);
    expect(() => put(4n * quarter)).toThrow('no hash key');
    expect([...kinesis.records('wide').values()].map((records) => records.length)).toEqual([
      2, 1, 0, 1,
    ]);
  });

  it('are the bytes that were put, whatever producer and consumer do to theirs', async () => {
    const { stream, put } = setUp();
    const bytes = Uint8Array.of(1, 2, 3);
    put(bytes);
    bytes.fill(9);
    const iterator = await opened(stream);
    expectBatch(await stream.fetch(SHARD, iterator, 1)).batch.records[0]?.data.fill(8);
    const again = expectBatch(await stream.fetch(SHARD, iterator, 1));
    expect([...(again.batch.records[0]?.data ?? [])]).toEqual([1, 2, 3]);
  });

  it('against the limits are refused', () => {
    const { put } = setUp();
    expect(() => put('x', '')).toThrow('partition key');
    expect(() => put('x', 'k'.repeat(257))).toThrow('partition key');
    expect(() => put(new Uint8Array(1_024 * 1_024))).toThrow('1 MiB');
    expect(() => put(new Uint8Array(1_024 * 1_024 - 1))).not.toThrow();
  });

  it('come in answers of at most 10 MB, and one larger than what is left waits', async () => {
    const { stream, put } = setUp();
    for (let n = 0; n < 25; n++) put(new Uint8Array(1_000_000));
    let answer = expectBatch(await stream.fetch(SHARD, await opened(stream), 10_000));
    expect(answer.batch.records).toHaveLength(10);
    expect(answer.batch.bytes).toBe(10_000_010);
    answer = expectBatch(await stream.fetch(SHARD, answer.nextIterator ?? '', 10_000));
    answer = expectBatch(await stream.fetch(SHARD, answer.nextIterator ?? '', 10_000));
    expect(answer.batch.records).toHaveLength(5);
  });

  it('left behind are told in milliseconds', async () => {
    const { stream, put, clock } = setUp();
    put('a');
    clock.advance(1_000);
    put('b');
    clock.advance(500);
    const first = expectBatch(await stream.fetch(SHARD, await opened(stream), 1));
    expect(first.batch.millisBehindLatest).toBe(1_500);
    const last = expectBatch(await stream.fetch(SHARD, first.nextIterator ?? '', 1));
    expect(last.batch.millisBehindLatest).toBe(0);
  });
});

describe('iterators', () => {
  it('expire after their life', async () => {
    const { stream, put, clock } = setUp();
    put('a');
    const iterator = await opened(stream);
    clock.advance(300_000);
    expect(texts(await stream.fetch(SHARD, iterator, 1))).toEqual(['a']);
    clock.advance(1);
    expect(await stream.fetch(SHARD, iterator, 1)).toEqual({ kind: 'expired' });
  });

  it('are refused when nobody gave them out, or for another shard', async () => {
    const { stream, kinesis } = setUp();
    const iterator = await opened(stream);
    kinesis.splitShard('orders', FIRST);
    const other = { ...SHARD, shardId: 'shardId-000000000001' };
    const rejected = { kind: 'failed', error: { code: 'StreamRejected' } };
    expect(await stream.fetch(other, iterator, 1)).toMatchObject(rejected);
    for (const forged of ['', 'no base64!', btoa('1/2'), btoa('a/b/c/d/e')]) {
      expect(await stream.fetch(SHARD, forged, 1)).toMatchObject(rejected);
    }
    for (const limit of [0, 10_001, 1.5]) {
      expect(await stream.fetch(SHARD, iterator, limit)).toMatchObject(rejected);
    }
  });

  it('cannot start at what the shard never had', async () => {
    const { stream, kinesis, put, clock } = setUp();
    const old = put('a').sequenceNumber;
    kinesis.splitShard('orders', FIRST);
    const child = put('b');
    const afterEnd = child.sequenceNumber.slice(0, -12) + '0'.repeat(12);
    const far = `496${'9'.repeat(41)}${'0'.repeat(12)}`;
    const rejected = { kind: 'failed', error: { code: 'StreamRejected' } };
    for (const sequenceNumber of ['', '0', child.sequenceNumber, afterEnd, far]) {
      for (const kind of ['at', 'after'] as const) {
        const answer = await stream.openIterator(SHARD, { kind, sequenceNumber });
        expect(answer).toMatchObject(rejected);
      }
    }
    const timestampMs = clock.wallMs() + 1;
    const future = await stream.openIterator(SHARD, { kind: 'atTimestamp', timestampMs });
    expect(future).toMatchObject(rejected);
    kinesis.deleteStream('orders');
    kinesis.createStream('orders', 1);
    const formerly = await stream.openIterator(SHARD, { kind: 'at', sequenceNumber: old });
    expect(formerly).toMatchObject(rejected);
  });

  it('of a deleted stream are gone, also when another one has its name', async () => {
    const { stream, kinesis } = setUp();
    const iterator = await opened(stream);
    kinesis.deleteStream('orders');
    expect(await stream.fetch(SHARD, iterator, 1)).toMatchObject({ kind: 'gone' });
    kinesis.createStream('orders', 1);
    expect(await stream.fetch(SHARD, iterator, 1)).toMatchObject({ kind: 'gone' });
  });
});

describe('retention', () => {
  it('drops records that are too old and reads on from the oldest left', async () => {
    const { stream, put, clock } = setUp({ retentionMs: 2 * HOUR_MS });
    const old = put('a').sequenceNumber;
    clock.advance(HOUR_MS);
    put('b');
    clock.advance(HOUR_MS);
    expect(texts(await stream.fetch(SHARD, await opened(stream), 10))).toEqual(['a', 'b']);
    clock.advance(1);
    expect(texts(await stream.fetch(SHARD, await opened(stream), 10))).toEqual(['b']);
    const iterator = await opened(stream, { kind: 'at', sequenceNumber: old });
    expect(texts(await stream.fetch(SHARD, iterator, 10))).toEqual(['b']);
  });

  it('lists a closed shard while it lasts, and then takes it for gone', async () => {
    const { stream, kinesis, put, clock } = setUp({ retentionMs: 2 * HOUR_MS });
    put('a');
    kinesis.splitShard('orders', FIRST);
    clock.advance(2 * HOUR_MS);
    const iterator = await opened(stream);
    const listedIds = async (): Promise<readonly string[]> => {
      const answer = await stream.listShards('orders');
      return answer.kind === 'listed' ? answer.shards.map((shard) => shard.shardId) : [];
    };
    expect(await listedIds()).toContain(FIRST);
    clock.advance(1);
    expect(await listedIds()).toEqual(['shardId-000000000001', 'shardId-000000000002']);
    const gone = { kind: 'gone', error: { code: 'StreamMissing', shardId: FIRST } };
    expect(await stream.fetch(SHARD, iterator, 1)).toMatchObject(gone);
    expect(await stream.openIterator(SHARD, HORIZON)).toMatchObject(gone);
  });

  it('passes by hand', async () => {
    const { stream, kinesis, put, clock } = setUp();
    put('a');
    clock.advance(10);
    put('b');
    kinesis.expireBefore('orders', clock.wallMs());
    expect(texts(await stream.fetch(SHARD, await opened(stream), 10))).toEqual(['b']);
    kinesis.splitShard('orders', FIRST);
    kinesis.expireBefore('orders', clock.wallMs() + 1);
    expect(await stream.openIterator(SHARD, HORIZON)).toMatchObject({ kind: 'gone' });
  });
});

describe('streams', () => {
  it('being created have no shards until they are active', async () => {
    const { stream, kinesis } = setUp();
    kinesis.createStream('slow', 2, { creating: true });
    const creating = { kind: 'creating', error: { code: 'StreamCreating' } };
    expect(await stream.listShards('slow')).toMatchObject(creating);
    const put = () => kinesis.putRecord({ stream: 'slow', partitionKey: 'k', data: 'x' });
    expect(put).toThrow('being created');
    const opening = await stream.openIterator({ ...SHARD, stream: 'slow' }, HORIZON);
    expect(opening).toMatchObject({ kind: 'gone' });
    kinesis.activate('slow');
    expect(put).not.toThrow();
    expect(await stream.listShards('slow')).toMatchObject({ kind: 'listed' });
  });

  it('tell their creation and the time by the clock of the region, which never goes back', async () => {
    const { stream, kinesis, clock } = setUp();
    clock.advance(500);
    const nowMs = clock.wallMs();
    clock.jumpWall(-HOUR_MS);
    expect(kinesis.nowMs()).toBe(nowMs - 500);
    clock.jumpWall(HOUR_MS);
    const answer = await stream.listShards('orders');
    expect(answer).toMatchObject({ createdAtMs: nowMs - 500, serverNowMs: nowMs });
  });

  it.each([
    [1, 7],
    [7, 2],
    [3, 1],
  ])('of %i shards change to %i and still cover every hash key once', async (before, after) => {
    const { stream, kinesis } = setUp();
    kinesis.createStream('elastic', before);
    kinesis.updateShardCount('elastic', after);
    const answer = await stream.listShards('elastic');
    if (answer.kind !== 'listed') throw new Error(answer.kind);
    const open = answer.shards.filter((shard) => !shard.closed);
    expect(open).toHaveLength(after);
    const firsts = open.map((shard) => BigInt(shard.startingHashKey));
    const lasts = open.map((shard) => BigInt(shard.endingHashKey));
    const edges = [...firsts, 2n ** 128n].sort((a, b) => (a < b ? -1 : 1));
    const ends = [0n, ...lasts.map((last) => last + 1n)].sort((a, b) => (a < b ? -1 : 1));
    expect(edges).toEqual(ends);
  });

  it('refuse what Kinesis refuses of an operator', () => {
    const { kinesis } = setUp();
    kinesis.createStream('wide', 4);
    const shard = (n: number): string => `shardId-${String(n).padStart(12, '0')}`;
    expect(() => kinesis.createStream('wide', 1)).toThrow('exists');
    expect(() => kinesis.createStream('none', 0)).toThrow('1 shard or more');
    expect(() => kinesis.splitShard('wide', shard(9))).toThrow('no open shard');
    expect(() => kinesis.splitShard('wide', shard(0), '0')).toThrow('cannot be split');
    expect(() => kinesis.splitShard('wide', shard(0), 'x')).toThrow('no hash key');
    expect(() => kinesis.mergeShards('wide', shard(0), shard(2))).toThrow('not adjacent');
    expect(() => kinesis.mergeShards('wide', shard(0), shard(0))).toThrow('not adjacent');
    kinesis.mergeShards('wide', shard(1), shard(0));
    expect(() => kinesis.splitShard('wide', shard(0))).toThrow('no open shard');
    expect(() => kinesis.deleteStream('other')).toThrow('no stream');
  });
});

describe('limits', () => {
  it('let five reads and five new iterators a second through, over all clients of a shard', async () => {
    const { stream, kinesis, clock } = setUp({ limits: true });
    const other = new MemoryStream({ kinesis });
    const iterator = await opened(stream);
    const kinds = async (act: (client: MemoryStream) => Promise<{ kind: string }>) => {
      const seen: string[] = [];
      for (let n = 0; n < 7; n++) seen.push((await act(n % 2 === 0 ? stream : other)).kind);
      return seen;
    };
    const five = (kind: string): string[] => Array.from({ length: 5 }, () => kind);
    const read = (client: MemoryStream) => client.fetch(SHARD, iterator, 1);
    expect(await kinds(read)).toEqual([...five('batch'), 'throttled', 'throttled']);
    clock.advance(999);
    expect(await stream.fetch(SHARD, iterator, 1)).toMatchObject({
      kind: 'throttled',
      error: { code: 'StreamThrottled' },
    });
    clock.advance(1);
    expect(await stream.fetch(SHARD, iterator, 1)).toMatchObject({ kind: 'batch' });
    const open = (client: MemoryStream) => client.openIterator(SHARD, HORIZON);
    expect(await kinds(open)).toEqual([...five('iterator'), 'throttled', 'throttled']);
  });

  it('are those of all applications that read a shard', async () => {
    const { stream, kinesis, clock } = setUp({ limits: true });
    const iterator = await opened(stream);
    for (let n = 0; n < 4; n++) kinesis.readByOthers('orders');
    const kindOf = async () => (await stream.fetch(SHARD, iterator, 1)).kind;
    expect([await kindOf(), await kindOf()]).toEqual(['batch', 'throttled']);
    clock.advance(1_000);
    expect(await kindOf()).toBe('batch');
  });

  it('let 2 MB a second through, and make a full answer wait for five seconds', async () => {
    const { stream, put, clock } = setUp({ limits: true });
    const mebibyte = 1_024 * 1_024;
    for (let n = 0; n < 24; n++) put(new Uint8Array(mebibyte - 1));
    const iterator = await opened(stream);
    const fetchOf = async (limit: number) => stream.fetch(SHARD, iterator, limit);
    expect((await fetchOf(1)).kind).toBe('batch');
    expect((await fetchOf(1)).kind).toBe('batch');
    expect((await fetchOf(1)).kind).toBe('throttled');
    clock.advance(1_000);
    expect(expectBatch(await fetchOf(10_000)).batch.records).toHaveLength(10);
    clock.advance(4_999);
    expect((await fetchOf(1)).kind).toBe('throttled');
    clock.advance(1);
    expect((await fetchOf(1)).kind).toBe('batch');
  });
});

describe('faults', () => {
  it('throttle the share of requests that was asked for', async () => {
    const { stream } = setUp({}, { throttle: 0.25 });
    let throttled = 0;
    for (let n = 0; n < 1_000; n++) {
      if ((await stream.listShards('orders')).kind === 'throttled') throttled++;
    }
    expect(throttled).toBeGreaterThan(180);
    expect(throttled).toBeLessThan(320);
  });

  it('bring no records now and then, and lose none by it', async () => {
    const { stream, kinesis, put } = setUp({}, { emptyFetch: 0.5 });
    for (let n = 0; n < 50; n++) put(String(n));
    kinesis.splitShard('orders', FIRST);
    const seen: string[] = [];
    let empty = 0;
    let iterator: string | null = await opened(stream);
    while (iterator !== null) {
      const answer: FetchAnswer = await stream.fetch(SHARD, iterator, 5);
      seen.push(...texts(answer));
      if (texts(answer).length === 0) empty++;
      iterator = expectBatch(answer).nextIterator;
    }
    expect(seen).toEqual(Array.from({ length: 50 }, (_, n) => String(n)));
    expect(empty).toBeGreaterThan(0);
  });

  it('leave an open shard out of a listing', async () => {
    const { stream, kinesis } = setUp({}, { partialListing: 1 });
    kinesis.createStream('wide', 4);
    const answer = await stream.listShards('wide');
    expect(answer.kind === 'listed' && answer.shards.length).toBe(3);
  });

  it('leave a closed shard out of a listing, where there is one', async () => {
    const { stream, kinesis } = setUp({}, { partialListing: 1, closedLeftOut: 1 });
    const closedOf = async (name: string): Promise<readonly boolean[]> => {
      const answer = await stream.listShards(name);
      return answer.kind === 'listed' ? answer.shards.map(({ closed }) => closed) : [];
    };
    kinesis.createStream('wide', 4);
    expect(await closedOf('wide')).toEqual([false, false, false]);
    kinesis.splitShard('orders', FIRST);
    expect(await closedOf('orders')).toEqual([false, false]);
  });

  it('list shards as they were a while ago, but never as before the stream was', async () => {
    const staleListing = { probability: 1, maxMs: 10_000 };
    const { stream, kinesis, clock } = setUp({}, { staleListing });
    clock.advance(60_000);
    kinesis.splitShard('orders', FIRST);
    const listed = async (): Promise<readonly string[]> => {
      const answer = await stream.listShards('orders');
      return answer.kind === 'listed'
        ? answer.shards.map(({ closed }) => (closed ? 'closed' : 'open'))
        : [answer.kind];
    };
    expect(await listed()).toEqual(['open']);
    clock.advance(10_000);
    expect(await listed()).toEqual(['closed', 'open', 'open']);
    kinesis.createStream('young', 2);
    const young = await stream.listShards('young');
    expect(young.kind === 'listed' && young.shards.length).toBe(2);
  });

  it('cut a client off', async () => {
    const { kinesis } = setUp();
    const stream = new MemoryStream({ kinesis });
    stream.cut();
    const unanswered = { kind: 'unanswered', error: { code: 'StreamUnanswered' } };
    expect(await stream.listShards('orders')).toMatchObject(unanswered);
    stream.restore();
    expect(await stream.listShards('orders')).toMatchObject({ kind: 'listed' });
    stream.close();
    expect(await stream.openIterator(SHARD, HORIZON)).toMatchObject(unanswered);
  });
});
