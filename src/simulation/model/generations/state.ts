/** The states of the generation model: client items, the head, what each process has in mind, writes on their way. */
import type { RegisterMode } from '../../../machines/rules/registration.ts';
import { NONE, sessionCode } from '../sessions.ts';
import type { Twist } from '../twist.ts';

/** A client's item. */
export interface Id {
  /** NONE: there is no item. */
  nonce: number;
  rv: number;
  leaving: 0 | 1;
  /** The nonces that stood here and are gone, a bit each: what the judges remember. */
  gone: number;
}

export type Phase =
  | 'out'
  | 'creating'
  | 'claiming'
  | 'replacing'
  /** Its first heartbeat is on its way, or was in vain. */
  | 'starting'
  | 'active'
  | 'deleting'
  /** Replaced: for good. */
  | 'over';

export interface Process {
  /** Its client id; several processes may have one. */
  readonly id: number;
  phase: Phase;
  /** Of its session or its try to register. */
  nonce: number;
  /** The nonces of its tries so far, a bit each. */
  own: number;
  /** 1: it had a session before. */
  again: 0 | 1;
  leaving: 0 | 1;
  beating: 0 | 1;
  publishing: 'idle' | 'headRead' | 'sent';
  /** The generation of the head as read, in `headRead`. */
  headAsRead: number;
}

export type FlightKind = 'create' | 'replace' | 'beat' | 'leave' | 'expel' | 'publish';

export interface Flight {
  readonly kind: FlightKind;
  /** Who sent it, and waits for the answer; of an expulsion it does not matter. */
  readonly process: number;
  /** The sender's session; of an expulsion the one that shall go. */
  readonly session: number;
  /** A replacement's nonce as read; an expulsion's version as read; a publish's generation as read. */
  readonly asRead: number;
  /** Of a heartbeat. */
  readonly leaving: 0 | 1;
  /** Of a publish: whom it names. */
  readonly leader: number;
  awaited: 0 | 1;
  answer: 'none' | 'applied' | 'refused';
}

export interface State {
  ids: Id[];
  processes: Process[];
  /** NONE: there is no head. */
  generation: number;
  leader: number;
  flights: Flight[];
}

export const firstState = (processes: readonly number[]): State => ({
  ids: Array.from({ length: Math.max(...processes) + 1 }, () => ({
    nonce: NONE,
    rv: 0,
    leaving: 0,
    gone: 0,
  })),
  processes: processes.map((id) => ({
    id,
    phase: 'out',
    nonce: NONE,
    own: 0,
    again: 0,
    leaving: 0,
    beating: 0,
    publishing: 'idle',
    headAsRead: NONE,
  })),
  generation: NONE,
  leader: NONE,
  flights: [],
});

export const copyOf = (state: State): State => ({
  ...state,
  ids: state.ids.map((id) => ({ ...id })),
  processes: state.processes.map((process) => ({ ...process })),
  flights: state.flights.map((flight) => ({ ...flight })),
});

export function idAt(state: State, index: number): Id {
  const id = state.ids[index];
  if (id === undefined) throw new RangeError(`no client id ${index}`);
  return id;
}

export function processAt(state: State, index: number): Process {
  const process = state.processes[index];
  if (process === undefined) throw new RangeError(`no process ${index}`);
  return process;
}

export const sessionAt = (state: State, index: number): number => {
  const { id, nonce } = processAt(state, index);
  return sessionCode(id, nonce);
};

export const isRegistration = ({ kind }: Pick<Flight, 'kind'>): boolean =>
  kind === 'create' || kind === 'replace';

/** Whether a registration is on its way, or its answer is, that may yet bring a session's item, or bring it back. */
export const mayBeBrought = ({ flights }: Pick<State, 'flights'>, session: number): boolean =>
  flights.some((flight) => isRegistration(flight) && flight.session === session);

/** Whether a process has a nonce in mind: after a try or a session it has none. */
export const keepsNonce = ({ phase }: Process, twist: Twist | undefined): boolean =>
  (phase !== 'out' && phase !== 'over') || twist?.nonces === 'reused';

/** Whether a process's item shows its session. */
export const stands = (state: State, { id, nonce }: Process): boolean =>
  nonce !== NONE && idAt(state, id).nonce === nonce;

/** A client id that several processes have is one of their own choice. */
export function modeOf(state: State, process: Process): RegisterMode {
  if (state.processes.filter(({ id }) => id === process.id).length === 1) return 'dynamic';
  return process.again === 0 ? 'staticFirst' : 'staticAgain';
}
