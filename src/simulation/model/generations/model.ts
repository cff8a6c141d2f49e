/**
 * The model of generations: processes register, send heartbeats, are expelled, leave, take over a client id of their
 * own choice from each other, and publish. The requests may be late, lost, not answered, or carried out again where they
 * were not answered, and the failure detector is wrong as it likes.
 *
 * The writes are those of `rules/writes.ts`, carried out by `services/memory/apply-write.ts`; decisions are those of
 * `rules/registration.ts` and `rules/publication.ts`, in the order of `steps/membership.ts` and `steps/publish.ts`.
 *
 * What has no bound: registrations, heartbeats, generations, time. What has: the writes that are on their way at a time,
 * given up ones among them.
 *
 * What may happen at any time, so that more can happen here than in the library: anybody expels anybody on the version
 * that was read; any session publishes, as a takeover or as a leader, with or without a cause, whatever it has seen of
 * the others; a session leaves. Who knew another head than the one that stands may read it just before.
 *
 * Judged: S5, S6; S7 as far as it is about members (each had its first heartbeat, none is named twice, the leader is
 * among them); D6 without its clock (who is expelled did not move on since it was seen); L6 (a client ends for good only
 * where another process took its client id). Left out: shards and how they are divided, and everything that depends on
 * time.
 *
 * What is put together: the decision that follows a read and the sending of the write that it asks for; a refused
 * heartbeat and the read of the own item, since a session whose registration was answered stays gone (S5). Of a plan
 * only its members and its leader are made, and judged when it is made: nothing here reads one.
 */
import type { Model } from '../explorer.ts';
import { flightSteps } from './arriving.ts';
import { decode, encode, ordersOf } from './encoding.ts';
import { expulsionSteps, membershipSteps } from './membership.ts';
import { publishingSteps } from './publishing.ts';
import type { GenerationsConfig } from './scene.ts';
import { firstState, type State } from './state.ts';
import { Table } from './table.ts';

export function generationsModel(config: GenerationsConfig): Model<State> {
  const { processes } = config;
  const orders = ordersOf(processes);
  const table = new Table(config.twist?.write ?? ((write) => write));
  return {
    name: config.name,
    initial: firstState(processes),
    expand(state, emit) {
      const scene = { config, table, state, emit };
      for (let index = 0; index < processes.length; index++) {
        membershipSteps(scene, index);
        publishingSteps(scene, index);
      }
      expulsionSteps(scene);
      flightSteps(scene);
    },
    faultsOf: () => [],
    encode: (state) => encode(state, orders, config),
    decode: (text) => decode(text, processes),
  };
}
