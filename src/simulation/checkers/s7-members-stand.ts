import { parseClient } from '../../machines/rules/items.ts';
import { clientsPk, groupPk } from '../../machines/rules/keys.ts';
import type { Plan } from '../../machines/rules/plan.ts';
import { headWritesOf, writesOf, type Checker, type Violation } from './evidence.ts';
import { lateHeadsOf } from './plans.ts';

/**
 * S7, of who is planned for: each member of a generation had sent a heartbeat, and still stood in the group, not
 * leaving, at some instant since the generation before: a publish reads the clients strongly, after that head. One that was
 * on its way when an operator removed the head read them before.
 */
export const membersStand: Checker = (evidence) => {
  const heads = new Map(headWritesOf(evidence).map((head) => [head.event.order, head]));
  const plans = new Map<string, Plan>();
  /** Sessions that may be planned for, by client id. */
  const standing = new Map<string, string>();
  let stoodSince = new Set<string>();
  const violations: Violation[] = [];
  for (const event of writesOf(evidence)) {
    const { order, before, after } = event;
    const head = heads.get(order);
    const { pk, sk } = after ?? before ?? { pk: '', sk: '' };
    if (pk === clientsPk(evidence.app)) {
      const client = after === null ? null : parseClient(after);
      if (client?.kind === 'client' && client.rv >= 1 && client.state === 'active') {
        standing.set(sk, client.session);
        stoodSince.add(client.session);
      } else {
        standing.delete(sk);
      }
    } else if (pk === groupPk(evidence.app) && after?.['parts'] === 1) {
      const { body } = after;
      if (typeof body === 'string') plans.set(sk, JSON.parse(body) as Plan);
    }
    if (head === undefined) continue;
    const late = lateHeadsOf(evidence).has(order);
    for (const { session } of plans.get(head.planRef)?.members ?? []) {
      if (late || stoodSince.has(session)) continue;
      const message = `generation ${head.generation}: its member ${session} does not stand`;
      violations.push({ invariant: 'S7', order, message });
    }
    stoodSince = new Set(standing.values());
  }
  return violations;
};
