import { parseClient } from '../../machines/rules/items.ts';
import { clientsPk } from '../../machines/rules/keys.ts';
import type { Evidence } from '../history.ts';
import { boundsOf, calmOf, overdue } from './calm.ts';
import {
  groupBy,
  mapsOf,
  standingOf,
  writesOf,
  type Checker,
  type ShardWrite,
  type Violation,
} from './evidence.ts';
import { exemptionsOf } from './exempt.ts';
import { endOfProcess, endOfSession, rightsOf } from './owners.ts';
import {
  deliveriesOf,
  indexFrom,
  placeOf,
  recordsKey,
  recordsOf,
  runOf,
  type Delivery,
} from './records.ts';

/**
 * L9: in the quiet phase no handler, stuck or not, holds back another shard or a heartbeat. A session heartbeats
 * within 2 · (heartbeat + poll). A shard whose records wait while its own handler is idle is delivered to within three
 * reads at their longest pause (1 s or the scan interval), once the reads that failed before have backed off (5 s). One
 * that the map had as ended is read by nobody, though a late acquire made its item anew after a foreign write.
 */
export const nobodyStarves: Checker = (evidence) => {
  const calm = calmOf(evidence);
  if (calm === null) return [];
  return [...heldBeats(evidence, calm.fromMs), ...heldShards(evidence, calm.fromMs)];
};

function heldBeats(evidence: Evidence, fromMs: number): readonly Violation[] {
  const { beatMs } = boundsOf(evidence.pace);
  const beats = groupBy(
    writesOf(evidence).flatMap(({ after, process, atMs }) => {
      const parsed = after?.pk === clientsPk(evidence.app) ? parseClient(after) : null;
      return parsed?.kind === 'client' && parsed.rv >= 1
        ? [{ session: parsed.session, process: process ?? '', atMs }]
        : [];
    }),
    ({ session }) => session,
  );
  return [...beats].flatMap(([session, own]): Violation[] => {
    const process = own[0]?.process ?? '';
    const endMs = Math.min(
      evidence.endMs,
      endOfSession(evidence, session),
      endOfProcess(evidence, process),
    );
    const instants = [...own.map(({ atMs }) => atMs).filter((atMs) => atMs < endMs), endMs];
    return instants.flatMap((atMs, at): Violation[] => {
      const sinceMs = Math.max(instants[at - 1] ?? atMs, fromMs);
      if (atMs <= sinceMs + beatMs) return [];
      const message = `${session} does not heartbeat`;
      return [overdue('L9', message, [sinceMs, sinceMs + beatMs, atMs])];
    });
  });
}

function heldShards(evidence: Evidence, fromMs: number): readonly Violation[] {
  const { readAgainMs, deliveryMs } = boundsOf(evidence.pace);
  const runs = groupBy(deliveriesOf(evidence), runOf);
  return rightsOf(evidence).flatMap(({ acquire, untilMs }): Violation[] => {
    const endMs = Math.min(untilMs, evidence.endMs);
    if (endMs <= fromMs || isOver(evidence, acquire)) return [];
    const key = recordsKey(evidence, { ...acquire, order: acquire.order + 1 });
    const records = recordsOf(evidence).get(key) ?? [];
    const run = runOf({ ...acquire, acquire, fence: acquire.after.fence ?? 0 });
    const first = indexFrom(evidence, key, standingOf(acquire.after));
    const places = placeOf(evidence);
    const exempt = exemptionsOf(evidence);
    return [...idleTimes(runs.get(run) ?? [], acquire.atMs, endMs)].flatMap((idle): Violation[] => {
      const { last } = idle;
      const place = places.get(`${key}/${last?.sequenceNumber}`);
      const next = place === undefined ? first : place.index + 1;
      const waiting = records.slice(next).find((record) => {
        const { because, order = 0 } = exempt.get(record) ?? {};
        // a map that began anew before has its start behind it
        if (because === 'forgotten') return order >= acquire.order;
        // a stream is deleted before the quiet phase, and what was left of it is nobody's to read
        return because !== 'lapsed' && because !== 'unreadable' && because !== 'deleted';
      });
      if (waiting === undefined) return [];
      const sinceMs = Math.max(idle.fromMs, waiting.atMs, fromMs + readAgainMs);
      if (idle.untilMs <= sinceMs + deliveryMs) return [];
      const message = `${run}: ${waiting.key}:${waiting.n} waits at ${acquire.process}`;
      return [overdue('L9', message, [sinceMs, sinceMs + deliveryMs, idle.untilMs])];
    });
  });
}

function isOver(evidence: Evidence, { stream, shardId, order, epoch }: ShardWrite): boolean {
  if (epoch === 0) return false;
  const before = mapsOf(evidence).findLast((map) => map.map.stream === stream && map.order < order);
  return before?.map.shards.some((shard) => shard.shardId === shardId && shard.ended) === true;
}

/** While no handler call of a run is out, and what was delivered last until then. */
function* idleTimes(
  deliveries: readonly Delivery[],
  fromMs: number,
  endMs: number,
): Iterable<{ readonly fromMs: number; readonly untilMs: number; readonly last: Delivery | null }> {
  let freeMs = fromMs;
  for (const [at, { atMs, throughAtMs }] of deliveries.entries()) {
    yield { fromMs: freeMs, untilMs: Math.min(atMs, endMs), last: deliveries[at - 1] ?? null };
    freeMs = Math.max(freeMs, throughAtMs);
  }
  yield { fromMs: freeMs, untilMs: endMs, last: deliveries.at(-1) ?? null };
}
