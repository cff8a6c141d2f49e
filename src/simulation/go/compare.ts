/** The same scenes for each protocol, counted side by side. */
import type { Protocol } from '../peer.ts';
import { play, type Action, type Host, type Scenario, type Step } from '../scenario.ts';
import { tally, type Tally } from './tally.ts';

const SECOND = 1_000;
/** By then everybody reads. */
const SETTLED_MS = 15 * SECOND;
const EVENT_MS = 20 * SECOND;
const QUIET_AT_MS = 50 * SECOND;
const QUIET_MS = 40 * SECOND;
/** Records come in handfuls, so that each shard has one soon after the event. */
const HANDFUL = 12;
const HANDFUL_EACH_MS = 500;
/** More than is read until everybody knows of the children. */
const BACKLOG = 1_500;
const SHARDS = 6;
const CLIENTS = 4;
/** Hosts with a time server. */
const SMALL_SKEW_MS = 20;
/** One host or another is minutes wrong. */
const LARGE_SKEW_MS = 60 * SECOND;

const after = (seconds: number, action: Action): Step => ({
  atMs: EVENT_MS + seconds * SECOND,
  action,
});

interface Scene {
  readonly happens: readonly Step[];
  readonly weather?: Scenario['weather'];
  readonly wallSkewMs?: number;
}

/** What happens to four clients on six shards at the 20th second. */
export const SCENES = {
  nothing: { happens: [] },
  join: { happens: [after(0, { kind: 'join', slot: CLIENTS })] },
  leave: { happens: [after(0, { kind: 'leave', slot: 2 })] },
  'rolling restart': {
    happens: [0, 1, 2, 3].map((slot) => after(slot * 5, { kind: 'restart', slot })),
  },
  crash: { happens: [after(0, { kind: 'crash', slot: 2 })] },
  'crash of the first': { happens: [after(0, { kind: 'crash', slot: 0 })] },
  'stand of 15 s': { happens: [after(0, { kind: 'pause', slot: 2, forMs: 15 * SECOND })] },
  split: { happens: [after(0, { kind: 'split', pick: 1 })] },
  'split with a backlog': {
    happens: [after(-0.3, { kind: 'put', records: BACKLOG }), after(0, { kind: 'split', pick: 1 })],
  },
  merge: { happens: [after(0, { kind: 'merge', pick: 2 })] },
  'split and crash': {
    happens: [after(0, { kind: 'split', pick: 1 }), after(1, { kind: 'crash', slot: 2 })],
  },
  'bad network': { happens: [after(0, { kind: 'crash', slot: 2 })], weather: 'rough' },
  'clocks a minute apart': { happens: [], wallSkewMs: LARGE_SKEW_MS },
} as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof SCENES;

/** A scene as a scenario that can be played. */
export function scenarioOf(name: SceneName, protocol: Protocol, seed: number): Scenario {
  const { happens, weather = 'calm', wallSkewMs = SMALL_SKEW_MS }: Scene = SCENES[name];
  const joins = Array.from({ length: CLIENTS }, (_, slot) => ({
    atMs: slot * 700,
    action: { kind: 'join' as const, slot },
  }));
  const puts: Step[] = [];
  for (let atMs = SETTLED_MS; atMs < QUIET_AT_MS; atMs += HANDFUL_EACH_MS) {
    puts.push({ atMs, action: { kind: 'put', records: HANDFUL } });
  }
  const script = [...joins, ...puts, ...happens].toSorted((a, b) => a.atMs - b.atMs);
  return {
    seed,
    protocol,
    shards: SHARDS,
    start: 'TRIM_HORIZON',
    weather,
    wallSkewMs,
    script,
    quietAtMs: QUIET_AT_MS,
    quietMs: QUIET_MS,
  };
}

/** One row: what a protocol made of a scene, over all seeds. */
export interface PeerRow extends Omit<Tally, 'waitsMs' | 'gapsMs'> {
  readonly scene: SceneName;
  readonly protocol: Protocol;
  readonly runs: number;
  /** Longest wait of a shard's records after the event, ms, over shards and runs. */
  readonly waitMeanMs: number;
  readonly waitMaxMs: number;
  /** Stretches in which nobody read a shard after the event, over shards and runs. */
  readonly gaps: number;
  readonly gapMeanMs: number;
  readonly gapMaxMs: number;
}

const meanOf = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0) / Math.max(1, values.length);

/** Plays a scene for a protocol with so many seeds. */
export async function measurePeer(
  scene: SceneName,
  protocol: Protocol,
  seeds: readonly number[],
  host: Host,
): Promise<PeerRow> {
  const tallies: Tally[] = [];
  for (const seed of seeds) {
    const evidence = await play(scenarioOf(scene, protocol, seed), host);
    tallies.push(tally(evidence, SETTLED_MS, EVENT_MS, QUIET_AT_MS));
  }
  const sum = (pick: (each: Tally) => number): number =>
    tallies.reduce((total, each) => total + pick(each), 0);
  const waits = tallies.flatMap((each) => each.waitsMs);
  const gaps = tallies.flatMap((each) => each.gapsMs);
  return {
    scene,
    protocol,
    runs: seeds.length,
    records: sum((each) => each.records),
    lost: sum((each) => each.lost),
    twice: sum((each) => each.twice),
    outOfOrder: sum((each) => each.outOfOrder),
    unreadShards: sum((each) => each.unreadShards),
    waitMeanMs: meanOf(waits),
    waitMaxMs: Math.max(0, ...waits),
    gaps: gaps.length,
    gapMeanMs: meanOf(gaps),
    gapMaxMs: Math.max(0, ...gaps),
  };
}
