/** A client between states: context, answers of its steps and events, for its tables and its graph. */
import { clientMachine, type ClientEvent } from '../../src/machines/client.ts';
import type { ClientContext, CloseRequest } from '../../src/machines/client/setup.ts';
import { PROFILES } from '../../src/options.ts';
import { NO_VIEW } from '../../src/machines/steps/poll.ts';
import { ME, STREAM, errorOf, planOf, viewOf } from './group.ts';
import { Bench, type SamplesOf } from './harness.ts';

export const drain: CloseRequest = { manner: 'drain', place: 'leave', deadlineMs: 25_000 };
export const drainAndStay: CloseRequest = { ...drain, place: 'stay' };
export const abort: CloseRequest = { ...drain, manner: 'abort' };
export const abortAndStay: CloseRequest = { ...abort, place: 'stay' };

export const input = {
  clientId: ME.clientId,
  membership: 'dynamic',
  streams: [STREAM],
  timings: PROFILES.default,
  mode: 'open',
  ownNonces: [],
  closeByItself: { ...drain, deadlineMs: 7_000 },
} as const;
export const bench = new Bench(clientMachine, input);

export const registered = {
  kind: 'registered',
  session: ME,
  rv: 1,
  sentMonotonicMs: 10,
  sentWallMs: 20,
  nextInMs: 3_000,
} as const;

const base: ClientContext = {
  ...input,
  session: null,
  registrations: 0,
  attempt: 0,
  retryInMs: 0,
  joined: null,
  view: NO_VIEW,
  faulty: {},
  endedCount: 0,
  close: null,
  failure: null,
  nextStreams: input.streams,
};
export const registering = base;
export const active: ClientContext = {
  ...base,
  session: ME,
  registrations: 1,
  joined: registered,
  ownNonces: [ME.nonce],
};

/** The actors that an active client can send to. */
export const children = ['membership', 'assignment', 'role', 'survey'] as const;

export const samples: SamplesOf<ClientEvent> = {
  CLOSE: { type: 'CLOSE', request: drain },
  REFRESH: { type: 'REFRESH', streams: ['b'] },
  PAUSE: { type: 'PAUSE', shards: 'all' },
  RESUME: { type: 'RESUME', shards: 'all' },
  BEAT: { type: 'BEAT', sentMonotonicMs: 1, sentWallMs: 2 },
  SESSION_LOST: { type: 'SESSION_LOST', ...errorOf('SessionLost') },
  SESSION_REPLACED: { type: 'SESSION_REPLACED', ...errorOf('SessionReplaced') },
  FATAL: { type: 'FATAL', ...errorOf('AccessDenied') },
  WORKED: { type: 'WORKED' },
  VIEW: { type: 'VIEW', view: viewOf(planOf(1, 1)) },
  RETIRED: { type: 'RETIRED', successors: 'planned' },
  MAP_CHANGED: { type: 'MAP_CHANGED', stream: STREAM },
  MAP_LISTED: { type: 'MAP_LISTED', stream: STREAM, version: 1 },
  STREAM_FAULT: { type: 'STREAM_FAULT', stream: 'another', ...errorOf('StreamRecreated') },
  SHARD_ENDED: { type: 'SHARD_ENDED', stream: STREAM, childShardIds: [] },
  DRAINED: { type: 'DRAINED' },
};
