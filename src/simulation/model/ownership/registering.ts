/** A client id comes and goes: registering, the heartbeat that says that the session is gone, and expulsion. */
import { decideClaim, judgeBeatRefusal } from '../../../machines/rules/registration.ts';
import type { Fault } from '../explorer.ts';
import { draftOf, hasRoom, PLAIN, send, step, who, type Scene } from './scene.ts';
import { clientOf, NONE, nonceOf, sessionCode, noncesUpTo } from '../sessions.ts';
import { clientAt, IDLE, mySession, type Client, type State } from './state.ts';
import { faultsOfClientWrite } from './judge.ts';
import type { ClientPart } from './table.ts';

export function registeringSteps(scene: Scene, client: number): void {
  const { phase, standing } = clientAt(scene.state, client);
  if (phase === 'out') create(scene, client);
  if (phase === 'claiming') claim(scene, client);
  if (phase === 'active') beat(scene, client);
  if (standing !== NONE) expel(scene, client);
}

/** Each try has a fresh nonce: one that nothing names. */
function freshNonce({ state, config }: Scene, client: number): number {
  if (config.twist?.nonces === 'reused') return 1;
  const named = [
    ...state.shards.map((shard) => shard.owner),
    ...state.flights.flatMap((flight) => [flight.session, flight.ownerAsRead]),
    ...state.clients.flatMap(({ holds }) => holds.map((hold) => hold.ownerAsRead)),
  ];
  let highest = clientAt(state, client).standing;
  for (const session of named) {
    if (clientOf(session) === client) highest = Math.max(highest, nonceOf(session));
  }
  return highest + 1;
}

function create(scene: Scene, client: number): void {
  if (!hasRoom(scene)) return;
  const next = draftOf(scene);
  const process = clientAt(next, client);
  const nonce = freshNonce(scene, client);
  if (scene.config.twist?.nonces !== 'reused') process.gone &= ~(1 << nonce);
  process.phase = 'creating';
  process.nonce = nonce;
  send(next, { kind: 'create', session: sessionCode(client, nonce) });
  step(scene, next, () => `${who(client)} sends its registration with the nonce ${nonce}`);
}

/** Every nonce under a client id is one of its process's: nobody else has this client id. */
const noncesOf = ({ standing, nonce }: Client): string[] => noncesUpTo(Math.max(standing, nonce));

/** An item was in the way: one of an own earlier try, since nobody else has this client id. */
function claim(scene: Scene, client: number): void {
  if (!hasRoom(scene)) return;
  const before = clientAt(scene.state, client);
  const decision = decideClaim({
    item: scene.table.clientItem(client, before),
    mode: 'dynamic',
    triedNonces: noncesOf(before),
  });
  const next = draftOf(scene);
  const process = clientAt(next, client);
  if (decision.kind !== 'replace') {
    process.phase = 'out';
    step(scene, next, () => `${who(client)} finds no item in its way any more, and tries again`);
    return;
  }
  process.phase = 'replacing';
  send(next, {
    kind: 'replace',
    session: mySession(next, client),
    ownerAsRead: sessionCode(client, before.standing),
  });
  step(scene, next, () => `${who(client)} finds an own earlier try and sends its replacement`);
}

/** Sent and answered in one: what it changes is that the session learns whether it is gone. */
function beat(scene: Scene, client: number): void {
  const { table, state, config } = scene;
  const before = clientAt(state, client);
  const flight = { ...PLAIN, kind: 'beat', session: mySession(state, client) } as const;
  const effect = table.onClient(flight, before);
  if (effect.kind === 'applied') {
    const faults = faultsOfClientWrite(state, client, effect.after);
    if (faults.length === 0 && effect.after.beaten === before.beaten) return;
    const next = draftOf(scene);
    takeItem(clientAt(next, client), effect.after);
    step(scene, next, () => `a heartbeat of ${who(client)} is applied`, faults);
    return;
  }
  const verdict = judgeBeatRefusal({
    item: table.clientItem(client, before),
    nonce: String(before.nonce),
    ownNonces: config.twist?.ownNonces === 'unknown' ? [] : noncesOf(before),
  });
  const next = draftOf(scene);
  lose(next, client);
  const faults: Fault[] =
    verdict === 'replaced'
      ? [{ invariant: 'L6', message: 'a client takes its own late write for another process' }]
      : [];
  step(
    scene,
    next,
    () => `${who(client)} learns by a heartbeat that its session is ${verdict}`,
    faults,
  );
}

/** The session's mind is forgotten; its writes may still arrive. */
function lose(next: State, client: number): void {
  const process = clientAt(next, client);
  const me = mySession(next, client);
  // an answer that comes now is for nobody
  next.flights = next.flights.filter(({ session, answer }) => session !== me || answer === 'none');
  for (const flight of next.flights) if (flight.session === me) flight.awaited = 0;
  process.holds = process.holds.map(() => ({ ...IDLE }));
  process.phase = 'out';
}

/**
 * By anybody, at any time, with or without a reason. The delete stands on the nonce and the version that were read: it
 * is applied only if they still stand, and then it might as well have been read just now.
 */
function expel(scene: Scene, client: number): void {
  const next = draftOf(scene);
  const { standing } = clientAt(next, client);
  takeItem(clientAt(next, client), { standing: NONE, beaten: 0 });
  step(scene, next, () => `${who(client)}/${standing} is expelled`);
}

/** What a write made of a client's item; who stood there before is gone. */
export function takeItem(client: Client, after: ClientPart): void {
  if (client.standing !== NONE && client.standing !== after.standing) {
    client.gone |= 1 << client.standing;
  }
  client.standing = after.standing;
  client.beaten = after.beaten;
}
