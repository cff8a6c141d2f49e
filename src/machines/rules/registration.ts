/** Who may stand under a client id: what a registration may replace, and what a refused heartbeat means. */
import { parseClient } from './items.ts';

type Attributes = Readonly<Record<string, unknown>>;

/** `staticFirst`: a process with an id of its own may take over what it reads. `dynamic`, `staticAgain`: only its own. */
export type RegisterMode = 'dynamic' | 'staticFirst' | 'staticAgain';

export interface ClaimQuestion {
  /** What a strong read showed where an item was in the way; null: it went meanwhile. */
  readonly item: Attributes | null;
  readonly mode: RegisterMode;
  /** Nonces of own earlier tries, whose late writes are no other process. */
  readonly triedNonces: readonly string[];
}

export type ClaimDecision =
  | { readonly kind: 'replace'; readonly nonceAsRead: string | number | null }
  /** Nothing stands there any more: try again. */
  | { readonly kind: 'raced' }
  /** Another process holds this client id. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'goClient' }
  /** No condition can name what stands in place of the nonce. */
  | { readonly kind: 'unreadable' };

/**
 * Own nonces that are kept. One is needed for as long as a write of its try may still arrive, which is some minutes: AWS
 * refuses a request that comes 5 minutes after its signature (a quarter of an hour at the most, with clocks that
 * differ). Tries that fail come 2.5 s apart on average, so these last for more than 20 minutes; a table that is away for
 * a month leaves no list of a million behind.
 */
export const KEPT_NONCES = 512;

/** The nonces of own tries after another one; the oldest are forgotten. */
export const withNonce = (ownNonces: readonly string[], nonce: string): readonly string[] => [
  ...ownNonces.slice(1 - KEPT_NONCES),
  nonce,
];

/** What a registration does that found an item under its client id. */
export function decideClaim({ item, mode, triedNonces }: ClaimQuestion): ClaimDecision {
  if (item === null) return { kind: 'raced' };
  if (parseClient(item).kind === 'goClient') return { kind: 'goClient' };
  const { nonce } = item;
  const isNonce = typeof nonce === 'string' && nonce !== '';
  const mayReplace =
    // without a nonce it is no session's item, whoever wrote it
    !isNonce || mode === 'staticFirst' || triedNonces.includes(nonce);
  if (!mayReplace) return { kind: 'replaced' };
  if (isNonce || typeof nonce === 'number') return { kind: 'replace', nonceAsRead: nonce };
  return nonce === undefined ? { kind: 'replace', nonceAsRead: null } : { kind: 'unreadable' };
}

export interface RefusedBeat {
  /** The own item, by a strong read; null: there is none. */
  readonly item: Attributes | null;
  readonly nonce: string;
  /** Nonces of own earlier tries, whose late writes are no other process. */
  readonly ownNonces: readonly string[];
}

/** What a refused heartbeat means. */
export function judgeBeatRefusal({ item, nonce, ownNonces }: RefusedBeat): 'lost' | 'replaced' {
  const stands = item === null ? null : parseClient(item);
  // gone or not readable: to the others there is no such session
  if (stands?.kind !== 'client') return 'lost';
  // mine, and yet refused: an old version came back (a restore); only a new session is sure
  if (stands.nonce === nonce) return 'lost';
  // expelled, and then a registration that was given up long ago arrived after all
  return ownNonces.includes(stands.nonce) ? 'lost' : 'replaced';
}

/** The session that an item under a client id shows; null: none. */
export function standingSession(item: Attributes | null): string | null {
  const stands = item === null ? null : parseClient(item);
  return stands?.kind === 'client' ? stands.session : null;
}
