import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const project = new URL('../../', import.meta.url);

function sourcesIn(folder: string): readonly string[] {
  return readdirSync(new URL(folder, project), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(m?[jt]s|tsx|css)$/.test(path) && !path.startsWith('lint-fixtures'))
    .map((path) => `${folder}/${path}`);
}

const library = sourcesIn('src');
const shown = sourcesIn('visualize');
const everything = [
  ...library,
  ...shown,
  ...['test', 'dev', 'bench', 'scripts'].flatMap(sourcesIn),
];
const textOf = (path: string): string => readFileSync(new URL(path, project), 'utf8');
const linesOf = (path: string): number => textOf(path).split('\n').length - 1;

describe('the sources', () => {
  it('are files of at most 500 lines, better 400', () => {
    const long = [...library, ...shown].filter((path) => linesOf(path) > 400);
    if (long.length > 0)
      console.warn(`Past 400 lines, look for the hidden room: ${long.join(', ')}`);
    expect(long.filter((path) => linesOf(path) > 500)).toEqual([]);
  });

  it('switch no check off and leave nothing to be done later', () => {
    // Spelt in two parts, so that this file does not find itself.
    const banned = new RegExp(
      [
        '(ox|es)lint-' + 'disable',
        'prettier-' + 'ignore',
        '\\bTO' + 'DO\\b',
        '\\bFIX' + 'ME\\b',
      ].join('|'),
    );
    expect(everything.filter((path) => banned.test(textOf(path)))).toEqual([]);
  });

  it('have kebab-case names that say what is inside', () => {
    const names = everything.map((path) => path.slice(path.lastIndexOf('/') + 1));
    const odd = names.filter(
      (name) =>
        !/^[a-z0-9]+([-.][a-z0-9]+)*\.(m?[jt]s|tsx|css)$/.test(name) ||
        /util|helper|common|manager/.test(name),
    );
    expect(odd).toEqual([]);
  });
});
