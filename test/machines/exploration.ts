/** Walks a machine from its first state over every event that can come, and notes the transitions taken. */
import { getAdjacencyMap } from 'xstate/graph';
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  type EventObject,
  type InputFrom,
} from 'xstate';
import { transitionWords } from '../simulation/transitions/words.ts';
import type { Bench } from './harness.ts';

export interface Journey<M extends AnyStateMachine> {
  readonly bench: Bench<M>;
  readonly input: InputFrom<M>;
  /** What may come in a state; answers of actors that are not there and timers that are not set are left out. */
  readonly events: (state: AnyMachineSnapshot) => readonly EventObject[];
  /** What tells states apart beside the state value. Counters would make endless many. */
  readonly key: (context: AnyMachineSnapshot['context']) => unknown;
}

/** Whether an event can come at all: its actor is there, its timer is set. */
function mayCome(state: AnyMachineSnapshot, { type }: EventObject): boolean {
  const actor = /^xstate\.(?:done|error)\.actor\.(.+)$/.exec(type)?.[1];
  if (actor !== undefined) return state.children[actor] !== undefined;
  if (!type.startsWith('xstate.after.')) return true;
  return state._nodes.some((node) => type.endsWith(`.${node.id}`) && node.transitions.has(type));
}

export interface Walked {
  readonly states: number;
  readonly taken: ReadonlySet<AnyTransitionDefinition>;
}

export function walk<M extends AnyStateMachine>({ bench, input, events, key }: Journey<M>): Walked {
  const taken = new Set<AnyTransitionDefinition>();
  const step = (run: () => ReturnType<Bench<M>['send']>): AnyMachineSnapshot => {
    const { after, taken: here } = run();
    for (const transition of here) taken.add(transition);
    return after;
  };
  const logic = {
    transition: (state: AnyMachineSnapshot, event: EventObject) =>
      step(() => bench.send(state, event)),
    getInitialSnapshot: () => step(() => bench.initial(input)),
    getPersistedSnapshot: (state: AnyMachineSnapshot) => state,
  };
  const map = getAdjacencyMap(logic, {
    events: (state) => events(state).filter((event) => mayCome(state, event)),
    serializeState: (state) => JSON.stringify([state.value, state.status, key(state.context)]),
    serializeEvent: (event) => JSON.stringify(event),
    stopWhen: (state) => state.status !== 'active',
    limit: 200_000,
  });
  return { states: Object.keys(map).length, taken };
}

/** The transitions that no walk has taken. */
export function notTaken(machine: AnyStateMachine, ...walks: readonly Walked[]): string[] {
  return [...transitionWords(machine)]
    .filter(([transition]) => !walks.some(({ taken }) => taken.has(transition)))
    .map(([, words]) => words);
}
