/** A loopback TCP proxy that can play an outage between a client and a local server. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface FaultyProxy {
  /** `http://127.0.0.1:<port>`: to be given to the client instead of the server's endpoint. */
  readonly endpoint: string;
  /** Resets all connections and refuses new ones until `restore`. */
  cut(): void;
  /** Keeps connections open but lets nothing through, either way, until `restore`. */
  stall(): void;
  /** Hands every chunk on this much later, either way. 0: at once. */
  delay(delayMs: number): void;
  /** Ends `cut` and `stall`; held bytes flow on. Leaves `delay` as it is. */
  restore(): void;
  /** Connections open now. */
  connections(): number;
  stop(): Promise<void>;
}

type Mode = 'open' | 'stalled' | 'cut';

/**
 * @param target - Endpoint of the server behind, `http://host:port`.
 */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const releases = new Set<() => void>();
  let mode: Mode = 'open';
  let delayMs = 0;

  const track = (socket: Socket): void => {
    sockets.add(socket);
    // Resets are what this proxy is for: an error only means that the socket is gone.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };

  const pass = (from: Socket, to: Socket): void => {
    let tail: Promise<unknown> = Promise.resolve();
    // Chained, so that a delay that shrinks does not let a chunk pass the one before it.
    const later = (act: () => void): void => {
      const waited = new Promise<void>((resolve) => setTimeout(resolve, delayMs));
      tail = Promise.all([tail, waited]).then(() => {
        if (mode === 'stalled') releases.add(act);
        else act();
      });
    };
    from.on('data', (chunk) => later(() => void (to.destroyed || to.write(chunk))));
    from.on('end', () => later(() => to.end()));
    from.on('close', () => later(() => to.destroy()));
  };

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (mode === 'cut') {
      client.on('error', () => client.destroy());
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    track(client);
    track(upstream);
    pass(client, upstream);
    pass(upstream, client);
  });
  server.listen({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');

  const reset = (): void => {
    releases.clear();
    for (const socket of sockets) socket.resetAndDestroy();
  };

  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    cut() {
      mode = 'cut';
      reset();
    },
    stall() {
      mode = 'stalled';
    },
    delay(ms) {
      delayMs = ms;
    },
    restore() {
      mode = 'open';
      const held = [...releases];
      releases.clear();
      for (const act of held) act();
    },
    connections: () => sockets.size / 2,
    async stop() {
      reset();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}
