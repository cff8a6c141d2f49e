/** A publish, as `steps/publish.ts` does it: the head, the members, and the put of the next head. */
import type { ClientItem, Head } from '../../../machines/rules/items.ts';
import {
  countedMembers,
  leaderOf,
  plannedMembers,
  type Purpose,
} from '../../../machines/rules/publication.ts';
import type { Ledger } from '../../../machines/rules/session-expiry.ts';
import type { Fault } from '../explorer.ts';
import { permutations } from '../naming.ts';
import { codeOfName, nameOf, NONE } from '../sessions.ts';
import { draftOf, hasRoom, send, step, who, type Scene } from './scene.ts';
import { processAt, sessionAt } from './state.ts';

export function publishingSteps(scene: Scene, index: number): void {
  const { phase, publishing } = processAt(scene.state, index);
  if (phase !== 'active') return;
  if (publishing === 'idle') readHead(scene, index);
  if (publishing === 'headRead') putHead(scene, index);
}

/** The strong read. Whoever knew another head before stops here, and polls. */
function readHead(scene: Scene, index: number): void {
  const next = draftOf(scene);
  const process = processAt(next, index);
  process.publishing = 'headRead';
  process.headAsRead = next.generation;
  step(scene, next, () => `${who(index)} reads the head, generation ${next.generation}`);
}

/** The strong query of the members, the plan, and the put. */
function putHead(scene: Scene, index: number): void {
  if (!hasRoom(scene)) return;
  const me = sessionAt(scene.state, index);
  const purposes: readonly Purpose[] =
    processAt(scene.state, index).leaving === 1 ? ['handover'] : ['takeover', 'lead'];
  for (const { leader, fault } of plansOf(scene, me, purposes)) {
    const next = draftOf(scene);
    const process = processAt(next, index);
    const asRead = process.headAsRead;
    process.publishing = 'sent';
    process.headAsRead = NONE;
    send(next, { kind: 'publish', process: index, session: me, asRead, leader });
    const words = () => `${who(index)} sends a generation that names ${nameOf(leader)} its leader`;
    step(scene, next, words, fault === null ? [] : [fault]);
  }
}

interface PossiblePlan {
  readonly leader: number;
  readonly fault: Fault | null;
}

const SEEN_AT_MS = 100_000;
const STEADY_MS = 27_000;

/** What the publisher may have seen of a member. A detector may be wrong in every way. */
const SIGHTINGS = ['nothing', 'steady', 'silent for a while', 'silent'] as const;

function ledgerOf(members: readonly ClientItem[], sightings: readonly number[]): Ledger {
  return Object.fromEntries(
    members.flatMap(({ clientId, nonce, rv, ttlMs }, at) => {
      const seen = SIGHTINGS[sightings[at] ?? 0];
      if (seen === 'nothing' || seen === undefined) return [];
      const silentMs = seen === 'silent' ? ttlMs : seen === 'steady' ? 0 : ttlMs / 2;
      const entry = {
        nonce,
        version: `${nonce}/${rv}`,
        silentMs,
        lastObservedMs: SEEN_AT_MS,
        unmovedSinceMs: SEEN_AT_MS - silentMs,
        ttlMs,
        steadySinceMs: seen === 'steady' ? SEEN_AT_MS - STEADY_MS : SEEN_AT_MS,
      };
      return [[clientId, entry]];
    }),
  );
}

/** All sightings of so many members. */
const sightingsOf = (members: number): number[][] =>
  members === 0
    ? [[]]
    : sightingsOf(members - 1).flatMap((rest) => SIGHTINGS.map((_, seen) => [seen, ...rest]));

const remembered = new WeakMap<object, Map<string, readonly PossiblePlan[]>>();

/**
 * Every leader that a plan may name, and what is wrong with such a plan. Ids are compared when a leader is chosen: so
 * that processes stay interchangeable, every order of the ids is tried.
 */
function plansOf(scene: Scene, me: number, purposes: readonly Purpose[]): readonly PossiblePlan[] {
  const members = scene.table.members(scene.state.ids);
  const key = JSON.stringify([
    me,
    purposes,
    members.map(({ session, rv, state }) => [session, rv, state]),
  ]);
  let plans = remembered.get(scene.config);
  if (plans === undefined) remembered.set(scene.config, (plans = new Map()));
  let possible = plans.get(key);
  if (possible === undefined) {
    possible = workOut(scene, members, nameOf(me) ?? '', purposes);
    plans.set(key, possible);
  }
  return possible;
}

/** Heads that the next generation may follow. Only a takeover looks at who leads by them: anybody, or one who is gone. */
const headsOf = (purpose: Purpose, members: readonly ClientItem[]): readonly (Head | null)[] => [
  null,
  ...(purpose === 'takeover' ? members : []).map(({ session }): Head => ({
    kind: 'head',
    generation: 1,
    leader: session,
    planRef: '',
  })),
];

function workOut(
  scene: Scene,
  members: readonly ClientItem[],
  session: string,
  purposes: readonly Purpose[],
): readonly PossiblePlan[] {
  const possible = new Map<string, PossiblePlan>();
  for (const purpose of purposes) {
    for (const order of permutations(scene.state.ids.length)) {
      const called = members.map((member) => inOrder(member, order));
      const clientId = inOrderId(session.slice(0, session.indexOf('/')), order);
      for (const sightings of sightingsOf(members.length)) {
        const publisher = { session, clientId, purpose, ledger: ledgerOf(called, sightings) };
        const counted =
          scene.config.twist?.joins === 'unheard' ? called : countedMembers(called, session);
        for (const head of headsOf(purpose, called)) {
          const planned = plannedMembers(counted, head, publisher);
          if (planned.length === 0) continue;
          const now = { seenAtMs: SEEN_AT_MS, steadyMs: STEADY_MS };
          const leader = leaderOf(planned, publisher, now);
          const fault = faultOfPlan(planned, leader);
          // who leads makes no other state: one that may is enough
          possible.set(fault?.message ?? '', { leader: codeOfName(leader), fault });
        }
      }
    }
  }
  return [...possible.values()];
}

/** Another client id that sorts by the order; the session keeps its name. */
const inOrder = (member: ClientItem, order: readonly number[]): ClientItem => ({
  ...member,
  clientId: inOrderId(member.clientId, order),
});
const inOrderId = (clientId: string, order: readonly number[]): string =>
  `c${order[Number(clientId.slice(1))]}`;

/** S7, as far as it is about members. */
function faultOfPlan(planned: readonly ClientItem[], leader: string): Fault | null {
  const wrong = (message: string): Fault => ({ invariant: 'S7', message });
  if (planned.some(({ rv }) => rv === 0)) {
    return wrong('a plan names a session before its first heartbeat');
  }
  const ids = new Set(planned.map(({ clientId }) => clientId));
  if (ids.size < planned.length) return wrong('a plan names a client twice');
  return planned.some(({ session }) => session === leader)
    ? null
    : wrong('a plan does not name its leader');
}
