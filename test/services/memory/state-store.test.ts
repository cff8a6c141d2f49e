import { describe, expect, it } from 'vitest';
import { KinesumerError } from '../../../src/errors.ts';
import type { Item, Key, Write } from '../../../src/machines/ports.ts';
import {
  ManualClock,
  MemoryStateStore,
  MemoryTable,
  SeededRandom,
  type AppliedWrite,
  type StoreFaults,
} from '../../../src/services/memory/index.ts';

const KEY = { pk: 'p', sk: 's' };
const STRONG = { consistent: true } as const;
const EVENTUAL = { consistent: false } as const;

function put(attributes: object): Write {
  return { kind: 'put', item: { ...KEY, ...attributes }, when: [] };
}

function setUp(faults: StoreFaults = {}) {
  const clock = new ManualClock();
  const table = new MemoryTable({ clock });
  const random = new SeededRandom(1);
  const store = new MemoryStateStore({ table, clock, random, faults });
  return { clock, table, store };
}

/** What a promise has resolved to by now; undefined: nothing yet. */
async function settledYet<T>(promise: Promise<T>): Promise<T | undefined> {
  // a macrotask later every microtask has run
  const later = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)));
  return Promise.race([promise, later]);
}

describe('answers', () => {
  it('come without a clock, and cannot be used to change what stands', async () => {
    const table = new MemoryTable();
    const store = new MemoryStateStore({ table });
    const list = [1];
    await store.write(put({ list }));
    list.push(2);
    const answer = await store.read([KEY], STRONG);
    if (answer.kind !== 'items') throw new Error(answer.kind);
    const answered = answer.items[0]?.['list'] as unknown as number[];
    expect(() => answered.push(3)).toThrow(TypeError);
    expect(table.get(KEY)).toEqual({ ...KEY, list: [1] });
  });

  it('are about what a write said when it was sent', async () => {
    const { store, table } = setUp();
    const item = { ...KEY, list: ['sent'] };
    const written = store.write({ kind: 'put', item, when: [] });
    item.list.push('too late');
    await written;
    expect(table.get(KEY)).toEqual({ ...KEY, list: ['sent'] });
  });

  it('take as long as request and answer travel, and the write is applied in between', async () => {
    const { store, table, clock } = setUp({
      requestMs: { minMs: 100, maxMs: 100 },
      answerMs: { minMs: 50, maxMs: 50 },
    });
    const written = store.write(put({ n: 1 }));
    clock.advance(99);
    expect(await settledYet(written)).toBeUndefined();
    expect(table.get(KEY)).toBeNull();
    clock.advance(1);
    expect(table.get(KEY)).toEqual({ ...KEY, n: 1 });
    expect(await settledYet(written)).toBeUndefined();
    clock.advance(50);
    expect(await settledYet(written)).toMatchObject({ kind: 'applied' });
    expect(clock.pending()).toBe(0);
  });
});

