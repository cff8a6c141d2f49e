/** Before the suites on real servers: builds what they start as processes of their own, since Node 20 runs no TypeScript. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** tsc's exit code when it found type errors and wrote the JavaScript all the same: types are judged by a gate of their own. */
const EMITTED_WITH_ERRORS = 2;

export default function buildDev(): void {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  const { status } = spawnSync(
    process.execPath,
    [join(typescript, 'bin', 'tsc'), '-p', 'tsconfig.dev.json'],
    { stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (status !== 0 && status !== EMITTED_WITH_ERRORS) throw new Error('tsc built nothing');
}
