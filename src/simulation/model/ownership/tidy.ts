/**
 * Takes out of a state what can come to nothing any more, so that it does not count as another state. Each rule
 * says why nothing that the model judges can depend on it; they stand on S1 and S2 (a fence and a position only grow),
 * which are judged in every step before.
 *
 * - A write whose condition can never hold again. Given up, it is as good as dropped, and that may happen at any time.
 *   Awaited, and no commit, release or end: its refusal brings its sender back to where it may try again, and so does
 *   giving it up. A write to a shard's item is never carried out twice: each makes its own condition false for good. One
 *   that demands a nonce that is gone is left while a registration with that nonce is on its way, which may be carried
 *   out again; it stands on a nonce that stood, so that nothing else makes its condition hold.
 * - What an ask read, once the owner or the fence is another: its acquire would be refused, and its sender would ask
 *   again; so it asks again now.
 * - A doubt whose fence has passed, or stands for another: `judgeDoubt` says `passed` from now on.
 * - That a session is gone, once no heartbeat can come under its nonce any more: its process has another one in mind or
 *   none, and no heartbeat of it is on its way, nor a registration that counts as one. What else comes back is no session.
 * - The life of a child after its first acquire: what may go wrong with it alone goes wrong in the model of one shard,
 *   of which its part of any run is a run; and it has no way to act on its parent.
 *
 * - The highest fence that a session saw, once the item is above it: what is acquired from now on is above both. A
 *   reader that is opened under a fence that was seen is found where its acquire is answered at once.
 *
 * While an operator may still delete the item none of that holds but for the writes to clients' items: a fence may come
 * back, and an owner with it. Once he has, fences and positions only grow again from where they began anew; what was read
 * or sent at a fence that the item has not come to again is left as it is. A configuration that bounds the fences and
 * has no deletion is left as it is too: its states are those to hold the others against.
 */
import { clientOf, NONE, nonceOf } from '../sessions.ts';
import {
  clientAt,
  holdAt,
  isCheckpoint,
  isClientWrite,
  isRegistration,
  keepsNonce,
  letGo,
  mayBeBrought,
  mySession,
  NOT_STARTED_CODE,
  shardAt,
  type Flight,
  type State,
} from './state.ts';
import type { Table } from './table.ts';
import type { Scene } from './scene.ts';

export function tidy(state: State, scene: Pick<Scene, 'table' | 'config'>): void {
  const onlyGrows = onlyGrowsIn(state, scene);
  // a registration that is taken out may have been all that another write waited for
  while (takeOneOut(state, scene.table, onlyGrows));
  for (let client = 0; client < state.clients.length; client++) forgetGone(state, client, scene);
  if (!onlyGrows) return;
  for (let shard = 0; shard < state.shards.length; shard++) {
    if (shard > 0 && shardAt(state, shard).fence !== NONE) close(state, shard);
    for (let client = 0; client < state.clients.length; client++) tidyHold(state, client, shard);
  }
}

/** @returns false: there is none left that can come to nothing. */
function takeOneOut(state: State, table: Table, onlyGrows: boolean): boolean {
  const index = state.flights.findLastIndex((flight) => {
    if (flight.answer !== 'none') return false;
    if (!onlyGrows && !isClientWrite(flight)) return false;
    // what the refusal of these means is to be judged
    return !(flight.awaited === 1 && isCheckpoint(flight)) && isOver(state, table, flight);
  });
  const [flight] = index < 0 ? [] : state.flights.splice(index, 1);
  if (flight?.awaited === 1) answerNever(state, flight);
  return flight !== undefined;
}

/** Whether fences and positions only grow from here on, and what can come to nothing by that is to be taken out. */
const onlyGrowsIn = (state: State, { config: { deletions } }: Pick<Scene, 'config'>): boolean =>
  deletions === undefined || (deletions.times > 0 && state.deletions === 0);

function isOver(state: State, table: Table, flight: Flight): boolean {
  if (!isClientWrite(flight)) {
    return table.onShard(flight, shardAt(state, flight.shard)).kind === 'never';
  }
  const { kind } = table.onClient(flight, clientAt(state, clientOf(flight.session)));
  const demanded = flight.kind === 'replace' ? flight.ownerAsRead : flight.session;
  return kind === 'never' && !mayBeBrought(state, demanded);
}

/** The sender of a write that can only be refused goes on as after any answer. */
function answerNever(state: State, flight: Flight): void {
  const client = clientOf(flight.session);
  if (isClientWrite(flight)) {
    clientAt(state, client).phase = 'out';
    return;
  }
  letGo(holdAt(state, client, flight.shard));
}

function forgetGone(
  state: State,
  index: number,
  { table, config }: Pick<Scene, 'table' | 'config'>,
): void {
  const client = clientAt(state, index);
  let remembered = keepsNonce(client, config.twist) ? 1 << client.nonce : 0;
  for (const flight of state.flights) {
    if (clientOf(flight.session) !== index) continue;
    const beats =
      flight.kind === 'beat' || (isRegistration(flight) && table.bringsHeartbeat(flight));
    if (beats) remembered |= 1 << nonceOf(flight.session);
  }
  client.gone &= remembered;
}

function tidyHold(state: State, client: number, shard: number): void {
  const { owner, fence } = shardAt(state, shard);
  const hold = holdAt(state, client, shard);
  const me = mySession(state, client);
  const isPast = (fenceThen: number, ownerThen: number): boolean =>
    fence > fenceThen || (fence === fenceThen && owner !== ownerThen);
  if (hold.mode === 'asked' && isPast(hold.fenceAsRead, hold.ownerAsRead)) letGo(hold);
  if (hold.doubt !== NONE && isPast(hold.doubt, me)) hold.doubt = NONE;
  if (fence > hold.seen) hold.seen = NONE;
}

/** A child that was acquired is as far as this model looks. */
function close(state: State, shard: number): void {
  state.flights = state.flights.filter((flight) => flight.shard !== shard);
  for (const client of state.clients) {
    const hold = client.holds[shard];
    if (hold === undefined) continue;
    letGo(hold);
    hold.doubt = NONE;
  }
  const item = shardAt(state, shard);
  item.owner = NONE;
  item.fence = 1;
  item.position = NOT_STARTED_CODE;
  item.opened = 0;
}
