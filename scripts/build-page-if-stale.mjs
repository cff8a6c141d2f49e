/** Builds the live page where it is not there, or where something that it is made of is newer. */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
/** The simulation in the page is made of the library's own modules. */
const SOURCES = ['visualize', 'src', 'package-lock.json'];

const changedMs = (path) => statSync(path).mtimeMs;

function newestMs(path) {
  if (!statSync(path).isDirectory()) return changedMs(path);
  return Math.max(...readdirSync(path).map((name) => newestMs(join(path, name))));
}

function builtMs() {
  try {
    return changedMs(join(project, 'dist/page/index.html'));
  } catch {
    return 0;
  }
}

const sourcesMs = Math.max(...SOURCES.map((name) => newestMs(join(project, name))));
if (builtMs() < sourcesMs) {
  const { status } = spawnSync('npm', ['run', '--silent', 'build:page'], {
    cwd: project,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
