import { describe, expect, it } from 'vitest';
import { send as sendOfGroup } from '../../../src/simulation/model/generations/scene.ts';
import * as group from '../../../src/simulation/model/generations/state.ts';
import { Table as GroupTable } from '../../../src/simulation/model/generations/table.ts';
import { tidy as tidyGroup } from '../../../src/simulation/model/generations/tidy.ts';
import { send } from '../../../src/simulation/model/ownership/scene.ts';
import {
  clientAt,
  firstState,
  type FlightKind,
  type State,
} from '../../../src/simulation/model/ownership/state.ts';
import { Table } from '../../../src/simulation/model/ownership/table.ts';
import { tidy } from '../../../src/simulation/model/ownership/tidy.ts';
import { sessionCode } from '../../../src/simulation/model/sessions.ts';
import type { Meddle } from '../../../src/simulation/model/twist.ts';
import { isRegistration, withItem } from '../wraps.ts';

const [FIRST, SECOND, THIRD] = [1, 2, 3].map((nonce) => sessionCode(0, nonce)) as [
  number,
  number,
  number,
];
const asItIs: Meddle = (write) => write;
const withHeartbeat: Meddle = (write) =>
  isRegistration(write) ? withItem(write, { rv: 1 }) : write;

const config = { name: 'one', clients: 1, shards: 'one', records: 1, inFlight: 3 } as const;
const left = (state: State, meddle = asItIs): FlightKind[] => {
  tidy(state, { table: new Table(1, meddle), config });
  return state.flights.map(({ kind }) => kind);
};

describe('what is taken out of the states of the ownership model', () => {
  it('is a write over a nonce that is gone, once no registration can bring that back', () => {
    const state = firstState(1, 1, 0);
    send(state, { kind: 'create', session: FIRST, awaited: 0 });
    send(state, { kind: 'replace', session: SECOND, ownerAsRead: FIRST, awaited: 0 });
    expect(left(state)).toEqual(['create', 'replace']);
    state.flights.shift();
    expect(left(state)).toEqual([]);
  });

  it('is also what waited for a write that is taken out itself, in whatever order they were sent', () => {
    for (const inOrder of [true, false]) {
      const state = firstState(1, 1, 0);
      send(state, { kind: 'replace', session: SECOND, ownerAsRead: FIRST, awaited: 0 });
      send(state, { kind: 'replace', session: THIRD, ownerAsRead: SECOND, awaited: 0 });
      if (!inOrder) state.flights.reverse();
      expect(left(state)).toEqual([]);
    }
  });

  it('is that a session is gone, once nothing can be its heartbeat', () => {
    const goneAfter = (kind: FlightKind, meddle = asItIs): number => {
      const state = firstState(1, 1, 0);
      clientAt(state, 0).gone = 1 << 1;
      send(state, { kind, session: FIRST, awaited: 0 });
      clientAt(state, 0).standing = 1;
      left(state, meddle);
      return clientAt(state, 0).gone;
    };
    expect(goneAfter('create')).toBe(0);
    expect(goneAfter('create', withHeartbeat)).toBe(1 << 1);
    expect(goneAfter('beat')).toBe(1 << 1);
    const inMind = firstState(1, 1, 0);
    Object.assign(clientAt(inMind, 0), { gone: 1 << 1, phase: 'beating', nonce: 1 });
    left(inMind);
    expect(clientAt(inMind, 0).gone).toBe(1 << 1);
  });
});

describe('what is taken out of the states of the generation model', () => {
  const generations = { name: 'two', processes: [0, 1], inFlight: 2 };
  const leftOf = (state: group.State, twist = {}, meddle = asItIs): group.FlightKind[] => {
    tidyGroup(state, { table: new GroupTable(meddle), config: { ...generations, twist } });
    return state.flights.map(({ kind }) => kind);
  };

  it('is an expulsion of a nonce that is gone, once no registration can bring that back', () => {
    const state = group.firstState([0, 1]);
    sendOfGroup(state, { kind: 'create', process: 0, session: FIRST, awaited: 0 });
    sendOfGroup(state, { kind: 'expel', process: 0, session: FIRST, asRead: 0, awaited: 0 });
    expect(leftOf(state)).toEqual(['create', 'expel']);
    state.flights.shift();
    expect(leftOf(state)).toEqual([]);
  });

  it('is that a session is gone, once nothing can be its heartbeat', () => {
    const goneAfter = (kind: group.FlightKind, twist = {}, meddle = asItIs): number => {
      const state = group.firstState([0, 1]);
      Object.assign(group.idAt(state, 0), { nonce: 1, gone: 1 << 1 });
      sendOfGroup(state, { kind, process: 0, session: FIRST, awaited: 0 });
      leftOf(state, twist, meddle);
      return group.idAt(state, 0).gone;
    };
    expect(goneAfter('create')).toBe(0);
    expect(goneAfter('create', {}, withHeartbeat)).toBe(1 << 1);
    expect(goneAfter('create', { claims: 'adopted' })).toBe(1 << 1);
    expect(goneAfter('beat')).toBe(1 << 1);
  });
});
