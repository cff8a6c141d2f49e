/** What may become of a write on its way: carried out and answered, given up, carried out late, dropped. */
import {
  acquiredPosition,
  judgeCommitRefusal,
  type AcquireDecision,
} from '../../../machines/rules/fencing.ts';
import type { Fault } from '../explorer.ts';
import { areRepeated } from '../late-writes.ts';
import {
  faultsOfClientWrite,
  faultsOfOpening,
  faultsOfShardWrite,
  faultsOfStart,
} from './judge.ts';
import { open } from './reading.ts';
import { takeItem } from './registering.ts';
import { draftOf, send, step, what, type Scene } from './scene.ts';
import { clientOf, NONE, nameOf } from '../sessions.ts';
import {
  clientAt,
  holdAt,
  letGo,
  shardAt,
  type Answer,
  type Flight,
  type FlightKind,
  type State,
  isClientWrite,
  NEW_SHARD,
} from './state.ts';
import { type ShardPart, type Table } from './table.ts';

export function flightSteps(scene: Scene): void {
  for (const [index, flight] of scene.state.flights.entries()) {
    if (isSameAsBefore(scene.state, index)) continue;
    if (flight.answer === 'none') arrive(scene, index, flight);
    else hear(scene, index, flight);
    if (flight.awaited === 1) giveUp(scene, index, flight);
    else drop(scene, index, flight);
  }
}

/** Two late writes that are the same: what becomes of one is what becomes of the other. */
function isSameAsBefore({ flights }: State, index: number): boolean {
  const flight = flights[index];
  for (let at = 0; at < index; at++) {
    const other = flights[at];
    if (flight !== undefined && other !== undefined && isSame(flight, other)) return true;
  }
  return false;
}

const isSame = (a: Flight, b: Flight): boolean =>
  a.kind === b.kind &&
  a.session === b.session &&
  a.shard === b.shard &&
  a.fence === b.fence &&
  a.position === b.position &&
  a.startsAt === b.startsAt &&
  a.ownerAsRead === b.ownerAsRead &&
  a.fenceAsRead === b.fenceAsRead &&
  a.awaited === b.awaited &&
  a.answer === b.answer;

const WORDS: Readonly<Record<FlightKind, string>> = {
  create: 'registration',
  replace: 'registration over the item',
  beat: 'first heartbeat',
  acquire: 'acquire',
  disown: 'giving up',
  commit: 'commit',
  release: 'release',
  end: 'end',
};

const named = (scene: Scene, flight: Flight): string => {
  const whose = `${nameOf(flight.session)}'s ${WORDS[flight.kind]}`;
  return isClientWrite(flight)
    ? whose
    : `${whose} of ${what(scene, flight.shard)} at fence ${flight.fence}`;
};

/** It reaches the table, which carries it out or refuses it. */
function arrive(scene: Scene, index: number, flight: Flight): void {
  const next = draftOf(scene);
  const arrived = isClientWrite(flight)
    ? arriveAtClient(scene, next, flight)
    : arriveAtShard(scene, next, flight);
  // refused and not awaited: as if it was dropped
  if (flight.awaited === 0 && arrived.answer !== 'applied') return;
  const { answer, startsAt } = arrived;
  if (flight.awaited === 1) next.flights[index] = { ...flight, answer, startsAt };
  else if (!areRepeated(scene.config)) next.flights.splice(index, 1);
  const late = flight.awaited === 0 ? ' late' : '';
  const verb = answer === 'applied' ? 'applied' : 'refused';
  step(scene, next, () => `${named(scene, flight)} is ${verb}${late}`, arrived.faults);
}

interface Arrived {
  readonly answer: Answer;
  readonly startsAt: number;
  readonly faults: readonly Fault[];
}

function arriveAtClient({ table, state }: Scene, next: State, flight: Flight): Arrived {
  const client = clientOf(flight.session);
  const effect = table.onClient(flight, clientAt(state, client));
  if (effect.kind !== 'applied') return { answer: 'refused', startsAt: NONE, faults: [] };
  const faults = faultsOfClientWrite(state, client, effect.after);
  takeItem(clientAt(next, client), effect.after);
  return { answer: 'applied', startsAt: NONE, faults };
}

function arriveAtShard(scene: Scene, next: State, flight: Flight): Arrived {
  const { table, state } = scene;
  const before = shardAt(state, flight.shard);
  const effect = table.onShard(flight, before);
  if (effect.kind !== 'applied') {
    return { answer: verdictOf(scene, flight, before), startsAt: NONE, faults: [] };
  }
  const { after } = effect;
  const faults = faultsOfShardWrite(state, table, flight, after);
  const item = shardAt(next, flight.shard);
  if (after.fence !== item.fence) item.opened = 0;
  item.owner = after.owner;
  item.fence = after.fence;
  item.position = after.position;
  if (flight.kind !== 'acquire') return { answer: 'applied', startsAt: NONE, faults };
  const startsAt = acquiredAt(table, flight, after);
  faults.push(...faultsOfStart(startsAt, after));
  return { answer: 'applied', startsAt, faults };
}

