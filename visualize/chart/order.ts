/** In which order the states of a chart are read: as its author wrote them. */
import type { ChartState } from '../../src/feed/chart.ts';

export const isWithin = (id: string, outer: string): boolean =>
  id === outer || id.startsWith(`${outer}.`);

/** A state and all inside it, as they are written. */
export const statesIn = (state: ChartState): readonly ChartState[] => [
  state,
  ...state.states.flatMap(statesIn),
];

/** What a state is called by another one: its id without what both are inside of. */
export function nameFrom(from: string, to: string): string {
  const keys = to.split('.');
  const others = from.split('.');
  const apart = keys.findIndex((key, depth) => key !== others[depth]);
  return apart < 0 ? (keys.at(-1) ?? to) : keys.slice(apart).join('.');
}
