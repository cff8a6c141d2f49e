import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const project = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = join(project, 'test/lint-fixtures');
const files = readdirSync(fixtures, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .sort();

interface Report {
  readonly diagnostics: readonly { readonly filename: string; readonly code: string }[];
}

/** The rules that the first line of a fixture names. */
function expectedIn(path: string): readonly string[] {
  const [first = ''] = readFileSync(join(fixtures, path), 'utf8').split('\n');
  const names = /^\/\/ expects: (.+)$/.exec(first)?.[1] ?? 'a first line that says what to expect';
  return names === 'nothing' ? [] : names.split(', ').sort();
}

// The fixtures are linted where they pretend to stand: in a tree of their own, under the real config.
const tree = mkdtempSync(join(tmpdir(), 'lint-fixtures-'));
const reported = new Map<string, string[]>();

beforeAll(async () => {
  cpSync(fixtures, tree, { recursive: true });
  for (const path of ['oxlint.config.mjs', 'scripts/layers.mjs', 'scripts/oxlint-plugin.mjs']) {
    cpSync(join(project, path), join(tree, path));
  }
  const oxlint = join(project, 'node_modules/oxlint/bin/oxlint');
  const stdout = await new Promise<string>((resolve) => {
    // It ends with a code other than 0, as it should: what counts is the report.
    execFile(
      process.execPath,
      [oxlint, '-c', 'oxlint.config.mjs', '-f', 'json'],
      { cwd: tree },
      (_error, out) => resolve(out),
    );
  });
  const { diagnostics } = JSON.parse(stdout) as Report;
  for (const { filename, code } of diagnostics) {
    reported.set(filename, [...(reported.get(filename) ?? []), code].sort());
  }
});

afterAll(() => rmSync(tree, { recursive: true }));

describe('the lint config', () => {
  it.each(files)('reports exactly what %s expects', (path) => {
    expect(reported.get(path) ?? []).toEqual(expectedIn(path));
  });

  it('has for each layer a fixture with a forbidden import', () => {
    const table = readFileSync(join(project, 'scripts/layers.mjs'), 'utf8');
    const layers = [...table.matchAll(/layer: '([a-z/]+)'|adapter\('([a-z]+)'/g)].map(
      (match) => match[1] ?? `services/${match[2]}`,
    );
    expect(layers.length).toBeGreaterThan(15);
    const refused = files.filter((path) => expectedIn(path).includes('house(imports)'));
    const room: Record<string, string> = {
      src: 'src/unnamed-room.ts',
      ports: 'src/machines/ports.ts',
      visualize: 'visualize/',
      'visualize/chart': 'visualize/chart/',
      'visualize/model': 'visualize/model/',
      'visualize/page': 'visualize/page/',
    };
    for (const layer of layers) {
      const path = room[layer] ?? `src/${layer}`;
      expect(refused.some((file) => file.startsWith(path))).toBe(true);
    }
  });
});
