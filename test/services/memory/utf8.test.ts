import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compareUtf8, utf8Length } from '../../../src/services/memory/utf8.ts';

const text = fc.string({
  unit: fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\uffff', '😀'),
});

it('orders strings as their bytes', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(Math.sign(compareUtf8(a, b))).toBe(expected);
    }),
  );
});

it('counts the bytes of a string, of half a surrogate pair too', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (value) => {
      expect(utf8Length(value)).toBe(Buffer.byteLength(value));
    }),
  );
  expect(utf8Length('\ud83da')).toBe(Buffer.byteLength('\ud83da'));
});
