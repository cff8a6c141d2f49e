import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { builtEntry } from '../../dev/built.ts';
import { isGroupRunning } from './process-group.ts';

interface Command {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Resolves to the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

const started = new Set<ChildProcess>();

/** In a process group of its own, in which all that it starts is too. */
function dev(...args: string[]): Command {
  const child = spawn(process.execPath, [builtEntry('main.js'), ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  started.add(child);
  let text = '';
  for (const out of [child.stdout, child.stderr]) {
    out.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  return { child, output: () => text, ended };
}

/** Whether a process of the command's group is left. */
const hasLeft = ({ child }: Command): boolean => isGroupRunning(child.pid ?? 0);

const untilSaid = (command: Command, text: string): Promise<void> =>
  vi.waitFor(() => expect(command.output()).toContain(text), { timeout: 30_000 });

const untilNothingLeft = (command: Command): Promise<void> =>
  vi.waitFor(() => expect(hasLeft(command)).toBe(false), { timeout: 10_000 });

afterEach(() => {
  for (const child of started) {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // All of the group has ended, as it should.
    }
  }
  started.clear();
});

describe('npm run dev', () => {
  it('survives its own chaos: nothing missing or out of order, and no process left', async () => {
    const command = dev('--for', '5s', '--chaos', '--seed', '7', '--rate', '100');
    expect(await command.ended, command.output()).toBe(0);
    const text = command.output();
    expect(text).toMatch(/aws --endpoint-url http:\/\/127\.0\.0\.1:\d+ .*kinesis list-shards/);
    for (const action of ['add: ', 'stop: ', 'kill -9: ', 'SIGSTOP: ', 'split', 'merge']) {
      expect(text).toContain(action);
    }
    const figure = (name: string): number =>
      Number(new RegExp(`^  ${name} +(\\d+)`, 'm').exec(text)?.[1]);
    expect(figure('produced')).toBeGreaterThan(300);
    expect(figure('delivered')).toBe(figure('produced'));
    expect(figure('missing')).toBe(0);
    expect(figure('out of order')).toBe(0);
    expect(text).toContain('shard moves; gap of the median');
    await untilNothingLeft(command);
  });

  it('ends everything on SIGINT', async () => {
    const command = dev('--clients', '2');
    await untilSaid(command, 'leads, generation 1');
    expect(hasLeft(command)).toBe(true);
    command.child.kill('SIGINT');
    expect(await command.ended).toBe(130);
    await untilNothingLeft(command);
  });

  it('leaves nothing behind when it is killed', async () => {
    const command = dev('--clients', '2');
    await untilSaid(command, 'leads, generation 1');
    expect(hasLeft(command)).toBe(true);
    command.child.kill('SIGKILL');
    expect(await command.ended).toBe('SIGKILL');
    await untilNothingLeft(command);
  });

  it('refuses a wrong flag with its usage and code 2', async () => {
    const command = dev('--shards', 'many');
    expect(await command.ended).toBe(2);
    expect(command.output()).toContain(`--shards takes a whole number from 1 to 32, not 'many'`);
    expect(command.output()).toContain('Usage: npm run dev');
  });
});

describe('the warden', () => {
  it('ends a process that stands still when the parent of both is gone', async () => {
    const frozen = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      stdio: 'ignore',
    });
    try {
      frozen.kill('SIGSTOP');
      const warden = fork(builtEntry('warden.js'), [String(frozen.pid)], { execArgv: [] });
      const killed = once(frozen, 'exit');
      const gone = once(warden, 'exit');
      warden.disconnect();
      expect((await killed)[1]).toBe('SIGKILL');
      expect((await gone)[0]).toBe(0);
    } finally {
      frozen.kill('SIGKILL');
    }
  });
});
