/**
 * What is drawn of a chart: an arrow for each pair of states that transitions lead between, and notes inside a state
 * for what stays in it and for what leaves all regions at once. Arrows for these would hide the way through the chart.
 */
import type { ChartState, ChartTransition } from '../../src/feed/chart.ts';
import { isWithin, nameFrom, statesIn } from './order.ts';
import { byEvent, joined, transitionText } from './words.ts';

export interface DrawnEdge {
  /** Stable: the same chart has it again. */
  readonly id: string;
  readonly from: ChartState;
  readonly to: ChartState;
  /** Whether it leads back to a state that is read before. */
  readonly isBack: boolean;
  /** One text for each event. */
  readonly labels: readonly string[];
  readonly events: readonly string[];
}

export interface Drawing {
  readonly root: ChartState;
  readonly edges: readonly DrawnEdge[];
  /** By the id of the state. */
  readonly notes: ReadonlyMap<string, readonly string[]>;
  readonly states: ReadonlyMap<string, ChartState>;
}

const edgeId = (from: string, to: string): string => `edge:${from}:${to}`;
export const labelId = (edge: string): string => `label:${edge}`;
export const stateElementId = (id: string): string => `state:${id}`;

/** The transitions of one state on one event to one target; target null: it stays where it is. */
interface Way {
  readonly event: string;
  readonly to: ChartState | null;
  readonly text: string;
}

function waysOf(
  state: ChartState,
  event: string,
  transitions: readonly ChartTransition[],
  states: ReadonlyMap<string, ChartState>,
): readonly Way[] {
  const byTarget = new Map<ChartState | null, (string | null)[]>();
  for (const [index, { targets, guard }] of transitions.entries()) {
    const known = targets.flatMap((id) => states.get(id) ?? []);
    for (const target of known.length === 0 ? [null] : known) {
      const same = byTarget.get(target) ?? [];
      same.push(guard ?? (index > 0 ? 'else' : null));
      byTarget.set(target, same);
    }
  }
  return [...byTarget].map(([to, guards]) => {
    // where all that may happen leads the same way, it does not matter what it was
    const isSure = guards.length === transitions.length && guards.some(isOpen);
    return { event, to, text: transitionText(event, state.id, isSure ? [null] : guards) };
  });
}

const isOpen = (guard: string | null): boolean => guard === null || guard === 'else';

const areNested = (one: string, other: string): boolean =>
  isWithin(one, other) || isWithin(other, one);

/** Whether a transition ends regions beside its own, too. */
const leavesRegions = (from: string, to: string, parallels: readonly string[]): boolean =>
  parallels.some((id) => from !== id && isWithin(from, id) && !isWithin(to, id));

/** Texts that lead to the same state, in one note. */
function notesOf(state: ChartState, ways: readonly Way[]): readonly string[] {
  const leading = new Map<string, string[]>();
  const staying: string[] = [];
  for (const { to, text } of ways) {
    if (to === null) staying.push(text);
    else {
      const name = to.id === state.id ? '↻' : `→ ${nameFrom(state.id, to.id)}`;
      leading.set(name, [...(leading.get(name) ?? []), text]);
    }
  }
  return [
    ...[...leading].map(([name, texts]) => `${joined(texts).join('; ')} ${name}`),
    ...(staying.length === 0 ? [] : [`stays on ${joined(staying).join('; ')}`]),
  ];
}

export function drawingOf(root: ChartState): Drawing {
  const all = statesIn(root);
  const states = new Map(all.map((state) => [state.id, state]));
  const parallels = all.filter(({ type }) => type === 'parallel').map(({ id }) => id);
  const placeOf = new Map(all.map(({ id }, place) => [id, place]));
  const isBack = (from: string, to: string): boolean =>
    (placeOf.get(to) ?? 0) < (placeOf.get(from) ?? 0);

  const edges = new Map<string, { from: ChartState; to: ChartState; ways: Way[] }>();
  const notes = new Map<string, readonly string[]>();
  for (const state of all) {
    const noted: Way[] = [];
    const ways = [...byEvent(state.transitions)].flatMap(([event, transitions]) =>
      waysOf(state, event, transitions, states),
    );
    for (const way of ways) {
      const { to } = way;
      if (to === null || areNested(to.id, state.id) || leavesRegions(state.id, to.id, parallels))
        noted.push(way);
      else {
        const id = edgeId(state.id, to.id);
        const same = edges.get(id);
        if (same === undefined) edges.set(id, { from: state, to, ways: [way] });
        else same.ways.push(way);
      }
    }
    notes.set(state.id, notesOf(state, noted));
  }
  return {
    root,
    edges: [...edges].map(([id, { from, to, ways }]) => ({
      id,
      from,
      to,
      isBack: isBack(from.id, to.id),
      labels: joined(ways.map(({ text }) => text)),
      events: ways.map(({ event }) => event),
    })),
    notes,
    states,
  };
}
