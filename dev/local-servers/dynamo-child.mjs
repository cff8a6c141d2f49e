/** Runs dynalite; told by `child-server.ts`, ends with its parent. */
import dynalite from 'dynalite';

const { port = 0, createTableMs } = JSON.parse(process.env.LOCAL_SERVER_OPTIONS ?? '{}');

process.once('disconnect', () => process.exit(0));

const server = dynalite({ createTableMs, deleteTableMs: 0, updateTableMs: 0 });
server.listen({ port, host: '127.0.0.1' }, () => {
  process.send?.({ kind: 'listening', port: server.address().port });
});
