/** Counts which transitions of the statecharts are taken, over as many simulated runs as are played with it. */
import type { AnyStateMachine, AnyTransitionDefinition, InspectionEvent } from 'xstate';
import { assignmentMachine } from '../../../src/machines/assignment.ts';
import { clientMachine } from '../../../src/machines/client.ts';
import { membershipMachine } from '../../../src/machines/membership.ts';
import { roleMachine } from '../../../src/machines/role.ts';
import { shardReaderMachine } from '../../../src/machines/shard-reader.ts';
import { surveyMachine } from '../../../src/machines/survey.ts';
import { transitionWords } from './words.ts';

const MACHINES: readonly AnyStateMachine[] = [
  clientMachine,
  membershipMachine,
  roleMachine,
  surveyMachine,
  assignmentMachine,
  shardReaderMachine,
];

export interface MachineCoverage {
  readonly machine: string;
  readonly transitions: number;
  readonly taken: number;
  /** In the order of the chart. */
  readonly notTaken: readonly string[];
}

export class TransitionCoverage {
  /** The machines that run have their steps filled in: transitions of their own, the same as those of the charts. */
  readonly #words = new WeakMap<AnyStateMachine, Map<AnyTransitionDefinition, string>>();
  readonly #taken = new Set<string>();

  /** For the `inspect` of a simulation's host. */
  readonly inspect = (event: unknown): void => {
    const inspected = event as InspectionEvent;
    if (inspected.type !== '@xstate.microstep') return;
    for (const transition of inspected._transitions) {
      const words = this.#wordsOf(transition.source.machine).get(transition);
      // the one into the first state is defined nowhere
      if (words !== undefined) this.#taken.add(words);
    }
  };

  isTaken(words: string): boolean {
    return this.#taken.has(words);
  }

  machines(): readonly MachineCoverage[] {
    return MACHINES.map((machine) => {
      const all = [...transitionWords(machine).values()];
      const notTaken = all.filter((words) => !this.#taken.has(words));
      const taken = all.length - notTaken.length;
      return { machine: machine.id, transitions: all.length, taken, notTaken };
    });
  }

  #wordsOf(machine: AnyStateMachine): Map<AnyTransitionDefinition, string> {
    const known = this.#words.get(machine);
    if (known !== undefined) return known;
    const words = transitionWords(machine);
    this.#words.set(machine, words);
    return words;
  }
}
