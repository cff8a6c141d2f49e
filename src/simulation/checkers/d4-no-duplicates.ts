import type { Evidence } from '../history.ts';
import { groupBy, Sessions, shardWritesOf, type Checker, type Violation } from './evidence.ts';
import { deliveriesOf, type Delivery } from './records.ts';

/**
 * D4: a record is delivered again only where the session that had it ended without giving its shard back: its process
 * crashed, the group expelled it, or another process took its client id. How many then: D3 bounds them by what was not
 * committed. None of these is an excuse for what was through when the shard was given back before: so a member that
 * restarts in order under its client id repeats nothing. A foreign write between the two acquires may have taken the
 * position back. What was not marked, of a process that commits by hand, is not completed though its handler was
 * through. What a handler threw at is not completed and comes again; so does what it did not finish within the drain
 * timeout, where its client told so, whether it was through later or not. A process that failed is no excuse for what
 * was through before it began to end, where it gave that shard back since.
 */
export const noDuplicates: Checker = (evidence) => {
  const ends = abruptEnds(evidence);
  const failures = failuresOf(evidence);
  const cutOff = drainTimeouts(evidence);
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
      const ranMs = Math.min(again.atMs, older.completedAtMs) - older.atMs;
      const unfinished =
        ranMs >= drainMs &&
        (cutOff.get(`${older.process} ${older.shard}`) ?? []).some(
          (order) => older.order < order && order < Math.min(older.completedOrder, again.order),
        );
      const unmarked = older.throughOrder < again.order && older.completedOrder > again.order;
      const uncompleted = older.threwOrder < again.order || unfinished || unmarked;
      if (again.fence !== before.fence && uncompleted) continue;
      const owner = older.acquire?.after.owner ?? '';
      const end = Math.min(ends.get(owner) ?? Infinity, ends.get(older.process) ?? Infinity);
      const endsInstead = end < again.order && !isGivenBack(evidence, older, end);
      if (again.fence !== before.fence && endsInstead) continue;
      const failure = failures.get(older.process);
      const failed = failure !== undefined && failure.order < again.order;
      if (again.fence !== before.fence && failed && !isGivenUp(evidence, older, failure)) continue;
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

/** Where clients told that a handler was not through within the drain timeout, by `process shard`. */
function drainTimeouts(evidence: Evidence): ReadonlyMap<string, readonly number[]> {
  const told = new Map<string, number[]>();
  for (const event of evidence.events) {
    if (event.kind !== 'notice' || event.detail?.startsWith('DrainTimeout') !== true) continue;
    const name = `${event.process} ${event.shard}`;
    told.set(name, [...(told.get(name) ?? []), event.order]);
  }
  return told;
}

/** A process that ended by an error. */
interface Failure {
  readonly order: number;
  /** True time of the first sign that it would end: it was told to, or its handler threw; null: there was none. */
  readonly signAtMs: number | null;
}

function failuresOf(evidence: Evidence): ReadonlyMap<string, Failure> {
  const signs = new Map<string, number>();
  const failures = new Map<string, Failure>();
  for (const event of evidence.events) {
    if (event.kind !== 'process' && event.kind !== 'threw') continue;
    const { process, order, atMs } = event;
    const isSign = event.kind === 'threw' || event.what === 'leaving';
    if (isSign && !signs.has(process)) signs.set(process, atMs);
    if (event.kind === 'process' && event.what === 'failed') {
      failures.set(process, { order, signAtMs: signs.get(process) ?? null });
    }
  }
  return failures;
}

/**
 * Whether what was delivered was completed before its process began to end, and the shard was given back by its owner in
 * order since then: that write has to cover it.
 */
function isGivenUp(evidence: Evidence, delivery: Delivery, { signAtMs }: Failure): boolean {
  if (signAtMs === null || delivery.completedAtMs >= signAtMs) return false;
  return isGivenBack(evidence, delivery, Number.POSITIVE_INFINITY);
}

/** Whether its owner gave the shard back after what was delivered was through, and before a place in the history. */
const isGivenBack = (evidence: Evidence, delivery: Delivery, until: number): boolean =>
  shardWritesOf(evidence).some(
    ({ shard, kind, order, before, after }) =>
      shard === delivery.shard &&
      kind === 'other' &&
      order > delivery.completedOrder &&
      order < until &&
      before.owner === delivery.acquire?.after.owner &&
      before.fence === delivery.acquire.after.fence &&
      after.owner === null,
  );

/** When a session was expelled or replaced, or a process crashed, by its name. */
function abruptEnds(evidence: Evidence): ReadonlyMap<string, number> {
  const sessions = new Sessions(evidence.app);
  const ends = new Map<string, number>();
  const owners = new Map<string, string | null>();
  for (const event of evidence.events) {
    if (event.kind === 'process' && event.what === 'crashed') {
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
