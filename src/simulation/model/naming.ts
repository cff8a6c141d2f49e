/** How the encodings of states name things anew, so that states that differ in names only come out the same. */
import { clientOf, NONE, nonceOf, sessionCode } from './sessions.ts';

/** All orders of the numbers below `count`. */
export function permutations(count: number): number[][] {
  if (count === 0) return [[]];
  return permutations(count - 1).flatMap((shorter) =>
    Array.from({ length: count }, (_, place) => shorter.toSpliced(place, 0, count - 1)),
  );
}

/**
 * Those of some orders that bring texts, one of each client, into the least sequence: all others need not be tried.
 * @param placesOf the new place of each text
 */
export function leastOrders<O>(
  texts: readonly string[],
  orders: readonly O[],
  placesOf: (order: O) => readonly number[],
): readonly O[] {
  let least: O[] = [];
  let leastPlaced: string[] = [];
  for (const order of orders) {
    const places = placesOf(order);
    const placed: string[] = [];
    for (let at = 0; at < texts.length; at++) placed[places[at] ?? 0] = texts[at] ?? '';
    const difference = least.length === 0 ? -1 : compared(placed, leastPlaced);
    if (difference > 0) continue;
    if (difference < 0) {
      least = [];
      leastPlaced = placed;
    }
    least.push(order);
  }
  return least;
}

function compared(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < a.length; at++) {
    const [one = '', other = ''] = [a[at], b[at]];
    if (one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** A number for each of some words. */
export const codesOf = <T extends string>(words: readonly T[]): Record<T, number> =>
  Object.fromEntries(words.map((word, code) => [word, code])) as Record<T, number>;

/**
 * A fence, or a generation, by its relation to the one that stands: below it, it, the next. They are compared with
 * that one only, and made from it; those below are all the same, since none comes back (S1, S6).
 */
export const relative = (count: number, standing: number): number =>
  count === NONE ? 0 : count < standing ? 1 : count === standing ? 2 : 3;
/** And back: what stands is 2 from then on. */
export const absolute = (code: number, standing: number): number =>
  code === 3 && standing === NONE ? 1 : code;

export interface SessionNames {
  /** New number of each client. */
  readonly clients: readonly number[];
  /** Nonces in use of each client, in their order: they are numbered by it. */
  readonly nonces: readonly (readonly number[])[];
}

export const inOrder = (nonces: readonly number[]): number[] =>
  nonces
    .filter((nonce, place) => nonce !== NONE && nonces.indexOf(nonce) === place)
    .sort((a, b) => a - b);

const SESSIONS_PER_CLIENT = 8;
/** Sessions that are gone for good are all this one, of a client that never was. */
const DEPARTED_CLIENT = 7;
const DEPARTED_UNIT = DEPARTED_CLIENT * SESSIONS_PER_CLIENT + 1;

export function sessionUnit(session: number, { clients, nonces }: SessionNames): number {
  if (session === NONE) return NONE;
  const client = clientOf(session);
  const place = nonces[client]?.indexOf(nonceOf(session)) ?? -1;
  if (place < 0) return DEPARTED_UNIT;
  return (clients[client] ?? 0) * SESSIONS_PER_CLIENT + place + 1;
}

export function sessionOfUnit(unit: number): number {
  if (unit === NONE) return NONE;
  return sessionCode(Math.floor(unit / SESSIONS_PER_CLIENT), unit % SESSIONS_PER_CLIENT);
}

/** A set of nonces, a bit each, by their new numbers. */
export function nonceBits(bits: number, nonces: readonly number[]): number {
  let named = 0;
  let place = 0;
  for (const nonce of nonces) {
    place += 1;
    if ((bits & (1 << nonce)) !== 0) named |= 1 << place;
  }
  return named;
}
