/**
 * The model of ownership: clients that register again and again take a shard from each other, read it, commit, give it
 * back and end it, over a table whose writes and answers are late or lost, under a failure detector that is wrong as
 * it likes.
 *
 * What it is made of. The items are real items, the writes those of `rules/writes.ts`, carried out by
 * `services/memory/apply-write.ts`; what a client makes of an answer is decided by `rules/fencing.ts`,
 * `rules/registration.ts`, `rules/lineage.ts` and `rules/positions.ts`. The order of a client's requests is that of
 * `steps/acquire.ts`, `steps/checkpoint.ts` and `steps/membership.ts` and of the charts that invoke them, one small
 * step each.
 *
 * What may happen to a write: it is carried out or refused, and its answer comes later; or it is given up, and carried out
 * at any time after that, never, once, or again and again (`late-writes.ts`), whether it was carried out before or not. A
 * request that was answered is not carried out again.
 *
 * What has no bound: registrations, acquires, heartbeats, repeated writes, time. What has: the writes that are on their
 * way at a time, given up ones among them, and the records of the shard.
 *
 * What may happen at any time, so that more can happen here than in the library: any client is expelled; a plan wants
 * a shard, or not; a reader gives its shard back, repeats a commit, or falls silent and goes on; a shard that was read
 * through is closed. A process that dies is one that does nothing more.
 *
 * Judged: S1, S2, S3, S4, S5 (a registration alone is no session), S8, S9; D1, D2, D3, D9; and without their clocks: D6 (no shard is free for others while a
 * session that stands delivers from it), D1 when all is quiet (no shard rests with a session that stands and does not
 * know that it may own it), L6 (a client does not end over a late write of its own). Left out: everything that depends
 * on time, so D5 and the rest of D6; plans and generations, which have their own model; items of the Go layout.
 *
 * What is put together, and why no other order matters:
 *
 * - A delivery and its completion: only what is completed is committed.
 * - The decision that follows a read, and the sending of the write that it asks for: a process that is slow in between
 *   is one whose write is slow.
 * - A heartbeat of a session that has one behind it, and its answer: of these only that it is refused changes anything
 *   here, and that may be learnt at any time. That it comes late is in the model of generations.
 * - An expulsion and the read that it stands on: it is applied only if the version that was read still stands, or
 *   stands again, and then it might as well have been read just now.
 * - The reads of a child's item and of its parent's: the acquire stands on the child's item as read; if that is another
 *   by the time of the second read, it is refused, else both might as well have been read then. The end of a parent is
 *   final (S9).
 *
 * What is taken out of the states, and why, is said in `tidy.ts`; what is named anew, in `encoding.ts`.
 */
import type { Model } from '../explorer.ts';
import { askingSteps } from './asking.ts';
import { decode, encode, ordersOf } from './encoding.ts';
import { faultsOfState } from './judge.ts';
import { deletionSteps, flightSteps } from './arriving.ts';
import { readingSteps } from './reading.ts';
import { registeringSteps } from './registering.ts';
import { firstState, isActive, type State } from './state.ts';
import { shardsOf, type OwnershipConfig } from './scene.ts';
import { Table } from './table.ts';

export function ownershipModel(config: OwnershipConfig): Model<State> {
  const shards = shardsOf(config);
  const orders = ordersOf(config.clients, shards);
  const table = new Table(config.records, config.twist?.write ?? ((write) => write));
  return {
    name: config.name,
    initial: firstState(config.clients, shards, config.deletions?.times ?? 0),
    expand(state, emit) {
      const scene = { config, table, state, emit };
      for (let client = 0; client < config.clients; client++) {
        registeringSteps(scene, client);
        if (!isActive(state, client)) continue;
        for (let shard = 0; shard < shards; shard++) {
          askingSteps(scene, client, shard);
          if (shard === 0) readingSteps(scene, client, shard);
        }
      }
      flightSteps(scene);
      if (state.deletions > 0) deletionSteps(scene);
    },
    faultsOf: (config.deletions?.times ?? 0) === 0 ? faultsOfState : () => [],
    encode: (state) => encode(state, orders, config),
    decode: (text) => decode(text, config),
  };
}
