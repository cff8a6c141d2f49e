import { clientsPk } from '../../machines/rules/keys.ts';
import type { Evidence } from '../history.ts';
import { acquiresOf, Sessions, writesOf, type Checker, type ShardWrite } from './evidence.ts';
import { deliveriesOf } from './records.ts';

/**
 * D6: once a shard has a new owner, no delivery starts under an older fence, but for a session whose static client id
 * was taken over while it lived: that one hears of it with its next heartbeat. A foreign write between the two acquires
 * took the shard from an owner that can not know.
 */
export const oneDeliverer: Checker = (evidence) => {
  const successors = new Map<ShardWrite, ShardWrite>();
  for (const acquires of acquiresOf(evidence).values()) {
    for (const [at, acquire] of acquires.entries()) {
      const next = acquires[at + 1];
      if (next !== undefined) successors.set(acquire, next);
    }
  }
  const replaced = replacedSessions(evidence);
  return deliveriesOf(evidence).flatMap(({ order, process, shard, fence, key, n, acquire }) => {
    const next = acquire === null ? undefined : successors.get(acquire);
    if (acquire === null || next === undefined || order < next.order) return [];
    if (next.epoch !== acquire.epoch || replaced.has(acquire.after.owner ?? '')) return [];
    return [
      {
        invariant: 'D6',
        order,
        message: `${shard}: ${key}:${n} came to ${process} at fence ${fence}, after ${next.process} took it at ${next.after.fence}`,
      },
    ];
  });
};

function replacedSessions(evidence: Evidence): ReadonlySet<string> {
  const sessions = new Sessions(evidence.app);
  const replaced = new Set<string>();
  for (const event of writesOf(evidence)) {
    const change = sessions.apply(event);
    if (event.after?.pk !== clientsPk(evidence.app) || !change?.before) continue;
    if (change.after !== change.before) replaced.add(change.before);
  }
  return replaced;
}
