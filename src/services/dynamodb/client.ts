import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { keptAliveConnections } from '../aws/connections.ts';
import { SINGLE_ATTEMPT_PLACE, singleAttempt } from '../aws/single-attempt.ts';

/** Requests in flight at once: heartbeats, polls and one commit per dirty shard. */
const MAX_SOCKETS = 64;

export interface OpenedClient {
  readonly documents: DynamoDBDocumentClient;
  /** The region as configured, for messages; null where it cannot be told. */
  region(): Promise<string | null>;
  /** The credentials, which requests share while they are valid; waits for a provider that is on it already. */
  credentials(): Promise<unknown>;
  /** Closes the connections, unless the client is the user's. */
  close(): void;
}

/**
 * Makes the client that the store speaks through. It never tries again by itself.
 *
 * @param given - The user's own client (left open on close), or a configuration to make one from.
 * @param region - Used where `given` names none.
 */
export function openClient(
  given: DynamoDBClient | DynamoDBClientConfig = {},
  region?: string,
): OpenedClient {
  if (isClient(given)) {
    return {
      documents: documentsOf(guarded(given)),
      region: regionOf(given),
      credentials: () => given.config.credentials(),
      close() {},
    };
  }
  // A retry strategy would win over `maxAttempts`; a handler cache is refused by the document client.
  const { retryStrategy: _, cacheMiddleware: __, ...config } = given;
  const client = new DynamoDBClient({
    ...(region === undefined ? {} : { region }),
    requestHandler: keptAliveConnections(MAX_SOCKETS),
    ...config,
    maxAttempts: 1,
  });
  return {
    documents: documentsOf(client),
    region: regionOf(client),
    credentials: () => client.config.credentials(),
    close: () => client.destroy(),
  };
}

/** By shape: the user's SDK may be another copy of the package. */
const isClient = (given: DynamoDBClient | DynamoDBClientConfig): given is DynamoDBClient =>
  'send' in given && 'middlewareStack' in given;

/**
 * The user's client with our middleware and our translation on top; the client itself stays as it
 * is, since its owner may use it for other things with other settings.
 */
function guarded(client: DynamoDBClient): DynamoDBClient {
  const stack = client.middlewareStack.clone();
  stack.add(singleAttempt, SINGLE_ATTEMPT_PLACE);
  return Object.create(client, {
    middlewareStack: { value: stack },
    // A copy, since the document client writes its own settings into it.
    config: { value: { ...client.config, cacheMiddleware: false } },
  }) as DynamoDBClient;
}

const documentsOf = (client: DynamoDBClient): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(client, {
    // A number too long for JavaScript would be thrown out as an error of the whole read: the reader
    // of the item is the one to judge it.
    unmarshallOptions: { wrapNumbers: Number },
  });

const regionOf = (client: DynamoDBClient) => async (): Promise<string | null> => {
  try {
    return await client.config.region();
  } catch {
    return null;
  }
};
