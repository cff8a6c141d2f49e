/** A process of its own that plays seeds, one after the other: it may hang or die, and the soak goes on. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GivenSeed, SeedResult, Spans } from './seed-run.ts';

const CHILD = fileURLToPath(new URL('../soak-child.js', import.meta.url));
/** The most expensive seeds take seconds. */
const SEED_TIMEOUT_MS = 10 * 60_000;

export class Worker {
  #child: ChildProcess | null = null;

  /** Never rejects: a process that dies, or takes too long, is what its seed did. */
  play(seed: number, spans: Spans): Promise<SeedResult> {
    const child = (this.#child ??= fork(CHILD, [], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    }));
    return new Promise((resolve) => {
      const finish = (result: SeedResult): void => {
        clearTimeout(timeout);
        child.removeAllListeners('message').removeAllListeners('exit').removeAllListeners('error');
        resolve(result);
      };
      const fail = (message: string): void => {
        this.stop();
        finish({ kind: 'failed', seed, message });
      };
      const timeout = setTimeout(
        () => fail(`no end within ${SEED_TIMEOUT_MS / 1_000} s`),
        SEED_TIMEOUT_MS,
      );
      child.once('message', (result) => finish(result as SeedResult));
      child.once('exit', (code, signal) => fail(`its process ended with ${code ?? signal}`));
      child.once('error', (error) => fail(error.message));
      child.send({ seed, spans } satisfies GivenSeed);
    });
  }

  stop(): void {
    this.#child?.removeAllListeners('exit').kill('SIGKILL');
    this.#child = null;
  }
}
