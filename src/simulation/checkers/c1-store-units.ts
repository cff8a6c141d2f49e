import { groupPk, mapsPk } from '../../machines/rules/keys.ts';
import { itemBytes } from '../../services/memory/attribute-values.ts';
import type { Evidence, UsageEvent } from '../history.ts';
import { groupBy, shardWritesOf, type Checker, type Violation } from './evidence.ts';
import { deliveriesOf } from './records.ts';
import { restOf } from './rest.ts';
import { untakenOf } from './untaken.ts';

/** What SPEC.md allows over the formula. */
const TOLERANCE = 1.05;
/** Shorter than this, single requests decide. */
const LEAST_MS = 5_000;
const READ_UNIT_BYTES = 4_096;
const BYTES_PER_CLIENT = 200;
const MINUTE_MS = 60_000;
/** How often a doubt is looked at that nobody waits for. */
const DOUBT_MS = 5_000;
/** It is spread, and may come this much sooner. */
const SPREAD = 1 / 0.9;

/**
 * C1: a settled group takes at most 5 % more units than the formula of the README: for each client a write each
 * heartbeat and a read unit each poll, for the leader a query each poll, a write each commit interval for each shard of
 * which something was completed. Judged between the first and the last charge of a process that was noted in a time of
 * rest, by the fastest clock; both ends may cut one period of each client off, and each minute the maps are read. A
 * process whose acquire was lost looks at its item seldom, but for as long as nobody takes that shard.
 */
export const storeUnits: Checker = (evidence) => {
  const rest = restOf(evidence);
  if (rest === null) return [];
  const charges = evidence.events.filter(
    (event): event is UsageEvent => event.kind === 'usage' && event.atMs >= rest.settledFromMs,
  );
  const spans = [...groupBy(charges, ({ process }) => process).values()].flatMap((own) => {
    const [first, last] = [own[0], own.at(-1)];
    return first === undefined || last === undefined ? [] : [{ first, last }];
  });
  const [span] = spans;
  if (span === undefined) return [];
  const fromMs = span.first.atMs;
  const untilMs = span.last.atMs;
  if (untilMs - fromMs < LEAST_MS) return [];

  const faster = 1 + evidence.pace.clockError;
  let allowedReads = mapUnits(evidence) * (1 + Math.ceil((untilMs - fromMs) / MINUTE_MS));
  let allowedWrites = commitsWithin(evidence, fromMs, untilMs);
  let [reads, writes] = [0, 0];
  let leaderPollMs = Number.POSITIVE_INFINITY;
  for (const { first, last } of spans) {
    const tookMs = (last.atMs - first.atMs) * faster;
    reads += last.readUnits - first.readUnits;
    writes += last.writeUnits - first.writeUnits;
    allowedReads += (tookMs / first.pollIntervalMs) * TOLERANCE + 1;
    allowedReads += untakenOf(evidence, first.process) * Math.ceil((tookMs * SPREAD) / DOUBT_MS);
    allowedWrites += (tookMs / first.heartbeatIntervalMs) * TOLERANCE + 1;
    leaderPollMs = Math.min(leaderPollMs, first.pollIntervalMs);
  }
  // any of them may lead: at most the one that polls most
  const queryUnits = 0.5 * Math.ceil((BYTES_PER_CLIENT * spans.length) / READ_UNIT_BYTES);
  const queries = (((untilMs - fromMs) * faster) / leaderPollMs) * TOLERANCE + 1;
  allowedReads += queries * queryUnits;
  return [
    ...tooMany('write', writes, allowedWrites, fromMs, untilMs),
    ...tooMany('read', reads, allowedReads, fromMs, untilMs),
  ];
};

function tooMany(
  what: string,
  units: number,
  allowed: number,
  fromMs: number,
  untilMs: number,
): readonly Violation[] {
  if (units <= allowed) return [];
  const message = `${units} ${what} units from ${Math.round(fromMs)} to ${Math.round(untilMs)} ms instead of ${allowed.toFixed(1)}`;
  return [{ invariant: 'C1', order: null, message }];
}

/** Strong reads of the maps as they stand, and of the lists beside them. */
const mapUnits = (evidence: Evidence): number =>
  evidence.items
    .filter(({ pk }) => pk === mapsPk(evidence.app) || pk === groupPk(evidence.app))
    .reduce((units, item) => units + Math.ceil(itemBytes(item) / READ_UNIT_BYTES), 0);

/** At most one for each shard and commit interval, and for each handler call. */
function commitsWithin(evidence: Evidence, fromMs: number, untilMs: number): number {
  const { commitIntervalMs, clockError } = evidence.pace;
  const calls = new Map<string, Set<string>>();
  for (const { shard, process, call, completedAtMs } of deliveriesOf(evidence)) {
    // what was completed before may be committed in this time
    if (completedAtMs < fromMs - 2 * commitIntervalMs || completedAtMs > untilMs) continue;
    const own = calls.get(shard) ?? new Set();
    calls.set(shard, own.add(`${process}/${call}`));
  }
  const mostMs = (untilMs - fromMs) * (1 + clockError);
  const moved = shardWritesOf(evidence).filter(
    ({ atMs, kind }) => atMs >= fromMs && atMs <= untilMs && kind === 'acquire',
  );
  return [...calls.values()].reduce(
    (sum, own) => sum + Math.min(own.size, Math.floor(mostMs / commitIntervalMs) + 1),
    moved.length,
  );
}
