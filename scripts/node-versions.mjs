/**
 * Runs the unit project, simulations and properties among it, under other versions of Node.js, and compares the traces
 * of simulated runs: the same seed gives the same trace under every version. What the tests print goes to stderr, the
 * table to stdout. The versions come from the registry by npx.
 *
 *   npm run test:node-versions [-- --versions 22,24 --only test/simulation --no-tests --test-timeout 120000]
 *
 * Ends with 1 where a test fails or a trace differs from that of the Node.js that runs this, with 2 for a wrong version.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const project = fileURLToPath(new URL('..', import.meta.url));
/** Within the project, so that the compiled program finds its packages; ignored by git. */
const compiled = join(project, 'artefacts/node-versions');

const VERSION = /^\d+(\.\d+){0,2}$/;
const SEEDS = Array.from({ length: 12 }, (_, index) => String(index * 17));
const { values } = parseArgs({
  options: {
    versions: { type: 'string', default: '22,24,26' },
    only: { type: 'string', multiple: true, default: [] },
    tests: { type: 'boolean', default: true },
    // raised on a machine that is busy with much else
    'test-timeout': { type: 'string', default: '30000' },
  },
  allowNegative: true,
});

const versions = values.versions.split(',');
const wrong = versions.find((version) => !VERSION.test(version));
if (wrong !== undefined) {
  process.stderr.write(`--versions takes versions of Node.js such as 22,24, not '${wrong}'\n`);
  process.exit(2);
}

const scratch = mkdtempSync(join(tmpdir(), 'node-versions-'));

const executableOf = (version) =>
  execFileSync('npx', ['-y', '-p', `node@${version}`, 'node', '-p', 'process.execPath'], {
    encoding: 'utf8',
  }).trim();

const run = (node, args) => execFileSync(node, args, { cwd: project, encoding: 'utf8' });

const tracesOf = (node) => run(node, [join(compiled, 'bench/simulated-traces.js'), ...SEEDS]);

/** Seeds whose traces are not those that are expected, or are missing. */
function differing(traces, expected) {
  const lines = traces.trim().split('\n');
  const wanted = expected.trim().split('\n');
  return SEEDS.filter((_, index) => lines[index] === undefined || lines[index] !== wanted[index]);
}

function testsOf(node, version) {
  const report = join(scratch, `${version}.json`);
  const vitest = join(project, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const options = ['--project', 'unit', `--testTimeout=${values['test-timeout']}`];
  const args = [vitest, 'run', ...options, ...values.only, ...reporters];
  const { status } = spawnSync(node, args, { cwd: project, stdio: ['ignore', 2, 2] });
  const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(report, 'utf8'));
  const failed = numTotalTests - numPassedTests;
  return { passed: numPassedTests, failed: status === 0 ? failed : Math.max(1, failed) };
}

try {
  const tsc = join(project, 'node_modules/typescript/bin/tsc');
  const buildInfo = join(compiled, '.tsbuildinfo');
  const out = ['--outDir', compiled, '--tsBuildInfoFile', buildInfo];
  run(process.execPath, [tsc, '-p', 'tsconfig.dev.json', ...out]);
  const expected = tracesOf(process.execPath);
  process.stdout.write(`${process.version}: ${SEEDS.length} traces to compare with\n`);
  for (const version of versions) {
    const node = executableOf(version);
    const others = differing(tracesOf(node), expected);
    const traces =
      others.length === 0 ? 'the same traces' : `other traces for seeds ${others.join(' ')}`;
    const tests = values.tests ? testsOf(node, version) : null;
    const words = tests === null ? '' : `, ${tests.passed} tests passed, ${tests.failed} failed`;
    process.stdout.write(`${run(node, ['-p', 'process.version']).trim()}: ${traces}${words}\n`);
    if (others.length > 0 || (tests?.failed ?? 0) > 0) process.exitCode = 1;
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
