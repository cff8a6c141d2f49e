/** Starts a local server in a process of its own, so that its work and its faults stay out of ours. */
import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How long a server may take to listen before its start counts as failed. */
const START_TIMEOUT_MS = 20_000;
/** How long a server may take to end by itself before it is killed. */
const STOP_TIMEOUT_MS = 500;
/** Bytes of the server's stderr kept for the message of a failed start. */
const KEPT_STDERR_CHARS = 2_000;

/** A server of this machine. It listens on 127.0.0.1 only and ends with this process. */
export interface LocalServer {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  readonly port: number;
  /** Stops the process where it stands (SIGSTOP): it answers nothing, its sockets stay open. */
  freeze(): void;
  /** Lets a frozen process go on. */
  thaw(): void;
  /** Ends the process, by force if it does not end by itself. Idempotent. */
  stop(): Promise<void>;
}

/** The project's folder: the entry files of children are plain JavaScript and stay where they are when this file is built. */
function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/**
 * @param entry - File in `dev/local-servers`.
 * @param options - Handed to the child as JSON.
 */
export async function startChildServer(entry: string, options: object): Promise<LocalServer> {
  const child = fork(join(projectRoot(), 'dev', 'local-servers', entry), {
    execArgv: [],
    env: { PATH: process.env['PATH'], LOCAL_SERVER_OPTIONS: JSON.stringify(options) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-KEPT_STDERR_CHARS);
  });

  const port = await new Promise<number>((resolve, reject) => {
    const fail = (why: string): void => reject(new Error(`${entry} ${why}: ${stderr}`));
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      fail(`did not listen within ${START_TIMEOUT_MS} ms`);
    }, START_TIMEOUT_MS);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      fail(`ended (${code ?? signal}) before it listened`);
    });
    child.on('message', (message) => {
      if (!isListening(message)) return;
      clearTimeout(timer);
      resolve(message.port);
    });
  });

  return {
    endpoint: `http://127.0.0.1:${port}`,
    port,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await exited;
      clearTimeout(timer);
    },
  };
}

function isListening(message: unknown): message is { readonly port: number } {
  return (
    typeof message === 'object' &&
    message !== null &&
    'kind' in message &&
    message.kind === 'listening' &&
    'port' in message &&
    typeof message.port === 'number'
  );
}
