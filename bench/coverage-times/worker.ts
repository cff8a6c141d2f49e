/** A process of its own for groups that have nothing to do with each other. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Task, Told } from './story.ts';

const CHILD = fileURLToPath(new URL('../coverage-times-child.js', import.meta.url));

export class Worker {
  readonly #child: ChildProcess = fork(CHILD, [], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // most of what a simulation makes lives for a moment
    execArgv: ['--max-semi-space-size=32'],
  });

  tell(task: Task): Promise<Told> {
    return new Promise((resolve, reject) => {
      const fail = (code: number | null): void =>
        reject(new Error(`the process of ${JSON.stringify(task)} ended with ${code}`));
      this.#child.once('exit', fail);
      this.#child.once('message', (told) => {
        this.#child.off('exit', fail);
        resolve(told as Told);
      });
      this.#child.send(task);
    });
  }

  stop(): void {
    this.#child.kill();
  }
}
