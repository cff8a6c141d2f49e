/** A process's ends of its connections: a dead process sends nothing and hears nothing, a stopped one hears it later. */
import type { StateStore, Stream } from '../machines/ports.ts';
import type { ProcessClock } from './event-queue-clock.ts';

/**
 * A request of the process. What was sent before its death is still carried out: the network and the service
 * do not die with it.
 */
function requested<Answer>(process: ProcessClock, send: () => Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (process.state() === 'dead') return;
    send().then(
      (answer) => process.admit(() => resolve(answer)),
      (error: unknown) => process.admit(() => reject(error as Error)),
    );
  });
}

export function storeOfProcess(process: ProcessClock, store: StateStore): StateStore {
  return {
    open: (options) => requested(process, () => store.open(options)),
    read: (keys, options) => requested(process, () => store.read(keys, options)),
    query: (pk, options) => requested(process, () => store.query(pk, options)),
    write: (write, options) => requested(process, () => store.write(write, options)),
    usage: () => store.usage(),
    close: () => store.close(),
  };
}

export function streamOfProcess(process: ProcessClock, stream: Stream): Stream {
  return {
    describe: (name, options) => requested(process, () => stream.describe(name, options)),
    listShards: (name, options) => requested(process, () => stream.listShards(name, options)),
    openIterator: (shard, from, options) =>
      requested(process, () => stream.openIterator(shard, from, options)),
    fetch: (shard, iterator, limit, options) =>
      requested(process, () => stream.fetch(shard, iterator, limit, options)),
    close: () => stream.close(),
  };
}
