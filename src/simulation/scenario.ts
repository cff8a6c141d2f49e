/** What happens to a simulated cluster, as plain data: it can be generated, shrunk, printed and played again. */
import type { StateStore, Stream } from '../machines/ports.ts';
import type { StoreFaults } from '../services/memory/state-store.ts';
import type { StreamFaults } from '../services/memory/stream.ts';
import { Cluster } from './cluster.ts';
import type { Evidence } from './history.ts';

export type Action =
  | { readonly kind: 'join' | 'leave' | 'crash' | 'restart' | 'replace'; readonly slot: number }
  | { readonly kind: 'pause' | 'cut'; readonly slot: number; readonly forMs: number }
  | { readonly kind: 'put'; readonly records: number }
  | { readonly kind: 'split' | 'merge'; readonly pick: number };

export interface Step {
  /** True time. */
  readonly atMs: number;
  readonly action: Action;
}

/** How the way to the services is until the quiet phase. */
export type Weather = keyof typeof WEATHERS;

export interface Scenario {
  readonly seed: number;
  readonly shards: number;
  readonly start: 'TRIM_HORIZON' | 'LATEST';
  readonly weather: Weather;
  readonly script: readonly Step[];
  /** When the quiet phase begins: no faults, no producers, no operators. */
  readonly quietAtMs: number;
  readonly quietMs: number;
}

export interface Host {
  /** Lets the microtasks drain: a turn of the host's event loop. */
  readonly hop: () => Promise<void>;
  /** Puts something between the clients and their services, such as a fault of the protocol. */
  readonly wrapStore?: (store: StateStore) => StateStore;
  readonly wrapStream?: (stream: Stream) => Stream;
}

interface Faults {
  readonly store: StoreFaults;
  readonly stream: StreamFaults;
  readonly clockError: number;
}

const SLOW = { requestMs: { minMs: 1, maxMs: 80 }, answerMs: { minMs: 1, maxMs: 80 } } as const;

const WEATHERS = {
  calm: { store: {}, stream: {}, clockError: 0 },
  /** Answers are lost and reads are stale now and then. */
  lossy: {
    store: { ...SLOW, lostAnswer: 0.02, stale: { probability: 0.2, maxMs: 500 } },
    stream: { ...SLOW, lostAnswer: 0.01, emptyFetch: 0.05 },
    clockError: 0.02,
  },
  /** Requests are refused, and carried out long after the client gave them up. */
  rough: {
    store: {
      ...SLOW,
      throttle: 0.02,
      lostAnswer: 0.02,
      lateApply: 0.02,
      stale: { probability: 0.3, maxMs: 1_000 },
    },
    stream: { ...SLOW, throttle: 0.03, lostAnswer: 0.02, emptyFetch: 0.1, partialListing: 0.1 },
    clockError: 0.05,
  },
} as const satisfies Record<string, Faults>;

/** Every so often one record is put until the quiet phase. */
const TRICKLE_MS = 400;
const KEYS = 12;

/** Plays a scenario to its end. */
export async function play(scenario: Scenario, host: Host): Promise<Evidence> {
  const { seed, shards, start, weather, script, quietAtMs, quietMs } = scenario;
  const { store, stream, clockError } = WEATHERS[weather];
  const cluster = new Cluster({
    seed,
    hop: host.hop,
    shards,
    start,
    storeFaults: store,
    streamFaults: stream,
    clockError,
    keys: KEYS,
    wrapStore: host.wrapStore ?? ((way) => way),
    wrapStream: host.wrapStream ?? ((way) => way),
  });
  const { clock } = cluster;
  for (const { atMs, action } of script) {
    clock.setTimeout(() => perform(cluster, action), Math.min(atMs, quietAtMs));
  }
  const trickle = (): void => {
    if (clock.monotonicMs() >= quietAtMs) return;
    cluster.put(1);
    clock.setTimeout(trickle, TRICKLE_MS);
  };
  trickle();
  await clock.runUntil(quietAtMs);
  cluster.quiet();
  // somebody has to be there to finish the work
  if (!cluster.hasRunning()) for (const slot of [0, 1, 2, 3]) cluster.join(slot);
  await clock.runUntil(quietAtMs + quietMs);
  return cluster.evidence();
}

function perform(cluster: Cluster, action: Action): void {
  switch (action.kind) {
    case 'put':
      cluster.put(action.records);
      break;
    case 'split':
    case 'merge':
      cluster[action.kind](action.pick);
      break;
    case 'join':
    case 'leave':
    case 'crash':
    case 'restart':
    case 'replace':
      cluster[action.kind](action.slot);
      break;
    case 'pause':
    case 'cut':
      cluster[action.kind](action.slot, action.forMs);
      break;
  }
}
