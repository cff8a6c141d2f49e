import { NodeHttpHandler } from '@smithy/node-http-handler';

/**
 * Connections that stay open between requests, over HTTP/1.1: a client that opens one per request
 * pays a TLS handshake for each empty poll.
 *
 * @param maxSockets - Requests in flight at once; further ones wait, and their deadline runs.
 */
export const keptAliveConnections = (maxSockets: number): NodeHttpHandler =>
  new NodeHttpHandler({
    httpAgent: { keepAlive: true, maxSockets },
    httpsAgent: { keepAlive: true, maxSockets },
  });
