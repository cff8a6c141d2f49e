import { readFileSync, readdirSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHARTS_FOLDER, CHART_STYLE, chartFiles } from '../../dev/charts/chart-files.ts';

const project = new URL('../../', import.meta.url);
const folder = new URL(CHARTS_FOLDER, project);
const textOf = (path: string): string => readFileSync(new URL(path, project), 'utf8');

let drawn: ReadonlyMap<string, string>;

beforeAll(async () => {
  drawn = await chartFiles(textOf(CHART_STYLE));
});

describe('the pictures of the statecharts', () => {
  it('are those of the machines as they are', () => {
    const kept = new Map(
      readdirSync(folder).map((name) => [name, textOf(`${CHARTS_FOLDER}${name}`)]),
    );
    const names = new Set([...drawn.keys(), ...kept.keys()]);
    const stale = [...names].filter((name) => drawn.get(name) !== kept.get(name));
    expect(stale, 'they are drawn anew by `npm run charts`').toEqual([]);
  });

  it('are the same each time that they are drawn', async () => {
    expect(await chartFiles(textOf(CHART_STYLE))).toEqual(drawn);
  });

  it('are all shown in ARCHITECTURE.md', () => {
    const page = textOf('ARCHITECTURE.md');
    const absent = [...drawn.keys()].filter((name) => !page.includes(`(${CHARTS_FOLDER}${name})`));
    expect(absent).toEqual([]);
  });
});