describe('faults', () => {
  it('throttle the share of requests that was asked for, and those change nothing', async () => {
    const { store, table } = setUp({ throttle: 0.3 });
    let applied = 0;
    const add: Write = { kind: 'update', key: KEY, set: {}, add: { n: 1 }, when: [] };
    for (let n = 0; n < 1_000; n++) {
      const answer = await store.write(add);
      if (answer.kind === 'applied') applied++;
      else expect(answer).toMatchObject({ kind: 'throttled', error: { code: 'StoreThrottled' } });
    }
    expect(applied).toBeGreaterThan(620);
    expect(applied).toBeLessThan(780);
    expect(table.get(KEY)).toEqual({ ...KEY, n: applied });
    const { throttled, writeUnits, requests } = store.usage();
    expect({ throttled, writeUnits, requests }).toEqual({
      throttled: 1_000 - applied,
      writeUnits: applied,
      requests: 1_000,
    });
  });

  it('lose the answer of a write that is applied', async () => {
    const { store, table, clock } = setUp({ lostAnswer: 1 });
    const written = store.write(put({ n: 1 }));
    expect(await settledYet(written)).toBeUndefined();
    expect(table.get(KEY)).toEqual({ ...KEY, n: 1 });
    clock.advance(1_000);
    expect(await settledYet(written)).toMatchObject({
      kind: 'unanswered',
      error: { code: 'StoreUnanswered' },
    });
  });

  it('apply a write after the client gave up on it', async () => {
    const { store, table, clock } = setUp({ lateApply: 1, lateByMs: { minMs: 10, maxMs: 500 } });
    const written = store.write(put({ n: 1 }));
    clock.advance(1_000);
    expect(await settledYet(written)).toMatchObject({ kind: 'unanswered' });
    expect(table.get(KEY)).toBeNull();
    clock.advance(500);
    expect(table.get(KEY)).toEqual({ ...KEY, n: 1 });
    expect(clock.pending()).toBe(0);
  });

  it('lose a write before it arrives', async () => {
    const { store, table, clock } = setUp({ lostRequest: 1, requestMs: { minMs: 5, maxMs: 5 } });
    const written = store.write(put({ n: 1 }));
    clock.advance(1_000);
    expect(await settledYet(written)).toMatchObject({ kind: 'unanswered' });
    expect(table.items()).toEqual([]);
    expect(store.injected()).toEqual({ lostRequest: 1 });
  });

  it('apply a write twice that nobody answered, and never one that was answered', async () => {
    const twice = { duplicate: 1, lateByMs: { minMs: 400, maxMs: 400 } };
    const lost = setUp({ ...twice, lostAnswer: 1 });
    const add = { kind: 'update', key: KEY, set: {}, add: { n: 1 }, when: [] } as const;
    const written = lost.store.write(add);
    await Promise.resolve();
    expect(lost.table.get(KEY)).toMatchObject({ n: 1 });
    lost.clock.advance(1_000);
    expect(await settledYet(written)).toMatchObject({ kind: 'unanswered' });
    expect(lost.table.get(KEY)).toMatchObject({ n: 2 });
    expect(lost.store.injected()).toEqual({ lostAnswer: 1, duplicate: 1 });

    const answered = setUp(twice);
    expect(await answered.store.write(add)).toMatchObject({ kind: 'applied' });
    answered.clock.advance(10_000);
    expect(answered.table.get(KEY)).toMatchObject({ n: 1 });
  });

  it('cut a client off until they are told to stop, while the others go on', async () => {
    const table = new MemoryTable();
    const store = new MemoryStateStore({ table });
    const other = new MemoryStateStore({ table });
    store.cut();
    expect(await store.write(put({ n: 1 }))).toMatchObject({ kind: 'unanswered' });
    expect(await store.open()).toMatchObject({ kind: 'unanswered' });
    expect(table.items()).toEqual([]);
    expect(await other.write(put({ n: 2 }))).toMatchObject({ kind: 'applied' });
    store.restore();
    expect(await store.write(put({ n: 3 }))).toMatchObject({ kind: 'applied' });
  });

  it('cut a client off until an instant, answers under way too', async () => {
    const { store, table, clock } = setUp({ answerMs: { minMs: 100, maxMs: 100 } });
    const underWay = store.write(put({ n: 1 }));
    expect(await settledYet(underWay)).toBeUndefined();
    expect(table.get(KEY)).toEqual({ ...KEY, n: 1 });
    store.cut(clock.monotonicMs() + 2_000);
    clock.advance(1_000);
    expect(await settledYet(underWay)).toMatchObject({ kind: 'unanswered' });
    clock.advance(1_000);
    const after = store.write(put({ n: 2 }));
    expect(await settledYet(after)).toBeUndefined();
    clock.advance(100);
    expect(await settledYet(after)).toMatchObject({ kind: 'applied' });
  });

  it('need what they are made from', () => {
    const table = new MemoryTable();
    const clock = new ManualClock();
    const random = new SeededRandom(1);
    const delay = { minMs: 1, maxMs: 1 };
    const made = [
      () => new MemoryStateStore({ table, faults: { throttle: 0.1 } }),
      () => new MemoryStateStore({ table, random, faults: { throttle: 1.1 } }),
      () => new MemoryStateStore({ table, random, faults: { requestMs: delay } }),
      () => new MemoryStateStore({ table, random, faults: { lateApply: 0.1 } }),
      () => new MemoryStateStore({ table, random, faults: { duplicate: 0.1 } }),
      () => new MemoryStateStore({ table, clock, faults: { requestMs: { minMs: 2, maxMs: 1 } } }),
      () => new MemoryStateStore({ table, clock, faults: { answerMs: { minMs: 0, maxMs: 1 } } }),
      () =>
        new MemoryStateStore({
          table,
          clock,
          random,
          faults: { stale: { probability: 1, maxMs: 5 } },
        }),
      () => new MemoryStateStore({ table }).cut(5),
    ];
    for (const make of made) {
      expect(make).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
    }
    expect(
      () => new MemoryStateStore({ table, clock, faults: { requestMs: delay } }),
    ).not.toThrow();
  });
});

