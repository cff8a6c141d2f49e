/**
 * Machines as pure functions: a state value, a context and an event in, the next state, context and effects out.
 * No actor is started and no timer is set.
 */
import { describe, expect, it } from 'vitest';
import {
  createActor,
  createEmptyActor,
  fromCallback,
  type AnyActorRef,
  type AnyActorScope,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyTransitionDefinition,
  type ContextFrom,
  type EventObject,
  type InputFrom,
  type StateValue,
} from 'xstate';

// ---------------------------------------------------------------- names of states

type Keys<V> = V extends object ? keyof V & string : never;
type Nested<V> = V extends object
  ? { [K in keyof V & string]: `${K}.${Leaf<NonNullable<V[K]>>}` }[keyof V & string]
  : never;

/** The part of a machine's state values that lies under a key. */
export type Under<V, K extends string> = V extends object
  ? K extends keyof V
    ? NonNullable<V[K]>
    : never
  : never;

/** The dotted names of all leaves of a region, out of the type of the state values: `'writing.retrying'`. */
export type Leaf<V> = Exclude<Extract<V, string>, Keys<V>> | Nested<V>;

function nested(name: string): StateValue {
  const [head = '', ...rest] = name.split('.');
  return rest.length === 0 ? head : { [head]: nested(rest.join('.')) };
}

/** `base` with the region at `path` in `state`. */
function valueWith(base: StateValue, path: readonly string[], state: string): StateValue {
  const [head, ...rest] = path;
  if (head === undefined) return nested(state);
  const within = typeof base === 'string' ? {} : base;
  return { ...within, [head]: valueWith(within[head] ?? {}, rest, state) };
}

function dotted(value: StateValue): string {
  if (typeof value === 'string') return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (only === undefined || entries.length > 1) return '';
  const [key, inner = ''] = only;
  const rest = dotted(inner);
  return rest === '' ? key : `${key}.${rest}`;
}

/** The state of a region; where the machine left it, `#` and the state that it left for. */
function stateOf(value: StateValue, path: readonly string[]): string {
  const [head, ...rest] = path;
  if (head === undefined) return dotted(value);
  if (typeof value === 'string') return `#${value}`;
  const inner = value[head];
  return inner === undefined ? `#${dotted(value)}` : stateOf(inner, rest);
}

// ---------------------------------------------------------------- one step

/** What a transition does beside changing state and context. */
interface Effects {
  /** Actions and sent events, in order: `notify error`, `parent BEAT`, `membership HURRY`. */
  readonly told: readonly string[];
  /** Ids of the actors that were started, and `after <event>` for each timer that was set. */
  readonly started: readonly string[];
}

export interface Step extends Effects {
  readonly before: AnyMachineSnapshot;
  readonly after: AnyMachineSnapshot;
  readonly taken: readonly AnyTransitionDefinition[];
}

interface Executed {
  readonly type: string;
  readonly params?: unknown;
}

const field = (from: unknown, name: string): unknown =>
  typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;

/** What distinguishes one notice, report or error from another. */
const gist = (params: unknown): string => {
  const kind = field(params, 'kind') ?? field(params, 'type');
  const outcome = field(field(params, 'outcome'), 'kind');
  const words = [kind ?? field(params, 'reason'), outcome].filter(
    (word) => typeof word === 'string',
  );
  if (words.length > 0) return ` ${words.join(' ')}`;
  const code = field(field(params, 'error'), 'code');
  return typeof code === 'string' ? ` ${code}` : '';
};

function toldOf({ type, params }: Executed, parent: AnyActorRef): string[] {
  switch (type) {
    case 'xstate.sendTo': {
      const to = field(params, 'to');
      const name = to === parent ? 'parent' : String(field(params, 'targetId') ?? field(to, 'id'));
      return [`${name}${gist(field(params, 'event'))}`];
    }
    case 'notifyAll': {
      const list: unknown = field(params, 'notices');
      return Array.isArray(list) ? list.map((entry) => `notify${gist(entry)}`) : [];
    }
    default:
      return type.startsWith('xstate.') ? [] : [`${type}${gist(params)}`];
  }
}

