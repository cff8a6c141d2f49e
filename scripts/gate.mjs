/**
 * The one gate: everything that CI runs. Progress goes to stderr; the last line of stdout is `N passed, N failed`,
 * where each step and each test counts as one.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const project = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'gate-'));
const testReport = join(scratch, 'tests.json');

const STEPS = ['build', 'build:dev', 'typecheck', 'lint', 'format:check', 'knip', 'check:package'];

/** Runs a program with its output on stderr; resolves to whether it ended with code 0. */
function run(program, args) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: project,
      stdio: ['ignore', process.stderr, process.stderr],
    });
    child.on('error', (error) => {
      process.stderr.write(`${error.message}\n`);
      resolve(false);
    });
    child.on('close', (code) => resolve(code === 0));
  });
}

/** Counts the tests of vitest's report. What ended badly without a failed test (a file that does not load, an unhandled rejection) counts as one failure. */
function countTests(ended) {
  let report;
  try {
    report = JSON.parse(readFileSync(testReport, 'utf8'));
  } catch {
    return { passed: 0, failed: 1 };
  }
  const passed = report.numPassedTests;
  // A test that did not run has not passed.
  const failed = report.numTotalTests - passed;
  return { passed, failed: failed === 0 && (!ended || passed === 0) ? 1 : failed };
}

const total = { passed: 0, failed: 0 };
const broken = [];
try {
  for (const step of STEPS) {
    const startedMs = performance.now();
    process.stderr.write(`\n▶ ${step}\n`);
    const ended = await run('npm', ['run', '--silent', step]);
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
    process.stderr.write(`${ended ? '✔' : '✘'} ${step} (${seconds} s)\n`);
    total[ended ? 'passed' : 'failed'] += 1;
    if (!ended) broken.push(step);
  }
  process.stderr.write('\n▶ tests\n');
  const vitest = join(project, 'node_modules/vitest/vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${testReport}`];
  const tests = countTests(await run(process.execPath, [vitest, 'run', ...reporters]));
  total.passed += tests.passed;
  total.failed += tests.failed;
  if (tests.failed > 0) broken.push('tests');
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

if (broken.length > 0) process.stderr.write(`\nFailed: ${broken.join(', ')}\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;
