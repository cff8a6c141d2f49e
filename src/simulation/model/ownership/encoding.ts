/**
 * States as text, the same for all that differ only in names:
 *
 * - Clients are interchangeable, and so are the children of the shard: of all orders of them the least text counts, and
 *   of the orders of clients only those that bring what each has for itself into the least sequence.
 * - Fences are told by their relation to the one that stands: below it, it, the next. The library compares them with
 *   that one only, and makes new ones from it; below it they are all the same, since none comes back (S1).
 * - Nonces of a client are numbered anew in their order. One that no item of a client shows, no process has in mind and
 *   no registration brings any more is a session that is gone for good (S5); all of these are one. (Not so where an
 *   operator deletes items: then fences come back, and with them what was read of one owner and another.)
 * - What an ask read is what stands: `tidy` sees to that. Of the position it only matters that there is one and that
 *   it is not the end, and both follow from there being an owner.
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
import { clientOf, NONE, nonceOf } from '../sessions.ts';
import { shardsOf, type OwnershipConfig } from './scene.ts';
import {
  isClientWrite,
  keepsNonce,
  NOT_STARTED_CODE,
  type Answer,
  type Client,
  type Flight,
  type FlightKind,
  type Hold,
  type Mode,
  type Phase,
  type Shard,
  type State,
} from './state.ts';

const PHASES: readonly Phase[] = ['out', 'creating', 'claiming', 'replacing', 'beating', 'active'];
const MODES: readonly Mode[] = [
  'none',
  'asked',
  'acquiring',
  'disowning',
  'reading',
  'committing',
  'releasing',
  'releasingAgain',
  'ending',
  'endingAgain',
];
const KINDS: readonly FlightKind[] = [
  'create',
  'replace',
  'beat',
  'acquire',
  'disown',
  'commit',
  'release',
  'end',
];
const ANSWERS: readonly Answer[] = ['none', 'applied', 'refused', 'lost'];
const PHASE_CODES = codesOf(PHASES);
const MODE_CODES = codesOf(MODES);
const KIND_CODES = codesOf(KINDS);
const ANSWER_CODES = codesOf(ANSWERS);

const SHARD_UNITS = 5;
const CLIENT_UNITS = 5;
const HOLD_UNITS = 8;

interface Names extends SessionNames {
  /** Whether fences and what was read are told as they are: where items are deleted, fences come back. */
  readonly exact: boolean;
  /** New number of each shard. */
  readonly shards: readonly number[];
}

function noncesInUse(state: State, config: OwnershipConfig): number[][] {
  const used = state.clients.map((client) =>
    keepsNonce(client, config.twist) ? [client.standing, client.nonce] : [client.standing],
  );
  const exact = config.deletions !== undefined;
  const use = (session: number): void => void used[clientOf(session)]?.push(nonceOf(session));
  for (const flight of state.flights) {
    if (!isClientWrite(flight) && !exact) continue;
    use(flight.session);
    if (flight.kind === 'replace' || exact) use(flight.ownerAsRead);
  }
  if (exact) {
    for (const { owner } of state.shards) use(owner);
    for (const { holds } of state.clients) for (const { ownerAsRead } of holds) use(ownerAsRead);
  }
  return used.map(inOrder);
}

/** All orders of clients and children; the parent comes first. */
export interface Orders {
  readonly clients: readonly (readonly number[])[];
  readonly shards: readonly (readonly number[])[];
}

export const ordersOf = (clients: number, shards: number): Orders => ({
  clients: permutations(clients),
  shards: permutations(shards - 1).map((children) => [0, ...children.map((child) => child + 1)]),
});

export function encode(state: State, orders: Orders, config: OwnershipConfig): string {
  const nonces = noncesInUse(state, config);
  const exact = config.deletions !== undefined;
  const children = areUntouched(state) ? orders.shards.slice(0, 1) : orders.shards;
  let least = '';
  for (const shards of children) {
    const nameless = { clients: [], nonces: [], shards, exact };
    const own = state.clients.map((client, index) =>
      ownText(client, state, nonces[index] ?? [], nameless, config),
    );
    for (const clients of leastOrders(own, orders.clients, itself)) {
      const text = encodeAs(state, { clients, shards, nonces, exact }, config);
      if (least === '' || text < least) least = text;
    }
  }
  return least;
}

const itself = (clients: readonly number[]): readonly number[] => clients;

/** Whether the children are as they were at first, so that their order makes no other text. */
function areUntouched({ shards, clients, flights }: State): boolean {
  return (
    shards.every(({ fence }, shard) => shard === 0 || fence === NONE) &&
    flights.every(({ shard }) => shard === 0) &&
    clients.every(({ holds }) =>
      holds.every(({ mode, doubt }, shard) => shard === 0 || (mode === 'none' && doubt === NONE)),
    )
  );
}

/** Filled anew for each text; its length is that of all states of one model. */
const units: number[] = [];

/** What is told of a client whatever the numbers of clients are; whose session it read is left out. */
function ownText(
  client: Client,
  { shards }: State,
  nonces: readonly number[],
  nameless: Names,
  config: OwnershipConfig,
): string {
  units.length = CLIENT_UNITS + HOLD_UNITS * shards.length;
  clientUnits(0, client, nonces, config);
  let shard = 0;
  for (const hold of client.holds) {
    const place = CLIENT_UNITS + (nameless.shards[shard] ?? 0) * HOLD_UNITS;
    holdUnits(place, hold, shards[shard++]?.fence ?? NONE, nameless);
  }
  return String.fromCharCode.apply(null, units);
}