function startedOf({ type, params }: Executed): string[] {
  if (type === 'xstate.spawnChild') return [String(field(params, 'id'))];
  if (type !== 'xstate.raise' || field(params, 'delay') === undefined) return [];
  return [`after ${String(field(field(params, 'event'), 'type'))}`];
}

/** Hears whatever it is sent. */
const nobody = fromCallback(() => {});

/** Runs a machine's transitions without an actor. */
export class Bench<M extends AnyStateMachine> {
  readonly machine: M;
  readonly #scope: AnyActorScope;
  readonly #parent = createEmptyActor();
  #executed: Executed[] = [];
  #taken: AnyTransitionDefinition[] = [];

  constructor(machine: M, input: InputFrom<M>) {
    this.machine = machine;
    const logic: AnyStateMachine = machine;
    const { system } = this.#parent;
    system.inspect((event) => {
      if (event.type === '@xstate.microstep') this.#taken.push(...event._transitions);
    });
    this.#scope = {
      self: createActor(logic, { input, parent: this.#parent }),
      system,
      id: 'bench',
      sessionId: 'bench',
      logger: () => {},
      defer: () => {},
      emit: () => {},
      stopChild: () => {},
      actionExecutor: (action) => void this.#executed.push(action),
    };
  }

  initial(input: InputFrom<M>): Step {
    return this.#record(undefined, () => this.machine.getInitialSnapshot(this.#scope, input));
  }

  /** A snapshot in the middle of its life; `children` are the ids of actors that can be sent to. */
  at(
    value: StateValue,
    context: ContextFrom<M>,
    children: readonly string[] = [],
  ): AnyMachineSnapshot {
    const snapshot: AnyMachineSnapshot = this.machine.resolveState({ value, context });
    for (const id of children) snapshot.children[id] = createActor(nobody, { id });
    return snapshot;
  }

  send(before: AnyMachineSnapshot, event: EventObject): Step {
    return this.#record(before, () => this.machine.transition(before, event, this.#scope));
  }

  #record(before: AnyMachineSnapshot | undefined, run: () => AnyMachineSnapshot): Step {
    this.#executed = [];
    this.#taken = [];
    const next = run();
    return {
      before: before ?? next,
      after: next,
      told: this.#executed.flatMap((action) => toldOf(action, this.#parent)),
      started: this.#executed.flatMap(startedOf),
      taken: this.#taken,
    };
  }
}

// ---------------------------------------------------------------- events of actors and timers

export const done = (id: string, output?: unknown): EventObject =>
  Object.assign({ type: `xstate.done.actor.${id}` }, { output, actorId: id });

export const threw = (id: string, error: unknown = new Error(`${id} threw`)): EventObject =>
  Object.assign({ type: `xstate.error.actor.${id}` }, { error, actorId: id });

export const after = (delay: string | number, node: string): EventObject => ({
  type: `xstate.after.${delay}.${node}`,
});

// ---------------------------------------------------------------- tables

/** The state stays as it is, value and context, and nothing is done. */
export const ignored = { ignored: true } as const;

interface Answer<C> {
  /** The region's next state; `#name` where the machine leaves the region. */
  readonly to: string;
  /** The context afterwards, as far as it matters. */
  readonly context?: Partial<C>;
  /** Exactly what is told, in order. */
  readonly told?: readonly string[];
  /** Among what is started: actors by id, timers by `after <event>`. */
  readonly starts?: readonly string[];
}

/** A written answer; a bare name stands for `{ to: name }`. */
type Expected<C> = typeof ignored | string | Answer<C>;

interface Given<C> {
  readonly event: EventObject;
  /** What the context has to be for this event to mean what its name says. */
  readonly context?: Partial<C>;
  /** What the other regions have to be. */
  readonly beside?: StateValue;
}

