/** What can happen, as a scenario says it. */
import type { CloseOptions } from '../../options.ts';
import type { Action, Erased, Service, Step } from '../action.ts';
import { span, storeFaults, streamFaults } from './faults.ts';
import { among, flag, list, maybe, number, object, oneBy, text, whole } from './shapes.ts';

const MAX_COUNT = 1_000_000;
/** A wall clock may be off by this much. */
const MAX_WALL_MS = 10 * 365 * 24 * 3_600_000;
const MAX_SHARDS = 10_000;

export const slot = whole(0, MAX_COUNT);
export const shards = whole(1, MAX_SHARDS);
export const wallMs = number(-MAX_WALL_MS, MAX_WALL_MS);
export const streamName = text(
  /^[\w.-]{1,128}$/,
  'must be the name of a stream: up to 128 letters, digits, and _ . -',
);
const service = among<Service>(['store', 'stream']);
const pick = whole(0, MAX_COUNT);
const inSlot = { slot };
const stop = { slot, forMs: span };
const ofAny = { pick, stream: maybe(streamName) };
const made = { stream: streamName, shards };
const ofOne = { stream: streamName };

const close = object<CloseOptions>({
  timeoutMs: maybe(span),
  abort: maybe(flag),
  leave: maybe(flag),
});

const erased = oneBy<Erased, 'item'>('item', {
  head: {},
  checkpoint: { pick },
  map: ofOne,
  client: inSlot,
});

const action = oneBy<Action, 'kind'>('kind', {
  join: inSlot,
  leave: inSlot,
  crash: inSlot,
  restart: inSlot,
  replace: inSlot,
  pause: stop,
  suspend: stop,
  cut: { ...stop, of: maybe(service) },
  jumpWall: { slot, byMs: wallMs },
  refresh: { slot, streams: list(streamName, 1) },
  handler: { ...stop, manner: among(['prompt', 'slow', 'stuck', 'throwing']) },
  pauseReading: inSlot,
  resumeReading: inSlot,
  commit: inSlot,
  close: { slot, options: close },
  outage: { of: service, forMs: span },
  spell: {
    forMs: span,
    slot: maybe(slot),
    store: maybe(storeFaults),
    stream: maybe(streamFaults),
  },
  expireIterators: {},
  put: { records: whole(0, MAX_COUNT), stream: maybe(streamName) },
  split: ofAny,
  merge: ofAny,
  createStream: made,
  recreateStream: made,
  deleteStream: ofOne,
  lapse: { ...ofOne, olderThanMs: maybe(span) },
  erase: { what: erased },
  goClient: { clientId: text(/^.{1,256}$/su, 'must be a client id'), forMs: span },
  goCommit: { pick },
});

export const step = object<Step>({ atMs: span, action });
