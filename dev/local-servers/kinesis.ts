import { startChildServer, type LocalServer } from './child-server.ts';

export interface LocalKinesisOptions {
  /** @default 0 (any free port) */
  readonly port?: number;
  /** Shards that all streams together may have. @default 1_000 (more makes the server fail) */
  readonly shardLimit?: number;
  /** How long streams and shards take to be created, split, merged and deleted. @default 20 */
  readonly transitionMs?: number;
}

/**
 * Starts kinesis-local. It speaks HTTP/1.1 only, never throttles, and answers 500 to bad iterators.
 */
export function startLocalKinesis(options: LocalKinesisOptions = {}): Promise<LocalServer> {
  const { port = 0, shardLimit = 1_000, transitionMs = 20 } = options;
  return startChildServer('kinesis-child.mjs', { port, shardLimit, transitionMs });
}