/** One event of each type: a new type does not compile until its sample is written. */
export type SamplesOf<E extends EventObject> = {
  readonly [T in E['type']]: Extract<E, { readonly type: T }>;
};

export interface RegionTable<
  M extends AnyStateMachine,
  State extends string,
  Event extends string,
> {
  readonly bench: Bench<M>;
  readonly region: readonly string[];
  /** The other regions, in states that do not answer the region's events. */
  readonly beside: StateValue;
  /** Whole state values, for states that are parallel or lead on by themselves. */
  readonly values?: Partial<Record<State, StateValue>>;
  readonly context: ContextFrom<M>;
  /** Where a state needs another context to be one that the machine can be in. */
  readonly contexts?: Partial<Record<State, Partial<ContextFrom<M>>>>;
  readonly children?: readonly string[];
  readonly events: Record<Event, Given<ContextFrom<M>>>;
  /** One event of each type that the machine hears from outside. */
  readonly samples: Readonly<Record<string, EventObject>>;
  /** Types of events answered above the region: they have a table of their own. */
  readonly above?: readonly string[];
  readonly rows: Record<State, Record<Event, Expected<ContextFrom<M>>>>;
}

const wordOf = (expected: Expected<unknown>): string => {
  if (typeof expected === 'string') return expected;
  return 'to' in expected ? expected.to : 'nothing';
};

/** A test for each cell, and one for each state that all other events of the machine change nothing. */
export function testRegion<M extends AnyStateMachine, State extends string, Event extends string>(
  table: RegionTable<M, State, Event>,
): void {
  const { bench, region } = table;
  const snapshotIn = (
    state: State,
    more: Partial<ContextFrom<M>> = {},
    beside: StateValue = table.beside,
  ): AnyMachineSnapshot =>
    bench.at(
      table.values?.[state] ?? valueWith(beside, region, state),
      Object.assign({}, table.context, table.contexts?.[state], more),
      table.children,
    );
  const named = new Set(
    Object.values<Given<ContextFrom<M>>>(table.events).map((g) => g.event.type),
  );
  const above = new Set(table.above ?? []);
  const others = bench.machine.events.filter(
    (type): type is string => typeof type === 'string' && !named.has(type) && !above.has(type),
  );

  for (const [state, row] of entriesOf(table.rows)) {
    describe(`in ${state}`, () => {
      for (const [name, expected] of entriesOf<Event, Expected<ContextFrom<M>>>(row)) {
        const { event, context, beside } = table.events[name];
        it(`"${name}" leads to ${wordOf(expected)}`, () => {
          expectStep(bench.send(snapshotIn(state, context, beside), event), region, expected);
        });
      }
      it('every other event changes nothing', () => {
        for (const type of others) {
          const event = table.samples[type] ?? { type };
          const before = snapshotIn(state);
          const step = bench.send(before, event);
          expect({ type, at: stateOf(step.after.value, region) }).toEqual({ type, at: state });
        }
      });
    });
  }
}

function expectStep<C extends object>(
  step: Step,
  region: readonly string[],
  expected: Expected<C>,
): void {
  if (typeof expected !== 'string' && !('to' in expected)) {
    expect(step.after.value).toEqual(step.before.value);
    expect(step.after.context).toEqual(step.before.context);
    expect([...step.told, ...step.started]).toEqual([]);
    return;
  }
  const answer: Answer<C> = typeof expected === 'string' ? { to: expected } : expected;
  expect(stateOf(step.after.value, region)).toBe(answer.to);
  if (answer.context) expect(step.after.context).toMatchObject(answer.context);
  if (answer.told) expect(step.told).toEqual(answer.told);
  if (answer.starts) expect(step.started).toEqual(expect.arrayContaining([...answer.starts]));
}

const entriesOf = <K extends string, V>(record: Record<K, V>): [K, V][] =>
  Object.entries(record) as [K, V][];
