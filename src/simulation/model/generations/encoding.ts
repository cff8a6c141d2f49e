/**
 * States as text, the same for all that differ only in names or in what nothing depends on:
 *
 * - Processes are interchangeable, as far as as many of them have one client id: of all orders that bring
 *   what each has for itself into the least sequence, the least text counts.
 * - The generation is told by whether there is one, and one that was read by whether it still stands.
 * - A version is told by whether there was a heartbeat, and one that was read by whether it still stands, or was the
 *   first: that one a registration may bring back.
 * - Nonces of a client id are numbered anew in their order.
 * - Who leads is left out: an expulsion may come from anybody anyway.
 */
import {
  absolute,
  codesOf,
  inOrder,
  leastOrders,
  nonceBits,
  permutations,
  relative,
  sessionOfUnit,
  sessionUnit,
  type SessionNames,
} from '../naming.ts';
import { clientOf, NONE, nonceOf, sessionCode } from '../sessions.ts';
import {
  idAt,
  keepsNonce,
  processAt,
  type Flight,
  type FlightKind,
  type Id,
  type Phase,
  type Process,
  type State,
} from './state.ts';
import type { GenerationsConfig } from './scene.ts';

const PHASES: readonly Phase[] = [
  'out',
  'creating',
  'claiming',
  'replacing',
  'starting',
  'active',
  'deleting',
  'over',
];
const PUBLISHING: readonly Process['publishing'][] = ['idle', 'headRead', 'sent'];
const KINDS: readonly FlightKind[] = ['create', 'replace', 'beat', 'leave', 'expel', 'publish'];
const ANSWERS: readonly Flight['answer'][] = ['none', 'applied', 'refused'];
const PHASE_CODES = codesOf(PHASES);
const PUBLISHING_CODES = codesOf(PUBLISHING);
const KIND_CODES = codesOf(KINDS);
const ANSWER_CODES = codesOf(ANSWERS);

/** In place of whoever leads. */
const SOMEBODY = sessionCode(7, 1);
/** A version after a heartbeat, and one before that. */
const BEATEN = 2;
const OLDER = 1;

const ID_UNITS = 4;
const PROCESS_UNITS = 7;

interface Order {
  readonly ids: readonly number[];
  readonly processes: readonly number[];
}
interface Names extends SessionNames {
  readonly processes: readonly number[];
}

/** All orders of the processes that leave those of one client id with one client id. */
export function ordersOf(processes: readonly number[]): Order[] {
  return permutations(processes.length).flatMap((order): Order[] => {
    const ids: number[] = [];
    for (const [index, id] of processes.entries()) {
      const to = processes[order[index] ?? 0] ?? 0;
      if (ids[id] !== undefined && ids[id] !== to) return [];
      ids[id] = to;
    }
    return new Set(ids).size === ids.length ? [{ ids, processes: order }] : [];
  });
}

function noncesInUse(state: State, config: GenerationsConfig): number[][] {
  const used = state.ids.map(({ nonce }) => [nonce]);
  for (const process of state.processes) {
    if (keepsNonce(process, config.twist)) used[process.id]?.push(process.nonce);
  }
  for (const { kind, session, asRead } of state.flights) {
    if (kind === 'publish') continue;
    used[clientOf(session)]?.push(nonceOf(session));
    if (kind === 'replace') used[clientOf(session)]?.push(asRead);
  }
  return used.map(inOrder);
}

export function encode(state: State, orders: readonly Order[], config: GenerationsConfig): string {
  const nonces = noncesInUse(state, config);
  const own = state.processes.map((process) => ownText(process, state, nonces, config));
  let least = '';
  for (const { ids, processes } of leastOrders(own, orders, placesOf)) {
    const text = encodeAs(state, { clients: ids, processes, nonces }, config);
    if (least === '' || text < least) least = text;
  }
  return least;
}

/** Filled anew for each text; its length is that of all states of one model. */
const units: number[] = [];

function encodeAs(state: State, names: Names, config: GenerationsConfig): string {
  const { ids, processes, flights } = state;
  const first = 1 + ids.length * ID_UNITS;
  units.length = first + processes.length * PROCESS_UNITS;
  units[0] = state.generation === NONE ? 0 : 2;
  let index = 0;
  for (const id of ids) {
    const at = 1 + (names.clients[index] ?? 0) * ID_UNITS;
    idUnits(at, id, names.nonces[index++] ?? []);
  }
  index = 0;
  for (const process of processes) {
    const at = first + (names.processes[index++] ?? 0) * PROCESS_UNITS;
    processUnits(at, process, names.nonces[process.id] ?? [], config);
  }
  const text = String.fromCharCode.apply(null, units);
  if (flights.length === 0) return text;
  const texts = flights.map((flight) => flightText(flight, state, names));
  return text + (texts.length === 1 ? texts : texts.sort()).join('');
}

