/** Many actors at a glance: how many of them are in which state. */
import type { ActorView } from '../../model/view.ts';

const isRegions = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * XState's value of a state for a human: `leaving › draining`, and regions beside each other:
 * `fetch waiting · deliver idle`.
 */
function valueText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (!isRegions(value)) return '';
  const entries = Object.entries(value);
  if (entries.length === 1) {
    const [[key, inside] = ['', '']] = entries;
    const text = valueText(inside);
    return text === '' ? key : `${key} › ${text}`;
  }
  return entries
    .map(([key, inside]) => {
      const text = valueText(inside);
      return text.includes(' · ') ? `${key} (${text})` : `${key} ${text}`;
    })
    .join(' · ');
}

/** The state of an actor; of one that has ended how it did. */
export function stateText(actor: ActorView): string {
  if (actor.status === 'unknown') return 'not told yet';
  if (actor.status === 'active') return valueText(actor.value);
  const ended = actor.status === 'error' ? 'broken' : 'ended';
  const text = valueText(actor.value);
  return text === '' ? ended : `${ended} · ${text}`;
}

export interface StateCount {
  readonly state: string;
  readonly actors: readonly ActorView[];
}

/** The states that actors are in, by name: by number they would change places under the reader's hand. */
export function byState(actors: readonly ActorView[]): readonly StateCount[] {
  const states = new Map<string, ActorView[]>();
  for (const actor of actors) {
    const state = stateText(actor);
    const same = states.get(state);
    if (same === undefined) states.set(state, [actor]);
    else same.push(actor);
  }
  return [...states]
    .map(([state, same]) => ({ state, actors: same }))
    .sort((a, b) => (a.state < b.state ? -1 : 1));
}

/** Actors by the machine that they run, in the order in which machines first appear. */
export function byMachine(actors: readonly ActorView[]): ReadonlyMap<string, readonly ActorView[]> {
  const machines = new Map<string, ActorView[]>();
  for (const actor of actors) {
    const same = machines.get(actor.machine);
    if (same === undefined) machines.set(actor.machine, [actor]);
    else same.push(actor);
  }
  return machines;
}
