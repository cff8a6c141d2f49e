/** What happens to a simulated cluster, as plain data: it can be generated, shrunk, printed and played again. */
import type { Clock, StateStore, Stream } from '../machines/ports.ts';
import type { Member, Step } from './action.ts';
import type { ClientSetup } from './client-setup.ts';
import { Cluster, type KinesisSetting } from './cluster.ts';
import type { DrawListener } from './draws.ts';
import type { Evidence } from './history.ts';
import type { Protocol } from './peer.ts';
import type { HandlerTime } from './simulated-handler.ts';
import { climateOf, type Weather } from './weather.ts';

export type { Action, Member, Step } from './action.ts';
export type { Weather } from './weather.ts';

export interface Scenario {
  readonly seed: number;
  /** What the processes run. @default 'kinesumer' */
  readonly protocol?: Protocol;
  /** Range in which the wall clocks of the processes lie. @default 600,000 */
  readonly wallSkewMs?: number;
  /** Streams that there are from the beginning. @default one */
  readonly streams?: readonly string[];
  /** Shards that each of them begins with. */
  readonly shards: number;
  readonly start: 'TRIM_HORIZON' | 'LATEST';
  /** How the ways to the services are until the quiet phase. */
  readonly weather: Weather;
  readonly kinesis?: KinesisSetting;
  /** @default none of it is given */
  readonly setup?: ClientSetup;
  /** Slots whose processes differ. @default none */
  readonly members?: readonly Member[];
  readonly script: readonly Step[];
  /** When the quiet phase begins: no faults, no producers, no operators. */
  readonly quietAtMs: number;
  readonly quietMs: number;
  /** Every so often one record is put until the quiet phase. @default 400 */
  readonly trickleMs?: number;
  /** Shards of a stream that are open at once at most. @default 12 */
  readonly maxOpenShards?: number;
}

export interface Host {
  /** Lets the microtasks drain: a turn of the host's event loop. */
  readonly hop: () => Promise<void>;
  /** Puts something between the clients and their services, such as a fault of the protocol. */
  readonly wrapStore?: (store: StateStore) => StateStore;
  readonly wrapStream?: (stream: Stream) => Stream;
  readonly wrapClock?: (clock: Clock) => Clock;
  /** How long a handler call takes; Infinity: it never comes back. @default as the scenario has it */
  readonly handlerMs?: HandlerTime;
  /** Gets XState's inspection events of all statecharts of every process. @default nobody does, and none is made */
  readonly inspect?: (event: unknown) => void;
  /** Hears of every draw of the run. */
  readonly draws?: DrawListener;
}

const FIRST_STREAM = 'orders';
/** One record is put every so often, where nothing else is said. */
export const TRICKLE_MS = 400;
const MAX_OPEN_SHARDS = 12;
const KEYS = 12;
/** In the quiet phase the table's charges are noted this often. */
const METER_MS = 2_000;
const WALL_SKEW_MS = 600_000;

/** Plays a scenario to its end. */
export async function play(scenario: Scenario, host: Host): Promise<Evidence> {
  const { seed, shards, start, script, quietAtMs, quietMs } = scenario;
  const { trickleMs = TRICKLE_MS } = scenario;
  const cluster = new Cluster({
    seed,
    protocol: scenario.protocol ?? 'kinesumer',
    wallSkewMs: scenario.wallSkewMs ?? WALL_SKEW_MS,
    hop: host.hop,
    streams: scenario.streams ?? [FIRST_STREAM],
    shards,
    start,
    quietAtMs,
    climate: climateOf(scenario.weather),
    members: scenario.members ?? [],
    keys: KEYS,
    maxOpenShards: scenario.maxOpenShards ?? MAX_OPEN_SHARDS,
    kinesis: scenario.kinesis ?? {},
    setup: scenario.setup ?? {},
    wrapStore: host.wrapStore ?? ((way) => way),
    wrapStream: host.wrapStream ?? ((way) => way),
    wrapClock: host.wrapClock ?? ((way) => way),
    ...(host.handlerMs === undefined ? {} : { handlerMs: host.handlerMs }),
    ...(host.inspect === undefined ? {} : { inspect: host.inspect }),
    draws: host.draws ?? null,
  });
  const { clock } = cluster;
  for (const { atMs, action } of script) {
    clock.setTimeout(() => cluster.perform(action), Math.min(atMs, quietAtMs));
  }
  const trickle = (): void => {
    if (clock.monotonicMs() >= quietAtMs) return;
    cluster.region.put(1);
    clock.setTimeout(trickle, trickleMs);
  };
  trickle();
  await clock.runUntil(quietAtMs);
  cluster.quiet();
  const meter = (): void => {
    cluster.meter();
    clock.setTimeout(meter, METER_MS);
  };
  meter();
  await clock.runUntil(quietAtMs + quietMs);
  cluster.tellInjected();
  return cluster.evidence();
}
