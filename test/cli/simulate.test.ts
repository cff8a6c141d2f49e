import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { simulate } from '../../src/cli/simulate.ts';
import type { Evidence, Violation } from '../../src/simulation/index.ts';

const written = { stdout: '', stderr: '' };
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulate-'));
  for (const name of ['stdout', 'stderr'] as const) {
    written[name] = '';
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const small = ['--clients', '2', '--shards', '2', '--profile', 'fast', '--minutes', '0.2'];
/** Takes every death for a fault of the library. */
const noDeaths = ({ events }: Evidence): readonly Violation[] =>
  events.flatMap((event) =>
    event.kind === 'process' && event.what === 'crashed'
      ? [{ invariant: 'X1', order: event.order, message: `${event.process} died` }]
      : [],
  );

describe('kinesumer simulate', () => {
  it('says what a rolling restart costs, and exits with 0', async () => {
    expect(await simulate(['--runs', '2', '--faults', 'roll', ...small])).toBe(0);
    expect(written.stdout).toContain('2 runs of 2 clients on 1 × 2 shards, profile fast, roll');
    expect(written.stdout).toMatch(/^shutdown +\d+ +\d+\.\d\d/m);
    expect(written.stdout).toContain('No invariant was broken.');
  });

  it('writes the result as JSON to stdout, a trace and a page to files, progress to stderr', async () => {
    const [trace, report] = [join(folder, 'trace.jsonl'), join(folder, 'report.html')];
    const flags = ['--runs', '1', '--faults', 'crash', '--json', '--trace', trace];
    expect(await simulate([...flags, '--report', report, ...small])).toBe(0);
    const result = JSON.parse(written.stdout) as Record<string, unknown>;
    expect(result).toMatchObject({ runs: 1, counterexample: null, openGaps: 0 });
    expect(result['gaps']).toHaveProperty('crash.p99S');
    expect(written.stderr).toContain('1/1 runs');
    const lines = readFileSync(trace, 'utf8').trimEnd().split('\n');
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ kind: 'trace', source: 'simulation' });
    expect(lines.length).toBeGreaterThan(100);
    const page = readFileSync(report, 'utf8');
    expect(page).toContain('<svg');
    expect(page).not.toMatch(/<script|https?:/);
  });

  it('stops at a run that breaks an invariant, shortens its script, and exits with 3', async () => {
    const trace = join(folder, 'trace.jsonl');
    const flags = ['--runs', '9', '--seed', '5', '--faults', 'crash', '--trace', trace];
    expect(await simulate([...flags, ...small], noDeaths)).toBe(3);
    expect(written.stdout).toContain('1 runs of');
    expect(written.stdout).toContain('Seed 5 broke');
    const shortest = written.stdout.split('Shortest script')[1]?.split('Play it again')[0] ?? '';
    // a client, and its death
    expect(shortest.match(/ s {2}\w+/g)).toHaveLength(2);
    expect(written.stdout).toContain('npx kinesumer simulate --runs 1 --seed 5 --clients 2');
    expect(readFileSync(trace, 'utf8')).toContain('"kind":"violation"');
  });

  it('refuses a wrong flag with its usage and code 2, and explains itself', async () => {
    expect(await simulate(['--runs', 'many', '--trace', join(folder, 't')])).toBe(2);
    expect(written.stderr).toContain(`--runs takes a whole number from 1 to 10000000, not 'many'`);
    expect(existsSync(join(folder, 't'))).toBe(false);
    expect(await simulate(['--help'])).toBe(0);
    expect(written.stdout).toContain('Usage: kinesumer simulate');
  });
});
