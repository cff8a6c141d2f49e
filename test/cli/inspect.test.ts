import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { inspect } from '../../src/cli/inspect.ts';
import { parseArguments, USAGE } from '../../src/cli/inspect/arguments.ts';
import { MemoryStateStore, MemoryTable } from '../../src/services/memory/index.ts';
import { awsError, startFakeAws } from '../services/fake-aws.ts';

const written = { stdout: '', stderr: '' };

beforeEach(() => {
  for (const name of ['stdout', 'stderr'] as const) {
    written[name] = '';
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      written[name] += String(text);
      return true;
    });
  }
});
afterEach(() => vi.restoreAllMocks());

const stateStore = new MemoryStateStore({ table: new MemoryTable() });

const never = (): Promise<void> => Promise.reject(new Error('it was open'));

describe('kinesumer inspect', () => {
  it('prints the address of a page that is there until it is interrupted, and exits with 0', async () => {
    let status = 0;
    const interrupted = async (): Promise<void> => {
      const url = written.stdout.trim();
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=\w+$/);
      status = (await fetch(new URL('/nothing', url))).status;
    };
    expect(await inspect(['--app', 'shop'], interrupted, { stateStore })).toBe(0);
    expect(status).toBe(403);
    await expect(fetch(written.stdout.trim())).rejects.toThrow('fetch failed');
  });

  it('says why it cannot, and exits with 1', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const flags = ['--app', 'shop', '--port', String(port)];
    expect(await inspect(flags, never, { stateStore })).toBe(1);
    expect(written.stderr).toContain(`PortUnavailable: Cannot listen on 127.0.0.1:${port}`);
    const denying = await startFakeAws(() => awsError('AccessDeniedException'));
    const elsewhere = ['--endpoint', denying.endpoint, '--region', 'eu-west-1'];
    const credentials = { AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' };
    for (const [name, value] of Object.entries(credentials)) vi.stubEnv(name, value);
    expect(await inspect(['--app', 'shop', ...elsewhere], never)).toBe(1);
    vi.unstubAllEnvs();
    await denying.stop();
    expect(written.stderr).toContain('AccessDenied: ');
    expect(written.stdout).toBe('');
    taken.close();
  });

  it('shows a trace from a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'inspect-'));
    const path = join(folder, 'run.jsonl');
    writeFileSync(path, '{"kind":"trace","version":1,"app":"shop"}\n{"kind":"quiet"}\n');
    let text = '';
    const interrupted = async (): Promise<void> => {
      const { origin, search } = new URL(written.stdout.trim());
      text = await (await fetch(`${origin}/trace${search}`)).text();
    };
    expect(await inspect(['--trace', path], interrupted)).toBe(0);
    expect(text).toBe(readFileSync(path, 'utf8'));

    writeFileSync(path, '{"kind":"quiet"}\n');
    expect(await inspect(['--trace', path], interrupted)).toBe(1);
    expect(written.stderr).toContain('it does not begin with the header of a trace');
    writeFileSync(path, 'shards and clients\n');
    expect(await inspect(['--trace', path], interrupted)).toBe(1);
    expect(written.stderr).toContain('it is no trace');
    expect(await inspect(['--trace', join(folder, 'nothing')], interrupted)).toBe(1);
    expect(written.stderr).toContain('ENOENT');
    expect(await inspect(['--trace', path, '--app', 'shop'], interrupted)).toBe(2);
    expect(written.stderr).toContain('--app says nothing about a trace');
    rmSync(folder, { recursive: true });
  });

  it('closes the file of a trace again, whether it is read to its end, left early, or is no trace', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'inspect-'));
    const path = join(folder, 'run.jsonl');
    const header = '{"kind":"trace","version":1,"app":"shop"}\n';
    writeFileSync(path, header + `${'x'.repeat(999)}\n`.repeat(5_000));
    const openFiles = (): number => readdirSync('/dev/fd').length;
    const before = openFiles();
    const TIMES = 12;
    const interrupted = async (): Promise<void> => {
      const { origin, search } = new URL(written.stdout.trim());
      for (let n = 0; n < TIMES; n += 1) {
        const { body } = await fetch(`${origin}/trace${search}`);
        await body?.cancel();
      }
    };
    expect(await inspect(['--trace', path], interrupted)).toBe(0);
    writeFileSync(path, `no trace\n${'x'.repeat(99)}\n`.repeat(5_000));
    for (let n = 0; n < TIMES; n += 1) {
      expect(await inspect(['--trace', path], interrupted)).toBe(1);
    }
    await vi.waitFor(() => expect(openFiles()).toBeLessThan(before + TIMES / 2));
    rmSync(folder, { recursive: true });
  });

  it('refuses a wrong flag with code 2, says where all of them stand, and explains itself', async () => {
    expect(await inspect([], never)).toBe(2);
    expect(written.stderr).toContain('--app is needed');
    expect(await inspect(['--app', 'a#b'], never)).toBe(2);
    expect(written.stderr).toContain('InvalidOption: app must be');
    expect(await inspect(['--help'], never)).toBe(0);
    expect(written.stdout).toBe(USAGE);
  });
});

describe('the flags of kinesumer inspect', () => {
  it('are taken as they are given, and have no defaults of their own', () => {
    expect(parseArguments(['--app', 'shop'])).toEqual({ kind: 'run', options: { app: 'shop' } });
    const flags = '--app shop --table t --region eu-west-1 --endpoint http://127.0.0.1:8000';
    expect(parseArguments(`${flags} --port 4444`.split(' '))).toEqual({
      kind: 'run',
      options: {
        app: 'shop',
        table: 't',
        region: 'eu-west-1',
        dynamodb: { endpoint: 'http://127.0.0.1:8000' },
        port: 4444,
      },
    });
  });

  it.each([
    [['--port', '65536'], `--port takes a whole number from 0 to 65535, not '65536'`],
    [['--port', '-1'], '--port'],
    [['--port', '1.5'], '--port'],
    [['--trace', ''], '--trace takes the name of a file'],
    [['--port', 'any'], `not 'any'`],
    [['--endpoint', 'localhost:8000'], '--endpoint takes an address'],
    [['--unheard'], '--unheard'],
    [['left', 'over'], 'left'],
  ])('are refused where they are wrong: %j', (args, message) => {
    const result = parseArguments(['--app', 'shop', ...args]);
    expect(result).toMatchObject({ kind: 'refused', message: expect.stringContaining(message) });
    expect(result).toMatchObject({ message: expect.stringContaining('kinesumer inspect --help') });
  });

  it('all explain themselves', () => {
    expect(USAGE.match(/^ {2}--\w+/gm)).toEqual(
      'app table region endpoint port trace help'.split(' ').map((name) => `  --${name}`),
    );
  });
});
