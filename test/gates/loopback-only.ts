/** Refuses every connection that would leave this machine, so that no test depends on a network or reaches an account. */
import { Socket } from 'node:net';

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);

/** The host that a `connect` call names; undefined for a local pipe or the default, localhost. */
function hostOf(target: unknown): string | undefined {
  const options: unknown = Array.isArray(target) ? target[0] : target;
  if (typeof options !== 'object' || options === null || !('host' in options)) return undefined;
  return typeof options.host === 'string' ? options.host : undefined;
}

const connect = Reflect.get(Socket.prototype, 'connect') as (...args: unknown[]) => Socket;

Socket.prototype.connect = function loopbackOnly(this: Socket, ...args: unknown[]): Socket {
  const host = typeof args[0] === 'number' ? args[1] : hostOf(args[0]);
  if (typeof host === 'string' && !isLoopback(host)) {
    throw new Error(`A test tried to reach ${host}: only this machine may be reached`);
  }
  return connect.apply(this, args);
} as typeof connect;
