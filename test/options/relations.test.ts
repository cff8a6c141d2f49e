import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  PROFILES,
  commitTimeoutWithinInterval,
  heartbeatTwicePerTtl,
  heartbeatWithinSelfFence,
  pollTwicePerTtl,
  selfFenceBelowTtl,
  toleranceOnlyWhenSticky,
} from '../../src/options.ts';
import { nothing, parse, refusal, store, stream, timings } from './parsing.ts';

describe('options that contradict each other', () => {
  it.each([
    [{ stateStore: store, dynamodb: {} }, 'dynamodb', 'stateStore'],
    [{ stateStore: store, table: {} }, 'table', 'stateStore'],
    [{ stream, kinesis: {} }, 'kinesis', 'stream'],
    [{ stream, roleArn: 'arn:aws:iam::111122223333:role/a' }, 'roleArn', 'stream'],
    [
      { kinesis: { send: nothing }, roleArn: 'arn:aws:iam::111122223333:role/a' },
      'roleArn',
      'a ready kinesis client',
    ],
    [{ assignor: 'range', assignorTolerance: 1 }, 'assignorTolerance', "assignor is 'range'"],
    [
      { commit: { intervalMs: 500, timeoutMs: 501 } },
      'commit.timeoutMs',
      'commit.intervalMs (500)',
    ],
    [
      { profile: { ...timings, heartbeatIntervalMs: 56 } },
      'profile.heartbeatIntervalMs',
      'profile.ttlMs (110)',
    ],
    [{ profile: { ...timings, pollIntervalMs: 56 } }, 'profile.pollIntervalMs', 'ttlMs (110)'],
    [{ profile: { ...timings, selfFenceMs: 91 } }, 'profile.selfFenceMs', 'ttlMs (110)'],
    [{ profile: { ...timings, selfFenceMs: 33 } }, 'profile.selfFenceMs', '(30)'],
    [{ profile: { ttlMs: 110 } }, 'profile.heartbeatIntervalMs', 'undefined'],
    [{ profile: { ...timings, ttlMs: 0 } }, 'profile.ttlMs', '0'],
  ])('are refused: %j', (options, path, other) => {
    const { code, message } = refusal(() => parse(options));
    expect(code).toBe('InvalidOption');
    expect(message.startsWith(path)).toBe(true);
    expect(message).toContain(other);
  });

  it('are not made by a default: a short commit interval shortens the timeout', () => {
    expect(parse({ commit: { intervalMs: 500 } }).config.commit.timeoutMs).toBe(500);
  });
});

describe('the relations between timings', () => {
  it.each(Object.entries(PROFILES))('hold in the profile %s', (_name, profile) => {
    expect(selfFenceBelowTtl(profile)).toBe(true);
    expect(heartbeatTwicePerTtl(profile)).toBe(true);
    expect(heartbeatWithinSelfFence(profile)).toBe(true);
    expect(pollTwicePerTtl(profile)).toBe(true);
  });

  it('keep a slow session from outliving a fast observer’s patience', () => {
    const positive = fc.integer({ min: 1, max: 100_000 });
    const rate = fc.double({ min: 0.9, max: 1.1, noNaN: true });
    fc.assert(
      fc.property(positive, positive, rate, rate, (ttlMs, selfFenceMs, own, other) => {
        const profile = { heartbeatIntervalMs: 1, pollIntervalMs: 1, ttlMs, selfFenceMs };
        fc.pre(selfFenceBelowTtl(profile));
        // Real time until each clock has counted its share.
        expect(selfFenceMs / own).toBeLessThanOrEqual((ttlMs / other) * (1 + 1e-9));
      }),
    );
  });

  it('are judged at their edges', () => {
    const edge = { heartbeatIntervalMs: 50, ttlMs: 110, selfFenceMs: 90, pollIntervalMs: 55 };
    expect(selfFenceBelowTtl(edge)).toBe(true);
    expect(selfFenceBelowTtl({ ...edge, selfFenceMs: 91 })).toBe(false);
    expect(heartbeatTwicePerTtl({ ...edge, heartbeatIntervalMs: 55 })).toBe(true);
    expect(heartbeatTwicePerTtl({ ...edge, heartbeatIntervalMs: 56 })).toBe(false);
    expect(pollTwicePerTtl(edge)).toBe(true);
    expect(pollTwicePerTtl({ ...edge, pollIntervalMs: 56 })).toBe(false);
    expect(heartbeatWithinSelfFence({ ...edge, selfFenceMs: 56 })).toBe(true);
    expect(heartbeatWithinSelfFence({ ...edge, selfFenceMs: 55 })).toBe(false);
    expect(commitTimeoutWithinInterval({ intervalMs: 5, timeoutMs: 5 })).toBe(true);
    expect(commitTimeoutWithinInterval({ intervalMs: 5, timeoutMs: 6 })).toBe(false);
    expect(toleranceOnlyWhenSticky({ assignor: 'range', assignorTolerance: 0 })).toBe(true);
    expect(toleranceOnlyWhenSticky({ assignor: 'range', assignorTolerance: 1 })).toBe(false);
    expect(toleranceOnlyWhenSticky({ assignor: 'sticky-range', assignorTolerance: 1 })).toBe(true);
  });
});
