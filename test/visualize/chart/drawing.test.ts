import { describe, expect, it } from 'vitest';
import { drawingOf } from '../../../visualize/chart/drawing.ts';
import { joined, transitionText, wrap } from '../../../visualize/chart/words.ts';
import { door, state, to } from './door-chart.ts';

describe('the drawing of a chart', () => {
  const drawing = drawingOf(door);
  const arrows = drawing.edges.map(
    ({ id, isBack, labels }) => `${id} ${isBack ? 'back' : 'on'}: ${labels.join(' | ')}`,
  );

  it('has one arrow for each pair of states, with all that leads along it', () => {
    expect(arrows).toEqual([
      'edge:door.kept:door.gone on: BURN',
      'edge:door.kept.leaf.closed:door.kept.leaf.moving on: OPEN [isUnlocked]',
      'edge:door.kept.leaf.moving:door.kept.leaf.closed back: swing: blocked, threw',
      'edge:door.kept.leaf.moving:door.kept.leaf.open on: swing: else',
      'edge:door.kept.leaf.open:door.kept.leaf.moving back: after pause',
      'edge:door.kept.lamp.off:door.kept.lamp.on on: [isDark]',
    ]);
  });

  it('notes inside a state what stays in it, and what ends the regions beside it', () => {
    expect(drawing.notes.get('door.kept.leaf.closed')).toEqual([
      'KICK [isStrong] ↻',
      'KICK else → gone',
      'stays on KNOCK',
    ]);
    expect(drawing.notes.get('door.kept.leaf.moving')).toEqual([]);
  });

  it('says nothing of guards where all of them lead the same way', () => {
    const chart = state('a', {
      states: [
        state('a.b', { transitions: [to('GO', ['a.c'], 'isNear'), to('GO', ['a.c'])] }),
        state('a.c'),
      ],
    });
    expect(drawingOf(chart).edges.map(({ labels }) => labels)).toEqual([['GO']]);
  });
});

describe('the words of a transition', () => {
  it('are the step and its answers, the delay, or the event and what must hold', () => {
    const words = (event: string, ...guards: (string | null)[]) =>
      transitionText(event, 'door.open', guards);
    expect(words('xstate.done.actor.fetch', 'gone', 'else')).toBe('fetch: gone, else');
    expect(words('xstate.done.actor.fetch', null)).toBe('fetch: done');
    expect(words('xstate.error.actor.fetch', null)).toBe('fetch: threw');
    expect(words('xstate.after.pace.door.open', null)).toBe('after pace');
    expect(words('xstate.after.1000.door.open', null)).toBe('after 1000 ms');
    expect(words('xstate.after.0.door.open', null)).toBe('at once');
    expect(words('xstate.done.state.door.open', null)).toBe('done');
    expect(words('CLOSE', 'aborts')).toBe('CLOSE [aborts]');
    expect(words('', 'hasFailed')).toBe('[hasFailed]');
    expect(words('', 'else')).toBe('else');
    expect(words('', null)).toBe('at once');
  });

  it('name a step once', () => {
    expect(joined(['fetch: gone', 'PAUSE', 'fetch: threw'])).toEqual([
      'fetch: gone, threw',
      'PAUSE',
    ]);
  });

  it('are broken at their blanks', () => {
    expect(wrap('commit: failed for good, threw', 20)).toEqual([
      'commit: failed for',
      'good, threw',
    ]);
    expect(wrap('nothing', 3)).toEqual(['nothing']);
  });
});
