import { groupBy, Sessions, type Checker, type Violation } from './evidence.ts';
import { deliveriesOf } from './records.ts';

/**
 * D4: a record is delivered again only where the session that had it ended without giving its shard back: its process
 * crashed, or the group expelled it. How many then: D3 bounds them by what was not committed. A foreign write between
 * the two acquires may have taken the position back. What a handler threw at, or did not finish within the drain
 * timeout, is not completed and comes again.
 */
export const noDuplicates: Checker = (evidence) => {
  const ends = abruptEnds(evidence);
  const violations: Violation[] = [];
  const byRecord = groupBy(
    deliveriesOf(evidence),
    ({ stream, sequenceNumber }) => `${stream}/${sequenceNumber}`,
  );
  for (const deliveries of byRecord.values()) {
    for (const [at, again] of deliveries.entries()) {
      const before = deliveries[at - 1];
      if (before === undefined) continue;
      // one of them may be a late call of a session that was taken for dead
      const older = before.fence < again.fence ? before : again;
      if (before.acquire?.epoch !== again.acquire?.epoch) continue;
      const drainMs = evidence.pace.drainTimeoutMs / (1 + evidence.pace.clockError);
      const unfinished = older.completedOrder > again.order && again.atMs - older.atMs >= drainMs;
      if (again.fence !== before.fence && (older.threwOrder < again.order || unfinished)) continue;
      const owner = older.acquire?.after.owner ?? '';
      const end = Math.min(ends.get(owner) ?? Infinity, ends.get(older.process) ?? Infinity);
      if (again.fence !== before.fence && end < again.order) continue;
      violations.push({
        invariant: 'D4',
        anomaly: 'duplicate',
        order: again.order,
        message: `${again.shard}: ${again.key}:${again.n} came again to ${again.process} at fence ${again.fence}, after ${before.process} at ${before.fence}`,
      });
    }
  }
  return violations;
};

/** When a session was expelled or replaced, or a process died, by its name. */
function abruptEnds(evidence: Parameters<Checker>[0]): ReadonlyMap<string, number> {
  const sessions = new Sessions(evidence.app);
  const ends = new Map<string, number>();
  const owners = new Map<string, string | null>();
  for (const event of evidence.events) {
    if (event.kind === 'process' && (event.what === 'crashed' || event.what === 'failed')) {
      ends.set(event.process, event.order);
    }
    if (event.kind !== 'write') continue;
    const change = sessions.apply(event);
    if (change === null) continue;
    if (change.after !== null && change.after !== change.before) {
      owners.set(change.after, event.process);
    }
    // what a session's own process does to its item is no expulsion
    if (change.before === null || change.before === change.after) continue;
    if (owners.get(change.before) !== event.process) ends.set(change.before, event.order);
  }
  return ends;
}
