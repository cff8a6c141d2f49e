import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROFILES } from '../../src/options.ts';
import { codeOf, pageOf, rowsOf, sectionOf } from './markdown.ts';

const project = new URL('../../', import.meta.url);
const spec = pageOf('SPEC.md');

/** Each invariant with the lines up to the next one. */
const invariants = new Map(
  sectionOf(spec, '## Invariants')
    .split(/^\*\*(?=[A-Z]\d+\*\* )/m)
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('*')), text] as const),
);

const numbered = (letter: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);

const idsOfTables = [
  ...numbered('S', 10),
  ...numbered('D', 9),
  ...numbered('L', 9),
  ...numbered('C', 2),
];

interface NamedTest {
  readonly file: string;
  readonly name: string;
}

/** The tests of the lines `Enforcement: file › name`; what is not of that form comes out as it stands. */
function enforcementOf(invariant: string): readonly (NamedTest | string)[] {
  return Array.from(invariant.matchAll(/^Enforcement: (.+)$/gm), ([, line = '']) => {
    const [, file, name] = /^`([^`]+)` › (.+)$/.exec(line) ?? [];
    return file === undefined || name === undefined ? line : { file, name };
  });
}

/** Whether a file holds a name, however it is wrapped and quoted there. */
function names(file: string, name: string): boolean {
  const plain = (text: string): string =>
    text.replaceAll(/\\(['`"])/g, '$1').replaceAll(/\s+/g, ' ');
  return plain(pageOf(file)).includes(plain(name));
}

/** Without the simulation, whose checks are of its own workings. */
const sources = readdirSync(new URL('src', project), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('simulation'))
  .map((path) => pageOf(`src/${path}`));

describe('SPEC.md', () => {
  it('has every invariant once, in its order', () => {
    expect([...invariants.keys()]).toEqual(idsOfTables);
  });

  it.each(idsOfTables)('names tests for %s that exist, or says that there is none yet', (id) => {
    const tests = enforcementOf(invariants.get(id) ?? '');
    expect(tests.length).toBeGreaterThan(0);
    if (tests.length === 1 && tests[0] === 'none yet') return;
    for (const test of tests) {
      if (typeof test === 'string') throw new Error(`${id}: "${test}" is no \`file\` › name`);
      expect(test.file).toMatch(/^test\/.+\.ts$/);
      expect([test.file, existsSync(new URL(test.file, project))]).toEqual([test.file, true]);
      expect([test.name, names(test.file, test.name)]).toEqual([test.name, true]);
    }
  });

  it('names the cluster for exactly the invariants that the simulation checks', () => {
    const checkers = new URL('src/simulation/checkers/', project);
    const checked = readdirSync(checkers).flatMap((file) =>
      Array.from(
        pageOf(`src/simulation/checkers/${file}`).matchAll(/'([SDLC]\d+)'/g),
        ([, id = '']) => id,
      ),
    );
    const claimed = idsOfTables.filter((id) =>
      enforcementOf(invariants.get(id) ?? '').some(
        (test) => typeof test !== 'string' && test.file === 'test/property/cluster.test.ts',
      ),
    );
    expect(claimed.length).toBeGreaterThan(0);
    expect(claimed.sort()).toEqual([...new Set(checked)].sort());
  });

  it('has every id that the code asserts', () => {
    const guards = rowsOf(sectionOf(spec, '## Assertions in the code')).map(([id]) => codeOf(id));
    // The condition may hold commas and parentheses: the id is the first argument that is a lone string.
    const asserted = sources.flatMap((source) =>
      Array.from(
        source.matchAll(/\binvariant\((?:(?!\binvariant\()[^;])*?,\s*'([A-Za-z0-9-]+)'\s*[,)]/g),
        ([, id = '']) => id,
      ),
    );
    expect(asserted.length).toBeGreaterThan(10);
    expect([...new Set(asserted)].filter((id) => !idsOfTables.includes(id)).sort()).toEqual(
      [...guards].sort(),
    );
  });

  it('has the profiles as the library has them', () => {
    const expected = Object.entries(PROFILES).map(([name, timings]) => {
      const { heartbeatIntervalMs, ttlMs, selfFenceMs, pollIntervalMs } = timings;
      const times = [heartbeatIntervalMs, ttlMs, selfFenceMs, pollIntervalMs];
      return [`\`${name}\``, ...times.map((timeMs) => `${timeMs / 1_000} s`)];
    });
    expect(rowsOf(sectionOf(spec, '## Timers'))).toEqual(expected);
  });
});
