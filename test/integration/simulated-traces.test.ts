import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('../../build/bench/simulated-traces.js', import.meta.url));
const SEEDS = ['1', '28', '92'];

/** Digests of the traces of the seeds, from a process of its own. */
async function digests(env: NodeJS.ProcessEnv): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...SEEDS], {
    env: { ...process.env, ...env },
  });
  return stdout;
}

describe('a simulated run', () => {
  it('has the same trace in another process, in another time zone and language', async () => {
    const [here, there] = await Promise.all([
      digests({ TZ: 'UTC', LANG: 'C' }),
      digests({ TZ: 'Pacific/Auckland', LANG: 'tr_TR.UTF-8', LC_ALL: 'tr_TR.UTF-8' }),
    ]);
    expect(here.trim().split('\n')).toHaveLength(SEEDS.length);
    expect(there).toBe(here);
  });
});
