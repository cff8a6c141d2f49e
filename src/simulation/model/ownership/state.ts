/** The states of the ownership model: the table, what each client has in mind, and the writes on their way. */

import { clientOf, NONE, nonceOf, sessionCode } from '../sessions.ts';
import type { Twist } from '../twist.ts';

/** Of a position: none, not started, after record 1, after record 2, …, the end. */
export const NOT_STARTED_CODE = 1;

/** A shard's item and what the judges remember of the shard. */
export interface Shard {
  owner: number;
  fence: number;
  position: number;
  /** The highest position that was delivered and completed by anybody. */
  delivered: number;
  /** 1: a reader was opened under the fence that stands. */
  opened: 0 | 1;
}

export type Phase = 'out' | 'creating' | 'claiming' | 'replacing' | 'beating' | 'active';

export type Mode =
  | 'none'
  /** The item was read, its owner was not looked at yet. */
  | 'asked'
  | 'acquiring'
  | 'disowning'
  | 'reading'
  | 'committing'
  | 'releasing'
  /** A release that was not answered: it is all that comes next. */
  | 'releasingAgain'
  | 'ending'
  | 'endingAgain';

/** What a session has in mind of one shard. */
export interface Hold {
  mode: Mode;
  /** The reader's fence. */
  fence: number;
  /** The reader's completed position. */
  done: number;
  /** The fence of an acquire that was not answered. */
  doubt: number;
  /** The highest fence of its readers; it only matters where items are deleted. */
  seen: number;
  /** The item as read, in `asked`. */
  ownerAsRead: number;
  fenceAsRead: number;
  positionAsRead: number;
}

/** A client id: its item, its process, and that process's mind. */
export interface Client {
  /** The nonce in the item. */
  standing: number;
  /** 1: `rv` is above 0. */
  beaten: 0 | 1;
  phase: Phase;
  /** The nonce of the session, or of the try to register. */
  nonce: number;
  /** The nonces that stood in the table and are gone, a bit each: what the judges remember. */
  gone: number;
  holds: Hold[];
}

export type FlightKind =
  'create' | 'replace' | 'beat' | 'acquire' | 'disown' | 'commit' | 'release' | 'end';

/** What the table said to a write whose answer is on its way; `lost`: refused, and the shard is another's. */
export type Answer = 'none' | 'applied' | 'refused' | 'lost';

/** A write that is on its way, or whose answer is. */
export interface Flight {
  readonly kind: FlightKind;
  /** Who sent it. */
  readonly session: number;
  readonly shard: number;
  readonly fence: number;
  readonly position: number;
  /** In an answer to an acquire: where the item stands. */
  startsAt: number;
  /** For a replacement: the session whose nonce was read. */
  readonly ownerAsRead: number;
  readonly fenceAsRead: number;
  /** 0: it was given up; it may still be carried out, or again. */
  awaited: 0 | 1;
  answer: Answer;
}

export interface State {
  /** How often an operator may still delete the shard's item. */
  deletions: number;
  shards: Shard[];
  clients: Client[];
  flights: Flight[];
}

export const IDLE: Hold = {
  mode: 'none',
  fence: NONE,
  done: NONE,
  doubt: NONE,
  seen: NONE,
  ownerAsRead: NONE,
  fenceAsRead: NONE,
  positionAsRead: NONE,
};

export const NEW_SHARD: Shard = {
  owner: NONE,
  fence: NONE,
  position: NONE,
  delivered: NOT_STARTED_CODE,
  opened: 0,
};

export const firstState = (clients: number, shards: number, deletions: number): State => ({
  deletions,
  shards: Array.from({ length: shards }, () => ({ ...NEW_SHARD })),
  clients: Array.from({ length: clients }, () => ({
    standing: NONE,
    beaten: 0,
    phase: 'out',
    nonce: NONE,
    gone: 0,
    holds: Array.from({ length: shards }, () => ({ ...IDLE })),
  })),
  flights: [],
});

export const copyOf = (state: State): State => ({
  deletions: state.deletions,
  shards: state.shards.map((shard) => ({ ...shard })),
  clients: state.clients.map((client) => ({
    ...client,
    holds: client.holds.map((hold) => ({ ...hold })),
  })),
  flights: state.flights.map((flight) => ({ ...flight })),
});

const READERS: readonly Mode[] = [
  'reading',
  'committing',
  'releasing',
  'releasingAgain',
  'ending',
  'endingAgain',
];

/** Whether there is a reader, in whatever part of its life. */
export const isReader = (hold: Hold): boolean => READERS.includes(hold.mode);

/** Whether deliveries may start. */
export const isDelivering = (hold: Hold): boolean =>
  hold.mode === 'reading' || hold.mode === 'committing';

export function clientAt(state: State, index: number): Client {
  const client = state.clients[index];
  if (client === undefined) throw new RangeError(`no client ${index}`);
  return client;
}

export function shardAt(state: State, index: number): Shard {
  const shard = state.shards[index];
  if (shard === undefined) throw new RangeError(`no shard ${index}`);
  return shard;
}

export function holdAt(state: State, client: number, shard: number): Hold {
  const hold = clientAt(state, client).holds[shard];
  if (hold === undefined) throw new RangeError(`no shard ${shard}`);
  return hold;
}

/** The reader is gone, or there was none; a doubt is another matter. */
export function letGo(hold: Hold): void {
  hold.mode = 'none';
  hold.fence = NONE;
  hold.done = NONE;
  hold.ownerAsRead = NONE;
  hold.fenceAsRead = NONE;
  hold.positionAsRead = NONE;
}

/** The session of a client's mind. */
export const mySession = (state: State, client: number): number =>
  sessionCode(client, clientAt(state, client).nonce);

/** Whether a process has a nonce in mind: after a try or a session it has none. */
export const keepsNonce = ({ phase }: Client, twist: Twist | undefined): boolean =>
  phase !== 'out' || twist?.nonces === 'reused';

/** Whether a session's item stands in the table. */
export function stands(state: State, session: number): boolean {
  return session !== NONE && state.clients[clientOf(session)]?.standing === nonceOf(session);
}

/** Whether a session acts at all. */
export const isActive = (state: State, client: number): boolean =>
  clientAt(state, client).phase === 'active';

/** What a reader writes. */
export const isCheckpoint = ({ kind }: Pick<Flight, 'kind'>): boolean =>
  kind === 'commit' || kind === 'release' || kind === 'end';

export const isRegistration = ({ kind }: Pick<Flight, 'kind'>): boolean =>
  kind === 'create' || kind === 'replace';

/** Whether a registration is on its way, or its answer is, that may yet bring a session's item, or bring it back. */
export const mayBeBrought = ({ flights }: Pick<State, 'flights'>, session: number): boolean =>
  flights.some((flight) => isRegistration(flight) && flight.session === session);

export const isClientWrite = ({ kind }: Pick<Flight, 'kind'>): boolean =>
  kind === 'create' || kind === 'replace' || kind === 'beat';
