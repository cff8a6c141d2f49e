import fc from 'fast-check';
import { expect, it } from 'vitest';
import { utf8Parts } from '../../../src/machines/rules/utf8-parts.ts';

it('parts of a text have so many bytes at most, as many as fit, and are whole texts that make it up', () => {
  const texts = fc.string({ unit: 'grapheme', maxLength: 200 });
  fc.assert(
    fc.property(texts, fc.integer({ min: 4, max: 40 }), (text, maxBytes) => {
      const parts = utf8Parts(text, maxBytes);
      expect(parts.join('')).toBe(text);
      for (const [index, part] of parts.entries()) {
        expect(Buffer.from(part).toString()).toBe(part);
        expect(Buffer.byteLength(part)).toBeLessThanOrEqual(maxBytes);
        const [next] = parts[index + 1] ?? '';
        if (next !== undefined) {
          expect(Buffer.byteLength(part) + Buffer.byteLength(next)).toBeGreaterThan(maxBytes);
        }
      }
    }),
  );
  expect(utf8Parts('', 4)).toEqual(['']);
});
