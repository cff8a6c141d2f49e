import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hashKeyOf, md5 } from '../../../src/services/memory/md5.ts';

function reference(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}

it('digests any bytes as the platform does', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(Buffer.from(md5(bytes)).toString('hex')).toBe(reference(bytes));
    }),
  );
});

it('digests messages of every length around the end of a block', () => {
  for (let length = 50; length <= 130; length++) {
    const bytes = Uint8Array.from({ length }, (_, at) => (at * 7 + length) % 256);
    expect(Buffer.from(md5(bytes)).toString('hex')).toBe(reference(bytes));
  }
});

it('takes the digest of a partition key as one number, highest byte first', () => {
  for (const key of ['', 'a', 'customer-1', 'clé', '😀']) {
    expect(hashKeyOf(key)).toBe(BigInt(`0x${reference(Buffer.from(key))}`));
  }
});
