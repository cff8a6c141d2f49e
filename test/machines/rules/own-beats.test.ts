import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  beatsFrom,
  vouchedBy,
  withBeat,
  type OwnBeats,
} from '../../../src/machines/rules/own-beats.ts';
import { EMPTY_LEDGER, isSilent, observe } from '../../../src/machines/rules/session-expiry.ts';
import { PROFILES, type ProfileName } from '../../../src/options.ts';
import { SeededRandom } from '../../../src/services/memory/index.ts';

const SECOND = 1_000;
const profiles = Object.keys(PROFILES) as ProfileName[];
const share = fc.double({ min: 0, max: 1, noNaN: true });

/** The sendings of heartbeats that are all answered, each within a second, and the answer to the last. */
function answeredBeats(timeline: readonly (readonly [number, number])[], periodMs: number) {
  let [sentMs, answeredMs] = [0, 0];
  return timeline.map(([answer, jitter]) => {
    sentMs = answeredMs + periodMs * (0.9 + 0.2 * jitter);
    answeredMs = sentMs + answer * SECOND;
    return sentMs;
  });
}

describe('the own heartbeats', () => {
  it.each(profiles)('vouch for all time since the first while all are answered: %s', (profile) => {
    const rhythm = PROFILES[profile];
    fc.assert(
      fc.property(fc.array(fc.tuple(share, share), { minLength: 1 }), (timeline) => {
        const [firstMs = 0, ...rest] = answeredBeats(timeline, rhythm.heartbeatIntervalMs);
        const beats = rest.reduce<OwnBeats>(
          (row, sentMs) => withBeat(row, sentMs, rhythm),
          beatsFrom(firstMs),
        );
        const { fromMs, untilMs } = vouchedBy(beats, rhythm);
        expect(fromMs).toBe(firstMs);
        expect(untilMs).toBeGreaterThanOrEqual(rest.at(-1) ?? firstMs);
      }),
      // the longest gap that there is, which sums of fractions overstep by their rounding
      {
        examples: [
          [
            [
              [1.0985250332851137e-7, 0],
              [0.9999999999999997, 0],
              [0, 0.9999999999999997],
              [0, 0],
            ],
          ],
        ],
      },
    );
  });

  it('vouch for nothing before a missed one', () => {
    const rhythm = PROFILES.fast;
    const before = withBeat(beatsFrom(0), 1_000, rhythm);
    // tried again in vain until it is two periods and two answers later
    expect(vouchedBy(withBeat(before, 5_000, rhythm), rhythm).fromMs).toBe(5_000);
  });

  it.each([
    ['default', 4_300],
    ['fast', 1_900],
    ['frugal', 3_500],
  ] as const)('vouch for what comes after the last: %s, %d ms', (profile, trustMs) => {
    expect(vouchedBy(beatsFrom(100), PROFILES[profile])).toEqual({
      fromMs: 100,
      untilMs: 100 + trustMs,
    });
  });

  it('vouch for nothing after the last where the TTL leaves no room', () => {
    const rhythm = { heartbeatIntervalMs: 10, ttlMs: 20 };
    expect(vouchedBy(beatsFrom(100), rhythm)).toEqual({ fromMs: 100, untilMs: 100 });
  });
});

/** A table that answers at once, but for one while. */
interface Outage {
  readonly fromMs: number;
  readonly toMs: number;
}

/** When the heartbeats and the looks of one client are answered: all, again after no answer, silent while stalled. */
function lifeOf(profile: ProfileName, outage: Outage, startMs: number, random: SeededRandom) {
  const { heartbeatIntervalMs, pollIntervalMs, ttlMs } = PROFILES[profile];
  const isOut = (atMs: number): boolean => atMs >= outage.fromMs && atMs < outage.toMs;
  const spread = (periodMs: number): number => periodMs * (0.9 + 0.2 * random.next('period'));
  const endMs = outage.toMs + 3 * ttlMs;
  const looks: number[] = [];
  for (let atMs = startMs; atMs < endMs; atMs += spread(pollIntervalMs)) {
    if (isOut(atMs)) atMs += SECOND;
    else looks.push(atMs);
  }
  const beats: number[] = [];
  for (let atMs = startMs; atMs < endMs;) {
    const seenMs = looks.findLast((lookMs) => lookMs <= atMs) ?? startMs;
    // nothing was read for a TTL: it says nothing before it reads again
    if (atMs - seenMs >= ttlMs) atMs = looks.find((lookMs) => lookMs > atMs) ?? endMs;
    if (isOut(atMs)) atMs += SECOND + spread(heartbeatIntervalMs / 5);
    else {
      beats.push(atMs);
      atMs += spread(heartbeatIntervalMs);
    }
  }
  return { looks, beats };
}

/** How often one living client passes for silent in the eyes of another. */
function timesTakenForDead(profile: ProfileName, outage: Outage, seed: number): number {
  const rhythm = PROFILES[profile];
  const random = new SeededRandom(seed);
  const me = lifeOf(profile, outage, random.next('start') * 5_000, random);
  const other = lifeOf(profile, outage, random.next('start') * 5_000, random);
  const [firstMs = 0, ...rest] = me.beats;
  let beats = beatsFrom(firstMs);
  let ledger = EMPTY_LEDGER;
  let times = 0;
  for (const nowMs of me.looks) {
    while ((rest[0] ?? Infinity) <= nowMs) beats = withBeat(beats, rest.shift() ?? 0, rhythm);
    const rv = other.beats.filter((beatMs) => beatMs <= nowMs).length;
    const seen = rv === 0 ? [] : [{ clientId: 'other', nonce: 'n', rv, ttlMs: rhythm.ttlMs }];
    ledger = observe(ledger, seen, nowMs, vouchedBy(beats, rhythm));
    if (isSilent(ledger, 'other')) times += 1;
  }
  return times;
}

/** So long an outage makes every client miss a heartbeat. */
const missedForMs = (profile: ProfileName): number =>
  1.1 * PROFILES[profile].heartbeatIntervalMs + SECOND;

it.each(profiles)('nobody passes for silent by an outage that all missed: %s', (profile) => {
  const outage = fc.tuple(
    fc.integer({ min: 15_000, max: 25_000 }),
    fc.integer({ min: missedForMs(profile), max: 25_000 }),
  );
  fc.assert(
    fc.property(outage, fc.nat(), ([fromMs, forMs], seed) => {
      expect(timesTakenForDead(profile, { fromMs, toMs: fromMs + forMs }, seed)).toBe(0);
    }),
    { numRuns: Number(process.env['KINESUMER_RUNS'] ?? 300) },
  );
});
