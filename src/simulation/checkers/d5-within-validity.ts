import { Sessions, type Checker, type Violation } from './evidence.ts';
import { deliveriesOf } from './records.ts';

/**
 * D5: no delivery starts once the session may have been expelled: longer after its last heartbeat than the session
 * trusts an answered one. Judged by when the table had the heartbeat, which was after its sending.
 */
export const withinValidity: Checker = (evidence) => {
  const deliveries = new Map(deliveriesOf(evidence).map((delivery) => [delivery.order, delivery]));
  const sessions = new Sessions(evidence.app);
  const beatAtMs = new Map<string, number>();
  const violations: Violation[] = [];
  for (const event of evidence.events) {
    if (event.kind === 'write') {
      const change = sessions.apply(event);
      if (change?.after && change.after === change.before) beatAtMs.set(change.after, event.atMs);
    }
    const delivery = deliveries.get(event.order);
    if (delivery === undefined) continue;
    const { shard, acquire, process, atMs, order } = delivery;
    const session = acquire?.after.owner ?? '';
    const silentMs = atMs - (beatAtMs.get(session) ?? Number.NEGATIVE_INFINITY);
    if (silentMs <= evidence.trustMs) continue;
    violations.push({
      invariant: 'D5',
      order,
      message: `${shard}: delivered by ${process} ${Math.round(silentMs)} ms after its last heartbeat`,
    });
  }
  return violations;
};
