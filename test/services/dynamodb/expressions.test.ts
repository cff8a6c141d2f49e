import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clause, Write } from '../../../src/machines/ports.ts';
import { expressionsOf, keyName } from '../../../src/services/dynamodb/expressions.ts';

const key = { pk: 'p', sk: 's' };

describe('the expressions of a write', () => {
  it('are absent where there is nothing to say', () => {
    expect(expressionsOf({ kind: 'put', item: key, when: [] })).toEqual({});
    expect(expressionsOf({ kind: 'delete', key, when: [] })).toEqual({});
    expect(expressionsOf({ kind: 'update', key, set: {}, when: [] })).toEqual({});
  });

  it('set, add and remove under aliases, on a condition of all clauses', () => {
    const write: Write = {
      kind: 'update',
      key,
      set: { state: 'leaving', position: 'p7' },
      add: { rv: 1 },
      remove: ['lease_owner'],
      when: [
        { attribute: 'nonce', op: '=', value: 'n1' },
        { attribute: 'position', op: '<', value: 'p7' },
        { attribute: 'gone', op: 'absent' },
        { attribute: 'rv', op: 'present' },
      ],
    };
    expect(expressionsOf(write)).toEqual({
      UpdateExpression: 'SET #n0 = :v0, #n1 = :v1 ADD #n2 :v2 REMOVE #n3',
      ConditionExpression:
        '#n4 = :v3 AND #n1 < :v4 AND attribute_not_exists(#n5) AND attribute_exists(#n2)',
      ExpressionAttributeNames: {
        '#n0': 'state',
        '#n1': 'position',
        '#n2': 'rv',
        '#n3': 'lease_owner',
        '#n4': 'nonce',
        '#n5': 'gone',
      },
      ExpressionAttributeValues: {
        ':v0': 'leaving',
        ':v1': 'p7',
        ':v2': 1,
        ':v3': 'n1',
        ':v4': 'p7',
      },
    });
  });

  it('name no attribute outside the aliases, and no alias that is not used', () => {
    const name = fc.string({ minLength: 1 });
    const clause: fc.Arbitrary<Clause> = fc.oneof(
      fc.record({ attribute: name, op: fc.constantFrom('absent' as const, 'present' as const) }),
      fc.record({
        attribute: name,
        op: fc.constantFrom('=' as const, '<' as const, '>=' as const),
        value: fc.oneof(fc.string(), fc.integer()),
      }),
    );
    const write: fc.Arbitrary<Write> = fc.record({
      kind: fc.constant('update' as const),
      key: fc.constant(key),
      set: fc.dictionary(name, fc.integer()),
      add: fc.dictionary(name, fc.integer()),
      remove: fc.array(name),
      when: fc.array(clause),
    });
    fc.assert(
      fc.property(write, (one) => {
        const { UpdateExpression = '', ConditionExpression = '', ...aliases } = expressionsOf(one);
        const text = `${UpdateExpression} ${ConditionExpression}`;
        const words = text.match(/[^\s,()]+/g) ?? [];
        const grammar = /^(SET|ADD|REMOVE|AND|attribute_(not_)?exists|=|<|>=|#n\d+|:v\d+)$/;
        for (const word of words) expect(word).toMatch(grammar);
        const used = new Set(words.filter((word) => word.startsWith('#') || word.startsWith(':')));
        const given = [
          ...Object.keys(aliases.ExpressionAttributeNames ?? {}),
          ...Object.keys(aliases.ExpressionAttributeValues ?? {}),
        ];
        expect(given.sort()).toEqual([...used].sort());
        const names = Object.values(aliases.ExpressionAttributeNames ?? {});
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });
});

describe('the name of a key', () => {
  it('differs for keys that differ, whatever signs they hold', () => {
    expect(keyName({ pk: 'a', sk: 'b#c' })).not.toBe(keyName({ pk: 'a#b', sk: 'c' }));
    expect(keyName({ pk: 'a","b', sk: 'c' })).not.toBe(keyName({ pk: 'a', sk: 'b","c' }));
  });
});