function idUnits(at: number, { nonce, rv, leaving, gone }: Id, nonces: readonly number[]): void {
  units[at] = nonces.indexOf(nonce) + 1;
  units[at + 1] = rv > 0 ? 1 : 0;
  units[at + 2] = leaving;
  units[at + 3] = nonceBits(gone, nonces);
}

function processUnits(
  at: number,
  process: Process,
  nonces: readonly number[],
  config: GenerationsConfig,
): void {
  units[at] = PHASE_CODES[process.phase];
  units[at + 1] = keepsNonce(process, config.twist) ? nonces.indexOf(process.nonce) + 1 : 0;
  units[at + 2] = nonceBits(process.own, nonces);
  units[at + 3] = isAlone(process, config) ? 0 : process.again;
  units[at + 4] = process.leaving;
  units[at + 5] = process.beating;
  units[at + 6] = PUBLISHING_CODES[process.publishing];
}

/** What is told of a process and its client id whatever their numbers are. */
function ownText(
  process: Process,
  state: State,
  nonces: readonly (readonly number[])[],
  config: GenerationsConfig,
): string {
  const own = nonces[process.id] ?? [];
  units.length = ID_UNITS + PROCESS_UNITS;
  idUnits(0, idAt(state, process.id), own);
  processUnits(ID_UNITS, process, own, config);
  return String.fromCharCode.apply(null, units);
}

const placesOf = ({ processes }: Order): readonly number[] => processes;

/** Whether no other process has its client id. */
const isAlone = ({ id }: Process, { processes }: GenerationsConfig): boolean =>
  processes.indexOf(id) === processes.lastIndexOf(id);

function flightText(flight: Flight, state: State, names: Names): string {
  const { kind, awaited, process, session, leaving, answer } = flight;
  return String.fromCharCode(
    KIND_CODES[kind],
    awaited === 1 ? (names.processes[process] ?? 0) + 1 : 0,
    kind === 'publish' ? 0 : sessionUnit(session, names),
    asReadUnit(flight, state, names),
    leaving,
    ANSWER_CODES[answer],
  );
}

function asReadUnit(flight: Flight, state: State, names: Names): number {
  const { kind, session, asRead } = flight;
  switch (kind) {
    case 'replace':
      return (names.nonces[clientOf(session)]?.indexOf(asRead) ?? -1) + 1;
    case 'publish':
      return relative(asRead, state.generation);
    case 'expel': {
      const { nonce, rv } = idAt(state, clientOf(session));
      if (nonce === nonceOf(session) && rv === asRead) return BEATEN;
      return asRead > 0 ? OLDER : 0;
    }
    default:
      return asRead > 0 ? 1 : 0;
  }
}

export function decode(text: string, processes: readonly number[]): State {
  let at = 0;
  const next = (): number => text.charCodeAt(at++);
  const flag = (): 0 | 1 => (next() === 1 ? 1 : 0);
  const generation = next();
  const leader = generation === NONE ? NONE : SOMEBODY;
  const state: State = { ids: [], processes: [], generation, leader, flights: [] };
  for (let id = 0; id <= Math.max(...processes); id++) {
    state.ids.push({
      nonce: next(),
      rv: flag() * BEATEN,
      leaving: flag(),
      gone: next(),
    });
  }
  for (const id of processes) {
    const process: Process = {
      id,
      phase: PHASES[next()] ?? 'out',
      nonce: next(),
      own: next(),
      again: flag(),
      leaving: flag(),
      beating: flag(),
      publishing: PUBLISHING[next()] ?? 'idle',
      headAsRead: NONE,
    };
    if (process.publishing === 'headRead') process.headAsRead = generation;
    state.processes.push(process);
  }
  while (at < text.length) {
    const kind = KINDS[next()] ?? 'create';
    const sender = next();
    const unit = next();
    const read = next();
    const process = Math.max(0, sender - 1);
    const session =
      kind === 'publish'
        ? sender === 0
          ? SOMEBODY
          : sessionCode(processAt(state, process).id, processAt(state, process).nonce)
        : sessionOfUnit(unit);
    state.flights.push({
      kind,
      process,
      session,
      asRead: asReadOf(kind, read, session, state),
      leaving: flag(),
      leader: kind === 'publish' ? SOMEBODY : NONE,
      awaited: sender === 0 ? 0 : 1,
      answer: ANSWERS[next()] ?? 'none',
    });
  }
  return state;
}

function asReadOf(kind: FlightKind, unit: number, session: number, state: State): number {
  if (kind === 'publish') return absolute(unit, state.generation);
  if (kind === 'expel' && unit === BEATEN) return idAt(state, clientOf(session)).rv;
  return unit;
}
