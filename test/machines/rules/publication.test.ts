import { describe, expect, it } from 'vitest';
import type { Head } from '../../../src/machines/rules/items.ts';
import {
  countedMembers,
  isOutrun,
  leaderOf,
  plannedMembers,
  type Publisher,
} from '../../../src/machines/rules/publication.ts';
import { EMPTY_LEDGER, observe, type Ledger } from '../../../src/machines/rules/session-expiry.ts';

const TTL_MS = 9_000;

interface Given {
  readonly rv?: number;
  readonly state?: 'active' | 'leaving';
}
const member = (clientId: string, { rv = 3, state = 'active' }: Given = {}) => ({
  clientId,
  nonce: 'n',
  session: `${clientId}/n`,
  rv,
  state,
});
const publisher = (overrides: Partial<Publisher> = {}): Publisher => ({
  session: 'b/n',
  clientId: 'b',
  purpose: 'lead',
  ledger: EMPTY_LEDGER,
  ...overrides,
});
/** Own heartbeats that vouch for all time. */
const ALWAYS = { fromMs: 0, untilMs: Number.POSITIVE_INFINITY };
/** A ledger that saw the clients unmoved for so long. */
const silentFor = (ms: number, ...clientIds: string[]): Ledger => {
  const seen = clientIds.map((clientId) => ({ clientId, nonce: 'n', rv: 3, ttlMs: TTL_MS }));
  return observe(observe(EMPTY_LEDGER, seen, 0, ALWAYS), seen, ms, ALWAYS);
};
const idsOf = (members: readonly { readonly clientId: string }[]): string[] =>
  members.map(({ clientId }) => clientId);

describe('isOutrun', () => {
  const head = (generation: number, planRef: string): Head => ({
    kind: 'head',
    generation,
    planRef,
    leader: 'a/n',
  });

  it('compares the generation and whose plan it is', () => {
    expect(isOutrun(null, null)).toBe(false);
    expect(isOutrun(head(2, 'p'), head(2, 'p'))).toBe(false);
    expect(isOutrun(head(1, 'p'), null)).toBe(true);
    expect(isOutrun(null, head(1, 'p'))).toBe(true);
    expect(isOutrun(head(3, 'p'), head(2, 'p'))).toBe(true);
    expect(isOutrun(head(2, 'q'), head(2, 'p'))).toBe(true);
  });
});

describe('whom a generation names', () => {
  it('are sessions from their first heartbeat on', () => {
    const members = [member('a', { rv: 0 }), member('b', { rv: 0 }), member('c', { rv: 1 })];
    expect(idsOf(countedMembers(members, 'b/n'))).toEqual(['b', 'c']);
  });

  it('are not those that leave', () => {
    const counted = [member('a', { state: 'leaving' }), member('b')];
    expect(idsOf(plannedMembers(counted, null, publisher()))).toEqual(['b']);
  });

  it('are not the leader whose very version was silent, in a takeover', () => {
    const counted = [member('a'), member('b'), member('c', { rv: 4 })];
    const ledger = silentFor(TTL_MS, 'a', 'c');
    const planned = (purpose: Publisher['purpose'], leader: string) => {
      const head = { kind: 'head', generation: 3, leader, planRef: 'plan#3' } as const;
      return idsOf(plannedMembers(counted, head, publisher({ purpose, ledger })));
    };
    expect(planned('takeover', 'a/n')).toEqual(['b', 'c']);
    // it moved on since it was seen
    expect(planned('takeover', 'c/n')).toEqual(['a', 'b', 'c']);
    // another one that one who led before saw silent keeps its shards until it is expelled
    expect(planned('takeover', 'd/n')).toEqual(['a', 'b', 'c']);
    expect(planned('lead', 'a/n')).toEqual(['a', 'b', 'c']);
  });

  it('are not the publisher itself where it hands over', () => {
    const counted = [member('a'), member('b')];
    expect(idsOf(plannedMembers(counted, null, publisher({ purpose: 'handover' })))).toEqual(['a']);
  });
});

describe('leaderOf', () => {
  const now = { seenAtMs: 30_000, steadyMs: 27_000 };
  const all = [member('c'), member('b'), member('a')];

  it('is the publisher', () => {
    for (const purpose of ['takeover', 'lead'] as const) {
      expect(leaderOf(all, publisher({ purpose }), now)).toBe('b/n');
    }
  });

  it('is a lower client id that is steadily alive, in a generation of a leader that goes on', () => {
    const ledger = observe(
      EMPTY_LEDGER,
      [{ clientId: 'a', nonce: 'n', rv: 3, ttlMs: TTL_MS }],
      3_000,
      ALWAYS,
    );
    expect(leaderOf(all, publisher({ ledger }), now)).toBe('a/n');
    expect(leaderOf(all, publisher({ ledger, purpose: 'takeover' }), now)).toBe('b/n');
    const tooShort = { ...now, seenAtMs: 29_999 };
    expect(leaderOf(all, publisher({ ledger }), tooShort)).toBe('b/n');
  });

  it('is the lowest that was seen to live where the publisher is not planned for', () => {
    const planned = [member('d'), member('c'), member('a')];
    const leaving = (ledger: Ledger) => publisher({ purpose: 'handover', ledger });
    expect(leaderOf(planned, leaving(EMPTY_LEDGER), now)).toBe('a/n');
    expect(leaderOf(planned, leaving(silentFor(TTL_MS / 2, 'a')), now)).toBe('c/n');
    expect(leaderOf(planned, leaving(silentFor(TTL_MS / 2, 'a', 'c', 'd')), now)).toBe('a/n');
  });
});
