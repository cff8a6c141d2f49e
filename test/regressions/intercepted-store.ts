/** A state store whose requests a test sees, holds back or refuses on their way. */
import { KinesumerError, type ErrorCode } from '../../src/errors.ts';
import type { Failure, StateStore, Write, WriteAnswer } from '../../src/machines/ports.ts';
import { checkpointsPk, clientsPk } from '../../src/machines/rules/keys.ts';
import { APP } from '../face/face-world.ts';

/** The store with some of its requests replaced. */
export const storeWith = (store: StateStore, replaced: Partial<StateStore>): StateStore => ({
  open: (options) => store.open(options),
  read: (keys, options) => store.read(keys, options),
  query: (pk, options) => store.query(pk, options),
  write: (write, options) => store.write(write, options),
  usage: () => store.usage(),
  close: () => store.close(),
  ...replaced,
});

/** Puts a test between a client that runs already and its store. `goOn` carries the write out. */
export function onWrite(
  store: StateStore,
  meddle: (write: Write, goOn: () => Promise<WriteAnswer>) => Promise<WriteAnswer>,
): void {
  const write = store.write.bind(store);
  store.write = (asked, options) => meddle(asked, () => write(asked, options));
}

export const failed = (kind: Failure['kind'], code: ErrorCode): Failure => ({
  kind,
  error: new KinesumerError(code, 'as the test wants it'),
});

/** Whether a client acquires, commits or releases a shard of a stream. */
export const isShardWrite = (write: Write, stream: string): boolean =>
  write.kind === 'update' && write.key.pk === checkpointsPk(APP, stream);

/** Whether a client takes its own item away. */
export const isLeave = (write: Write): boolean =>
  write.kind === 'delete' && write.key.pk === clientsPk(APP);