describe('aborts and closing', () => {
  it('an abort ends the wait at once, but not the write that was sent', async () => {
    const { store, table, clock } = setUp({ requestMs: { minMs: 100, maxMs: 100 } });
    const stop = new AbortController();
    const written = store.write(put({ n: 1 }), { signal: stop.signal });
    stop.abort();
    expect(await settledYet(written)).toMatchObject({ kind: 'unanswered' });
    clock.advance(100);
    expect(table.get(KEY)).toEqual({ ...KEY, n: 1 });
    expect(clock.pending()).toBe(0);
  });

  it('closing gives up on what is under way and refuses what comes', async () => {
    const { store, table } = setUp({ requestMs: { minMs: 100, maxMs: 100 } });
    const underWay = store.read([KEY], STRONG);
    store.close();
    store.close();
    expect(await settledYet(underWay)).toMatchObject({ kind: 'unanswered' });
    store.setFaults({});
    expect(await store.write(put({ n: 1 }))).toMatchObject({ kind: 'unanswered' });
    expect(table.items()).toEqual([]);
  });
});

describe('stale reads', () => {
  async function versionsRead(consistent: boolean): Promise<readonly unknown[]> {
    const { store, clock } = setUp({ stale: { probability: 0.5, maxMs: 250 } });
    for (let n = 1; n <= 10; n++) {
      await store.write(put({ n }));
      clock.advance(100);
    }
    const seen: unknown[] = [];
    for (let reads = 0; reads < 100; reads++) {
      const read = await store.read([KEY], { consistent });
      const query = await store.query('p', { consistent });
      if (read.kind !== 'items' || query.kind !== 'items') throw new Error('no items');
      seen.push(read.items[0]?.['n'], query.items[0]?.['n']);
    }
    return seen;
  }

  it('answer versions of the time that was asked for and no older ones, back and forth', async () => {
    const seen = await versionsRead(false);
    // it is 1,000 now; 8 stood from 700 to 800, before 750 it was no longer the newest within reach
    expect(new Set(seen)).toEqual(new Set([8, 9, 10]));
    const goesBack = seen.some((n, index) => Number(n) < Number(seen[index - 1]));
    expect(goesBack).toBe(true);
    expect(await versionsRead(false)).toEqual(seen);
  });

  it('are never strong ones', async () => {
    expect(new Set(await versionsRead(true))).toEqual(new Set([10]));
  });

  it('miss an item that was just created and bring back one that was just deleted', async () => {
    const { store, clock, table } = setUp({ stale: { probability: 1, maxMs: 100 } });
    clock.advance(1_000);
    await store.write(put({ n: 1 }));
    expect(await store.query('p', EVENTUAL)).toEqual({ kind: 'items', items: [] });
    clock.advance(101);
    expect(await store.query('p', EVENTUAL)).toMatchObject({ items: [{ n: 1 }] });
    await store.write({ kind: 'delete', key: KEY, when: [] });
    expect(await store.query('p', EVENTUAL)).toMatchObject({ items: [{ n: 1 }] });
    expect(await store.query('p', STRONG)).toEqual({ kind: 'items', items: [] });
    expect(table.items()).toEqual([]);
    clock.advance(101);
    expect(await store.query('p', EVENTUAL)).toEqual({ kind: 'items', items: [] });
  });
});

