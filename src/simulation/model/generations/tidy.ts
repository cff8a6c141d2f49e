/**
 * Takes out of a state what can come to nothing any more, so that it does not count as another state:
 *
 * - A write whose condition can never hold again. Given up, it is as good as dropped. Awaited: its refusal and its being
 *   given up bring the sender back to where it may try again, or may learn that its session is gone. One that demands a
 *   nonce, or a version of it, is left while a registration with that nonce is on its way, which may be carried out
 *   again.
 * - That a session is gone, once no heartbeat can come under its nonce any more: no process has it in mind, and no
 *   heartbeat of it is on its way, nor a registration that counts as one. What else comes back is no session.
 * - A head as read that is not the one that stands: what follows would be refused.
 */
import { NONE, clientOf, nonceOf, sessionCode } from '../sessions.ts';
import type { Scene } from './scene.ts';
import type { Table } from './table.ts';
import {
  idAt,
  isRegistration,
  keepsNonce,
  mayBeBrought,
  processAt,
  type Flight,
  type State,
} from './state.ts';

export function tidy(state: State, { table, config }: Pick<Scene, 'table' | 'config'>): void {
  // a registration that is taken out may have been all that another write waited for
  while (takeOneOut(state, table));
  if (config.twist?.claims !== 'adopted') {
    for (let id = 0; id < state.ids.length; id++) forgetGone(state, id, { table, config });
  }
  for (const process of state.processes) {
    if (process.publishing === 'headRead' && process.headAsRead !== state.generation) {
      process.publishing = 'idle';
      process.headAsRead = NONE;
    }
  }
}

function forgetGone(
  state: State,
  id: number,
  { table, config }: Pick<Scene, 'table' | 'config'>,
): void {
  let remembered = 0;
  for (const process of state.processes) {
    if (process.id === id && keepsNonce(process, config.twist)) remembered |= 1 << process.nonce;
  }
  for (const flight of state.flights) {
    if (clientOf(flight.session) !== id) continue;
    const beats =
      flight.kind === 'beat' || (isRegistration(flight) && table.bringsHeartbeat(flight));
    if (beats) remembered |= 1 << nonceOf(flight.session);
  }
  idAt(state, id).gone &= remembered;
}

/** @returns false: there is none left that can come to nothing. */
function takeOneOut(state: State, table: Table): boolean {
  const index = state.flights.findLastIndex(
    (flight) => flight.answer === 'none' && isOver(state, table, flight),
  );
  const [flight] = index < 0 ? [] : state.flights.splice(index, 1);
  if (flight?.awaited === 1) answerNever(state, flight);
  return flight !== undefined;
}

function isOver(state: State, table: Table, flight: Flight): boolean {
  if (flight.kind === 'publish') return table.onHead(flight, state).kind === 'never';
  const id = clientOf(flight.session);
  const demanded = flight.kind === 'replace' ? sessionCode(id, flight.asRead) : flight.session;
  return table.onId(flight, idAt(state, id)).kind === 'never' && !mayBeBrought(state, demanded);
}

function answerNever(state: State, flight: Flight): void {
  const process = processAt(state, flight.process);
  switch (flight.kind) {
    case 'replace':
      process.phase = 'out';
      return;
    case 'beat':
      // of a first one the process asks what became of its session
      process.beating = 0;
      return;
    case 'leave':
      process.phase = 'out';
      process.leaving = 0;
      return;
    case 'publish':
      process.publishing = 'idle';
      return;
    default:
  }
}
