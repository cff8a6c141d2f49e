/** Runs kinesis-local; told by `child-server.ts`, ends with its parent. */
import { createRequire } from 'node:module';
import { listenOnLoopbackOnly } from './loopback-only.mjs';

/** The TLS port cannot be switched off; this mark tells its socket from the plain one. */
const TLS_MARK = 1;

const require = createRequire(import.meta.url);
const { port = 0, shardLimit, transitionMs } = JSON.parse(process.env.LOCAL_SERVER_OPTIONS ?? '{}');

// kinesis-local puts an exit of its own in the place of this one: it waits for connections, of clients that died with
// the parent too.
const exit = process.exit.bind(process);
process.once('disconnect', () => exit(0));
// Ctrl-C in a terminal reaches every process: the parent decides when its servers end, its clients still need them.
process.on('SIGINT', () => {});

Object.assign(process.env, {
  KINESIS_MOCK_PLAIN_PORT: String(port),
  KINESIS_MOCK_TLS_PORT: String(TLS_MARK),
  // Looked up in the working directory otherwise, where it is not: the server would die.
  KINESIS_MOCK_CERT_PATH: require.resolve('kinesis-local/server.json'),
  SHARD_LIMIT: String(shardLimit),
  CREATE_STREAM_DURATION: `${transitionMs}ms`,
  DELETE_STREAM_DURATION: `${transitionMs}ms`,
  SPLIT_SHARD_DURATION: `${transitionMs}ms`,
  MERGE_SHARDS_DURATION: `${transitionMs}ms`,
  UPDATE_SHARD_COUNT_DURATION: `${transitionMs}ms`,
  LOG_LEVEL: 'ERROR',
});

listenOnLoopbackOnly(
  (requested) => (requested === TLS_MARK ? 0 : requested),
  (requested, taken) => {
    if (requested !== TLS_MARK) process.send?.({ kind: 'listening', port: taken });
  },
);

require('kinesis-local/main.js');
