/**
 * Evens out what members hold over all streams: as long as one has clearly more than another, the cheapest single
 * shard that may go from the one to the other goes. An assignment that is even already is left as it is, so that
 * nothing moves without a cause.
 */
import type { StreamLayout } from './stream-layout.ts';

/** Streams looked at for a shift that moves nothing, once one that moves a single shard is known. */
const CHEAP_ENOUGH_AFTER = 32;

/**
 * Shifts shards between members, in place.
 *
 * @param loads shards of each member over all streams; kept up to date.
 * @param slack difference of loads that is left alone, at least 1.
 */
export function balance(layouts: readonly StreamLayout[], loads: number[], slack: number): void {
  // Each shift lowers the sum of the squared loads, so that this ends. Until a pass shifts nothing: a shift may
  // make room for a giver that was stuck, which the next generation would then find, and move without a cause.
  while (balanceOnce(layouts, loads, slack));
}

/** Shifts until every giver has little or is stuck; false where nothing was shifted. */
function balanceOnce(layouts: readonly StreamLayout[], loads: number[], slack: number): boolean {
  const stuck = new Set<number>();
  let shifted = false;
  for (;;) {
    const giver = heaviest(loads, stuck);
    if (giver === null) return shifted;
    const limit = (loads[giver] ?? 0) - slack;
    const lightest = loads.indexOf(loads.reduce((a, b) => Math.min(a, b), limit));
    if (lightest < 0 || (loads[lightest] ?? 0) >= limit) return shifted;
    // Where all subscribe to the same, the lightest can always take: sort the others only when it cannot.
    const taker = shiftOne(layouts, giver, lightest)
      ? lightest
      : lighterThan(loads, limit).find((candidate) => shiftOne(layouts, giver, candidate));
    if (taker === undefined) {
      stuck.add(giver);
    } else {
      shifted = true;
      loads[giver] = (loads[giver] ?? 0) - 1;
      loads[taker] = (loads[taker] ?? 0) + 1;
    }
  }
}

function heaviest(loads: readonly number[], stuck: ReadonlySet<number>): number | null {
  let found: number | null = null;
  for (const [member, load] of loads.entries()) {
    if (stuck.has(member)) continue;
    if (found === null || load > (loads[found] ?? 0)) found = member;
  }
  return found;
}

function lighterThan(loads: readonly number[], limit: number): number[] {
  return loads
    .map((load, member) => ({ load, member }))
    .filter(({ load }) => load < limit)
    .sort((a, b) => a.load - b.load || a.member - b.member)
    .map(({ member }) => member);
}

/** Shifts one shard by the cheapest way; false where there is none. */
function shiftOne(layouts: readonly StreamLayout[], giver: number, taker: number): boolean {
  let best: { layout: StreamLayout; kind: 'swap' | 'slide'; cost: number } | null = null;
  let looked = 0;
  for (const layout of layouts) {
    const shift = layout.shift(giver, taker);
    if (shift === null) continue;
    looked += 1;
    if (best === null || shift.cost < best.cost) best = { layout, ...shift };
    if (best.cost <= 0 || (best.cost <= 1 && looked >= CHEAP_ENOUGH_AFTER)) break;
  }
  best?.layout.apply(giver, taker, best.kind);
  return best !== null;
}
