import { startChildServer, type LocalServer } from './child-server.ts';

export interface LocalDynamoOptions {
  /** @default 0 (any free port) */
  readonly port?: number;
  /** How long a table stays CREATING. @default 0 */
  readonly createTableMs?: number;
}

/**
 * Starts dynalite, in memory. It tells no old item when a condition fails, and leaves index writes
 * out of the consumed capacity.
 */
export function startLocalDynamo(options: LocalDynamoOptions = {}): Promise<LocalServer> {
  const { port = 0, createTableMs = 0 } = options;
  return startChildServer('dynamo-child.mjs', { port, createTableMs });
}
