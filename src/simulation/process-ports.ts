/** A process's ends of its connections: a dead process sends nothing and hears nothing, a stopped one hears it later. */
import type { Clock, StateStore, Stream } from '../machines/ports.ts';
import { parseClient } from '../machines/rules/items.ts';
import { clientsPk } from '../machines/rules/keys.ts';
import type { ProcessClock } from './event-queue-clock.ts';
import type { Recorder } from './history.ts';

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

export interface NotedStore {
  readonly app: string;
  readonly process: string;
  /** True time. */
  readonly clock: Clock;
  readonly recorder: Recorder;
}

/** A store of which each heartbeat that was answered is noted, with the time of its sending; and nothing changed. */
export function heartbeatsNoted(store: StateStore, noted: NotedStore): StateStore {
  const pk = clientsPk(noted.app);
  return {
    open: (options) => store.open(options),
    read: (keys, options) => store.read(keys, options),
    query: (partition, options) => store.query(partition, options),
    write: (write, options) => {
      const answer = store.write(write, options);
      if (write.kind === 'update' && write.key.pk === pk) noteHeartbeat(answer, noted);
      // the very promise: a turn more would be another history
      return answer;
    },
    usage: () => store.usage(),
    close: () => store.close(),
  };
}

function noteHeartbeat(
  answer: ReturnType<StateStore['write']>,
  { process, clock, recorder }: NotedStore,
): void {
  const sentMs = clock.monotonicMs();
  void answer.then((given) => {
    const client = given.kind === 'applied' && given.item ? parseClient(given.item) : null;
    if (client?.kind !== 'client') return;
    recorder.note({ kind: 'heartbeat', process, session: client.session, sentMs });
  });
}
