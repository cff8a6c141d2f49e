import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MAX_ANSWER_BYTES,
  nextReadDelayMs,
  reserveBytes,
  type LastRead,
} from '../../../src/machines/rules/read-pace.ts';

const readOf = (overrides: Partial<LastRead> = {}): LastRead => ({
  records: 0,
  bytes: 0,
  millisBehindLatest: 0,
  emptyReads: 0,
  scanIntervalMs: 250,
  ...overrides,
});

describe('the next read', () => {
  it('keeps within 5 reads and 2 MB per second and shard, and waits no longer than it must', () => {
    const reads = fc.record<LastRead>({
      records: fc.nat({ max: 10_000 }),
      bytes: fc.nat({ max: MAX_ANSWER_BYTES }),
      millisBehindLatest: fc.nat({ max: 1e9 }),
      emptyReads: fc.nat({ max: 10_000 }),
      scanIntervalMs: fc.nat({ max: 5_000 }),
    });
    fc.assert(
      fc.property(reads, (read) => {
        const delayMs = nextReadDelayMs(read);
        const bytesMs = (read.bytes / (2 * 1_024 * 1_024)) * 1_000;
        expect(delayMs).toBeGreaterThanOrEqual(Math.max(200, read.scanIntervalMs));
        if (read.records > 0) expect(delayMs).toBeGreaterThanOrEqual(bytesMs);
        expect(delayMs).toBeLessThanOrEqual(Math.max(1_000, read.scanIntervalMs, bytesMs));
      }),
    );
  });

  it('waits for 5 s after an answer of 10 MiB', () => {
    expect(nextReadDelayMs(readOf({ records: 1, bytes: MAX_ANSWER_BYTES }))).toBe(5_000);
  });

  it('comes later after each empty answer at the tip, up to a second', () => {
    const delays = [0, 1, 2, 3, 4, 5_000].map((emptyReads) =>
      nextReadDelayMs(readOf({ emptyReads })),
    );
    expect(delays).toEqual([250, 375, 562.5, 843.75, 1_000, 1_000]);
    expect(nextReadDelayMs(readOf({ emptyReads: 9, scanIntervalMs: 3_000 }))).toBe(3_000);
  });

  it('does not slow down over empty answers behind the tip', () => {
    expect(nextReadDelayMs(readOf({ emptyReads: 9, millisBehindLatest: 1 }))).toBe(250);
  });
});

describe('the memory reserved for a read', () => {
  it('is a whole answer when behind or unknown', () => {
    expect(reserveBytes({ lastBytes: null, millisBehindLatest: 0, sinceMs: 0 })).toBe(
      MAX_ANSWER_BYTES,
    );
    expect(reserveBytes({ lastBytes: 10, millisBehindLatest: null, sinceMs: 0 })).toBe(
      MAX_ANSWER_BYTES,
    );
    expect(reserveBytes({ lastBytes: 10, millisBehindLatest: 1, sinceMs: 0 })).toBe(
      MAX_ANSWER_BYTES,
    );
  });

  it('is four times the last answer at the tip, from 16 KiB to a whole answer', () => {
    const reserved = [0, 4_096, 10_000, MAX_ANSWER_BYTES].map((lastBytes) =>
      reserveBytes({ lastBytes, millisBehindLatest: 0, sinceMs: 0 }),
    );
    expect(reserved).toEqual([16_384, 16_384, 40_000, MAX_ANSWER_BYTES]);
  });

  it('grows with the time since the last answer as a shard may fill', () => {
    const after = (sinceMs: number): number =>
      reserveBytes({ lastBytes: 0, millisBehindLatest: 0, sinceMs });
    expect([250, 1_000, 3_000].map(after)).toEqual([262_144, 1_048_576, 3_145_728]);
    expect(after(60_000)).toBe(MAX_ANSWER_BYTES);
    expect([0.3, 20.7, 333.3].map(after).every(Number.isInteger)).toBe(true);
  });
});
