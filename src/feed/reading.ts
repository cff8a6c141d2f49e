/** What the events of a feed mean by the protocol's own rules, for whoever draws a group. */
import type { MapShard } from '../machines/rules/lineage.ts';
import { assignmentOf, type Plan } from '../machines/rules/plan.ts';
import { parsePlanBody } from '../machines/rules/plan-body.ts';
import { parsePosition } from '../machines/rules/positions.ts';
import { parseSession } from '../machines/rules/sessions.ts';

export type { MapShard } from '../machines/rules/lineage.ts';
export type { Plan } from '../machines/rules/plan.ts';
export { compareDecimals } from '../machines/rules/hash-ranges.ts';
export { SHARD_END } from '../machines/rules/positions.ts';

/** @returns null: it is not whole, since there are more parts, or cannot be understood */
export function planOfBody(body: string): Plan | null {
  const parsed = parsePlanBody(body);
  return parsed.kind === 'plan' ? parsed.plan : null;
}

/** The shards of a stream on some version of its map. */
export interface MapVersion {
  readonly version: number;
  readonly shards: readonly MapShard[];
}

/** Whose each active shard of a stream is by a plan: a client id, by shard id. */
export function targetsIn(
  plan: Plan,
  stream: string,
  map: MapVersion,
): ReadonlyMap<string, string> {
  const targets = new Map<string, string>();
  if (!Object.hasOwn(plan.streams, stream)) return targets;
  const { version, shards } = map;
  // of a map, dividing looks at its version and shards only
  const whole = {
    stream,
    version,
    shards,
    createdAtMs: 0,
    start: { kind: 'trimHorizon' },
  } as const;
  for (const { clientId, shardIds } of assignmentOf(plan, new Map([[stream, whole]]))[stream] ??
    []) {
    for (const shardId of shardIds) targets.set(shardId, clientId);
  }
  return targets;
}

/** The client id of a session; the text itself where it is no session of ours. */
export function clientIdOf(session: string): string {
  return parseSession(session)?.clientId ?? session;
}

/** A position for human eyes: a sequence number, `SHARD_END`, or null: not started, or not to be understood. */
export function shownPosition(position: string | null): string | null {
  if (position === null) return null;
  const parsed = parsePosition(position);
  if (parsed.kind === 'shardEnd') return 'SHARD_END';
  if (parsed.kind !== 'after') return null;
  const { sequenceNumber, subsequenceNumber } = parsed;
  return subsequenceNumber === null ? sequenceNumber : `${sequenceNumber}.${subsequenceNumber}`;
}
