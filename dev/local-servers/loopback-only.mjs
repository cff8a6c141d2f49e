/**
 * Forces every listening socket of this process to 127.0.0.1: kinesis-local has no option for it
 * and would offer an unauthenticated server to the whole network.
 */
import net from 'node:net';

/**
 * @param {(requestedPort: number) => number} portOf - the port to take instead of the requested one
 * @param {(requestedPort: number, port: number) => void} onListening - told once the socket listens
 */
export function listenOnLoopbackOnly(portOf, onListening) {
  const listen = net.Server.prototype.listen;
  /**
   * @this {net.Server}
   * @param {...unknown} args
   */
  net.Server.prototype.listen = function listenOnLoopback(...args) {
    const first = args[0];
    const requested = Number(
      typeof first === 'object' && first !== null && 'port' in first ? first.port : first,
    );
    const callback = args.findLast((arg) => typeof arg === 'function');
    this.once('listening', () => {
      const address = this.address();
      if (address !== null && typeof address === 'object') onListening(requested, address.port);
    });
    return Reflect.apply(listen, this, [
      { port: portOf(requested), host: '127.0.0.1' },
      ...(callback === undefined ? [] : [callback]),
    ]);
  };
}
