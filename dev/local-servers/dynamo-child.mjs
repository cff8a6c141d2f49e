/** Runs dynalite; told by `child-server.ts`, ends with its parent. */
import dynalite from 'dynalite';

const { port = 0, createTableMs } = JSON.parse(process.env.LOCAL_SERVER_OPTIONS ?? '{}');

process.once('disconnect', () => process.exit(0));
// Ctrl-C in a terminal reaches every process: the parent decides when its servers end, its clients still need them.
process.on('SIGINT', () => {});

const server = dynalite({ createTableMs, deleteTableMs: 0, updateTableMs: 0 });
// Node's 5 s close a connection under the feet of a client that is about to use it again.
server.keepAliveTimeout = 120_000;
server.listen({ port, host: '127.0.0.1' }, () => {
  process.send?.({ kind: 'listening', port: server.address().port });
});
