/** Scenarios of one question each: what does it cost a group when this happens to it? */
import type { ProfileName } from '../options.ts';
import { SeededRandom } from '../services/memory/seeded-random.ts';
import type { Member, Step } from './action.ts';
import type { Scenario } from './scenario.ts';
import { swarm } from './swarm.ts';

/**
 * - `swarm`: anything, another choice for each seed
 * - `none`: nothing
 * - `roll`: each client is replaced, one after the other, as by a deployment
 * - `leave`, `crash`: one client after the other leaves or dies, and comes back after a while
 * - `leaderCrash`: the leader dies
 * - `scale`: as many clients again join
 * - `reshard`: shards are split and merged
 */
export const WORKLOADS = [
  'swarm',
  'none',
  'roll',
  'leave',
  'crash',
  'leaderCrash',
  'scale',
  'reshard',
] as const;
export type WorkloadName = (typeof WORKLOADS)[number];

export interface WorkloadOptions {
  readonly seed: number;
  readonly clients: number;
  /** Of each stream. */
  readonly shards: number;
  readonly streams: number;
  readonly profile: ProfileName;
  /** Length of the phase in which it happens, ms. */
  readonly durationMs: number;
}

const SECOND = 1_000;
/** Between two clients that join at the beginning. */
const JOIN_EVERY_MS = 50;
/** Until a group has settled, and has settled again: in the slowest rhythm too. */
const SETTLE_MS = 60 * SECOND;
/** A client that left or died is back after this: its session is long gone. */
const BACK_AFTER_MS = 40 * SECOND;
const RESHARD_EVERY_MS = 5 * SECOND;
/** Instants are spread by this much, so that they meet polls and heartbeats at any phase. */
const SPREAD_MS = 3 * SECOND;

/** The scenario of a seed: the same for the same options. */
export function workload(name: WorkloadName, options: WorkloadOptions): Scenario {
  const { seed, clients, shards, profile, durationMs } = options;
  if (name === 'swarm') {
    const { streams } = options;
    return swarm(seed, { clients, shards, streams, profile, faultMs: durationMs });
  }
  const random = new SeededRandom(seed);
  const joins = range(clients).map((slot) => at(slot * JOIN_EVERY_MS, 'join', slot));
  const formedMs = clients * JOIN_EVERY_MS + SETTLE_MS;
  const spread = (): number => Math.floor(random.next('spread') * SPREAD_MS);
  const happenings = happeningsOf(name, options, formedMs, spread);
  const lastMs = Math.max(formedMs, ...happenings.map(({ atMs }) => atMs));
  const slots = name === 'scale' ? 2 * clients : clients;
  return {
    seed,
    streams: range(options.streams).map((index) => `stream-${index}`),
    shards,
    start: 'TRIM_HORIZON',
    weather: 'calm',
    members: range(slots).map((slot): Member => ({ slot, profile })),
    script: [...joins, ...happenings].toSorted((a, b) => a.atMs - b.atMs),
    quietAtMs: Math.max(lastMs + SECOND, formedMs + durationMs),
    quietMs: SETTLE_MS,
    maxOpenShards: 2 * shards,
  };
}

function happeningsOf(
  name: Exclude<WorkloadName, 'swarm'>,
  { clients, durationMs, streams }: WorkloadOptions,
  fromMs: number,
  spread: () => number,
): readonly Step[] {
  const everyMs = durationMs / clients;
  switch (name) {
    case 'none':
      return [];
    case 'roll':
      return range(clients).map((slot) => at(fromMs + slot * everyMs + spread(), 'restart', slot));
    case 'leave':
    case 'crash':
      return range(clients).flatMap((slot) => {
        const atMs = fromMs + slot * Math.max(everyMs, 2 * BACK_AFTER_MS) + spread();
        return [at(atMs, name, slot), at(atMs + BACK_AFTER_MS, 'join', slot)];
      });
    case 'leaderCrash':
      // whoever joined first leads
      return [at(fromMs + spread(), 'crash', 0)];
    case 'scale':
      return range(clients).map((slot) => at(fromMs + spread(), 'join', clients + slot));
    case 'reshard':
      return range(Math.floor(durationMs / RESHARD_EVERY_MS)).map((n): Step => ({
        atMs: fromMs + n * RESHARD_EVERY_MS + spread(),
        action: {
          kind: n % 2 === 0 ? 'split' : 'merge',
          pick: n,
          stream: `stream-${n % streams}`,
        },
      }));
  }
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const at = (atMs: number, kind: 'join' | 'leave' | 'crash' | 'restart', slot: number): Step => ({
  atMs: Math.floor(atMs),
  action: { kind, slot },
});
