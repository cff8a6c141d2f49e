/** A process registers, heartbeats, is expelled by anybody, leaves, and is replaced. */
import { decideClaim, judgeBeatRefusal } from '../../../machines/rules/registration.ts';
import type { Fault } from '../explorer.ts';
import { clientOf, NONE, nonceOf, nonceText, sessionCode } from '../sessions.ts';
import { draftOf, hasRoom, send, standOut, step, who, type Scene } from './scene.ts';
import { idAt, modeOf, processAt, sessionAt, stands, type Process, type State } from './state.ts';

export function membershipSteps(scene: Scene, index: number): void {
  const { state } = scene;
  const process = processAt(state, index);
  switch (process.phase) {
    case 'out':
      create(scene, index);
      return;
    case 'claiming':
      claim(scene, index);
      return;
    case 'starting':
      if (!stands(state, process) && !awaits(scene, index)) learn(scene, index);
      return;
    case 'active':
      if (!stands(state, process)) learn(scene, index);
      else if (process.beating === 0) beat(scene, index);
      if (process.leaving === 1) remove(scene, index);
      return;
    default:
  }
}

const awaits = ({ state }: Scene, index: number): boolean =>
  state.flights.some(({ process, awaited }) => process === index && awaited === 1);

/** Each try has a fresh nonce: one that nothing names. */
function freshNonce({ state, config }: Scene, { id }: Process): number {
  if (config.twist?.nonces === 'reused') return 1;
  const named = [
    state.leader,
    sessionCode(id, idAt(state, id).nonce),
    ...state.processes.map((process) => sessionCode(process.id, process.nonce)),
    ...state.flights.flatMap(({ kind, session, asRead, leader }) => [
      session,
      leader,
      kind === 'replace' ? sessionCode(clientOf(session), asRead) : NONE,
    ]),
  ];
  const nonces = named.map((session) => (clientOf(session) === id ? nonceOf(session) : 0));
  return Math.max(...nonces) + 1;
}

function create(scene: Scene, index: number): void {
  if (!hasRoom(scene)) return;
  const next = draftOf(scene);
  const process = processAt(next, index);
  const nonce = freshNonce(scene, process);
  if (scene.config.twist?.nonces !== 'reused') idAt(next, process.id).gone &= ~(1 << nonce);
  for (const other of next.processes) {
    if (other.id === process.id) other.own &= ~(1 << nonce);
  }
  process.phase = 'creating';
  process.nonce = nonce;
  process.own |= 1 << nonce;
  send(next, { kind: 'create', process: index, session: sessionCode(process.id, nonce) });
  step(scene, next, () => `${who(index)} sends a registration as c${process.id}/${nonce}`);
}

const ownNonces = ({ own }: Process): string[] =>
  Array.from({ length: 31 }, (_, nonce) => nonce)
    .filter((nonce) => (own & (1 << nonce)) !== 0)
    .map(nonceText);

/** An item was in the way. */
function claim(scene: Scene, index: number): void {
  const { state, table } = scene;
  const before = processAt(state, index);
  const id = idAt(state, before.id);
  const decision = decideClaim({
    item: table.clientItem(before.id, id),
    mode: modeOf(state, before),
    triedNonces: ownNonces(before),
  });
  const next = draftOf(scene);
  const process = processAt(next, index);
  switch (decision.kind) {
    case 'replace':
      if (!hasRoom(scene)) return;
      if (scene.config.twist?.claims === 'adopted') {
        adopt(next, index, id.nonce);
        break;
      }
      process.phase = 'replacing';
      send(next, {
        kind: 'replace',
        process: index,
        session: sessionAt(next, index),
        asRead: id.nonce,
      });
      break;
    case 'replaced':
      standOut(process, 'over');
      step(
        scene,
        next,
        () => `${who(index)} finds another process under its client id`,
        faultsOfEnd(scene, index),
      );
      return;
    default:
      standOut(process);
  }
  step(scene, next, () => `${who(index)} finds an item in its way: ${decision.kind}`);
}

function adopt(next: State, index: number, nonce: number): void {
  const process = processAt(next, index);
  process.nonce = nonce;
  process.phase = 'starting';
  process.beating = 1;
  send(next, { kind: 'beat', process: index, session: sessionAt(next, index) });
}

/** A heartbeat is refused, and the own item read: the session is gone. */
function learn(scene: Scene, index: number): void {
  const { state, table } = scene;
  const before = processAt(state, index);
  const verdict = judgeBeatRefusal({
    item: table.clientItem(before.id, idAt(state, before.id)),
    nonce: nonceText(before.nonce),
    ownNonces: ownNonces(before),
  });
  const next = draftOf(scene);
  const faults = verdict === 'replaced' ? faultsOfEnd(scene, index) : [];
  // an answer that comes now is for nobody
  next.flights = next.flights.filter(
    (flight) => flight.process !== index || flight.answer === 'none',
  );
  for (const flight of next.flights) if (flight.process === index) flight.awaited = 0;
  standOut(processAt(next, index), verdict === 'replaced' ? 'over' : 'out');
  step(
    scene,
    next,
    () => `${who(index)} learns by a heartbeat that its session is ${verdict}`,
    faults,
  );
}

/** A client ends for good only where another process has its client id. */
function faultsOfEnd({ state }: Scene, index: number): Fault[] {
  const { id, own } = processAt(state, index);
  return (own & (1 << idAt(state, id).nonce)) === 0
    ? []
    : [{ invariant: 'L6', message: 'a client takes its own late write for another process' }];
}

function beat(scene: Scene, index: number): void {
  if (!hasRoom(scene)) return;
  const { leaving } = processAt(scene.state, index);
  // `rv` is at least what was acknowledged for as long as the nonce stands
  const flight = {
    kind: 'beat',
    process: index,
    session: sessionAt(scene.state, index),
    asRead: 1,
  } as const;
  for (const says of leaving === 1 ? ([1] as const) : ([0, 1] as const)) {
    const next = draftOf(scene);
    const process = processAt(next, index);
    process.beating = 1;
    process.leaving = says;
    send(next, { ...flight, leaving: says });
    step(scene, next, () => `${who(index)} sends a heartbeat${says === 1 ? ', leaving' : ''}`);
  }
}

/** Leaving, it deletes its own item. */
function remove(scene: Scene, index: number): void {
  if (!hasRoom(scene)) return;
  const next = draftOf(scene);
  const process = processAt(next, index);
  process.phase = 'deleting';
  process.publishing = 'idle';
  process.headAsRead = NONE;
  process.beating = 0;
  next.flights = next.flights.filter(
    (flight) => flight.process !== index || flight.answer === 'none',
  );
  for (const flight of next.flights) if (flight.process === index) flight.awaited = 0;
  send(next, { kind: 'leave', process: index, session: sessionAt(next, index) });
  step(scene, next, () => `${who(index)} sends the deletion of its item`);
}

/** Anybody may send one at any time, with or without a reason; it stands on what was read. */
export function expulsionSteps(scene: Scene): void {
  if (!hasRoom(scene)) return;
  for (const [id, { nonce, rv }] of scene.state.ids.entries()) {
    if (nonce === NONE) continue;
    const next = draftOf(scene);
    const session = sessionCode(id, nonce);
    send(next, { kind: 'expel', process: NONE, session, asRead: rv, awaited: 0 });
    step(scene, next, () => `somebody sends the expulsion of c${id}/${nonce} at version ${rv}`);
  }
}
