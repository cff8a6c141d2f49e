/** What every adapter of the state store's port must do, against whatever server it speaks to. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Clause,
  Item,
  Key,
  StateStore,
  Write,
  WriteAnswer,
} from '../../src/machines/ports.ts';

export interface StateStoreFixture {
  readonly store: StateStore;
  /** Another client of the same table. */
  readonly second: StateStore;
  close(): Promise<void>;
}

const STRONG = { consistent: true } as const;
const EVENTUAL = { consistent: false } as const;

/** Keys of one test, which no other test and no other run writes. */
function freshPartition(): { readonly pk: string; key(sk: string): Key } {
  const pk = `contract#${crypto.randomUUID()}`;
  return { pk, key: (sk) => ({ pk, sk }) };
}

function put(item: Item, when: readonly Clause[] = []): Write {
  return { kind: 'put', item, when };
}

async function standing(store: StateStore, key: Key): Promise<Item | null | undefined> {
  const answer = await store.read([key], STRONG);
  if (answer.kind !== 'items') throw new Error(`read: ${answer.kind}`, { cause: answer.error });
  return answer.items[0];
}

/** Expects a refusal that tells what stands, or does not tell. */
function expectRefused(answer: WriteAnswer, item: Item | null): void {
  expect(answer.kind).toBe('refused');
  if (answer.kind === 'refused' && answer.item !== undefined) expect(answer.item).toEqual(item);
}

/** Clauses on one item, and whether a write on these conditions goes through. */
const CLAUSES: readonly (readonly [holds: 'holds' | 'fails', ...clauses: Clause[]])[] = [
  ['holds'],
  ['holds', { attribute: 'number', op: 'present' }],
  ['fails', { attribute: 'number', op: 'absent' }],
  ['holds', { attribute: 'nothing', op: 'absent' }],
  ['fails', { attribute: 'nothing', op: 'present' }],
  ['holds', { attribute: 'null', op: 'present' }],
  ['holds', { attribute: 'pk', op: 'present' }],
  ['fails', { attribute: 'pk', op: 'absent' }],
  ['holds', { attribute: 'sk', op: '=', value: 'item' }],
  ['holds', { attribute: 'number', op: '=', value: 10 }],
  ['fails', { attribute: 'number', op: '=', value: 9 }],
  ['holds', { attribute: 'number', op: '>', value: 9 }],
  ['fails', { attribute: 'number', op: '>', value: 10 }],
  ['holds', { attribute: 'number', op: '>=', value: 10 }],
  ['fails', { attribute: 'number', op: '>=', value: 11 }],
  ['holds', { attribute: 'number', op: '<', value: 11 }],
  ['fails', { attribute: 'number', op: '<', value: 10 }],
  ['holds', { attribute: 'number', op: '<=', value: 10 }],
  ['fails', { attribute: 'number', op: '<=', value: 9.5 }],
  ['holds', { attribute: 'negative', op: '<', value: -1 }],
  ['holds', { attribute: 'text', op: '=', value: 'bb' }],
  ['holds', { attribute: 'text', op: '>', value: 'b' }],
  ['holds', { attribute: 'text', op: '>', value: '' }],
  ['holds', { attribute: 'text', op: '>', value: 'B' }],
  ['holds', { attribute: 'text', op: '<', value: 'bb ' }],
  ['fails', { attribute: 'text', op: '<', value: 'bb' }],
  ['holds', { attribute: 'text', op: '<=', value: 'bb' }],
  ['fails', { attribute: 'text', op: '>=', value: 'c' }],
  ['holds', { attribute: 'empty', op: '=', value: '' }],
  // an absent attribute compares with nothing
  ['fails', { attribute: 'nothing', op: '=', value: '' }],
  ['fails', { attribute: 'nothing', op: '<', value: 1 }],
  ['fails', { attribute: 'nothing', op: '>=', value: 0 }],
  // nor do two types
  ['fails', { attribute: 'digits', op: '=', value: 10 }],
  ['fails', { attribute: 'number', op: '=', value: '10' }],
  ['fails', { attribute: 'number', op: '>', value: '1' }],
  ['fails', { attribute: 'text', op: '>', value: 0 }],
  ['fails', { attribute: 'null', op: '=', value: '' }],
  ['fails', { attribute: 'null', op: '<=', value: 0 }],
  ['fails', { attribute: 'yes', op: '=', value: 1 }],
  ['fails', { attribute: 'list', op: '=', value: 'a' }],
  // all of several must hold
  [
    'holds',
    { attribute: 'number', op: '>', value: 9 },
    { attribute: 'number', op: '<', value: 11 },
    { attribute: 'text', op: '=', value: 'bb' },
  ],
  [
    'fails',
    { attribute: 'number', op: '=', value: 10 },
    { attribute: 'nothing', op: 'present' },
    { attribute: 'text', op: '=', value: 'bb' },
  ],
];

