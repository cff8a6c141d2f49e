import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Vouched } from '../../../src/machines/rules/own-beats.ts';
import {
  EMPTY_LEDGER,
  expulsionsAllowed,
  isSilent,
  nextSilenceInMs,
  observe,
  silentClients,
  steadyForMs,
  type Ledger,
  type Observation,
} from '../../../src/machines/rules/session-expiry.ts';

const seen = (overrides: Partial<Observation> = {}): Observation => ({
  clientId: 'a',
  nonce: 'n1',
  rv: 1,
  ttlMs: 9_000,
  ...overrides,
});

/** Own heartbeats that vouch for all time, and for none. */
const ALL: Vouched = { fromMs: -Infinity, untilMs: Infinity };
const NONE: Vouched = { fromMs: -Infinity, untilMs: -Infinity };

interface Look {
  /** Since the look before. */
  readonly elapsedMs: number;
  readonly happened: 'nothing' | 'heartbeat' | 'restart';
}

const looks = fc.array(
  fc.record<Look>({
    elapsedMs: fc.nat({ max: 4_000 }),
    happened: fc.constantFrom('nothing', 'nothing', 'nothing', 'heartbeat', 'restart'),
  }),
  { maxLength: 40 },
);

/** Watches one client, and gives the ledger after each look. */
function watch(timeline: readonly Look[], originMs: number, ttlMs: number, vouched: Vouched) {
  let ledger: Ledger = EMPTY_LEDGER;
  let nowMs = originMs;
  let [nonce, rv] = [0, 0];
  return timeline.map(({ elapsedMs, happened }) => {
    nowMs += elapsedMs;
    if (happened === 'heartbeat') rv += 1;
    if (happened === 'restart') [nonce, rv] = [nonce + 1, 0];
    ledger = observe(ledger, [seen({ nonce: `n${nonce}`, rv, ttlMs })], nowMs, vouched);
    return { ledger, nowMs };
  });
}

describe('a session is silent', () => {
  it('exactly when it stood still for its TTL within a while that own heartbeats vouch for', () => {
    const span = fc.tuple(fc.nat({ max: 80_000 }), fc.nat({ max: 80_000 }));
    fc.assert(
      fc.property(looks, fc.integer({ min: 1, max: 10_000 }), span, (timeline, ttlMs, ends) => {
        const vouched = { fromMs: Math.min(...ends), untilMs: Math.max(...ends) };
        let silentMs = 0;
        let beforeMs: number | null = null;
        const ledgers = watch(timeline, 0, ttlMs, vouched);
        for (const [i, { ledger, nowMs }] of ledgers.entries()) {
          if (beforeMs === null || timeline[i]?.happened !== 'nothing') silentMs = 0;
          else {
            const fromMs = Math.max(beforeMs, vouched.fromMs);
            silentMs += Math.max(0, Math.min(nowMs, vouched.untilMs) - fromMs);
          }
          beforeMs = nowMs;
          expect(isSilent(ledger, 'a')).toBe(silentMs >= ttlMs);
          expect(silentClients(ledger)).toEqual(silentMs >= ttlMs ? ['a'] : []);
        }
      }),
    );
  });

  it('not before a TTL after own heartbeats were missed and came back', () => {
    const once = observe(EMPTY_LEDGER, [seen()], 0, ALL);
    const back = { fromMs: 20_000, untilMs: 40_000 };
    expect(isSilent(observe(once, [seen()], 28_999, back), 'a')).toBe(false);
    expect(isSilent(observe(once, [seen()], 29_000, back), 'a')).toBe(true);
  });

  it('at the very moment that was foretold, if nothing happens until then', () => {
    fc.assert(
      fc.property(looks, fc.integer({ min: 1, max: 10_000 }), (timeline, ttlMs) => {
        for (const { ledger, nowMs } of watch(timeline, 0, ttlMs, ALL)) {
          const inMs = nextSilenceInMs(ledger, nowMs, ALL);
          expect(Number.isFinite(inMs)).toBe(!isSilent(ledger, 'a'));
          if (inMs === Infinity) continue;
          const [, rv] = (ledger['a']?.version ?? '').split('/');
          const still = seen({ nonce: ledger['a']?.nonce ?? '', rv: Number(rv), ttlMs });
          const at = (ms: number) => isSilent(observe(ledger, [still], nowMs + ms, ALL), 'a');
          expect([at(inMs - 1), at(inMs)]).toEqual([false, true]);
        }
      }),
    );
  });

  it('next by the one that is due first, and nobody that is already', () => {
    const items = [
      seen({ clientId: 'a', ttlMs: 4_000 }),
      seen({ clientId: 'b', ttlMs: 6_000 }),
      seen({ clientId: 'c', ttlMs: 9_000 }),
    ];
    const ledger = observe(EMPTY_LEDGER, items, 1_000, ALL);
    expect(nextSilenceInMs(ledger, 5_000, ALL)).toBe(2_000);
    // the own heartbeats came back only then: all began anew
    expect(nextSilenceInMs(ledger, 5_000, { fromMs: 3_000, untilMs: 9_000 })).toBe(2_000);
    expect(nextSilenceInMs(EMPTY_LEDGER, 5_000, ALL)).toBe(Infinity);
  });

  it('by no wall clock: another origin of the own clock changes nothing', () => {
    const origins = fc.integer({ min: -1e12, max: 1e12 });
    fc.assert(
      fc.property(looks, origins, (timeline, originMs) => {
        const here = watch(timeline, 0, 5_000, ALL);
        const there = watch(timeline, originMs, 5_000, ALL);
        for (const [i, { ledger, nowMs }] of here.entries()) {
          const other = there[i];
          expect(isSilent(other?.ledger ?? {}, 'a')).toBe(isSilent(ledger, 'a'));
          expect(steadyForMs(other?.ledger ?? {}, 'a', other?.nowMs ?? 0)).toBe(
            steadyForMs(ledger, 'a', nowMs),
          );
        }
      }),
    );
  });

  it('by the TTL that its own item states', () => {
    const items = [
      seen({ clientId: 'fast', ttlMs: 4_000 }),
      seen({ clientId: 'slow', ttlMs: 10_000 }),
    ];
    const ledger = observe(observe(EMPTY_LEDGER, items, 0, ALL), items, 5_000, ALL);
    expect(silentClients(ledger)).toEqual(['fast']);
  });

  it('never when it is not known, also under names that objects have by themselves', () => {
    for (const clientId of ['nobody', 'constructor', '__proto__', 'toString']) {
      expect(isSilent(EMPTY_LEDGER, clientId)).toBe(false);
      expect(steadyForMs(EMPTY_LEDGER, clientId, 1e9)).toBe(0);
      const once = observe(EMPTY_LEDGER, [seen({ clientId })], 0, ALL);
      expect(silentClients(observe(once, [seen({ clientId })], 9_000, ALL))).toEqual([clientId]);
    }
  });
});

