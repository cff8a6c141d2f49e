import { describe, expect, it } from 'vitest';
import { createActor, setup, stateIn } from 'xstate';
import { chartOf } from '../../../src/feed/chart.ts';
import { drawingOf } from '../../../visualize/chart/drawing.ts';
import { litOf } from '../../../visualize/chart/lit.ts';

const oven = setup({ guards: { isHot: stateIn({ heat: 'on' }) } }).createMachine({
  id: 'oven',
  type: 'parallel',
  states: {
    heat: {
      initial: 'off',
      states: {
        off: { on: { PRESS: 'deciding', GLOW: 'on' } },
        deciding: { always: 'warming' },
        warming: { initial: 'slow', states: { slow: { on: { PRESS: 'fast' } }, fast: {} } },
        on: {},
      },
      on: { STOP: '.off' },
    },
    bell: {
      initial: 'silent',
      states: {
        silent: { always: { guard: 'isHot', target: 'ringing' } },
        ringing: {},
      },
    },
    lamp: { initial: 'dark', states: { dark: { on: { OPEN: 'bright' } }, bright: {} } },
  },
});
const { edges } = drawingOf(chartOf(oven));

/** What is lit after the events, as an actor's feed tells it. */
function litAfter(...events: readonly string[]) {
  const actor = createActor(oven).start();
  const ids = () => actor.getSnapshot()._nodes.map(({ id }) => id);
  let last: { readonly event: string; readonly from: readonly string[] } | null = null;
  for (const type of events) {
    last = { event: type, from: ids() };
    actor.send({ type });
  }
  const lit = litOf(edges, { activeIds: ids(), last });
  return {
    active: [...lit.active],
    taken: [...lit.taken].filter((id) => id.startsWith('edge:')),
    entered: [...lit.entered],
  };
}

describe('what is lit in a picture', () => {
  it('is each active state, in every region and around it', () => {
    const { active } = litAfter();
    expect(active).toEqual(
      expect.arrayContaining(
        ['oven', 'oven.heat', 'oven.heat.off', 'oven.lamp.dark'].map((id) => `state:${id}`),
      ),
    );
    expect(active).toHaveLength(7);
  });

  it('is the arrow of the last transition, and the state that it came to', () => {
    expect(litAfter('OPEN')).toMatchObject({
      taken: ['edge:oven.lamp.dark:oven.lamp.bright'],
      entered: ['state:oven.lamp.bright'],
    });
  });

  it('is all of a way through states that are left at once, and none that leads elsewhere', () => {
    expect(litAfter('PRESS').taken).toEqual([
      'edge:oven.heat.off:oven.heat.deciding',
      'edge:oven.heat.deciding:oven.heat.warming',
    ]);
  });

  it('is what another region did of itself because of it', () => {
    expect(litAfter('GLOW').taken).toEqual([
      'edge:oven.heat.off:oven.heat.on',
      'edge:oven.bell.silent:oven.bell.ringing',
    ]);
  });

  it('is the arrow inside a state that is not left', () => {
    expect(litAfter('PRESS', 'PRESS')).toMatchObject({
      taken: ['edge:oven.heat.warming.slow:oven.heat.warming.fast'],
      entered: ['state:oven.heat.warming.fast'],
    });
  });

  it('is no arrow after an event that led nowhere, nor where none is drawn', () => {
    expect(litAfter('OPEN', 'OPEN').taken).toEqual([]);
    expect(litAfter('GLOW', 'STOP')).toMatchObject({ taken: [], entered: ['state:oven.heat.off'] });
  });
});
