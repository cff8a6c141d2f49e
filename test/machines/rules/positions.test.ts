import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  NOT_STARTED,
  SHARD_END,
  comparePositions,
  isAfter,
  isSequenceNumber,
  maxPosition,
  parsePosition,
  positionOf,
  resumeFrom,
} from '../../../src/machines/rules/positions.ts';

const sequenceNumbers = fc
  .oneof(fc.bigInt({ min: 0n, max: 200n }), fc.bigInt({ min: 0n, max: 10n ** 998n }))
  .map(String);
const subsequenceNumbers = fc.option(
  fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 9_999_999_999 })),
  { nil: null },
);
const records = fc.tuple(sequenceNumbers, subsequenceNumbers);

/** The order of the records, by arithmetic instead of by strings. */
function orderOf(a: [string, number | null], b: [string, number | null]): number {
  const [x, y] = [BigInt(a[0]), BigInt(b[0])];
  if (x !== y) return x < y ? -1 : 1;
  return Math.sign((a[1] ?? 1e11) - (b[1] ?? 1e11));
}

describe('positions', () => {
  it('sort by sequence number as a number, then by subsequence, the whole record last', () => {
    fc.assert(
      fc.property(records, records, fc.boolean(), (a, other, same) => {
        const b: [string, number | null] = same ? [a[0], other[1]] : other;
        const [x, y] = [positionOf(...a), positionOf(...b)];
        expect(Math.sign(comparePositions(x, y))).toBe(orderOf(a, b));
        expect(maxPosition(x, y)).toBe(orderOf(a, b) >= 0 ? x : y);
        expect(isAfter(y, ...a)).toBe(orderOf(a, b) > 0);
      }),
    );
  });

  it('lie between NOT_STARTED and SHARD_END', () => {
    fc.assert(
      fc.property(records, (record) => {
        const position = positionOf(...record);
        expect(comparePositions(NOT_STARTED, position)).toBeLessThan(0);
        expect(comparePositions(position, SHARD_END)).toBeLessThan(0);
      }),
    );
  });

  it('say what they were made from', () => {
    fc.assert(
      fc.property(records, ([sequenceNumber, subsequenceNumber]) => {
        const position = positionOf(sequenceNumber, subsequenceNumber);
        expect(parsePosition(position)).toEqual({
          kind: 'after',
          sequenceNumber,
          subsequenceNumber,
        });
        expect(position).toMatch(/^[\x21-\x7e]+$/);
      }),
    );
    expect(parsePosition(NOT_STARTED)).toEqual({ kind: 'notStarted' });
    expect(parsePosition(SHARD_END)).toEqual({ kind: 'shardEnd' });
  });

  it('are invalid where they would not sort', () => {
    const bad = ['', '0', '2!', '00112.~', '00212.7', '003012.~', '00212.0000000007 ', '00212.!'];
    for (const position of bad) {
      expect(parsePosition(position)).toEqual({ kind: 'invalid' });
    }
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parsePosition(text);
        if (parsed.kind === 'after') {
          expect(positionOf(parsed.sequenceNumber, parsed.subsequenceNumber)).toBe(text);
        }
      }),
    );
  });

  it('are refused for what is not a sequence number', () => {
    for (const text of ['', '007', '-1', '1e3', 'abc', '1'.repeat(1_000)]) {
      expect(isSequenceNumber(text)).toBe(false);
      expect(() => positionOf(text, null)).toThrow('sequence-number');
    }
    expect(isSequenceNumber('1'.repeat(999))).toBe(true);
    for (const subsequence of [-1, 0.5, 10 ** 10, Number.NaN]) {
      expect(() => positionOf('1', subsequence)).toThrow('subsequence-number');
    }
  });
});

describe('resumeFrom', () => {
  const start = { kind: 'atTimestamp', timestampMs: 7 } as const;

  it('goes to the start of the stream when nothing is completed', () => {
    expect(resumeFrom(NOT_STARTED, start)).toEqual(start);
    expect(resumeFrom(NOT_STARTED, { kind: 'trimHorizon' })).toEqual({ kind: 'trimHorizon' });
  });

  it('goes after a whole record, and to a record whose aggregate is not completed', () => {
    expect(resumeFrom(positionOf('42', null), start)).toEqual({
      kind: 'after',
      sequenceNumber: '42',
    });
    expect(resumeFrom(positionOf('42', 3), start)).toEqual({ kind: 'at', sequenceNumber: '42' });
  });

  it('refuses a completed shard and what is no position', () => {
    expect(() => resumeFrom(SHARD_END, start)).toThrow('position-to-resume');
    expect(() => resumeFrom('nonsense', start)).toThrow('position-to-resume');
  });

  it('leads, with isAfter, to exactly the records that are not completed', () => {
    const aggregates = fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(aggregates, fc.nat(), (sizes, pick) => {
        const all = sizes.flatMap((size, i): [string, number | null][] =>
          size === 0
            ? [[String(i * 7 + 3), null]]
            : Array.from({ length: size }, (_, sub) => [String(i * 7 + 3), sub]),
        );
        const done = pick % all.length;
        const position = positionOf(...(all[done] ?? ['0', null]));
        const from = resumeFrom(position, start);
        const first =
          from.kind === 'at' || from.kind === 'after' ? BigInt(from.sequenceNumber) : -1n;
        const read = all
          .filter(([seq]) => (from.kind === 'at' ? BigInt(seq) >= first : BigInt(seq) > first))
          .filter((record) => isAfter(position, ...record));
        expect(read).toEqual(all.slice(done + 1));
      }),
    );
  });
});
