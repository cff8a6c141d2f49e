/** The invariants, judged over each write that was applied and over each state. */
import type { Fault } from '../explorer.ts';
import type { ClientPart, ShardPart, Table } from './table.ts';
import { NONE } from '../sessions.ts';
import {
  clientAt,
  holdAt,
  isDelivering,
  isReader,
  mySession,
  shardAt,
  stands,
  type Flight,
  type State,
} from './state.ts';

/** What is wrong with a write to a shard's item; `state` is the one in which it was applied. */
export function faultsOfShardWrite(
  state: State,
  table: Table,
  flight: Flight,
  after: ShardPart,
): Fault[] {
  const faults: Fault[] = [];
  const wrong = (invariant: string, message: string): void =>
    void faults.push({ invariant, message });
  const before = shardAt(state, flight.shard);
  const acquires = flight.kind === 'acquire';

  if (acquires ? after.fence <= before.fence : after.fence !== before.fence) {
    wrong('S1', `${flight.kind}: the fence went from ${before.fence} to ${after.fence}`);
  }
  if (after.position < before.position) {
    const [from, to] = [before, after].map(({ position }) => table.position(position));
    wrong('S2', `${flight.kind}: the position went from ${from} to ${to}`);
  }
  if (!acquires && (flight.session !== before.owner || flight.fence !== before.fence)) {
    wrong('S3', `${flight.kind} was applied, which was not sent by the owner under its fence`);
  }
  if (acquires && before.owner !== flight.session && stands(state, before.owner)) {
    wrong('S4', 'the shard was taken from a session that stands');
  }
  if (
    acquires &&
    before.fence === NONE &&
    flight.shard > 0 &&
    shardAt(state, 0).position !== table.end
  ) {
    wrong('S8', 'a child was acquired before its parent had ended');
  }
  if (before.position === table.end) wrong('S9', `${flight.kind} was applied after the end`);
  if (flight.shard === 0 && after.position > before.delivered && after.position !== table.end) {
    wrong('D1', 'a position was committed that nobody had delivered');
  }
  if (after.position === table.end && before.delivered < table.end - 1) {
    wrong('D1', 'the end was committed before all records were delivered');
  }
  return faults;
}

/**
 * What is wrong with a write to a client's item. A registration that nobody answered may be carried out again once its
 * item is gone: that is no session, since it had no heartbeat.
 */
export function faultsOfClientWrite(state: State, client: number, after: ClientPart): Fault[] {
  const { gone } = clientAt(state, client);
  return after.beaten === 0 || (gone & (1 << after.standing)) === 0
    ? []
    : [{ invariant: 'S5', message: 'a session that was gone stands again' }];
}

/** What is wrong with a reader that is opened now. */
export function faultsOfOpening(
  state: State,
  client: number,
  shard: number,
  fence: number,
): Fault[] {
  const item = shardAt(state, shard);
  const hold = holdAt(state, client, shard);
  if (isReader(hold)) {
    return [{ invariant: 'D9', message: 'a reader was opened beside another one' }];
  }
  if (fence <= hold.seen) {
    return [{ invariant: 'S1', message: 'a reader was opened under a fence that was seen before' }];
  }
  return item.fence === fence && item.opened === 1
    ? [{ invariant: 'D2', message: 'a second reader was opened under one fence' }]
    : [];
}

/** What is wrong with where reading starts, by the answer to an acquire. */
export const faultsOfStart = (startsAt: number, after: ShardPart): Fault[] =>
  startsAt === after.position
    ? []
    : [{ invariant: 'D3', message: 'reading does not start after the committed position' }];

/** What is wrong with a state, whatever led to it. */
export function faultsOfState(state: State): Fault[] {
  const faults: Fault[] = [];
  for (const [client, { phase }] of state.clients.entries()) {
    const me = mySession(state, client);
    if (phase !== 'active' || !stands(state, me)) continue;
    const [item, hold] = [shardAt(state, 0), holdAt(state, client, 0)];
    const owns = item.owner === me;
    if (isDelivering(hold) && !(owns && item.fence === hold.fence)) {
      faults.push({
        invariant: 'D6',
        message: 'the shard is free for others while a session that stands delivers from it',
      });
    }
    const knows =
      hold.mode === 'acquiring' ||
      (isReader(hold) ? hold.fence === item.fence : hold.doubt >= item.fence);
    if (owns && !knows) {
      faults.push({
        invariant: 'D1',
        message: 'the shard rests with a session that stands and does not know of it',
      });
    }
  }
  return faults;
}
