import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const project = new URL('../../', import.meta.url);
const api = JSON.parse(
  readFileSync(new URL('test/gates/public-api.json', project), 'utf8'),
) as Readonly<Record<string, readonly string[]>>;

async function exportsOf(path: string): Promise<readonly string[]> {
  const exported: unknown = await import(new URL(path, project).href);
  return Object.keys(exported as object).sort();
}

/** What `npm publish` would send, without building it anew. */
function packedFiles(): readonly string[] {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const stdout = execFileSync('npm', args, { cwd: fileURLToPath(project), encoding: 'utf8' });
  const [packed] = JSON.parse(stdout) as readonly [{ files: readonly { path: string }[] }];
  return packed.files.map((file) => file.path);
}

describe('the package', () => {
  // A changed list is accepted with `npm run api:accept`.
  it('exports the accepted names and no others', async () => {
    expect(await exportsOf('src/index.ts')).toEqual(api['kinesumer']);
  });

  it('exports the accepted names and no others from its inspector entry', async () => {
    expect(await exportsOf('src/inspector.ts')).toEqual(api['kinesumer/inspector']);
  });

  it('exports the accepted names and no others from its memory entry', async () => {
    expect(await exportsOf('src/services/memory/index.ts')).toEqual(api['kinesumer/memory']);
  });

  it('exports the accepted names and no others from its simulation entry', async () => {
    expect(await exportsOf('src/simulation/index.ts')).toEqual(api['kinesumer/simulation']);
  });

  it('holds the built library, its schemas and its pages, and nothing else', () => {
    const files = packedFiles();
    const foreign = files.filter(
      (path) =>
        !/^(dist|schema)\/|^(README|SPEC|ARCHITECTURE|SIMULATION|THIRD-PARTY|LICENSE|package)\b/.test(
          path,
        ),
    );
    expect(foreign).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'README.md',
        'THIRD-PARTY.md',
        'dist/index.js',
        'dist/index.d.ts',
        'dist/cli/main.js',
        'dist/page/index.html',
      ]),
    );
  });

  it('names all whose code the page contains, as they name themselves', () => {
    const notices = readFileSync(new URL('THIRD-PARTY.md', project), 'utf8');
    const page = fileURLToPath(new URL('visualize', project));
    const sources = readdirSync(page, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name) && name !== 'vite.config.ts')
      .map((name) => readFileSync(join(page, name), 'utf8'));
    const imported = sources.flatMap((source) =>
      [...source.matchAll(/from '((?:@[^/']+\/)?[^./'][^/']*)/g)].map(([, name = '']) => name),
    );
    // by way of the others, and of the library itself in the worker
    const bundled = new Set([...imported, '@preact/signals-core', 'xstate']);
    expect(bundled).toContain('@viz-js/viz');
    const folder = new URL('node_modules/', project);
    for (const name of bundled) {
      expect(notices).toContain(`[${name}](`);
      const licence = name === '@viz-js/viz' ? 'dist/viz.js' : 'LICENSE';
      const text = readFileSync(new URL(`${name}/${licence}`, folder), 'utf8');
      expect(notices).toContain(/Copyright \(c\).*/.exec(text)?.[0]);
    }
    const built = readFileSync(new URL('@viz-js/viz/lib/provenance.json', folder), 'utf8');
    const versionOf = (pattern: RegExp): string | undefined => pattern.exec(built)?.[1];
    expect(notices).toContain(
      `Graphviz](https://graphviz.org) ${versionOf(/graphviz-([\d.]+)\.tar/)},`,
    );
    expect(notices).toContain(
      `Expat](https://libexpat.github.io) ${versionOf(/expat-([\d.]+)\.tar/)},`,
    );
    expect(notices).toContain(
      `Emscripten](https://emscripten.org) ${versionOf(/emsdk@([\d.]+)/)},`,
    );
  });

  it('holds no tests and nothing of the development tools', () => {
    expect(
      packedFiles().filter((path) => /(^|[/.])tests?[/.]|fixture|(^|\/)dev\//.test(path)),
    ).toEqual([]);
  });
});
