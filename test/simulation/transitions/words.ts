/** The transitions of a statechart, each in words that are the same for every process that runs it. */
import type { AnyStateMachine, AnyTransitionDefinition } from 'xstate';

/** Every transition that a machine defines, a line for each branch of its guards. */
export function transitionWords(machine: AnyStateMachine): Map<AnyTransitionDefinition, string> {
  const all = new Map<AnyTransitionDefinition, string>();
  const visit = (node: AnyStateMachine['root']): void => {
    const defined = [...node.transitions.values()].flat();
    const count = new Map<string, number>();
    for (const transition of [...defined, ...(node.always ?? [])]) {
      const type = transition.eventType === '' ? 'always' : transition.eventType;
      const nth = (count.get(type) ?? 0) + 1;
      count.set(type, nth);
      const to = (transition.target ?? []).map((target) => target.id).join(', ') || 'stays';
      all.set(transition, `${node.id} · ${type} #${nth} → ${to}`);
    }
    for (const child of Object.values(node.states)) visit(child);
  };
  visit(machine.root);
  return all;
}