const TRAITS = {
  number: 10,
  negative: -2.5,
  text: 'bb',
  digits: '10',
  empty: '',
  null: null,
  yes: true,
  list: ['a', 1, { deep: [null, false] }],
  map: { size: 1, name: 'b', inner: {} },
} as const;

/**
 * Registers the suite. The table is created by `open` and only this suite's items stand in it.
 *
 * @param name of the adapter and server, for the report
 */
export function stateStoreContract(name: string, open: () => Promise<StateStoreFixture>): void {
  describe(`the state store on ${name}`, () => {
    let fixture: StateStoreFixture;
    let store: StateStore;
    let second: StateStore;

    beforeAll(async () => {
      fixture = await open();
      ({ store, second } = fixture);
    }, 60_000);
    afterAll(async () => fixture.close());

    it('opens a table that is there', async () => {
      expect(await store.open()).toEqual({ kind: 'ready' });
    });

    describe('reads', () => {
      it('answers an item of every type as it was put', async () => {
        const { key } = freshPartition();
        const item: Item = { ...key('item'), ...TRAITS };
        expect(await store.write(put(item))).toEqual({ kind: 'applied', item });
        expect(await standing(store, key('item'))).toEqual(item);
        expect(await standing(second, key('item'))).toEqual(item);
      });

      it('answers 150 keys in their order, with null where there is no item', async () => {
        const { key } = freshPartition();
        const keys = Array.from({ length: 150 }, (_, n) => key(`item-${(n * 77) % 150}`));
        const items = keys.map((each, n) => (n % 3 === 0 ? null : { ...each, n }));
        for (const item of items) if (item !== null) await store.write(put(item));
        expect(await store.read(keys, STRONG)).toEqual({ kind: 'items', items });
      });

      it('answers more of one partition than a batch answers at once', async () => {
        const { key } = freshPartition();
        const keys = Array.from({ length: 12 }, (_, n) => key(`item-${(n * 5) % 12}`));
        const items = keys.map((each, n) =>
          n % 4 === 0 ? null : { ...each, filling: each.sk.repeat(40_000) },
        );
        for (const item of items) if (item !== null) await store.write(put(item));
        const before = store.usage().requests;
        expect(await store.read(keys, STRONG)).toEqual({ kind: 'items', items });
        // 9 items of 240 KB or more, of which one answer holds a good 1 MB
        expect(store.usage().requests - before).toBeGreaterThan(1);
        expect(store.usage().throttled).toBe(0);
      }, 20_000);

      it('answers a key that is asked for twice in both places', async () => {
        const { key } = freshPartition();
        const item: Item = { ...key('b'), n: 1 };
        await store.write(put(item));
        const keys = [key('b'), key('a'), key('b'), key('a')];
        const items = [item, null, item, null];
        expect(await store.read(keys, STRONG)).toEqual({ kind: 'items', items });
      });

      it('answers no keys with no items', async () => {
        expect(await store.read([], STRONG)).toEqual({ kind: 'items', items: [] });
      });

      it('answers an eventual read of what has stood long enough', async () => {
        const { pk, key } = freshPartition();
        const item: Item = { ...key('item'), n: 1 };
        await store.write(put(item));
        const answered = { kind: 'items', items: [item] };
        await expect.poll(async () => second.read([key('item')], EVENTUAL)).toEqual(answered);
        await expect.poll(async () => second.query(pk, EVENTUAL)).toEqual(answered);
      });
    });

    describe('queries', () => {
      it('answers one partition in the byte order of its sort keys', async () => {
        const { pk, key } = freshPartition();
        const ordered = ['!', '1', '10', '2', 'A', 'Z', 'a', 'aa', 'b', 'é', '\uff5e', '😀'];
        for (const sk of [...ordered].reverse()) await store.write(put({ ...key(sk), own: sk }));
        await store.write(put({ pk: `${pk}#other`, sk: 'a', own: 'no' }));
        const items = ordered.map((sk) => ({ ...key(sk), own: sk }));
        expect(await store.query(pk, STRONG)).toEqual({ kind: 'items', items });
      });

      it('answers an empty partition with no items', async () => {
        const { pk } = freshPartition();
        expect(await store.query(pk, STRONG)).toEqual({ kind: 'items', items: [] });
      });

      it('answers a partition of more than one page of 1 MB', async () => {
        const { pk, key } = freshPartition();
        const items = ['a', 'b', 'c', 'd', 'e'].map((sk) => ({
          ...key(sk),
          filling: sk.repeat(300_000),
        }));
        for (const item of items) expect((await store.write(put(item))).kind).toBe('applied');
        expect(await store.query(pk, STRONG)).toEqual({ kind: 'items', items });
      }, 20_000);
    });

    describe('conditions', () => {
      it('hold and fail as DynamoDB has it, and a failed one writes nothing', async () => {
        const { key } = freshPartition();
        const item: Item = { ...key('item'), ...TRAITS };
        for (const [verdict, ...when] of CLAUSES) {
          await store.write(put(item));
          const set = { touched: 'yes' };
          const answer = await store.write({ kind: 'update', key: key('item'), set, when });
          const outcome = answer.kind === 'applied' ? 'holds' : 'fails';
          expect([outcome, ...when]).toEqual([verdict, ...when]);
          if (verdict === 'fails') expectRefused(answer, item);
          const after = verdict === 'holds' ? { ...item, ...set } : item;
          expect(await standing(store, key('item'))).toEqual(after);
        }
      }, 20_000);

      it('fail where there is no item, but for absence', async () => {
        const { key } = freshPartition();
        const conditions: readonly Clause[] = [
          { attribute: 'pk', op: 'present' },
          { attribute: 'n', op: 'present' },
          { attribute: 'n', op: '=', value: 0 },
          { attribute: 'n', op: '<', value: 1 },
          { attribute: 'sk', op: '=', value: 'item' },
        ];
        for (const clause of conditions) {
          const when = [clause];
          const writes: readonly Write[] = [
            put({ ...key('item'), n: 1 }, when),
            { kind: 'update', key: key('item'), set: { n: 1 }, when },
            { kind: 'delete', key: key('item'), when },
          ];
          for (const write of writes) expectRefused(await store.write(write), null);
        }
        expect(await standing(store, key('item'))).toBeNull();
      });

      it('let a put through only once if it is for an absent item', async () => {
        const { key } = freshPartition();
        const when: readonly Clause[] = [{ attribute: 'pk', op: 'absent' }];
        const first = { ...key('item'), by: 'first' };
        expect(await store.write(put(first, when))).toEqual({ kind: 'applied', item: first });
        expectRefused(await second.write(put({ ...key('item'), by: 'second' }, when)), first);
        expect(await standing(store, key('item'))).toEqual(first);
      });

      it('give 50 racing updates of two clients one winner', async () => {
        const { key } = freshPartition();
        await store.write(put({ ...key('lease'), owner: 'nobody', fence: 0 }));
        const answers = await Promise.all(
          Array.from({ length: 50 }, async (_, n) =>
            (n % 2 === 0 ? store : second).write({
              kind: 'update',
              key: key('lease'),
              set: { owner: `racer-${n}` },
              add: { fence: 1 },
              when: [{ attribute: 'fence', op: '=', value: 0 }],
            }),
          ),
        );
        const winners = answers.flatMap((answer, n) => (answer.kind === 'applied' ? [n] : []));
        expect(winners).toHaveLength(1);
        expect(answers.filter((answer) => answer.kind === 'refused')).toHaveLength(49);
        const left = { ...key('lease'), owner: `racer-${winners[0]}`, fence: 1 };
        expect(await standing(store, key('lease'))).toEqual(left);
      });
    });

    describe('writes', () => {
      it('replaces the whole item by a put', async () => {
        const { key } = freshPartition();
        await store.write(put({ ...key('item'), old: 1 }));
        await store.write(put({ ...key('item'), young: 2 }));
        expect(await standing(store, key('item'))).toEqual({ ...key('item'), young: 2 });
      });

      it('sets, adds and removes by one update and leaves the rest', async () => {
        const { key } = freshPartition();
        await store.write(put({ ...key('item'), kept: [1], n: 5, gone: 'x', state: 'old' }));
        const item = { ...key('item'), kept: [1], n: 3, fresh: 7, state: 'new' };
        const answer = await store.write({
          kind: 'update',
          key: key('item'),
          set: { state: 'new' },
          add: { n: -2, fresh: 7 },
          remove: ['gone', 'neverThere'],
          when: [],
        });
        expect(answer).toEqual({ kind: 'applied', item });
        expect(await standing(store, key('item'))).toEqual(item);
      });

      it('creates an item by an update', async () => {
        const { key } = freshPartition();
        const item = { ...key('item'), made: true, n: 1 };
        const answer = await store.write({
          kind: 'update',
          key: key('item'),
          set: { made: true },
          add: { n: 1 },
          when: [],
        });
        expect(answer).toEqual({ kind: 'applied', item });
      });

      it('takes an update of nothing, which creates an item of its key alone', async () => {
        const { key } = freshPartition();
        const write: Write = { kind: 'update', key: key('item'), set: {}, when: [] };
        for (const client of [store, second]) {
          expect(await client.write(write)).toEqual({ kind: 'applied', item: key('item') });
        }
        expect(await standing(store, key('item'))).toEqual(key('item'));
      });

      it('takes names that DynamoDB reserves, and names with signs in them', async () => {
        const { key } = freshPartition();
        const item = { ...key('item'), state: 's', ttl: 1, name: 'n', 'a.b-c#d': 2 };
        const { pk: _pk, sk: _sk, ...set } = item;
        const when: readonly Clause[] = [{ attribute: 'a.b-c#d', op: 'absent' }];
        const answer = await store.write({ kind: 'update', key: key('item'), set, when });
        expect(answer).toEqual({ kind: 'applied', item });
      });

      it('adds up 40 racing additions', async () => {
        const { key } = freshPartition();
        const add: Write = { kind: 'update', key: key('n'), set: {}, add: { n: 1 }, when: [] };
        const one = async (_: unknown, n: number): Promise<WriteAnswer> =>
          (n % 2 === 0 ? store : second).write(add);
        const answers = await Promise.all(Array.from({ length: 40 }, one));
        const seen = answers.map((answer) => answer.kind === 'applied' && answer.item?.['n']);
        expect(new Set(seen).size).toBe(40);
        expect(await standing(store, key('n'))).toEqual({ ...key('n'), n: 40 });
      });

      it('deletes on condition, and an absent item without one', async () => {
        const { key } = freshPartition();
        const item = { ...key('item'), nonce: 'a' };
        await store.write(put(item));
        const remove = (...when: Clause[]): Write => ({ kind: 'delete', key: key('item'), when });
        const other: Clause = { attribute: 'nonce', op: '=', value: 'b' };
        expectRefused(await store.write(remove(other)), item);
        const mine: Clause = { attribute: 'nonce', op: '=', value: 'a' };
        expect(await store.write(remove(mine))).toEqual({ kind: 'applied', item: null });
        expect(await standing(store, key('item'))).toBeNull();
        expect(await store.write(remove())).toEqual({ kind: 'applied', item: null });
      });
    });

    describe('what it refuses for good', () => {
      const refused: readonly (readonly [what: string, write: (key: Key) => Write])[] = [
        ['an empty partition key', () => put({ pk: '', sk: 'a' })],
        ['an empty sort key', ({ pk }) => put({ pk, sk: '' })],
        ['a put of more than 400 KB', (key) => put({ ...key, filling: 'x'.repeat(400 * 1_024) })],
        [
          'an update that grows past 400 KB',
          (key) => ({ kind: 'update', key, set: { more: 'x'.repeat(400 * 1_024) }, when: [] }),
        ],
        [
          'an addition to a string',
          (key) => ({ kind: 'update', key, set: {}, add: { text: 1 }, when: [] }),
        ],
        [
          'an update of the key',
          (key) => ({ kind: 'update', key, set: { sk: 'other' }, when: [] }),
        ],
        [
          'one attribute set and removed',
          (key) => ({ kind: 'update', key, set: { text: 'b' }, remove: ['text'], when: [] }),
        ],
        ['a number that is none', (key) => put({ ...key, n: Number.NaN })],
      ];
      it.each(refused)('%s', async (_, writeFor) => {
        const { key } = freshPartition();
        const item = { ...key('item'), text: 'a' };
        await store.write(put(item));
        const answer = await store.write(writeFor(key('item')));
        expect(answer).toMatchObject({ kind: 'failed', error: { code: 'StoreRejected' } });
        expect(await standing(store, key('item'))).toEqual(item);
      });

      it('a read with an empty key', async () => {
        const answer = await store.read([{ pk: 'a', sk: '' }], STRONG);
        expect(answer).toMatchObject({ kind: 'failed', error: { code: 'StoreRejected' } });
      });
    });

    describe('signals and charges', () => {
      it('leaves a request of an aborted signal unanswered', async () => {
        const { pk, key } = freshPartition();
        const signal = AbortSignal.abort();
        const unanswered = { kind: 'unanswered', error: { code: 'StoreUnanswered' } };
        const options = { signal, consistent: true };
        expect(await store.read([key('a')], options)).toMatchObject(unanswered);
        expect(await store.query(pk, options)).toMatchObject(unanswered);
        expect(await store.write(put({ ...key('a') }), { signal })).toMatchObject(unanswered);
        expect(await standing(store, key('a'))).toBeNull();
      });

      it('charges an item of less than 1 KB as the least there is', async () => {
        const { pk, key } = freshPartition();
        const charged = async (act: () => Promise<unknown>): Promise<readonly number[]> => {
          const before = store.usage();
          await act();
          const after = store.usage();
          return [
            after.requests - before.requests,
            after.readUnits - before.readUnits,
            after.writeUnits - before.writeUnits,
          ];
        };
        const write = async (): Promise<unknown> => store.write(put({ ...key('a'), n: 1 }));
        expect(await charged(write)).toEqual([1, 0, 1]);
        expect(await charged(async () => store.read([key('a')], STRONG))).toEqual([1, 1, 0]);
        expect(await charged(async () => store.read([key('a')], EVENTUAL))).toEqual([1, 0.5, 0]);
        expect(await charged(async () => store.query(pk, STRONG))).toEqual([1, 1, 0]);
        expect(await charged(async () => store.query(pk, EVENTUAL))).toEqual([1, 0.5, 0]);
      });

      it('charges more for larger items', async () => {
        const { key } = freshPartition();
        const before = store.usage();
        await store.write(put({ ...key('a'), filling: 'x'.repeat(9_000) }));
        await store.read([key('a')], STRONG);
        const after = store.usage();
        expect(after.writeUnits - before.writeUnits).toBe(9);
        expect(after.readUnits - before.readUnits).toBe(3);
      });
    });
  });
}
