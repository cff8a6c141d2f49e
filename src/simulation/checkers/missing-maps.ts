/** The maps that an operator removed. */
import { mapsPk } from '../../machines/rules/keys.ts';
import type { Evidence } from '../history.ts';
import { boundsOf } from './calm.ts';
import { writesOf } from './evidence.ts';
import { once } from './once.ts';
import { generationsOf } from './plans.ts';

/** Each stream is listed once in that time. */
const LISTING_MS = 60_000;

interface MissingMap {
  readonly stream: string;
  readonly removedOrder: number;
  readonly removedAtMs: number;
  /** Infinity: never. */
  readonly anewAtMs: number;
}

/** Each with when it began anew. */
export const missingMapsOf = once((evidence): readonly MissingMap[] => {
  const removed = new Map<string, MissingMap>();
  const missing: MissingMap[] = [];
  for (const event of writesOf(evidence)) {
    const { pk, sk: stream } = event.after ?? event.before ?? { pk: '', sk: '' };
    if (pk !== mapsPk(evidence.app)) continue;
    if (event.process === null && event.after === null) {
      const { order: removedOrder, atMs: removedAtMs } = event;
      removed.set(stream, { stream, removedOrder, removedAtMs, anewAtMs: Infinity });
      continue;
    }
    const map = removed.get(stream);
    if (event.before !== null || map === undefined) continue;
    removed.delete(stream);
    missing.push({ ...map, anewAtMs: event.atMs });
  }
  return [...missing, ...removed.values()];
});

/**
 * A map that an operator removed is missed by nobody while its plan stands: it begins anew with the next listing, within
 * a minute of the removal or of the time when nothing disturbs listings any more. Until then.
 */
export function anewUntilMs(evidence: Evidence, { removedAtMs }: MissingMap, calmFromMs: number) {
  const { listingMs } = boundsOf(evidence.pace);
  const withinMs = LISTING_MS / (1 - evidence.pace.clockError) + listingMs;
  return Math.max(removedAtMs, calmFromMs) + withinMs;
}

/**
 * Until when nobody needs to know of a shard: the map of its stream was removed when no plan named it, so that only the
 * next map tells of it. -Infinity: there was no such time.
 */
export function unknownUntilMs(evidence: Evidence, shard: string, calmFromMs: number): number {
  const stream = shard.slice(0, shard.lastIndexOf('/'));
  const unknown = missingMapsOf(evidence).filter(
    (map) =>
      map.stream === stream &&
      generationsOf(evidence)
        .findLast(({ head }) => head.event.order < map.removedOrder)
        ?.targets.has(shard) !== true,
  );
  return Math.max(
    ...unknown.map((map) => Math.min(map.anewAtMs, anewUntilMs(evidence, map, calmFromMs))),
  );
}
