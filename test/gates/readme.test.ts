import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { ERROR_RULES } from '../../src/errors.ts';
import { DEFAULTS, PROFILES } from '../../src/options.ts';
import { blocksOf, codeOf, pageOf, rowsOf, sectionOf } from './markdown.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const readme = pageOf('README.md');
const simulation = pageOf('SIMULATION.md');
const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

/** The names that an interface of the sources declares. */
function membersOf(path: string, name: string): readonly string[] {
  const body = new RegExp(`interface ${name}\\b[^]*?\\n}`).exec(pageOf(path))?.[0] ?? '';
  return Array.from(body.matchAll(/^ {2}readonly (\w+)\??:/gm), ([, member = '']) => member);
}

const nested = (group: string, names: readonly string[]): string[] =>
  names.map((name) => `${group}.${name}`);

/** Defaults by the names that the table uses. */
function flat(value: object, prefix = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]): [string, unknown][] =>
    typeof inner === 'object' && inner !== null
      ? flat(inner, `${prefix}${name}.`)
      : [[`${prefix}${name}`, inner]],
  );
}

const asCode = (value: unknown): string =>
  typeof value === 'number'
    ? value.toLocaleString('en-US').replaceAll(',', '_')
    : typeof value === 'string'
      ? `'${value}'`
      : String(value);

interface Compiled {
  readonly ended: 'well' | 'badly';
  readonly messages: string;
}

/** Checks modules as a user's own: strictly, against the sources of the library. */
async function compile(modules: Readonly<Record<string, string>>): Promise<Compiled> {
  const folder = mkdtempSync(join(tmpdir(), 'readme-'));
  folders.push(folder);
  symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
  for (const [name, text] of Object.entries(modules)) writeFileSync(join(folder, name), text);
  const compilerOptions = {
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    types: ['node'],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowJs: true,
    checkJs: true,
    allowImportingTsExtensions: true,
    paths: {
      kinesumer: [join(project, 'src/index.ts')],
      'kinesumer/inspector': [join(project, 'src/inspector.ts')],
      'kinesumer/memory': [join(project, 'src/services/memory/index.ts')],
      'kinesumer/simulation': [join(project, 'src/simulation/index.ts')],
    },
  };
  const include = Object.keys(modules);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }));
  const tsc = join(project, 'node_modules/typescript/bin/tsc');
  return new Promise((resolve) => {
    execFile(process.execPath, [tsc, '-p', folder], (error, messages) =>
      resolve({ ended: error === null ? 'well' : 'badly', messages }),
    );
  });
}

describe('the README', () => {
  it('has code that compiles', async () => {
    const modules = {
      ...Object.fromEntries(blocksOf(readme, 'ts').map((code, i) => [`block-${i}.mts`, code])),
      ...Object.fromEntries(blocksOf(readme, 'js').map((code, i) => [`block-${i}.mjs`, code])),
      ...Object.fromEntries(blocksOf(simulation, 'ts').map((code, i) => [`sim-${i}.mts`, code])),
    };
    expect(Object.keys(modules).length).toBeGreaterThanOrEqual(8);
    expect(await compile(modules)).toEqual({ ended: 'well', messages: '' });
  });

  it('would not pass with code that does not compile', async () => {
    const wrong = `import { createKinesumer } from 'kinesumer';\nawait createKinesumer({ ap: 'x' });\n`;
    for (const name of ['wrong.mts', 'wrong.mjs']) {
      const { ended, messages } = await compile({ [name]: wrong });
      expect(ended).toBe('badly');
      expect(messages).toContain(name);
    }
  });

  const optionRows = rowsOf(sectionOf(readme, '## Options'));

  it('lists every option once', () => {
    const source = 'src/options/user-options.ts';
    const groups: Record<string, string> = { commit: 'CommitOptions', table: 'TableOptions' };
    const expected = membersOf(source, 'KinesumerOptions').flatMap((name) => {
      const group = groups[name];
      return group === undefined ? [name] : nested(name, membersOf(source, group));
    });
    expect(expected.length).toBeGreaterThan(20);
    expect(optionRows.map(([name]) => codeOf(name)).sort()).toEqual(expected.sort());
  });

  it('names the defaults that hold', () => {
    const shown = new Map(
      optionRows.map(([name, standard]) => [codeOf(name), codeOf(standard)] as const),
    );
    const { closeMarginMs, ...defaults } = DEFAULTS;
    for (const [name, value] of flat(defaults))
      expect([name, shown.get(name)]).toEqual([name, asCode(value)]);
    const close = `\`timeoutMs\` = \`drainTimeoutMs\` + ${closeMarginMs.toLocaleString('en-US')}`;
    expect(sectionOf(readme, '## Options').replaceAll('\n', ' ')).toContain(close);
  });

  it('gives the profiles, and the bound that follows from them', () => {
    const rows = rowsOf(sectionOf(readme, '## Profiles and costs'));
    const expected = Object.entries(PROFILES).map(([name, timings]) => {
      const { heartbeatIntervalMs, ttlMs, selfFenceMs, pollIntervalMs } = timings;
      const boundMs = ttlMs + 2 * heartbeatIntervalMs + 3 * pollIntervalMs;
      const times = [heartbeatIntervalMs, ttlMs, selfFenceMs, pollIntervalMs].map(
        (timeMs) => `${timeMs.toLocaleString('en-US')} ms`,
      );
      return [`\`${name}\``, ...times, `${boundMs / 1_000} s`];
    });
    expect(rows).toEqual(expected);
  });

  it('has the table of errors as the library has it', () => {
    const expected = Object.entries(ERROR_RULES).map(([code, { retryable, next, about }]) => [
      `\`${code}\``,
      retryable ? 'yes' : 'no',
      `\`${next}\``,
      about,
    ]);
    expect(rowsOf(sectionOf(readme, '## Errors'))).toEqual(expected);
  });

  it('lists every event', () => {
    const names = rowsOf(sectionOf(readme, '## Events')).map(([name]) => codeOf(name));
    expect(names.sort()).toEqual(
      [...membersOf('src/kinesumer/events.ts', 'KinesumerEvents')].sort(),
    );
    expect(names.length).toBeGreaterThan(5);
  });

  it('shows the IAM policy of the schema folder', () => {
    const [shown = '{}'] = blocksOf(readme, 'json');
    const file = readFileSync(join(project, 'schema/iam-policy.json'), 'utf8');
    expect(JSON.parse(shown)).toEqual(JSON.parse(file));
  });

  it('names only scripts that exist', () => {
    const { scripts } = JSON.parse(pageOf('package.json')) as {
      readonly scripts: Readonly<Record<string, string>>;
    };
    const named = Array.from(readme.matchAll(/npm run ([a-z:-]+)/g), ([, name = '']) => name);
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe('the pages', () => {
  it.each(['README.md', 'ARCHITECTURE.md', 'SPEC.md'])(
    '%s has links that lead somewhere',
    (name) => {
      const page = pageOf(name);
      const anchors = Array.from(page.matchAll(/^#+ (.+)$/gm), ([, title = '']) =>
        title
          .toLowerCase()
          .replaceAll(/[^\w\- ]/g, '')
          .replaceAll(' ', '-'),
      );
      const links = Array.from(page.matchAll(/\]\(([^)]+)\)/g), ([, target = '']) => target);
      expect(links.length).toBeGreaterThan(0);
      for (const link of links.filter((target) => !target.startsWith('https://'))) {
        if (link.startsWith('#')) expect(anchors).toContain(link.slice(1));
        else expect(pageOf(link.replace(/#.*$/, ''))).not.toBe('');
      }
    },
  );
});