function encodeAs(state: State, names: Names, config: OwnershipConfig): string {
  const { shards, clients, flights, deletions } = state;
  const perClient = CLIENT_UNITS + HOLD_UNITS * shards.length;
  units.length = SHARD_UNITS * shards.length + perClient * clients.length;
  let index = 0;
  for (const shard of shards) shardUnits((names.shards[index++] ?? 0) * SHARD_UNITS, shard, names);
  index = 0;
  for (const client of clients) {
    const at = SHARD_UNITS * shards.length + (names.clients[index] ?? 0) * perClient;
    clientUnits(at, client, names.nonces[index++] ?? [], config);
    let shard = 0;
    for (const hold of client.holds) {
      const place = at + CLIENT_UNITS + (names.shards[shard] ?? 0) * HOLD_UNITS;
      holdUnits(place, hold, shards[shard++]?.fence ?? NONE, names);
    }
  }
  const text = String.fromCharCode(deletions) + String.fromCharCode.apply(null, units);
  if (flights.length === 0) return text;
  const texts = flights.map((flight) => flightText(flight, state, names));
  return text + (texts.length === 1 ? texts : texts.sort()).join('');
}

function shardUnits(at: number, shard: Shard, names: Names): void {
  units[at] = sessionUnit(shard.owner, names);
  units[at + 1] = fenceUnit(shard.fence, shard.fence, names);
  units[at + 2] = shard.position;
  units[at + 3] = shard.delivered;
  units[at + 4] = shard.opened;
}

function clientUnits(
  at: number,
  client: Client,
  nonces: readonly number[],
  config: OwnershipConfig,
): void {
  units[at] = nonces.indexOf(client.standing) + 1;
  units[at + 1] = client.beaten;
  units[at + 2] = PHASE_CODES[client.phase];
  units[at + 3] = keepsNonce(client, config.twist) ? nonces.indexOf(client.nonce) + 1 : 0;
  units[at + 4] = nonceBits(client.gone, nonces);
}

function holdUnits(at: number, hold: Hold, standing: number, names: Names): void {
  const asked = names.exact && hold.mode === 'asked';
  units[at] = MODE_CODES[hold.mode];
  units[at + 1] = fenceUnit(hold.fence, standing, names);
  units[at + 2] = hold.done;
  units[at + 3] = fenceUnit(hold.doubt, standing, names);
  units[at + 4] = hold.seen;
  units[at + 5] = asked ? sessionUnit(hold.ownerAsRead, names) : 0;
  units[at + 6] = asked ? hold.fenceAsRead : 0;
  units[at + 7] = asked ? hold.positionAsRead : 0;
}

const fenceUnit = (fence: number, standing: number, { exact }: Names): number =>
  exact ? fence : relative(fence, standing);

function flightText(flight: Flight, state: State, names: Names): string {
  const standing = state.shards[flight.shard]?.fence ?? NONE;
  return String.fromCharCode(
    KIND_CODES[flight.kind],
    sessionUnit(flight.session, names),
    names.shards[flight.shard] ?? 0,
    fenceUnit(flight.fence, standing, names),
    flight.position,
    flight.startsAt,
    sessionUnit(flight.ownerAsRead, names),
    fenceUnit(flight.fenceAsRead, standing, names),
    flight.awaited,
    ANSWER_CODES[flight.answer],
  );
}

export function decode(text: string, config: OwnershipConfig): State {
  const { clients } = config;
  const shards = shardsOf(config);
  const exact = config.deletions !== undefined;
  let at = 0;
  const next = (): number => text.charCodeAt(at++);
  const flag = (): 0 | 1 => (next() === 1 ? 1 : 0);
  const state: State = { deletions: next(), shards: [], clients: [], flights: [] };
  for (let index = 0; index < shards; index++) {
    const owner = sessionOfUnit(next());
    state.shards.push({
      owner,
      fence: next(),
      position: next(),
      delivered: next(),
      opened: flag(),
    });
  }
  const fence = (shard: number): number =>
    exact ? next() : absolute(next(), state.shards[shard]?.fence ?? NONE);
  for (let index = 0; index < clients; index++) {
    const client: Client = {
      standing: next(),
      beaten: flag(),
      phase: PHASES[next()] ?? 'out',
      nonce: next(),
      gone: next(),
      holds: [],
    };
    for (let shard = 0; shard < shards; shard++) {
      const mode = MODES[next()] ?? 'none';
      const item = state.shards[shard];
      const hold: Hold = {
        mode,
        fence: fence(shard),
        done: next(),
        doubt: fence(shard),
        seen: next(),
        ownerAsRead: sessionOfUnit(next()),
        fenceAsRead: next(),
        positionAsRead: next(),
      };
      if (mode === 'asked' && item !== undefined && !exact) {
        hold.ownerAsRead = item.owner;
        hold.fenceAsRead = item.fence;
        hold.positionAsRead = NOT_STARTED_CODE;
      }
      client.holds.push(hold);
    }
    state.clients.push(client);
  }
  while (at < text.length) {
    const kind = KINDS[next()] ?? 'create';
    const session = sessionOfUnit(next());
    const shard = next();
    state.flights.push({
      kind,
      session,
      shard,
      fence: fence(shard),
      position: next(),
      startsAt: next(),
      ownerAsRead: sessionOfUnit(next()),
      fenceAsRead: fence(shard),
      awaited: flag(),
      answer: ANSWERS[next()] ?? 'none',
    });
  }
  return state;
}
