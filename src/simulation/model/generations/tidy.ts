/**
 * Takes out of a state what can come to nothing any more, so that it does not count as another state:
 *
 * - A write whose condition can never hold again. Given up, it is as good as dropped. Awaited: its refusal and its being
 *   given up bring the sender back to where it may try again, or may learn that its session is gone.
 * - A head as read that is not the one that stands: what follows would be refused.
 */
import { NONE, clientOf } from '../sessions.ts';
import type { Table } from './table.ts';
import { idAt, processAt, type Flight, type State } from './state.ts';

export function tidy(state: State, table: Table): void {
  for (let index = state.flights.length - 1; index >= 0; index--) {
    const flight = state.flights[index];
    if (flight === undefined || flight.answer !== 'none') continue;
    if (effectOf(state, table, flight).kind !== 'never') continue;
    state.flights.splice(index, 1);
    if (flight.awaited === 1) answerNever(state, flight);
  }
  for (const process of state.processes) {
    if (process.publishing === 'headRead' && process.headAsRead !== state.generation) {
      process.publishing = 'idle';
      process.headAsRead = NONE;
    }
  }
}

const effectOf = (state: State, table: Table, flight: Flight) =>
  flight.kind === 'publish'
    ? table.onHead(flight, state)
    : table.onId(flight, idAt(state, clientOf(flight.session)));

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
