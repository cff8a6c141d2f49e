import { describe, expect, it } from 'vitest';
import {
  decideClaim,
  judgeBeatRefusal,
  KEPT_NONCES,
  standingSession,
  withNonce,
  type RegisterMode,
} from '../../../src/machines/rules/registration.ts';
import { createClient } from '../../../src/machines/rules/writes.ts';

const itemOf = (overrides: Record<string, unknown> = {}): Readonly<Record<string, unknown>> => ({
  ...createClient('app', { clientId: 'c1', nonce: 'n1', ttlMs: 9_000, streamsHash: 'h' }).item,
  ...overrides,
});
const goItem = { pk: 'client#app', sk: 'c1', last_update: '2026-01-01' };

describe('decideClaim', () => {
  const claimed = (
    item: Readonly<Record<string, unknown>> | null,
    mode: RegisterMode = 'dynamic',
    triedNonces: readonly string[] = [],
  ) => decideClaim({ item, mode, triedNonces });

  it('tries again where the item went meanwhile', () => {
    expect(claimed(null).kind).toBe('raced');
  });

  it('replaces nonces of its own tries in every mode', () => {
    for (const mode of ['dynamic', 'staticFirst', 'staticAgain'] as const) {
      const decision = claimed(itemOf(), mode, ['n0', 'n1']);
      expect(decision).toEqual({ kind: 'replace', nonceAsRead: 'n1' });
    }
  });

  it('replaces the nonce of another process only as the first registration of a static id', () => {
    expect(claimed(itemOf(), 'staticFirst')).toEqual({ kind: 'replace', nonceAsRead: 'n1' });
    expect(claimed(itemOf(), 'staticAgain').kind).toBe('replaced');
    expect(claimed(itemOf(), 'dynamic', ['n0']).kind).toBe('replaced');
  });

  it('replaces what no session can be using, if a condition can name it', () => {
    const { nonce: _, ...without } = itemOf();
    expect(claimed(without)).toEqual({ kind: 'replace', nonceAsRead: null });
    expect(claimed(itemOf({ nonce: 7 }))).toEqual({ kind: 'replace', nonceAsRead: 7 });
    for (const nonce of ['', null, ['n1']])
      expect(claimed(itemOf({ nonce })).kind).toBe('unreadable');
  });

  it('leaves the item of a Go client alone', () => {
    expect(claimed(goItem, 'staticFirst').kind).toBe('goClient');
  });
});

describe('judgeBeatRefusal', () => {
  const judged = (
    item: Readonly<Record<string, unknown>> | null,
    nonce: string,
    ownNonces: readonly string[] = [],
  ) => judgeBeatRefusal({ item, nonce, ownNonces });

  it('is a loss where the own item is gone, not readable, or set back', () => {
    expect(judged(null, 'n1')).toBe('lost');
    expect(judged(itemOf({ ttl: 'soon' }), 'n1')).toBe('lost');
    expect(judged(goItem, 'n1')).toBe('lost');
    expect(judged(itemOf(), 'n1')).toBe('lost');
  });

  it('is a replacement where a nonce stands that is not its own', () => {
    expect(judged(itemOf(), 'n2')).toBe('replaced');
    expect(judged(itemOf(), 'n2', ['n0', 'n2'])).toBe('replaced');
    expect(judged(itemOf(), 'n2', ['n1', 'n2'])).toBe('lost');
  });
});

describe('standingSession', () => {
  it('names the session of a readable item', () => {
    expect(standingSession(itemOf())).toBe('c1/n1');
    for (const item of [null, goItem, itemOf({ rv: -1 })]) expect(standingSession(item)).toBeNull();
  });
});

describe('the nonces of own tries', () => {
  const tried = (tries: number): readonly string[] =>
    Array.from({ length: tries }, (_, index) => `n${index + 1}`).reduce<readonly string[]>(
      withNonce,
      [],
    );

  it('are kept in their order while they are few', () => {
    expect(tried(0)).toEqual([]);
    expect(tried(3)).toEqual(['n1', 'n2', 'n3']);
    expect(tried(KEPT_NONCES)[0]).toBe('n1');
  });

  it('are the newest ones only, however long registering fails', () => {
    const last = tried(KEPT_NONCES + 2);
    expect(last).toHaveLength(KEPT_NONCES);
    expect([last[0], last.at(-1)]).toEqual(['n3', `n${KEPT_NONCES + 2}`]);
  });
});
