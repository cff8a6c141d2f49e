import { KinesumerError } from '../../src/errors.ts';
import { parseOptions } from '../../src/options.ts';

export const ids = () => 'made-id';
export const parse = (options: object) => parseOptions({ app: 'orders', ...options }, ids);

/** The InvalidOption that a call throws. */
export function refusal(call: () => unknown): KinesumerError {
  try {
    call();
  } catch (error) {
    if (error instanceof KinesumerError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

export const nothing = () => undefined;
export const store = {
  open: nothing,
  read: nothing,
  query: nothing,
  write: nothing,
  usage: nothing,
  close: nothing,
};
export const stream = {
  describe: nothing,
  listShards: nothing,
  openIterator: nothing,
  fetch: nothing,
  close: nothing,
};
export const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
export const timings = {
  heartbeatIntervalMs: 30,
  ttlMs: 110,
  selfFenceMs: 90,
  pollIntervalMs: 20,
};
