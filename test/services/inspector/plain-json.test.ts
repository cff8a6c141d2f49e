import { describe, expect, it } from 'vitest';
import { KinesumerError } from '../../../src/errors.ts';
import { plainJson } from '../../../src/services/inspector/plain-json.ts';

class Batch {
  readonly records = ['a secret'];
}

describe('a value that is shown', () => {
  it('is told as JSON has it, where it is small and plain', () => {
    const value = { a: [1, 'two', true, null], b: { c: {} }, n: 5n, inf: Infinity };
    expect(plainJson(value)).toEqual({ ...value, n: '5', inf: 'Infinity' });
    expect(plainJson(undefined)).toBeNull();
    expect(plainJson({ f: () => {}, u: undefined, s: Symbol('s') })).toEqual({});
    expect(plainJson([undefined])).toEqual([null]);
    expect(plainJson(new Map([['k', new Set([1])]]))).toEqual({ k: [1] });
    expect(plainJson(Object.assign(Object.create(null) as object, { x: 1 }))).toEqual({ x: 1 });
  });

  it('shows no bytes, no object of a class, and nothing of what somebody else threw', () => {
    const cause = new TypeError('the record says a secret');
    const error = new KinesumerError('HandlerFailed', 'The handler threw', { cause });
    const shown = plainJson({ data: new Uint8Array(7), batch: new Batch(), error, cause });
    expect(shown).toEqual({
      data: '<7 bytes>',
      batch: '<Batch>',
      error: { error: 'HandlerFailed', message: 'The handler threw' },
      cause: { error: 'TypeError' },
    });
    const actor = new (class Actor {
      readonly id = 'survey';
      readonly sessionId = 'x:1';
    })();
    expect(plainJson({ actor })).toEqual({ actor: '<actor survey>' });
  });

  it('is cut where it is long, wide, deep or large in all', () => {
    const wide = plainJson(Array.from({ length: 1_000 }, (_, n) => n)) as unknown[];
    expect(wide).toHaveLength(25);
    expect(wide.at(-1)).toBe('… 976 more');
    expect(plainJson('x'.repeat(1_000))).toHaveLength(301);
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`k${n}`, n]));
    expect(Object.keys(plainJson(many) as object)).toHaveLength(25);
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(JSON.stringify(plainJson(circle)).length).toBeLessThan(200);
    const tree = (depth: number): unknown =>
      depth === 0 ? 'leaf' : Array.from({ length: 20 }, () => tree(depth - 1));
    expect(JSON.stringify(plainJson(tree(5))).length).toBeLessThan(10_000);
  });
});
