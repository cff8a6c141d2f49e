import { describe, expect, it } from 'vitest';
import { and, setup } from 'xstate';
import { chartOf, type ChartState } from '../../src/feed/chart.ts';
import { assignmentMachine } from '../../src/machines/assignment.ts';
import { clientMachine } from '../../src/machines/client.ts';
import { answered, named } from '../../src/machines/guards.ts';
import { membershipMachine } from '../../src/machines/membership.ts';
import { roleMachine } from '../../src/machines/role.ts';
import { shardReaderMachine } from '../../src/machines/shard-reader.ts';
import { surveyMachine } from '../../src/machines/survey.ts';

const lamp = setup({
  types: { context: {} as { readonly worn: number } },
  guards: {
    isWorn: ({ context }) => context.worn > 9,
    sees: (_, params: { readonly who: readonly string[] }) => params.who.length > 0,
  },
  actions: { tell: () => {} },
}).createMachine({
  id: 'lamp',
  context: { worn: 0 },
  initial: 'off',
  states: {
    off: {
      on: {
        PRESS: [
          { guard: 'isWorn', target: 'broken' },
          { guard: named('new', ({ context }) => context.worn === 0), target: 'on' },
          { guard: { type: 'sees', params: { who: ['me', 'you'] } }, target: 'on' },
          { guard: and(['isWorn']), target: 'on', actions: 'tell' },
        ],
      },
    },
    on: { always: { guard: 'isWorn', target: 'broken' }, after: { 100: 'off' } },
    broken: { type: 'final' },
  },
});

const states = (state: ChartState): readonly ChartState[] => [
  state,
  ...state.states.flatMap(states),
];
const transitions = (state: ChartState) => states(state).flatMap((each) => each.transitions);

describe('the chart of a machine', () => {
  it('has every transition in order, with what must hold for it', () => {
    const off = states(chartOf(lamp)).find(({ id }) => id === 'lamp.off');
    const to = (target: string, guard: string, actions: readonly string[] = []) => ({
      event: 'PRESS',
      guard,
      targets: [target],
      reenter: false,
      actions,
    });
    expect(off?.transitions).toEqual([
      to('lamp.broken', 'isWorn'),
      to('lamp.on', 'new'),
      to('lamp.on', 'sees who: me, you'),
      to('lamp.on', '?', ['tell']),
    ]);
  });

  it('has the transitions without an event, which XState leaves out of its definitions', () => {
    const on = states(chartOf(lamp)).find(({ id }) => id === 'lamp.on');
    expect(on?.transitions.map(({ event, targets }) => [event, ...targets])).toEqual([
      ['xstate.after.100.lamp.on', 'lamp.off'],
      ['', 'lamp.broken'],
    ]);
  });

  const machines = [
    clientMachine,
    membershipMachine,
    roleMachine,
    surveyMachine,
    assignmentMachine,
    shardReaderMachine,
  ];

  it.each(machines)('of $id says what each guard asks', (machine) => {
    const guards = transitions(chartOf(machine)).map(({ guard }) => guard);
    expect(guards.filter((guard) => guard !== null).length).toBeGreaterThan(0);
    expect(guards).not.toContain('?');
  });

  it.each(machines)('of $id is plain data whose targets are states of it', (machine) => {
    const chart = chartOf(machine);
    expect(JSON.parse(JSON.stringify(chart))).toEqual(chart);
    const ids = new Set(states(chart).map(({ id }) => id));
    expect([...ids].map((id) => machine.getStateNodeById(id).id)).toEqual([...ids]);
    const targets = transitions(chart).flatMap((transition) => transition.targets);
    expect(targets.filter((id) => !ids.has(id))).toEqual([]);
  });
});

describe('a guard on answers', () => {
  it('holds for the kinds that it names, and for no others', () => {
    const guard = answered<{ readonly kind: 'gone' | 'lost' | 'kept' }>('gone', 'lost');
    const holds = (kind: 'gone' | 'lost' | 'kept') => guard({ event: { output: { kind } } });
    expect([holds('gone'), holds('lost'), holds('kept')]).toEqual([true, true, false]);
  });
});
