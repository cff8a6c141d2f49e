/** The live page on a port of this machine: node:http around a function from a Request to a Response. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { KinesumerError } from '../../../errors.ts';

interface ServerOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly fetch: (request: Request) => Promise<Response>;
}

export interface PageServer {
  readonly port: number;
  /** Cuts all connections. */
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 128;
const MAX_HEADER_BYTES = 16_384;
const MAX_BODY_BYTES = 8_192;
const MAX_REQUEST_MS = 10_000;

/** @throws KinesumerError `PortUnavailable` */
export async function serve({ host, port, fetch }: ServerOptions): Promise<PageServer> {
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: MAX_REQUEST_MS },
    (request, response) => void answer(request, response, fetch),
  );
  server.maxConnections = MAX_CONNECTIONS;
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KinesumerError('PortUnavailable', `Cannot listen on ${host}:${port}: ${why}`, {
      cause,
    });
  }
  // such as that no file descriptor is left for a connection: it is no business of the process that is shown
  server.on('error', () => {});
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: async () => {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fetch: ServerOptions['fetch'],
): Promise<void> {
  try {
    const request = await requestOf(incoming);
    if (request.kind === 'refused') {
      outgoing.writeHead(request.status).end();
      return;
    }
    const response = await fetch(request.request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    await send(response.body, outgoing);
  } catch {
    // the other end has gone, or sends what is no HTTP
    outgoing.destroy();
  }
}

type Incoming =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'refused'; readonly status: number };

async function requestOf(incoming: IncomingMessage): Promise<Incoming> {
  const { method = 'GET', url = '/', headers } = incoming;
  const address = `http://${headers.host ?? ''}${url}`;
  if (!url.startsWith('/') || !URL.canParse(address)) return { kind: 'refused', status: 400 };
  const given = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) given.set(name, String(value));
  }
  if (method === 'GET' || method === 'HEAD') {
    return { kind: 'request', request: new Request(address, { method, headers: given }) };
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES) return { kind: 'refused', status: 413 };
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  return { kind: 'request', request: new Request(address, { method, headers: given, body }) };
}

/** Reads on only when the connection has taken what was sent. */
async function send(body: Response['body'], outgoing: ServerResponse): Promise<void> {
  if (body === null) {
    outgoing.end();
    return;
  }
  outgoing.flushHeaders();
  const reader = body.getReader();
  const gone = new Promise<'gone'>((resolve) => outgoing.once('close', () => resolve('gone')));
  // of a body that has failed it is told once more why, which nobody needs
  void gone.then(() => reader.cancel()).catch(() => {});
  for (;;) {
    const { done, value } = await reader.read();
    if (done || outgoing.destroyed) break;
    if (outgoing.write(value)) continue;
    const drained = new Promise<'drained'>((resolve) =>
      outgoing.once('drain', () => resolve('drained')),
    );
    if ((await Promise.race([drained, gone])) === 'gone') break;
  }
  outgoing.end();
}
