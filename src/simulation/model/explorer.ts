/**
 * Explores every state that a model can reach, breadth first and to the end: there is no cap. What is found wrong is
 * told with the shortest way to it.
 */
import { invariant } from '../../errors.ts';
import { Visited } from './visited.ts';

/** What a state or a step does wrong. */
export interface Fault {
  /** Id of the invariant in SPEC.md. */
  readonly invariant: string;
  readonly message: string;
}

/** Takes one step of a model: the state that it leads to, its words, and what is wrong with the step itself. */
export type Emit<S> = (next: S, words: () => string, faults: readonly Fault[]) => void;

/** A model: states as plain data, and the steps between them. */
export interface Model<S> {
  readonly name: string;
  readonly initial: S;
  /** Tells every step that can be taken now. */
  expand(state: S, emit: Emit<S>): void;
  /** What is wrong with a state. */
  faultsOf(state: S): readonly Fault[];
  /** The same text for states that differ only in what does not matter. */
  encode(state: S): string;
  decode(code: string): S;
}

export interface Violation extends Fault {
  /** The steps that lead to it, from the first state. */
  readonly path: readonly string[];
}

export interface Exploration {
  readonly name: string;
  /** States, each class that `encode` does not tell apart counted once. */
  readonly states: number;
  readonly transitions: number;
  /** Steps to the farthest state. */
  readonly depth: number;
  /** The first one of each invariant; nothing is explored behind it. */
  readonly violations: readonly Violation[];
  /** `stopped`: not all was seen, since what was looked for was found. */
  readonly end: 'exhausted' | 'stopped';
}

export interface Progress {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  /** States of this depth. */
  readonly waiting: number;
}

export interface ExploreOptions {
  /** Whether to stop once this is found. By default it goes on to the end. */
  readonly stopAt?: (fault: Fault) => boolean;
  readonly onDepth?: (progress: Progress) => void;
}

export function explore<S>(model: Model<S>, options: ExploreOptions = {}): Exploration {
  const { stopAt = () => false, onDepth = () => {} } = options;
  const visited = new Visited();
  const violations = new Map<string, Violation>();
  let end: Exploration['end'] = 'exhausted';
  const goesOn = (): boolean => end === 'exhausted';
  let transitions = 0;
  let depth = 0;

  const first = model.encode(model.initial);
  visited.add(first, 0);
  let frontier: string[] = [first];
  while (frontier.length > 0 && goesOn()) {
    onDepth({ states: visited.size, transitions, depth, waiting: frontier.length });
    const next: string[] = [];
    for (const code of frontier) {
      const id = visited.idOf(code);
      const note = (fault: Fault): void => {
        if (!violations.has(fault.invariant)) {
          const path = pathTo(model, visited, id, fault.invariant);
          violations.set(fault.invariant, { ...fault, path });
        }
        if (stopAt(fault)) end = 'stopped';
      };
      model.expand(model.decode(code), (state, _words, faults) => {
        transitions += 1;
        if (faults.length > 0) {
          for (const fault of faults) note(fault);
          return;
        }
        const reached = model.encode(state);
        if (visited.add(reached, id) < 0) return;
        const wrong = model.faultsOf(state);
        if (wrong.length === 0) next.push(reached);
        else for (const fault of wrong) note(fault);
      });
      if (!goesOn()) break;
    }
    frontier = next;
    if (next.length > 0) depth += 1;
  }
  return {
    name: model.name,
    states: visited.size,
    transitions,
    depth,
    violations: [...violations.values()],
    end,
  };
}

/**
 * The way to a state and one step further, to what is wrong there: found again by taking from each state the step that
 * leads to the next. The states on it keep the names that they began with, so that the words of one step go on where
 * those before ended.
 */
function pathTo<S>(model: Model<S>, visited: Visited, id: number, wrong: string): string[] {
  const ids = [id];
  for (let at = id; visited.parentOf(at) !== at; at = visited.parentOf(at)) {
    ids.push(visited.parentOf(at));
  }
  const path: string[] = [];
  let state = model.initial;
  for (const wanted of ids.reverse().slice(1)) {
    const found = firstStep(model, state, (next) => visited.idOf(model.encode(next)) === wanted);
    path.push(found.words);
    state = found.next;
  }
  const last = firstStep(model, state, (next, faults) =>
    (faults.length > 0 ? faults : model.faultsOf(next)).some((fault) => fault.invariant === wrong),
  );
  return [...path, last.words];
}

function firstStep<S>(
  model: Model<S>,
  state: S,
  isIt: (next: S, faults: readonly Fault[]) => boolean,
): { readonly next: S; readonly words: string } {
  const found: { next: S; words: string }[] = [];
  model.expand(state, (next, words, faults) => {
    if (found.length === 0 && isIt(next, faults)) found.push({ next, words: words() });
  });
  const [first] = found;
  invariant(first !== undefined, 'model-path', {});
  return first;
}