describe('capacity', () => {
  async function charged(
    store: MemoryStateStore,
    act: () => Promise<unknown>,
  ): Promise<{ read: number; write: number; requests: number }> {
    const before = store.usage();
    await act();
    const after = store.usage();
    return {
      read: after.readUnits - before.readUnits,
      write: after.writeUnits - before.writeUnits,
      requests: after.requests - before.requests,
    };
  }

  it('is charged for the larger of the old and the new item, refused or applied', async () => {
    const { store, table } = setUp();
    table.put({ ...KEY, filling: 'x'.repeat(5_000) });
    const shrink = async () => store.write(put({ n: 1 }));
    expect(await charged(store, shrink)).toMatchObject({ write: 5, read: 0 });
    const small = async () => store.write(put({ n: 2 }));
    expect(await charged(store, small)).toMatchObject({ write: 1 });
    const refused = async () =>
      store.write({
        kind: 'put',
        item: { ...KEY, filling: 'x'.repeat(3_000) },
        when: [{ attribute: 'pk', op: 'absent' }],
      });
    expect(await charged(store, refused)).toMatchObject({ write: 3 });
    const removal = async () => store.write({ kind: 'delete', key: KEY, when: [] });
    expect(await charged(store, removal)).toMatchObject({ write: 1 });
    expect(await charged(store, removal)).toMatchObject({ write: 1 });
    const invalid = async () => store.write(put({ n: Number.NaN }));
    expect(await charged(store, invalid)).toMatchObject({ write: 0, requests: 1 });
  });

  it('is charged by 4 KB for each item read, and at least one for a missing one', async () => {
    const { store, table } = setUp();
    table.put({ ...KEY, filling: 'x'.repeat(4_090) });
    const keys = [KEY, { pk: 'p', sk: 'missing' }];
    expect(await charged(store, async () => store.read(keys, STRONG))).toMatchObject({ read: 3 });
    expect(await charged(store, async () => store.read(keys, EVENTUAL))).toMatchObject({
      read: 1.5,
    });
    const many = Array.from({ length: 150 }, (_, n) => ({ pk: 'q', sk: `${n}` }));
    expect(await charged(store, async () => store.read(many, STRONG))).toEqual({
      read: 150,
      write: 0,
      requests: 2,
    });
  });

  it('is charged a request for what each batch leaves unread of more than 1 MB of a partition, or 16 MB', async () => {
    const { store, table } = setUp();
    const fill = (pk: string, sk: string): void =>
      table.put({ pk, sk, filling: 'x'.repeat(300_000) });
    const sks = Array.from({ length: 7 }, (_, n) => `${n}`);
    for (const sk of sks) fill('large', sk);
    const large = sks.map((sk) => ({ pk: 'large', sk }));
    const requests = async (keys: readonly Key[]) =>
      (await charged(store, async () => store.read(keys, STRONG))).requests;
    expect(await requests(large.slice(0, 3))).toBe(1);
    expect(await requests(large.slice(0, 4))).toBe(2);
    expect(await requests(large)).toBe(3);
    const many = Array.from({ length: 60 }, (_, n) => ({ pk: `of-${n % 30}`, sk: `${n}` }));
    for (const { pk, sk } of many) fill(pk, sk);
    expect(await requests(many)).toBe(2);
    expect(await requests(many.slice(0, 55))).toBe(1);
  });

  it('is charged for the sum of what a query answers, page by page', async () => {
    const { store, table } = setUp();
    for (let n = 0; n < 20; n++) table.put({ pk: 'p', sk: `${n}`, filling: 'x'.repeat(480) });
    // 20 × about 500 bytes are three times 4 KB
    expect(await charged(store, async () => store.query('p', STRONG))).toMatchObject({ read: 3 });
    expect(await charged(store, async () => store.query('p', EVENTUAL))).toMatchObject({
      read: 1.5,
    });
    expect(await charged(store, async () => store.query('none', STRONG))).toEqual({
      read: 1,
      write: 0,
      requests: 1,
    });
    for (let n = 0; n < 4; n++) table.put({ pk: 'q', sk: `${n}`, filling: 'x'.repeat(300_000) });
    const pages = await charged(store, async () => store.query('q', STRONG));
    expect(pages).toEqual({ read: 294, write: 0, requests: 2 });
  });

  it('counts numbers, lists and maps by the documented bytes', async () => {
    const { store, table } = setUp();
    // 6 for the keys; then name and value: a number 1 + 3, a list 1 + 3 + 4 × (1 + 1), a map 1 + 3 + 1 + 1 + 2
    const item: Item = { ...KEY, n: 1_234, l: [true, null, 'x', 'y'], m: { a: 5 } };
    const filled = (bytes: number): Item => ({
      ...item,
      f: 'x'.repeat(bytes - 6 - 4 - 12 - 8 - 1),
    });
    table.put(filled(4_096));
    expect(await charged(store, async () => store.read([KEY], STRONG))).toMatchObject({ read: 1 });
    table.put(filled(4_097));
    expect(await charged(store, async () => store.read([KEY], STRONG))).toMatchObject({ read: 2 });
  });
});