/** Where reading starts, by the answer. */
function acquiredAt(table: Table, flight: Flight, after: ShardPart): number {
  const decision: Extract<AcquireDecision, { kind: 'acquire' }> = {
    kind: 'acquire',
    fence: flight.fence,
    position: table.position(flight.position) ?? '',
    expect: { owner: nameOf(flight.ownerAsRead), fence: flight.fenceAsRead },
  };
  return table.codeOfPosition(acquiredPosition(decision, table.shardItem(after)));
}

/** A refusal of a commit or an end may mean that an earlier try was applied. */
function verdictOf({ table, config: { twist } }: Scene, flight: Flight, part: ShardPart): Answer {
  if (flight.kind !== 'commit' && flight.kind !== 'end') return 'refused';
  const verdict = judgeCommitRefusal({
    item: table.shardItem(part),
    me: nameOf(flight.session) ?? '',
    fence: flight.fence,
    position: table.position(flight.position) ?? '',
    highestFenceSeen: flight.fence,
  });
  const taken = twist?.verdict?.(verdict) ?? verdict;
  return taken.kind === 'applied' ? 'applied' : 'lost';
}

/** The answer reaches the sender. */
function hear(scene: Scene, index: number, flight: Flight): void {
  const next = draftOf(scene);
  next.flights.splice(index, 1);
  let faults: readonly Fault[] = [];
  if (isClientWrite(flight)) hearOfClient(scene, next, flight);
  else faults = hearOfShard(scene, next, flight);
  const words = () => `${named(scene, flight)} is answered: ${flight.answer}`;
  step(scene, next, words, faults);
}

function hearOfClient({ config }: Scene, next: State, flight: Flight): void {
  const process = clientAt(next, clientOf(flight.session));
  if (flight.answer !== 'applied') {
    if (flight.kind === 'create') process.phase = 'claiming';
    else process.phase = 'out';
  } else if (flight.kind === 'beat' || config.twist?.joins === 'unheard') {
    process.phase = 'active';
  } else {
    process.phase = 'beating';
    send(next, { kind: 'beat', session: flight.session });
  }
}

function hearOfShard(scene: Scene, next: State, flight: Flight): readonly Fault[] {
  const client = clientOf(flight.session);
  const hold = holdAt(next, client, flight.shard);
  const { kind, answer, shard, fence } = flight;
  if (kind === 'acquire' && answer === 'applied') {
    const faults = faultsOfOpening(next, client, shard, fence);
    open(scene, next, client, shard, { fence, position: flight.startsAt });
    return faults;
  }
  if (kind === 'commit' && answer === 'applied') hold.mode = 'reading';
  // outrun, lost, released, ended, given up: nothing is held; only what was given up is no doubt any more
  else letGo(hold);
  if (kind === 'disown' && answer === 'applied') hold.doubt = NONE;
  return [];
}

/**
 * The sender waits no longer; the write may still be carried out, and be it again. One that was refused may as well
 * have been given up before it arrived.
 */
function giveUp(scene: Scene, index: number, flight: Flight): void {
  const next = draftOf(scene);
  if (flight.answer === 'none') next.flights[index] = { ...flight, awaited: 0 };
  else if (flight.answer === 'applied' && areRepeated(scene.config)) {
    next.flights[index] = { ...flight, awaited: 0, answer: 'none', startsAt: NONE };
  } else next.flights.splice(index, 1);
  const client = clientOf(flight.session);
  const process = clientAt(next, client);
  if (isClientWrite(flight)) {
    if (scene.config.twist?.joins === 'unheard') process.phase = 'active';
    else process.phase = 'out';
  } else {
    const hold = holdAt(next, client, flight.shard);
    switch (flight.kind) {
      case 'acquire':
        letGo(hold);
        if (scene.config.twist?.doubts !== 'forgotten') hold.doubt = flight.fence;
        break;
      case 'disown':
        hold.mode = 'none';
        break;
      case 'commit':
        hold.mode = 'reading';
        break;
      case 'release':
        hold.mode = 'releasingAgain';
        break;
      default:
        hold.mode = 'endingAgain';
    }
  }
  step(scene, next, () => `${named(scene, flight)} is not answered`);
}

function drop(scene: Scene, index: number, flight: Flight): void {
  const next = draftOf(scene);
  next.flights.splice(index, 1);
  step(scene, next, () => `${named(scene, flight)} is lost on its way`);
}

/** By hand, or by something that knows no fences. */
export function deletionSteps(scene: Scene): void {
  const { fence, position } = shardAt(scene.state, 0);
  if (fence === NONE && position === NONE) return;
  const next = draftOf(scene);
  next.deletions -= 1;
  const { delivered } = shardAt(next, 0);
  next.shards[0] = { ...NEW_SHARD, delivered };
  step(scene, next, () => 'an operator deletes the item of the shard');
}
