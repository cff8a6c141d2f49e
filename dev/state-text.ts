import type { ClientSnapshot, StateJson } from '../src/index.ts';

/** The state of a client's statecharts in a few words, the one that matters now. */
export function stateText(snapshot: ClientSnapshot | null): string {
  if (snapshot === null) return 'starting';
  const { client, role, assignment } = snapshot.states;
  const duty = path(at(client, 'active', 'duty'));
  if (duty === null) return path(client) ?? 'idle';
  if (duty !== 'serving') return duty;
  return `${roleText(role)} ${assignmentText(assignment)}`.trim();
}

function roleText(role: StateJson | null): string {
  const duty = at(role, 'duty');
  if (at(duty, 'leader') !== null) return 'leader';
  return path(duty) ?? 'serving';
}

function assignmentText(assignment: StateJson | null): string {
  const rebalancing = at(assignment, 'staying', 'rebalancing');
  if (rebalancing === null || typeof rebalancing === 'string') {
    return path(at(assignment, 'staying')) ?? path(assignment) ?? '';
  }
  const busy = Object.entries(rebalancing).filter(([, state]) => state !== 'idle');
  return busy.length === 1 ? (busy[0]?.[0] ?? '') : 'rebalancing';
}

/** The state within a state; null where it is not entered. */
function at(state: StateJson | null, ...names: readonly string[]): StateJson | null {
  let inner = state;
  for (const name of names) {
    inner = inner === null || typeof inner === 'string' ? null : (inner[name] ?? null);
  }
  return inner;
}

/** `{ a: { b: 'c' } }` → `a.b.c`; of parallel regions the first. */
function path(state: StateJson | null): string | null {
  if (state === null || typeof state === 'string') return state;
  const [first] = Object.entries(state);
  return first === undefined ? null : `${first[0]}.${path(first[1])}`;
}
