import type { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aborted, interruption } from '../../src/cli/interruption.ts';

type Listener = (...args: unknown[]) => void;

const HEARD: readonly (readonly [EventEmitter, string])[] = [
  [process, 'SIGINT'],
  [process, 'SIGTERM'],
  [process, 'exit'],
  [process.stdout, 'error'],
  [process.stderr, 'error'],
];
const heard = (): readonly (readonly Listener[])[] =>
  HEARD.map(([emitter, event]) => emitter.listeners(event) as Listener[]);
/** The test runner's own. */
let others: readonly (readonly Listener[])[] = [];
const said: string[] = [];

/** Tells those that are not the test runner's. */
function emit(event: string, ...args: readonly unknown[]): void {
  const at = HEARD.findIndex(([, name]) => name === event);
  for (const listener of heard()[at] ?? []) {
    if (!others[at]?.includes(listener)) listener(...args);
  }
}

beforeEach(() => {
  said.length = 0;
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0);
  others = heard();
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const [at, [emitter, event]] of HEARD.entries()) {
    for (const listener of heard()[at] ?? []) {
      if (!others[at]?.includes(listener)) emitter.off(event, listener);
    }
  }
  process.exitCode = undefined;
});

const failed = (code: string): Error => Object.assign(new Error(`${code}: broken`), { code });

describe('an interruption', () => {
  it.each(['SIGINT', 'SIGTERM'])('comes by %s', async (signal) => {
    const interrupted = interruption();
    expect(interrupted.aborted).toBe(false);
    emit(signal);
    await aborted(interrupted);
    await aborted(interrupted);
  });

  it.each([process.stdout, process.stderr])(
    'comes without a word where nobody reads on',
    async (stream) => {
      const interrupted = interruption();
      stream.emit('error', failed('EPIPE'));
      await aborted(interrupted);
      stream.emit('error', failed('ERR_STREAM_DESTROYED'));
      expect(said).toEqual([]);
    },
  );

  it('does not come by a full disk, which is told, and is what the exit code tells', () => {
    const interrupted = interruption();
    process.stdout.emit('error', failed('ENOSPC'));
    expect(interrupted.aborted).toBe(false);
    expect(said).toEqual(['stdout cannot be written: ENOSPC: broken\n']);
    emit('exit', 0);
    expect(process.exitCode).toBe(1);
  });
});
