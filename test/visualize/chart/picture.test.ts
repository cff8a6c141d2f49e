import { beforeAll, describe, expect, it } from 'vitest';
import { drawingOf, labelId, stateElementId } from '../../../visualize/chart/drawing.ts';
import { pictureOf } from '../../../visualize/chart/picture.ts';
import { door, state, to } from './door-chart.ts';

let picture: string;

beforeAll(async () => {
  picture = await pictureOf(door);
});

const idsIn = (text: string): readonly string[] =>
  [...text.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => id);

describe('the picture of a chart', () => {
  it('has an element for each state, each arrow and its label, by ids that stay', () => {
    const { states, edges } = drawingOf(door);
    expect(idsIn(picture)).toEqual(
      expect.arrayContaining([
        ...[...states.keys()].map(stateElementId),
        ...edges.flatMap(({ id }) => [id, labelId(id)]),
      ]),
    );
    expect(new Set(idsIn(picture)).size).toBe(idsIn(picture).length);
  });

  it('tells kinds of states by their classes', () => {
    expect(picture).toContain('<g id="state:door.kept" class="chart-state parallel">');
    expect(picture).toContain('<g id="state:door.kept.lamp" class="chart-state compound region">');
    expect(picture).toContain('<g id="state:door.gone" class="chart-state final">');
  });

  it('leaves its look to a stylesheet', () => {
    expect(picture).not.toMatch(/style|fill=|stroke=|font-/);
  });

  it('escapes what a chart says', async () => {
    const odd = state('a', {
      states: [
        state('a.b', { transitions: [to('<script>"\\&', ['a.c'], '<i>'), to('<b>', [])] }),
        state('a.c'),
      ],
    });
    const drawn = await pictureOf(odd);
    expect(drawn).not.toMatch(/<(script|i|b)>/);
    expect(drawn).toContain('&lt;script&gt;');
  });
});