it('a client that is absent once is forgotten, and watched anew', () => {
  const before = observe(EMPTY_LEDGER, [seen()], 0, ALL);
  const absent = observe(before, [], 8_000, ALL);
  expect(absent).toEqual({});
  expect(isSilent(observe(absent, [seen()], 16_000, ALL), 'a')).toBe(false);
  expect(before).toEqual(observe(EMPTY_LEDGER, [seen()], 0, ALL));
});

describe('a session is steady', () => {
  it('as long as its nonce is seen moving within its TTL', () => {
    let ledger = EMPTY_LEDGER;
    for (let rv = 0; rv <= 10; rv++) ledger = observe(ledger, [seen({ rv })], rv * 3_000, NONE);
    expect(steadyForMs(ledger, 'a', 30_000)).toBe(30_000);
    const restarted = observe(ledger, [seen({ nonce: 'n2', rv: 0 })], 33_000, ALL);
    expect(steadyForMs(restarted, 'a', 34_000)).toBe(1_000);
  });

  it('from the end of a pause of its TTL only, even of one that does not count as silence', () => {
    let ledger = observe(EMPTY_LEDGER, [seen()], 0, NONE);
    for (const nowMs of [4_000, 8_000, 12_000]) ledger = observe(ledger, [seen()], nowMs, NONE);
    expect(isSilent(ledger, 'a')).toBe(false);
    expect(steadyForMs(ledger, 'a', 12_000)).toBe(0);
    ledger = observe(ledger, [seen({ rv: 2 })], 13_000, NONE);
    expect(steadyForMs(ledger, 'a', 13_000)).toBe(1_000);
  });
});

it('throttling bounds the expulsions to a tenth of the members, but at least one', () => {
  expect([0, 1, 9, 10, 19, 20, 100].map((n) => expulsionsAllowed(n, true))).toEqual([
    1, 1, 1, 1, 1, 2, 10,
  ]);
  expect(expulsionsAllowed(3, false)).toBe(Number.POSITIVE_INFINITY);
});
