import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { simulate as simulateUntil } from '../../src/cli/simulate.ts';
import type { Evidence, Violation } from '../../src/simulation/index.ts';

const written = { stdout: '', stderr: '' };
let folder = '';

beforeEach(() => {
  interrupt = new AbortController();
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
  interrupt.abort();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Whatever is under way ends with its test. */
let interrupt = new AbortController();
const simulate = (args: readonly string[], judge?: Parameters<typeof simulateUntil>[2]) =>
  simulateUntil(args, interrupt.signal, judge);

const WITHIN = { timeout: 20_000 };
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
    const shortest = written.stdout.split('Shortest scenario')[1]?.split('Play it again')[0] ?? '';
    // a client, and its death
    expect(shortest.match(/ s {2}\w+/g)).toHaveLength(2);
    expect(written.stdout).toContain('npx kinesumer simulate --runs 1 --seed 5 --clients 2');
    expect(readFileSync(trace, 'utf8')).toContain('"kind":"violation"');
  });

  it('keeps the shortest scenario, and plays it again from its file', async () => {
    const [kept, trace] = [join(folder, "it's kept.json"), join(folder, 'trace.jsonl')];
    const flags = ['--runs', '1', '--seed', '5', '--faults', 'crash', '--scenario-out', kept];
    expect(await simulate([...flags, '--trace', trace, ...small], noDeaths)).toBe(3);
    expect(written.stdout).toContain('clients: membership=dynamic\n');
    expect(written.stdout).toContain(
      `Play the shortest: npx kinesumer simulate --scenario '${kept.replace("'", "'\\''")}'\n`,
    );
    const { script } = JSON.parse(readFileSync(kept, 'utf8')) as { script: readonly unknown[] };
    expect(script).toHaveLength(2);

    written.stdout = '';
    const again = join(folder, 'again.json');
    expect(await simulate(['--scenario', kept, '--scenario-out', again], noDeaths)).toBe(3);
    expect(written.stdout).toContain(`1 runs of what stands in ${kept}\n`);
    expect(readFileSync(again, 'utf8')).toBe(readFileSync(kept, 'utf8'));
    expect(written.stdout).toContain(`Play it again: npx kinesumer simulate --scenario '`);

    // sound ones leave no file
    rmSync(again);
    expect(await simulate(['--scenario', trace, '--scenario-out', again])).toBe(0);
    expect(existsSync(again)).toBe(false);
  });

  it('plays all scenarios of a list, and what was printed as JSON', async () => {
    const flags = ['--runs', '1', '--seed', '5', '--faults', 'crash', '--json', ...small];
    expect(await simulate(flags, noDeaths)).toBe(3);
    const result = join(folder, 'result.json');
    writeFileSync(result, written.stdout);
    const { scenario } = (JSON.parse(written.stdout) as { counterexample: { scenario: object } })
      .counterexample;
    const list = join(folder, 'list.json');
    const go = join(folder, 'go.json');
    writeFileSync(list, JSON.stringify([{ found: 'a death', scenario }, scenario]));
    writeFileSync(go, JSON.stringify({ ...scenario, protocol: 'go' }));
    for (const [file, runs, protocol, code] of [
      [result, 1, 'kinesumer', 0],
      [list, 2, 'kinesumer', 0],
      // what the death of its only client leaves, nobody is given
      [go, 1, 'go', 3],
    ] as const) {
      written.stdout = '';
      expect(await simulate(['--scenario', file, '--json'])).toBe(code);
      expect(JSON.parse(written.stdout)).toMatchObject({ runs, options: { protocol } });
    }
  });

  it.each([
    ['{', 'it is no JSON'],
    ['[]', 'it has to hold scenarios'],
    ['[{"scenario":{"seed":1.5}}]', 'InvalidOption: [0].scenario.seed must be a whole number'],
    ['{"counterexample":null}', 'InvalidOption: counterexample must be an object; got null'],
    ['7', 'InvalidOption: it must be an object; got 7'],
  ])('refuses a file that holds no scenario: %s', async (text, why) => {
    const file = join(folder, 'scenario.json');
    writeFileSync(file, text);
    expect(await simulate(['--scenario', file, '--trace', join(folder, 't')])).toBe(2);
    expect(written.stderr).toContain(`--scenario ${file}: ${why}`);
    expect(existsSync(join(folder, 't'))).toBe(false);
    expect(await simulate(['--scenario', folder])).toBe(2);
    expect(written.stderr).toContain(`--scenario ${folder}: EISDIR`);
  });

  it('plays the Go algorithm run after run, counts what it breaks, and exits with 3', async () => {
    const flags = ['--protocol', 'go', '--runs', '3', '--faults', 'reshard', '--minutes', '1'];
    expect(await simulate([...flags, '--json'])).toBe(3);
    const result = JSON.parse(written.stdout) as Record<'lost' | 'again' | 'overlaps', number>;
    expect(result).toMatchObject({ runs: 3, broken: 3, counterexample: { seed: 1 } });
    expect(Math.min(result.lost, result.again, result.overlaps)).toBeGreaterThan(0);

    written.stdout = '';
    expect(await simulate(flags)).toBe(3);
    expect(written.stdout).toContain('the Go algorithm, reshard');
    expect(written.stdout).toContain(`Records: ${result.lost} lost, ${result.again} given again`);
    expect(written.stdout).toContain('3 of 3 runs broke an invariant.\nThat is to be expected');
    expect(written.stdout).toMatch(/^ {2}D1 @end: .* never completed/m);
    const shortest = written.stdout.split('Shortest scenario')[1]?.split('Play it again')[0] ?? '';
    expect(shortest).toMatch(/ join .* (split|merge) /s);
    expect(written.stdout).toContain('simulate --protocol go --runs 1 --seed 1 --clients 4');
  });

  it('of ours loses nothing where the Go algorithm does, and gives nothing out twice at once', async () => {
    expect(await simulate(['--runs', '3', '--faults', 'reshard', '--minutes', '1'])).toBe(0);
    expect(written.stdout).toContain(
      `Records: 0 lost, 0 given again, 0 out of order; 0 times two gave out one shard's`,
    );
  });

  it('plays the faults of a list, all of them', async () => {
    const trace = join(folder, 'trace.jsonl');
    const flags = ['--runs', '1', '--faults', 'kill,reshards,lapse', '--trace', trace, ...small];
    const broken: Violation = { invariant: 'X1', order: null, message: 'all is lost' };
    expect(await simulate(flags, () => [broken])).toBe(3);
    const header = readFileSync(trace, 'utf8').split('\n')[0] ?? '';
    for (const kind of ['crash', 'lapse']) expect(header).toContain(`"kind":"${kind}"`);
    expect(header).toMatch(/"kind":"(split|merge)"/);
    expect(written.stdout).toContain('profile fast, kills,reshards,lapses');
    expect(written.stdout).toContain('--faults kills,reshards,lapses --profile fast');
  });

  it('shows the run on a page of this machine until it is interrupted', async () => {
    const flags = ['--runs', '1', '--seed', '5', '--faults', 'crash', '--open', ...small];
    const running = simulate(flags);
    const url = await vi.waitFor(() => {
      const printed = /^Live page: (\S+)$/m.exec(written.stderr)?.[1];
      expect(printed).toBeDefined();
      return new URL(printed ?? '');
    }, WITHIN);
    expect(url.hostname).toBe('127.0.0.1');
    expect(written.stdout).toContain('1 runs of');
    const trace = await (await fetch(new URL(`/trace${url.search}`, url))).text();
    const kinds = trace.split('\n').map((line) => /"kind":"(\w+)"/.exec(line)?.[1]);
    expect(kinds[0]).toBe('trace');
    expect(kinds).toContain('generation');
    interrupt.abort();
    expect(await running).toBe(130);
    await expect(fetch(url)).rejects.toThrow('fetch failed');
  });

  it('refuses a file that it cannot write before it plays, and leaves the others as they were', async () => {
    const [kept, made] = [join(folder, 'kept'), join(folder, 'made')];
    writeFileSync(kept, 'of before');
    const flags = ['--runs', '1', ...small];
    const nowhere = join(folder, 'no', 'report.html');
    expect(await simulate([...flags, '--trace', made, '--report', nowhere])).toBe(2);
    expect(written.stderr).toBe(
      `--report cannot write ${nowhere}: ENOENT: no such file or directory, open '${nowhere}'\n`,
    );
    expect(await simulate([...flags, '--trace', kept, '--report', folder])).toBe(2);
    expect(written.stderr).toContain(`--report cannot write ${folder}: EISDIR`);
    expect(existsSync(made)).toBe(false);
    expect(readFileSync(kept, 'utf8')).toBe('of before');
    expect(written.stdout).toBe('');
  });

  it('tells the result where a file comes to no end, says so, and exits with 1', async () => {
    const report = join(folder, 'report.html');
    writeFileSync(report, 'x'.repeat(100_000));
    const flags = ['--runs', '1', '--faults', 'none', '--trace', '/dev/full', '--report', report];
    expect(await simulate([...flags, ...small])).toBe(1);
    expect(written.stdout).toContain('No invariant was broken.');
    expect(written.stderr).toContain('/dev/full is not whole: ENOSPC');
    expect(readFileSync(report, 'utf8')).toMatch(/^<!doctype.*<\/html>\n+$/s);
  });

  it('tells the result where the page cannot be shown, says why, and exits with 1', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const flags = ['--runs', '1', '--faults', 'none', '--open', '--port', String(port)];
    expect(await simulate([...flags, ...small])).toBe(1);
    expect(written.stdout).toContain('No invariant was broken.');
    expect(written.stderr).toContain(`PortUnavailable: Cannot listen on 127.0.0.1:${port}`);
    taken.close();
  });

  it('leaves a trace alone where it was interrupted before the first run', async () => {
    const trace = join(folder, 'trace.jsonl');
    interrupt.abort();
    expect(await simulate(['--trace', trace, ...small])).toBe(130);
    expect(existsSync(trace)).toBe(false);
    expect(written.stdout).toContain('0 runs of');
  });

  it('refuses a wrong flag with code 2, says where all of them stand, and explains itself', async () => {
    expect(await simulate(['--runs', 'many', '--trace', join(folder, 't')])).toBe(2);
    expect(written.stderr).toContain(`--runs takes a whole number from 1 to 10000000, not 'many'`);
    expect(existsSync(join(folder, 't'))).toBe(false);
    expect(await simulate(['--port', '99999'])).toBe(2);
    expect(await simulate(['--help'])).toBe(0);
    expect(written.stdout).toContain('Usage: kinesumer simulate');
  });
});
