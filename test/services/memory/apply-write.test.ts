import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clause, Item, Write } from '../../../src/machines/ports.ts';
import { applyWrite, clauseHolds } from '../../../src/services/memory/apply-write.ts';

const KEY = { pk: 'p', sk: 's' };

function update(set: Readonly<Record<string, unknown>>, more: object = {}): Write {
  return { kind: 'update', key: KEY, set, when: [], ...more } as Write;
}

function put(attributes: object, when: readonly Clause[] = []): Write {
  return { kind: 'put', item: { ...KEY, ...attributes }, when } as Write;
}

describe('what is invalid whatever stands', () => {
  let deep: unknown = 'bottom';
  for (let level = 0; level < 33; level++) deep = [deep];
  const malformed: readonly (readonly [string, unknown])[] = [
    ['no object', null],
    ['a string', 'put'],
    ['a list', []],
    ['an empty object', {}],
    ['an unknown kind', { kind: 'upsert', key: KEY, set: {}, when: [] }],
    ['no clauses', { kind: 'delete', key: KEY }],
    ['an unknown operator', { kind: 'delete', key: KEY, when: [{ attribute: 'a', op: '!=' }] }],
    ['a clause without attribute', put({}, [{ attribute: '', op: 'present' }])],
    ['a clause without value', put({}, [{ attribute: 'a', op: '=' } as unknown as Clause])],
    ['a clause with no number', put({}, [{ attribute: 'a', op: '<', value: Number.NaN }])],
    ['an empty partition key', { kind: 'delete', key: { pk: '', sk: 's' }, when: [] }],
    ['a partition key that is a number', put({ pk: 5 })],
    ['a partition key of 2,049 bytes', put({ pk: 'x'.repeat(2_049) })],
    ['a sort key of 1,026 bytes', put({ sk: 'é'.repeat(513) })],
    ['an update of the key', update({ pk: 'other' })],
    ['one attribute set and added to', update({ n: 1 }, { add: { n: 1 } })],
    ['one attribute set and removed', update({ n: 1 }, { remove: ['n'] })],
    ['one attribute removed twice', update({}, { remove: ['n', 'n'] })],
    ['an addition of a string', update({}, { add: { n: '1' } })],
    ['an addition of no number', update({}, { add: { n: Number.NaN } })],
    ['an undefined attribute', put({ a: undefined })],
    ['an undefined element', put({ a: [undefined] })],
    ['an undefined attribute of a map', update({ a: { b: undefined } })],
    ['no number deep inside', update({ a: [{ b: Number.NaN }] })],
    ['an infinite number', put({ a: Number.POSITIVE_INFINITY })],
    ['a number above the range', put({ a: 1e126 })],
    ['a number below the range', put({ a: -1e-131 })],
    ['a big integer', put({ a: 1n })],
    ['a function', put({ a: () => 1 })],
    ['a date', put({ a: new Date(0) })],
    ['an empty attribute name', put({ '': 1 })],
    ['values nested deeper than 32 levels', put({ a: deep })],
    ['a put of more than 400 KB', put({ a: 'x'.repeat(409_600) })],
  ];
  it.each(malformed)('%s', (_, write) => {
    const failing: Item = { ...KEY, a: 'stands' };
    expect(applyWrite(null, write as Write).kind).toBe('invalid');
    expect(applyWrite(failing, write as Write).kind).toBe('invalid');
  });
});

describe('what is invalid only once the conditions hold', () => {
  const item: Item = { ...KEY, text: 'a', none: null, filling: 'x'.repeat(409_000) };
  const writes: readonly (readonly [string, object])[] = [
    ['an addition to a string', { set: {}, add: { text: 1 } }],
    ['an addition to null', { set: {}, add: { none: 1 } }],
    ['an update that grows past 400 KB', { set: { more: 'x'.repeat(1_000) } }],
  ];
  it.each(writes)('%s', (_, fields) => {
    expect(applyWrite(item, update({}, fields)).kind).toBe('invalid');
    const when: readonly Clause[] = [{ attribute: 'text', op: '=', value: 'b' }];
    expect(applyWrite(item, update({}, { ...fields, when }))).toEqual({ kind: 'refused', item });
  });

  it('takes an item of exactly 400 KB and not a byte more', () => {
    // pk, sk and their values are 6 bytes, the name of the filling 1
    expect(applyWrite(null, put({ f: 'x'.repeat(409_593) })).kind).toBe('applied');
    expect(applyWrite(null, put({ f: 'x'.repeat(409_594) })).kind).toBe('invalid');
  });
});

describe('the item that a write leaves', () => {
  it('shares nothing with what the caller holds', () => {
    const list: unknown[] = [1, { a: [2] }];
    const result = applyWrite(null, put({ list }));
    list.push('more');
    (list[1] as { a: number[] }).a.push(3);
    expect(result).toEqual({ kind: 'applied', item: { ...KEY, list: [1, { a: [2] }] } });
  });

  it('cannot be changed, at no depth', () => {
    for (const write of [put({ map: { list: [1] } }), update({ map: { list: [1] } })]) {
      const result = applyWrite(null, write);
      if (result.kind !== 'applied' || result.item === null) throw new Error(result.kind);
      const map = result.item['map'] as { list: number[] };
      expect(() => Object.assign(result.item as object, { n: 1 })).toThrow(TypeError);
      expect(() => map.list.push(2)).toThrow(TypeError);
    }
  });

  it('leaves the item that stood as it was', () => {
    const item: Item = { ...KEY, n: 1, gone: 2 };
    const before = structuredClone(item);
    applyWrite(item, update({ fresh: 1 }, { add: { n: 5 }, remove: ['gone'] }));
    expect(item).toEqual(before);
  });

  it('knows no negative zero', () => {
    expect(applyWrite(null, put({ n: -0 }))).toEqual({ kind: 'applied', item: { ...KEY, n: 0 } });
  });

  it('does not take the names of object methods for attributes', () => {
    const clause: Clause = { attribute: 'constructor', op: 'absent' };
    expect(clauseHolds({ ...KEY }, clause)).toBe(true);
    const result = applyWrite({ ...KEY }, update({}, { add: { valueOf: 2 } }));
    expect(result).toEqual({ kind: 'applied', item: { ...KEY, valueOf: 2 } });
  });
});

it('decides a comparison as the order of numbers or of bytes, never across types', () => {
  const text = fc.constantFrom('', 'a', 'b', '1', '\uff5e', '😀', '\uff5ea');
  const value = fc.oneof(fc.integer({ min: -3, max: 3 }), text);
  fc.assert(
    fc.property(value, value, (stands, wanted) => {
      const item: Item = { ...KEY, a: stands };
      const holds = (op: '=' | '<' | '<=' | '>' | '>='): boolean =>
        clauseHolds(item, { attribute: 'a', op, value: wanted });
      const comparable = typeof stands === typeof wanted;
      const [equal, less, more] = [holds('='), holds('<'), holds('>')];
      expect([equal, less, more].filter(Boolean)).toHaveLength(comparable ? 1 : 0);
      expect(holds('<=')).toBe(equal || less);
      expect(holds('>=')).toBe(equal || more);
      if (!comparable) return;
      const order =
        typeof stands === 'number'
          ? stands - Number(wanted)
          : Buffer.compare(Buffer.from(stands), Buffer.from(String(wanted)));
      expect([less, more]).toEqual([order < 0, order > 0]);
    }),
  );
});