describe('the table', () => {
  it('tells its listeners every applied write and nothing else', async () => {
    const { table, clock } = setUp();
    const store = new MemoryStateStore({ table, name: 'worker-1' });
    const told: AppliedWrite[] = [];
    const end = table.onWrite((write) => told.push(write));
    clock.advance(5);
    const first = put({ n: 1 });
    await store.write(first);
    await store.write({
      kind: 'put',
      item: { ...KEY, n: 2 },
      when: [{ attribute: 'pk', op: 'absent' }],
    });
    await store.write(put({ n: Number.NaN }));
    clock.advance(5);
    table.put({ ...KEY, n: 3 });
    table.remove(KEY);
    end();
    await store.write(put({ n: 4 }));

    const one = { ...KEY, n: 1 };
    const three = { ...KEY, n: 3 };
    const remove: Write = { kind: 'delete', key: KEY, when: [] };
    expect(told).toEqual([
      { before: null, after: one, write: first, at: 5, client: 'worker-1' },
      { before: one, after: three, write: put({ n: 3 }), at: 10, client: null },
      { before: three, after: null, write: remove, at: 10, client: null },
    ]);
  });

  it('lists its items by partition and sort key and refuses an operator what DynamoDB would', () => {
    const table = new MemoryTable();
    for (const [pk, sk] of [
      ['b', 'x'],
      ['a', 'z'],
      ['a', 'y'],
    ] as const) {
      table.put({ pk, sk });
    }
    expect(table.items().map(({ pk, sk }) => pk + sk)).toEqual(['ay', 'az', 'bx']);
    expect(() => table.put({ pk: '', sk: 'x' })).toThrow(KinesumerError);
    expect(() => table.remove({ pk: 'a', sk: '' })).toThrow(KinesumerError);
    expect(table.items()).toHaveLength(3);
  });

  it('lets what a listener throws out of the write', async () => {
    const { table, store } = setUp();
    table.onWrite(() => {
      throw new Error('an invariant is broken');
    });
    await expect(store.write(put({ n: 1 }))).rejects.toThrow('an invariant is broken');
  });
});
