import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseSession, sessionOf } from '../../../src/machines/rules/sessions.ts';

it('a session says its clientId and nonce, even when the clientId has slashes', () => {
  const clientIds = fc.string({ minLength: 1, unit: fc.constantFrom('a', '/', '-', 'é') });
  const nonces = fc.string({ minLength: 1, unit: fc.constantFrom('0', 'f', '-') });
  fc.assert(
    fc.property(clientIds, nonces, (clientId, nonce) => {
      expect(parseSession(sessionOf(clientId, nonce))).toEqual({ clientId, nonce });
    }),
  );
});

it('what is no session is told', () => {
  for (const text of ['', '/', 'a', '/n', 'a/']) expect(parseSession(text)).toBeNull();
});

it('a session without one of its parts, or with a slash in its nonce, is refused', () => {
  for (const [clientId, nonce] of [
    ['', 'n'],
    ['a', ''],
    ['a', 'n/m'],
  ] as const) {
    expect(() => sessionOf(clientId, nonce)).toThrow('session-name');
  }
});
