import { KinesisClient, type KinesisClientConfig } from '@aws-sdk/client-kinesis';
import { keptAliveConnections } from '../aws/connections.ts';
import { SINGLE_ATTEMPT_PLACE, singleAttempt } from '../aws/single-attempt.ts';

/** Requests in flight at once: one per shard that this client reads, and the SDK's default is 50. */
const MAX_SOCKETS = 1_024;

export interface PollingClientOptions {
  /** The user's own client (left open on close), or a configuration to make one from. */
  readonly client?: KinesisClient | KinesisClientConfig;
  /** Used where `client` names none. */
  readonly region?: string;
  /** Used in place of those of a configuration; a client of the user's own keeps its own. */
  readonly credentials?: NonNullable<KinesisClientConfig['credentials']>;
  /** Requests in flight at once; at least the number of shards that one client may own. @default 1_024 */
  readonly maxSockets?: number;
}

export interface PollingClient {
  readonly kinesis: KinesisClient;
  /** Closes the connections, unless the client is the user's. */
  close(): void;
}

/**
 * Makes the client for polling: HTTP/1.1 with kept-alive connections, since the SDK's default for
 * Kinesis, HTTP/2, opens a connection with a TLS handshake for each request. (Fan-out needs HTTP/2
 * and so a client of its own.) It never tries again by itself.
 */
export function openPollingClient(options: PollingClientOptions): PollingClient {
  const { client: given = {}, region, credentials, maxSockets = MAX_SOCKETS } = options;
  if (isClient(given)) return { kinesis: guarded(given), close() {} };
  // A retry strategy would win over `maxAttempts`; a cached handler takes no signal.
  const { retryStrategy: _, cacheMiddleware: __, ...config } = given;
  const kinesis = new KinesisClient({
    ...(region === undefined ? {} : { region }),
    requestHandler: keptAliveConnections(maxSockets),
    ...config,
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 1,
  });
  // Without a logger this middleware still filters every record for it.
  if (config.logger === undefined) kinesis.middlewareStack.remove('loggerMiddleware');
  return { kinesis, close: () => kinesis.destroy() };
}

/** By shape: the user's SDK may be another copy of the package. */
const isClient = (given: KinesisClient | KinesisClientConfig): given is KinesisClient =>
  'send' in given && 'middlewareStack' in given;

/** The user's client with our middleware on top; the client itself stays as it is. */
function guarded(client: KinesisClient): KinesisClient {
  const stack = client.middlewareStack.clone();
  stack.add(singleAttempt, SINGLE_ATTEMPT_PLACE);
  return Object.create(client, { middlewareStack: { value: stack } }) as KinesisClient;
}
