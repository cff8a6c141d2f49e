import { clientsPk } from '../../machines/rules/keys.ts';
import type { Evidence } from '../history.ts';
import { acquiresOf, deliveriesOf, Sessions, writesOf, type Checker } from './evidence.ts';

/**
 * D6: once a shard has a new owner, no delivery starts under an older fence, but for a session whose static client id
 * was taken over while it lived: that one hears of it with its next heartbeat.
 */
export const oneDeliverer: Checker = (evidence) => {
  const acquires = acquiresOf(evidence);
  const replaced = replacedSessions(evidence);
  return deliveriesOf(evidence).flatMap(({ order, process, stream, shardId, fence, key, n }) => {
    const shard = `${stream}/${shardId}`;
    const next = acquires.get(`${shard}/${fence + 1}`);
    const session = acquires.get(`${shard}/${fence}`)?.after.owner ?? '';
    if (next === undefined || order < next.order || replaced.has(session)) return [];
    return [
      {
        invariant: 'D6',
        order,
        message: `${shard}: ${key}:${n} came to ${process} at fence ${fence}, after ${next.process} took it at ${fence + 1}`,
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
