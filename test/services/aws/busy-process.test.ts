/** Requests of a process whose event loop is kept busy past their deadlines, to a real server. */
import { once } from 'node:events';
import { get } from 'node:http';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withDeadline } from '../../../src/services/aws/deadline.ts';
import { systemClock } from '../../../src/services/system/clock.ts';

const TIMEOUT_MS = 300;
const BUSY_MS = 450;
/** After which the server counts as broken. */
const PATIENCE_MS = 10_000;

/** In another thread, so that it answers while this one is busy: when it is let, as a distant one does, or never. */
const SERVER = `
  const { createServer } = require('node:http');
  const { parentPort, workerData } = require('node:worker_threads');
  const state = new Int32Array(workerData);
  const server = createServer(async ({ url }, response) => {
    parentPort.postMessage(url);
    if (url === '/never') return;
    if (url === '/letLater') await Atomics.waitAsync(state, 0, 0).value;
    if (url === '/distant') await new Promise((resolve) => setTimeout(resolve, 20));
    response.end('answer', () => Atomics.store(state, 1, 1));
  });
  server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/** Whether the server may answer; whether its answer is on its way. */
const state = new Int32Array(new SharedArrayBuffer(8));
let server: Worker;
let port: number;

beforeAll(async () => {
  server = new Worker(SERVER, { eval: true, workerData: state.buffer });
  [port] = (await once(server, 'message')) as [number];
});
afterAll(() => server.terminate());

const ask = (path: string, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = get(`http://127.0.0.1:${port}${path}`, { signal }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
  });

const asked = (path: string): Promise<string> => {
  state.fill(0);
  return withDeadline(systemClock(), TIMEOUT_MS, [], (signal) => ask(path, signal));
};

const keepBusy = (goesOn: (busyMs: number) => boolean = () => false): void => {
  const sinceMs = performance.now();
  let busyMs = 0;
  while (busyMs < BUSY_MS || goesOn(busyMs)) busyMs = performance.now() - sinceMs;
};

/** Keeps the event loop busy past the deadline, and until the answer has been sent. */
function keepBusyMeanwhile(): void {
  Atomics.store(state, 0, 1);
  Atomics.notify(state, 0);
  keepBusy((busyMs) => Atomics.load(state, 1) === 0 && busyMs < PATIENCE_MS);
}

it('an answer that arrived while the event loop was busy wins over the deadline', async () => {
  const answer = asked('/letLater');
  await once(server, 'message');
  keepBusyMeanwhile();
  expect(await answer).toBe('answer');
});

it('a request that the busy event loop kept from being sent has some time left', async () => {
  const answer = asked('/distant');
  keepBusy();
  expect(await answer).toBe('answer');
});

it('a deadline ends also in a busy process where nothing arrives', async () => {
  const answer = asked('/never');
  const ended = expect(answer).rejects.toMatchObject({ name: 'TimeoutError' });
  await once(server, 'message');
  keepBusy();
  await ended;
});
