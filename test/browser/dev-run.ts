/** `npm run dev` for one test file: real servers, real processes, and the live page of them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll } from 'vitest';
import { builtEntry } from '../../dev/built.ts';

export interface DevCommand {
  /** Of the live page, with its token. */
  readonly url: string;
  /** Records that were handed to the consumers, by the newest line. */
  delivered(): number;
  /** Records that were produced and not yet delivered, by the newest line. */
  onTheWay(): number;
}

/** Call in the body of the test file (`await` at the top level), not inside a test. */
export async function useDev(...args: string[]): Promise<DevCommand> {
  const child = spawn(process.execPath, [builtEntry('main.js'), '--plain', ...args], {
    // in a process group of its own, in which all that it starts is too
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  const closed = once(child, 'close');
  afterAll(async () => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    } catch {
      // it has ended already
    }
    await closed;
  });
  let text = '';
  const url = new Promise<string>((resolve, reject) => {
    for (const out of [child.stdout, child.stderr]) {
      out.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const printed = /^Live page: (\S+)$/m.exec(text)?.[1];
        if (printed !== undefined) resolve(printed);
      });
    }
    void closed.then(() => reject(new Error(`npm run dev ended: ${text}`)));
  });
  const newest = (name: string): number =>
    Number([...text.matchAll(new RegExp(`${name} (\\d+)`, 'g'))].at(-1)?.[1] ?? 0);
  return {
    url: await url,
    delivered: () => newest('delivered'),
    onTheWay: () => newest('on the way'),
  };
}
