/**
 * Names of sessions. A session is one life of a client: `clientId/nonce`. The nonce is fresh for each
 * registration, so that "the owner's session is gone" stays true once seen, even when the clientId comes back.
 */
import { invariant } from '../../errors.ts';

/** The two parts of a session's name. */
export interface SessionParts {
  readonly clientId: string;
  readonly nonce: string;
}

/**
 * The name of a session, as it stands in the owner attribute of a shard item.
 *
 * @param clientId not empty; may contain slashes.
 * @param nonce not empty, without a slash.
 * @throws KinesumerError `InvariantBroken` when a part is empty or the nonce has a slash.
 */
export function sessionOf(clientId: string, nonce: string): string {
  invariant(clientId !== '' && nonce !== '' && !nonce.includes('/'), 'session-name', {
    clientId,
    nonce,
  });
  return `${clientId}/${nonce}`;
}

/** Takes a session's name apart at its last slash; null where it is none. */
export function parseSession(session: string): SessionParts | null {
  const slash = session.lastIndexOf('/');
  if (slash <= 0 || slash === session.length - 1) return null;
  return { clientId: session.slice(0, slash), nonce: session.slice(slash + 1) };
}
