/** What of a chart's picture is marked for a running actor: where it is, and how it got there. */
import { labelId, stateElementId, type DrawnEdge } from './drawing.ts';

/** Of an actor: the ids of its active states, and how it came to them. */
export interface Standing {
  readonly activeIds: readonly string[];
  /** The last event, and the ids of the states that were active before it; null: none is known. */
  readonly last: { readonly event: string; readonly from: readonly string[] } | null;
}

/** Ids of elements of the picture. */
export interface Lit {
  readonly active: ReadonlySet<string>;
  /** The arrows, with their labels, of the last transition. */
  readonly taken: ReadonlySet<string>;
  /** The states that the last transition came to. */
  readonly entered: ReadonlySet<string>;
}

/** States without an event on the way are passed in no time; a longer way than this is none. */
const MOST_STEPS = 6;

/**
 * The arrows of a transition from one state to one that was entered: the first has the event, those after it lead out
 * of states that are left at once.
 */
function wayFrom(
  start: string,
  event: string,
  outOf: ReadonlyMap<string, readonly DrawnEdge[]>,
  entered: ReadonlySet<string>,
): readonly DrawnEdge[] {
  let ways: readonly (readonly DrawnEdge[])[] = (outOf.get(start) ?? [])
    .filter(({ events }) => events.includes(event) || events.includes(''))
    .map((edge) => [edge]);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const arrived = ways.filter((way) => entered.has(way.at(-1)?.to.id ?? ''));
    if (arrived.length > 0) return arrived.flat();
    ways = ways.flatMap((way) =>
      (outOf.get(way.at(-1)?.to.id ?? '') ?? [])
        .filter((edge) => edge.events.includes('') && !way.includes(edge))
        .map((edge) => [...way, edge]),
    );
  }
  return [];
}

export function litOf(edges: readonly DrawnEdge[], { activeIds, last }: Standing): Lit {
  const before = new Set(last?.from ?? activeIds);
  const now = new Set(activeIds);
  const entered = new Set(activeIds.filter((id) => !before.has(id)));
  const left = [...before].filter((id) => !now.has(id));
  const outOf = new Map<string, DrawnEdge[]>();
  for (const edge of edges) outOf.set(edge.from.id, [...(outOf.get(edge.from.id) ?? []), edge]);
  const taken = left.flatMap((id) => wayFrom(id, last?.event ?? '', outOf, entered));
  return {
    active: new Set(activeIds.map(stateElementId)),
    taken: new Set(taken.flatMap(({ id }) => [id, labelId(id)])),
    entered: new Set([...entered].map(stateElementId)),
  };
}
