/** When a command is to end before its time. */
import { once } from 'node:events';

/** What a stream says whose reader has gone; the second one where it is written to once more. */
const NOBODY_READS: ReadonlySet<string | undefined> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);
const EXIT_FAILED = 1;

/**
 * Aborts by ctrl-C, where the system ends the process, and where nobody reads on what it says, as after `| head`: a
 * command has no more to do then, and nobody to complain to. To be asked for once in a process.
 */
export function interruption(): AbortSignal {
  const interrupt = new AbortController();
  const end = (): void => interrupt.abort();
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].on('error', (error: NodeJS.ErrnoException) => {
      if (NOBODY_READS.has(error.code)) return end();
      // a full disk, where it goes to a file
      if (name === 'stdout') process.stderr.write(`stdout cannot be written: ${error.message}\n`);
      process.once('exit', (code) => {
        if (code === 0) process.exitCode = EXIT_FAILED;
      });
    });
  }
  return interrupt.signal;
}

/** Resolves once a signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}
