/**
 * When a session may be expelled. No clock of another host is compared with one's own: a session is silent when
 * this observer saw its record version unmoved for the TTL that the item itself states, on the observer's own
 * monotonic clock, over its own successful reads, and only over time that its own heartbeats vouch for.
 */
import type { Vouched } from './own-beats.ts';

/** One client item as read. */
export interface Observation {
  readonly clientId: string;
  readonly nonce: string;
  /** Record version: +1 per heartbeat. */
  readonly rv: number;
  /** The TTL that the item states. */
  readonly ttlMs: number;
}

/** What is remembered of one client. */
export interface LedgerEntry {
  readonly nonce: string;
  /** (nonce, rv) as one string; equal means unmoved. */
  readonly version: string;
  /** Silence that counts, as of the last look. */
  readonly silentMs: number;
  /** Since when this version is seen, whether or not the silence counts. */
  readonly unmovedSinceMs: number;
  readonly ttlMs: number;
  /** Since when this nonce is seen without a pause of its TTL. */
  readonly steadySinceMs: number;
}

/** What one observer has seen of the others, by clientId. Immutable. */
export type Ledger = Readonly<Record<string, LedgerEntry>>;

export const EMPTY_LEDGER: Ledger = Object.freeze({});

/** What was seen of a client. */
export const entryOf = (ledger: Ledger, clientId: string): LedgerEntry | undefined =>
  Object.hasOwn(ledger, clientId) ? ledger[clientId] : undefined;

/**
 * The ledger after one successful read of the client items. Clients that are not among them are forgotten.
 *
 * @param nowMs the observer's monotonic clock.
 * @param vouched what the observer's own heartbeats vouch for.
 */
export function observe(
  ledger: Ledger,
  observations: readonly Observation[],
  nowMs: number,
  vouched: Vouched,
): Ledger {
  return Object.fromEntries(
    observations.map((seen) => [
      seen.clientId,
      nextEntry(entryOf(ledger, seen.clientId), seen, nowMs, vouched),
    ]),
  );
}

function nextEntry(
  before: LedgerEntry | undefined,
  seen: Observation,
  nowMs: number,
  vouched: Vouched,
): LedgerEntry {
  const { nonce, ttlMs } = seen;
  const version = `${nonce}/${seen.rv}`;
  const steadySinceMs = before?.nonce === nonce ? before.steadySinceMs : nowMs;
  if (before?.version !== version) {
    return { nonce, version, ttlMs, steadySinceMs, silentMs: 0, unmovedSinceMs: nowMs };
  }
  // where own heartbeats were missed since, it begins anew
  const countsFromMs = Math.max(before.unmovedSinceMs, vouched.fromMs);
  return {
    nonce,
    version,
    ttlMs,
    silentMs: Math.max(0, Math.min(nowMs, vouched.untilMs) - countsFromMs),
    unmovedSinceMs: before.unmovedSinceMs,
    // Uncounted silence too spoils steadiness: it decides a handover, which may wait, not an expulsion.
    steadySinceMs: nowMs - before.unmovedSinceMs >= ttlMs ? nowMs : steadySinceMs,
  };
}

/** Whether a client was silent for the TTL that its item states. An unknown client is not. */
export function isSilent(ledger: Ledger, clientId: string): boolean {
  const entry = entryOf(ledger, clientId);
  return entry !== undefined && entry.silentMs >= entry.ttlMs;
}

/** The same for exactly the version that another read shows: one that moved on meanwhile is not. */
export function isSilentAt(
  ledger: Ledger,
  seen: Pick<Observation, 'clientId' | 'nonce' | 'rv'>,
): boolean {
  const entry = entryOf(ledger, seen.clientId);
  return entry?.version === `${seen.nonce}/${seen.rv}` && isSilent(ledger, seen.clientId);
}

/**
 * How long until the next client is silent, should it stay unmoved and the own heartbeats go on: whoever looks then
 * loses no time. Infinity where nobody is left who could become it.
 */
export function nextSilenceInMs(ledger: Ledger, nowMs: number, vouched: Vouched): number {
  const waits = Object.values(ledger).map(
    ({ ttlMs, unmovedSinceMs }) => Math.max(unmovedSinceMs, vouched.fromMs) + ttlMs - nowMs,
  );
  return Math.min(Infinity, ...waits.filter((waitMs) => waitMs > 0));
}

/** The clients that may be expelled, by clientId. */
export function silentClients(ledger: Ledger): string[] {
  return Object.keys(ledger)
    .filter((clientId) => isSilent(ledger, clientId))
    .sort();
}

/** How long the same nonce has been seen without a pause of its TTL; 0 for an unknown client. */
export function steadyForMs(ledger: Ledger, clientId: string, nowMs: number): number {
  const entry = entryOf(ledger, clientId);
  return entry === undefined ? 0 : Math.max(0, nowMs - entry.steadySinceMs);
}

/** Part of the members that may be expelled per TTL while the store throttles: one in this many. */
const THROTTLED_SHARE = 10;

/**
 * How many sessions one leader may expel per TTL. While throttling is seen, silence is likely the store's fault:
 * without this bound one throttled minute would empty the group.
 *
 * @returns Infinity normally; at least 1, at most a tenth of the members while throttling is seen.
 */
export function expulsionsAllowed(members: number, throttledRecently: boolean): number {
  return throttledRecently
    ? Math.max(1, Math.floor(members / THROTTLED_SHARE))
    : Number.POSITIVE_INFINITY;
}
