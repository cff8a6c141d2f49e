/** What may become of a write on its way: carried out, answered, given up, carried out late, dropped. */
import type { Fault } from '../explorer.ts';
import { areRepeated } from '../late-writes.ts';
import { clientOf, nameOf, NONE, nonceOf } from '../sessions.ts';
import { draftOf, send, standOut, step, type Scene } from './scene.ts';
import { idAt, processAt, type Flight, type Id, type State } from './state.ts';
import type { IdPart } from './table.ts';

export function flightSteps(scene: Scene): void {
  for (const [index, flight] of scene.state.flights.entries()) {
    if (flight.answer === 'none') arrive(scene, index, flight);
    else hear(scene, index, flight);
    if (flight.awaited === 1) giveUp(scene, index, flight);
    else drop(scene, index, flight);
  }
}

const named = ({ kind, session }: Flight): string =>
  `the ${kind === 'expel' ? 'expulsion' : kind} of ${nameOf(session)}`;

function arrive(scene: Scene, index: number, flight: Flight): void {
  const next = draftOf(scene);
  const applied =
    flight.kind === 'publish' ? arriveAtHead(scene, next, flight) : arriveAtId(scene, next, flight);
  // refused and not awaited: as if it was dropped
  if (applied === null && flight.awaited === 0) return;
  const answer = applied === null ? 'refused' : 'applied';
  if (flight.awaited === 1) next.flights[index] = { ...flight, answer };
  else if (!areRepeated(scene.config)) next.flights.splice(index, 1);
  const late = flight.awaited === 0 ? ' late' : '';
  step(scene, next, () => `${named(flight)} is ${answer}${late}`, applied ?? []);
}

function arriveAtHead({ table, state }: Scene, next: State, flight: Flight): Fault[] | null {
  const effect = table.onHead(flight, state);
  if (effect.kind !== 'applied') return null;
  const { generation, leader } = effect.after;
  next.generation = generation;
  next.leader = leader;
  if (generation === state.generation + 1) return [];
  const message = `the generation went from ${state.generation} to ${generation}`;
  return [{ invariant: 'S6', message }];
}

function arriveAtId({ table, state }: Scene, next: State, flight: Flight): Fault[] | null {
  const before = idAt(state, clientOf(flight.session));
  const effect = table.onId(flight, before);
  if (effect.kind !== 'applied') return null;
  const faults = faultsOfIdWrite(before, flight, effect.after);
  const id = idAt(next, clientOf(flight.session));
  if (before.nonce !== NONE && before.nonce !== effect.after.nonce) id.gone |= 1 << before.nonce;
  id.nonce = effect.after.nonce;
  id.rv = effect.after.rv;
  id.leaving = effect.after.leaving;
  return faults;
}

function faultsOfIdWrite(before: Id, flight: Flight, after: IdPart): Fault[] {
  // a registration that nobody answered may be carried out again: it is no session, since it had no heartbeat
  if (after.rv > 0 && (before.gone & (1 << after.nonce)) !== 0) {
    return [{ invariant: 'S5', message: 'a session that was gone stands again' }];
  }
  const asSeen = before.nonce === nonceOf(flight.session) && before.rv === flight.asRead;
  // D6 without its clock: who goes was silent for as long as it was watched
  return flight.kind === 'expel' && !asSeen
    ? [{ invariant: 'D6', message: 'a session is expelled that moved on since it was seen' }]
    : [];
}

/** The answer reaches the sender. */
function hear(scene: Scene, index: number, flight: Flight): void {
  const next = draftOf(scene);
  next.flights.splice(index, 1);
  const process = processAt(next, flight.process);
  const applied = flight.answer === 'applied';
  switch (flight.kind) {
    case 'create':
    case 'replace':
      if (applied) begin(scene, next, flight);
      else if (flight.kind === 'create') process.phase = 'claiming';
      else standOut(process);
      break;
    case 'beat':
      process.beating = 0;
      if (process.phase === 'starting' && applied) {
        process.phase = 'active';
        process.again = 1;
      }
      break;
    case 'leave':
      standOut(process);
      break;
    default:
      process.publishing = 'idle';
  }
  step(scene, next, () => `${named(flight)} is answered: ${flight.answer}`);
}

/** The item stands; the session does from its first answered heartbeat. */
function begin({ config }: Scene, next: State, flight: Flight): void {
  const process = processAt(next, flight.process);
  if (config.twist?.joins === 'unheard') {
    process.phase = 'active';
    process.again = 1;
    return;
  }
  process.phase = 'starting';
  process.beating = 1;
  send(next, { kind: 'beat', process: flight.process, session: flight.session });
}

/**
 * The sender waits no longer; the write may still be carried out, and be it again. One that was refused may as well
 * have been given up before it arrived.
 */
function giveUp(scene: Scene, index: number, flight: Flight): void {
  const next = draftOf(scene);
  if (flight.answer === 'none') next.flights[index] = { ...flight, awaited: 0 };
  else if (flight.answer === 'applied' && areRepeated(scene.config)) {
    next.flights[index] = { ...flight, awaited: 0, answer: 'none' };
  } else next.flights.splice(index, 1);
  const process = processAt(next, flight.process);
  switch (flight.kind) {
    case 'create':
    case 'replace':
      standOut(process);
      break;
    case 'beat':
      if (process.phase === 'starting') standOut(process);
      else process.beating = 0;
      break;
    case 'leave':
      process.phase = 'active';
      break;
    default:
      process.publishing = 'idle';
  }
  step(scene, next, () => `${named(flight)} is not answered`);
}

function drop(scene: Scene, index: number, flight: Flight): void {
  const next = draftOf(scene);
  next.flights.splice(index, 1);
  step(scene, next, () => `${named(flight)} is lost on its way`);
}
