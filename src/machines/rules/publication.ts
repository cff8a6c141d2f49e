/** Whom a generation names, and who leads it. */
import { invariant } from '../../errors.ts';
import type { ClientItem, Head } from './items.ts';
import { entryOf, isSilent, isSilentAt, steadyForMs, type Ledger } from './session-expiry.ts';

/** `takeover`: a follower claims the lead · `lead`: the leader goes on · `handover`: it leaves. */
export type Purpose = 'takeover' | 'lead' | 'handover';

/** What the publisher knows. */
export interface Publisher {
  readonly session: string;
  readonly clientId: string;
  readonly purpose: Purpose;
  readonly ledger: Ledger;
}

type Member = Pick<ClientItem, 'clientId' | 'session' | 'nonce' | 'rv' | 'state'>;

/** Whether a strong read shows another generation than the one known: somebody else published. */
export const isOutrun = (stands: Head | null, known: Head | null): boolean =>
  (stands?.generation ?? 0) !== (known?.generation ?? 0) || stands?.planRef !== known?.planRef;

/** A session counts from its first heartbeat. */
export const countedMembers = <M extends Member>(members: readonly M[], me: string): M[] =>
  members.filter((member) => member.rv >= 1 || member.session === me);

/**
 * Whether the leader whose silence is the reason for a takeover lives: the strong query shows that it moved on. An
 * eventual read shows a version of before for a while.
 */
export const isLeaderBack = (
  counted: readonly Member[],
  head: Head | null,
  { purpose, ledger }: Publisher,
): boolean =>
  purpose === 'takeover' &&
  counted.some(
    (member) =>
      member.session === head?.leader &&
      isSilent(ledger, member.clientId) &&
      !isSilentAt(ledger, member),
  );

/**
 * Those of the counted members that the next generation names.
 *
 * @param head the one that the next follows
 */
export const plannedMembers = <M extends Member>(
  counted: readonly M[],
  head: Head | null,
  { session, purpose, ledger }: Publisher,
): M[] =>
  counted.filter(
    (member) =>
      member.state === 'active' &&
      // the leader whose silence is the reason for a takeover; it is expelled right after. Others that are
      // silent, as one who led before may remember, keep their shards until they are expelled
      !(purpose === 'takeover' && member.session === head?.leader && isSilentAt(ledger, member)) &&
      !(purpose === 'handover' && member.session === session),
  );

/**
 * The session that leads the next generation: its publisher, unless that leaves or a lower client id has been
 * steadily alive (so that index 0 leads).
 *
 * @param planned at least one.
 * @param now when the ledger was last fed, and for how long a lower id has to be steady.
 */
export function leaderOf(
  planned: readonly Member[],
  { session, clientId, purpose, ledger }: Publisher,
  now: { readonly seenAtMs: number; readonly steadyMs: number },
): string {
  const byId = [...planned].sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
  // a publish may be on its way when its publisher says that it leaves
  if (!planned.some((member) => member.session === session)) {
    // one that died just now is not silent for its TTL yet: rather one that was seen to live
    const lively = byId.find((member) => {
      const seen = entryOf(ledger, member.clientId);
      return seen === undefined || seen.silentMs < seen.ttlMs / 2;
    });
    const successor = lively ?? byId[0];
    invariant(successor !== undefined, 'S7', { planned: planned.length });
    return successor.session;
  }
  const lower = byId.find(
    (member) =>
      member.clientId < clientId &&
      steadyForMs(ledger, member.clientId, now.seenAtMs) >= now.steadyMs,
  );
  return purpose === 'lead' && lower !== undefined ? lower.session : session;
}
