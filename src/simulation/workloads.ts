/** Scenarios of one question each: what does it cost a group when this happens to it? */
import type { ProfileName } from '../options.ts';
import { SeededRandom } from '../services/memory/seeded-random.ts';
import type { Member, Step } from './action.ts';
import type { ClientSetup } from './client-setup.ts';
import { TRICKLE_MS, type Scenario } from './scenario.ts';
import { swarm } from './swarm.ts';

/**
 * - `swarm`: anything, another choice for each seed
 * - `none`: nothing
 * - `roll`: each client is replaced, one after the other, as by a deployment
 * - `leave`, `crash`: one client after the other leaves or dies, and comes back after a while, as many as there is
 *   time for; further seeds begin with other clients
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
  /** @default none of it is given */
  readonly setup?: ClientSetup;
}

const SECOND = 1_000;
/** Between two clients that join at the beginning. */
const JOIN_EVERY_MS = 50;
/** Until a group has settled, and has settled again: in the slowest rhythm too. */
const SETTLE_MS = 60 * SECOND;
/** A client that left or died is back after this: its session is long gone. Earlier where the phase ends before. */
const BACK_AFTER_MS = 40 * SECOND;
/** From then on until the next one goes: everybody has his share again. */
const BETWEEN_MS = 35 * SECOND;
const RESHARD_EVERY_MS = 5 * SECOND;
/** Of one shard, at most, if all went there: its handler is through with them before the next ones are too many. */
const RECORDS_PER_CALL = 10;
/** Instants are spread by this much, so that they meet polls and heartbeats at any phase. */
const SPREAD_MS = 3 * SECOND;

/** The scenario of a seed: the same for the same options. */
export function workload(name: WorkloadName, options: WorkloadOptions): Scenario {
  const { seed, clients, shards, profile, durationMs, setup = {} } = options;
  if (name === 'swarm') {
    const { streams } = options;
    const drawn = swarm(seed, { clients, shards, streams, profile, faultMs: durationMs });
    return { ...drawn, ...(options.setup === undefined ? {} : { setup }) };
  }
  const joins = range(clients).map((slot) => at(slot * JOIN_EVERY_MS, 'join', slot));
  const settleMs = SETTLE_MS + patienceMs(setup);
  const fromMs = clients * JOIN_EVERY_MS + settleMs;
  const phase = new Phase(seed, fromMs, fromMs + durationMs);
  const happenings = happeningsOf(name, options, phase);
  const lastMs = Math.max(fromMs, ...happenings.map(({ atMs }) => atMs));
  const slots = name === 'scale' ? 2 * clients : clients;
  const successorMs = name === 'roll' ? (setup.restartAfterMs ?? 0) : 0;
  const trickleMs = Math.ceil((setup.handlerMs ?? 0) / RECORDS_PER_CALL);
  return {
    seed,
    streams: range(options.streams).map((index) => `stream-${index}`),
    shards,
    start: 'TRIM_HORIZON',
    weather: 'calm',
    ...(options.setup === undefined ? {} : { setup }),
    members: range(slots).map((slot): Member => ({ slot, profile })),
    script: [...joins, ...happenings].toSorted((a, b) => a.atMs - b.atMs),
    quietAtMs: Math.max(lastMs + SECOND, phase.toMs) + successorMs,
    quietMs: settleMs,
    ...(trickleMs > TRICKLE_MS ? { trickleMs } : {}),
    maxOpenShards: 2 * shards,
  };
}

/** What settling takes besides, by clients that are slower than simulated ones are. */
const patienceMs = ({
  handlerMs = 0,
  commitIntervalMs = 0,
  drainTimeoutMs = 0,
}: ClientSetup): number => 4 * handlerMs + 2 * commitIntervalMs + 2 * drainTimeoutMs;

/** In which it happens. */
class Phase {
  readonly fromMs: number;
  readonly toMs: number;
  readonly #random: SeededRandom;

  constructor(seed: number, fromMs: number, toMs: number) {
    this.#random = new SeededRandom(seed);
    this.fromMs = fromMs;
    this.toMs = toMs;
  }

  /** An instant so long after its beginning, or a little later; never beyond its end. */
  after(ms: number): number {
    const spreadMs = Math.floor(this.#random.next('spread') * SPREAD_MS);
    return Math.min(this.fromMs + ms + spreadMs, this.toMs);
  }
}

function happeningsOf(
  name: Exclude<WorkloadName, 'swarm'>,
  options: WorkloadOptions,
  phase: Phase,
): readonly Step[] {
  const { clients, durationMs, streams } = options;
  const everyMs = durationMs / clients;
  switch (name) {
    case 'none':
      return [];
    case 'roll':
      return range(clients).map((slot) => at(phase.after(slot * everyMs), 'restart', slot));
    case 'leave':
    case 'crash':
      return absencesOf(name, options, phase);
    case 'leaderCrash':
      // whoever joined first leads
      return [at(phase.after(0), 'crash', 0)];
    case 'scale':
      return range(clients).map((slot) => at(phase.after(0), 'join', clients + slot));
    case 'reshard':
      return range(Math.floor(durationMs / RESHARD_EVERY_MS)).map((n): Step => ({
        atMs: phase.after(n * RESHARD_EVERY_MS),
        action: {
          kind: n % 2 === 0 ? 'split' : 'merge',
          pick: n,
          stream: `stream-${n % streams}`,
        },
      }));
  }
}

/** One client at a time: what the absence of several costs would be another question. */
function absencesOf(
  how: 'leave' | 'crash',
  { seed, clients, durationMs, setup = {} }: WorkloadOptions,
  phase: Phase,
): readonly Step[] {
  // who leaves is gone only once it has drained
  const givenMs = how === 'crash' ? setup.restartAfterMs : undefined;
  const awayMs = givenMs ?? BACK_AFTER_MS;
  const everyMs = Math.max(durationMs / clients, awayMs + BETWEEN_MS);
  const fitting = 1 + Math.floor((durationMs - awayMs - SPREAD_MS) / everyMs);
  return range(Math.max(1, Math.min(fitting, clients))).flatMap((turn) => {
    const slot = (seed + turn) % clients;
    const atMs = phase.after(turn * everyMs);
    const backMs = atMs + awayMs;
    const joinMs = givenMs === undefined ? Math.min(backMs, phase.toMs) : backMs;
    return [at(atMs, how, slot), at(joinMs, 'join', slot)];
  });
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const at = (atMs: number, kind: 'join' | 'leave' | 'crash' | 'restart', slot: number): Step => ({
  atMs: Math.floor(atMs),
  action: { kind, slot },
});
