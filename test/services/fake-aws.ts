/** A loopback HTTP server that answers as a test tells it: for the answers that no local server gives. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Clock } from '../../src/machines/ports.ts';
import { systemClock } from '../../src/services/system/clock.ts';

export interface SeenRequest {
  /** Name of the request in the service's API, e.g. `GetItem`; '' where none is given. */
  readonly action: string;
  readonly authorization: string;
  /** When it was signed, by the client's clock as the SDK corrects it: `20250415T100005Z`. */
  readonly signedAt: string;
  readonly body: string;
}

export type FakeAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The head of an answer and a part of its body, then nothing. */
  | { readonly kind: 'stalledBody' }
  /** No answer, ever. */
  | { readonly kind: 'silence' }
  /** The connection is reset. */
  | { readonly kind: 'reset' };

export interface FakeAws {
  readonly endpoint: string;
  readonly seen: readonly SeenRequest[];
  /** Connections opened so far. */
  connections(): number;
  /** Resolves when a request has come in that was not there at the call. */
  nextRequest(): Promise<void>;
  stop(): Promise<void>;
}

/** The clock of this machine, and the timers of it that are set. */
export function countedClock(): { readonly clock: Clock; readonly timers: ReadonlySet<unknown> } {
  const timers = new Set<unknown>();
  const inner = systemClock();
  const clock: Clock = {
    ...inner,
    setTimeout: (callback, delayMs) => {
      const timer = inner.setTimeout(() => {
        timers.delete(timer);
        callback();
      }, delayMs);
      timers.add(timer);
      return timer;
    },
    clearTimeout: (timer) => {
      timers.delete(timer);
      inner.clearTimeout(timer);
    },
  };
  return { clock, timers };
}

export const json = (body: object, status = 200): FakeAnswer => ({
  kind: 'answer',
  status,
  body: JSON.stringify(body),
});

/** An error in the shape of the JSON protocols. */
export const awsError = (name: string, status = 400, fields: object = {}): FakeAnswer =>
  json({ __type: `com.amazonaws.fake#${name}`, message: `${name} as told`, ...fields }, status);

export async function startFakeAws(answer: (request: SeenRequest) => FakeAnswer): Promise<FakeAws> {
  const seen: SeenRequest[] = [];
  const waiting: (() => void)[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const target = request.headers['x-amz-target'];
      const one = {
        action: typeof target === 'string' ? (target.split('.')[1] ?? '') : '',
        authorization: request.headers.authorization ?? '',
        signedAt: String(request.headers['x-amz-date'] ?? ''),
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(one);
      for (const told of waiting.splice(0)) told();
      const told = answer(one);
      switch (told.kind) {
        case 'answer':
          response.writeHead(told.status, {
            'content-type': 'application/x-amz-json-1.1',
            ...told.headers,
          });
          response.end(told.body);
          break;
        case 'stalledBody':
          response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
          response.write('{"Item": ');
          break;
        case 'reset':
          request.socket.resetAndDestroy();
          break;
        case 'silence':
          break;
      }
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    seen,
    connections: () => connections,
    nextRequest: () => new Promise((resolve) => void waiting.push(resolve)),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
