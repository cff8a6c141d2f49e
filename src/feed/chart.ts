/**
 * What a statechart is, as plain data: XState's own `machine.definition` leaves out the transitions without an event
 * and the guards that are functions, and no chart can be read without them.
 */

export interface ChartTransition {
  /** Type of the event as XState has it; '' where the state is left without one. */
  readonly event: string;
  /** What must hold, in short; '?' where the guard has no name; null: nothing. */
  readonly guard: string | null;
  /** Ids of states; none: no state is left. */
  readonly targets: readonly string[];
  /** Whether a state that is its own target is left and entered again. */
  readonly reenter: boolean;
  /** Names of the actions, as far as they have one. */
  readonly actions: readonly string[];
}

export interface ChartState {
  /** As in the ids of active states. */
  readonly id: string;
  readonly key: string;
  readonly type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  /** Id of the state that it begins in; null: it has none, or all at once. */
  readonly initial: string | null;
  /** What runs while it is active: a step, or a machine. */
  readonly invokes: readonly { readonly id: string; readonly src: string }[];
  /** In the order in which they are tried. */
  readonly transitions: readonly ChartTransition[];
  readonly states: readonly ChartState[];
}

/** What is read of an XState machine. */
export interface MachineShape {
  readonly root: StateShape;
}

interface StateShape {
  readonly id: string;
  readonly key: string;
  readonly type: ChartState['type'];
  readonly initial: { readonly target?: readonly unknown[] | undefined } | undefined;
  readonly states: Readonly<Record<string, StateShape>>;
  readonly invoke: readonly { readonly id: string; readonly src: unknown }[];
  readonly transitions: ReadonlyMap<string, readonly TransitionShape[]>;
  readonly always?: readonly TransitionShape[] | undefined;
}

interface TransitionShape {
  readonly eventType: string;
  readonly guard?: unknown;
  readonly target?: readonly unknown[] | undefined;
  readonly reenter: boolean;
  readonly actions: readonly unknown[];
}

const isObject = (value: unknown): value is object =>
  (typeof value === 'object' || typeof value === 'function') && value !== null;

/** A text that stands in a property of a value. */
const textIn = (value: unknown, property: string): string | null => {
  if (!isObject(value)) return null;
  const text: unknown = Reflect.get(value, property);
  return typeof text === 'string' ? text : null;
};

const idsOf = (states: readonly unknown[] | undefined): readonly string[] =>
  (states ?? []).flatMap((state) => textIn(state, 'id') ?? []);

/** The values of a guard's parameters: `{ leader: ['none', 'me'] }` is `none, me`. */
const parametersIn = (guard: object): string => {
  const params: unknown = Reflect.get(guard, 'params');
  if (!isObject(params) || typeof params === 'function') return '';
  return Object.entries(params)
    .map(([name, value]) => `${name}: ${[value].flat().join(', ')}`)
    .join('; ');
};

function guardText(guard: unknown): string | null {
  if (guard === undefined || guard === null) return null;
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') return textIn(guard, 'label') ?? '?';
  const name = textIn(guard, 'type') ?? '?';
  const parameters = isObject(guard) ? parametersIn(guard) : '';
  return parameters === '' ? name : `${name} ${parameters}`;
}

/** XState's own actions (assign, raise, cancel) are functions, and nameless. */
const actionName = (action: unknown): string | null =>
  typeof action === 'string'
    ? action
    : typeof action === 'function'
      ? null
      : textIn(action, 'type');

const transitionOf = (transition: TransitionShape): ChartTransition => ({
  event: transition.eventType,
  guard: guardText(transition.guard),
  targets: idsOf(transition.target),
  reenter: transition.reenter,
  actions: transition.actions.flatMap((action) => actionName(action) ?? []),
});

const stateOf = (state: StateShape): ChartState => ({
  id: state.id,
  key: state.key,
  type: state.type,
  initial: state.type === 'compound' ? (idsOf(state.initial?.target)[0] ?? null) : null,
  invokes: state.invoke.map(({ id, src }) => ({ id, src: typeof src === 'string' ? src : id })),
  transitions: [...[...state.transitions.values()].flat(), ...(state.always ?? [])].map(
    transitionOf,
  ),
  states: Object.values(state.states).map(stateOf),
});

/**
 * The chart of a machine, as JSON can carry it.
 *
 * @example
 * const chart = chartOf(clientMachine);
 */
export const chartOf = (machine: MachineShape): ChartState => stateOf(machine.root);
