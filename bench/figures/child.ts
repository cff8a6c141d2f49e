/** Measures in a process of its own: heap and processor time are a process's. */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Numbers by name: what a child sends when it is through. */
export type Numbers = Readonly<Record<string, number>>;

const ENTRIES = {
  idleShards: new URL('../idle-shards-child.js', import.meta.url),
  bulk: new URL('../bulk-child.js', import.meta.url),
} as const;

/** @throws Error when the child ends without an answer */
export function measureInChild(
  entry: keyof typeof ENTRIES,
  args: readonly string[],
  execArgv: readonly string[] = [],
): Promise<Numbers> {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(ENTRIES[entry]), [...args], {
      execArgv: [...execArgv],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    let answer: Numbers | null = null;
    child.on('message', (message) => {
      if (isNumbers(message)) answer = message;
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (answer !== null && code === 0) resolve(answer);
      else reject(new Error(`the measuring process for ${entry} ended with ${code ?? signal}`));
    });
  });
}

const isNumbers = (message: unknown): message is Numbers =>
  typeof message === 'object' &&
  message !== null &&
  Object.values(message).every((value) => typeof value === 'number');

/** The child's end. */
export async function answerParent(measure: () => Promise<Numbers>): Promise<void> {
  // whoever asked is gone: nobody waits for the answer
  process.once('disconnect', () => process.exit(0));
  const numbers = await measure();
  await new Promise<void>((resolve, reject) => {
    process.send?.(numbers, undefined, {}, (error) => (error === null ? resolve() : reject(error)));
  });
  process.disconnect();
}
