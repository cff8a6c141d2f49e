import type { Evidence } from '../history.ts';
import { acquiresOf, Sessions, writesOf, type Checker, type ShardWrite } from './evidence.ts';
import { deliveriesOf } from './records.ts';
import { silencesOf } from './validity.ts';

/**
 * D6: once a shard has a new owner, no delivery starts under an older fence, but for a session whose static client id
 * was taken over while it lived, or whose item an operator removed: that one hears of it with its next heartbeat, and
 * delivers no longer than D5 lets it. A foreign write between the two acquires took the shard from an owner that can not
 * know.
 */
export const oneDeliverer: Checker = (evidence) => {
  const successors = new Map<ShardWrite, ShardWrite>();
  for (const acquires of acquiresOf(evidence).values()) {
    for (const [at, acquire] of acquires.entries()) {
      const next = acquires[at + 1];
      if (next !== undefined) successors.set(acquire, next);
    }
  }
  const unaware = unawareSessions(evidence);
  return deliveriesOf(evidence).flatMap(({ order, process, shard, fence, key, n, acquire }) => {
    const next = acquire === null ? undefined : successors.get(acquire);
    if (acquire === null || next === undefined || order < next.order) return [];
    if (next.epoch !== acquire.epoch) return [];
    const since = unaware.get(acquire.after.owner ?? '') ?? Number.POSITIVE_INFINITY;
    const { silentMs = 0, trustMs = 0 } = silencesOf(evidence).get(order) ?? {};
    if (since < order && silentMs <= trustMs) return [];
    return [
      {
        invariant: 'D6',
        order,
        message: `${shard}: ${key}:${n} came to ${process} at fence ${fence}, after ${next.process} took it at ${next.after.fence}`,
      },
    ];
  });
};

/** The sessions that went from the table by no member's judgement of them, and where in the history. */
function unawareSessions(evidence: Evidence): ReadonlyMap<string, number> {
  const sessions = new Sessions(evidence.app);
  const unaware = new Map<string, number>();
  for (const event of writesOf(evidence)) {
    const change = sessions.apply(event);
    if (!change?.before || change.after === change.before) continue;
    // a member's deletion is an expulsion, or its own leave
    if (event.after === null && event.process !== null) continue;
    unaware.set(change.before, event.order);
  }
  return unaware;
}
