import { fork } from 'node:child_process';
import { builtEntry } from './built.ts';

/** Sees to it that a process under SIGSTOP does not outlive this one. */
export interface Warden {
  /** It is not frozen any more, or has ended. Idempotent. */
  dismiss(): void;
}

/** @param pid - The process to kill when this one dies; told at the start, since messages may come too late. */
export function wardenOf(pid: number): Warden {
  const child = fork(builtEntry('warden.js'), [String(pid)], {
    execArgv: [],
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  return { dismiss: () => void child.kill('SIGKILL') };
}
