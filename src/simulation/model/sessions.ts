/** Sessions as numbers, and their names in the table. */
import { invariant } from '../../errors.ts';
import { parseSession, sessionOf } from '../../machines/rules/sessions.ts';

/** Nobody, nothing, absent. */
export const NONE = 0;
/** As many as the bits of a number. No way to a fault comes near. */
const NONCES = 32;

/** The client's number and the age of the nonce, from 1, in one. */
export function sessionCode(client: number, nonce: number): number {
  invariant(nonce < NONCES, 'model-nonces', { client, nonce });
  return client * NONCES + nonce;
}
export const clientOf = (session: number): number => Math.floor(session / NONCES);
export const nonceOf = (session: number): number => session % NONCES;

export const clientIdOf = (client: number): string => `c${client}`;
export const nonceText = (nonce: number): string => String(nonce);

/** The name of a session; null: nobody. */
export const nameOf = (session: number): string | null =>
  session === NONE ? null : sessionOf(clientIdOf(clientOf(session)), nonceText(nonceOf(session)));

export function codeOfName(name: string | null): number {
  if (name === null) return NONE;
  const parts = parseSession(name);
  invariant(parts !== null, 'session-name', { name });
  return sessionCode(Number(parts.clientId.slice(1)), Number(parts.nonce));
}

/** All nonces that a process may have used so far, as texts. */
export const noncesUpTo = (nonce: number): string[] =>
  Array.from({ length: nonce }, (_, index) => nonceText(index + 1));
