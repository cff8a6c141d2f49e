/** One seed of a soak: what it showed, as plain data that goes from a worker to the one that adds up. */
import { violationsOf } from '../../src/simulation/checkers/all.ts';
import { play } from '../../src/simulation/scenario.ts';
import { struckOf } from '../../src/simulation/struck.ts';
import { swarm } from '../../src/simulation/swarm.ts';

/** Of a broken run so many are kept: the first ones name the cause. */
const KEPT_VIOLATIONS = 5;

export type Spans = 'short' | 'long';

/** What a worker is told to play. */
export interface GivenSeed {
  readonly seed: number;
  readonly spans: Spans;
}

interface Shown {
  readonly invariant: string;
  readonly message: string;
}

/** A run that came to its end. */
export interface PlayedSeed {
  readonly kind: 'played';
  readonly seed: number;
  readonly virtualMs: number;
  readonly cpuMs: number;
  readonly events: number;
  readonly records: number;
  readonly deliveries: number;
  readonly processes: number;
  readonly struck: Readonly<Record<string, number>>;
  /** All that there were; the first few stand in `violations`. */
  readonly broken: number;
  readonly violations: readonly Shown[];
}

/** A run that threw, or did not come to its end. */
export interface FailedSeed {
  readonly kind: 'failed';
  readonly seed: number;
  readonly message: string;
}

export type SeedResult = PlayedSeed | FailedSeed;

const hop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Plays a seed as the property tests do, and judges it by every checker. */
export async function playSeed({ seed, spans }: GivenSeed): Promise<SeedResult> {
  const before = process.cpuUsage();
  try {
    const scenario = swarm(seed, { spans });
    const evidence = await play(scenario, { hop });
    const violations = violationsOf(evidence);
    const { user, system } = process.cpuUsage(before);
    const { events, endMs } = evidence;
    const countOf = (wanted: string): number =>
      events.reduce((sum, { kind }) => sum + (kind === wanted ? 1 : 0), 0);
    return {
      kind: 'played',
      seed,
      virtualMs: endMs,
      cpuMs: (user + system) / 1_000,
      events: events.length,
      records: countOf('put'),
      deliveries: countOf('delivered'),
      processes: countOf('setup'),
      struck: Object.fromEntries(struckOf(scenario, evidence)),
      broken: violations.length,
      violations: violations
        .slice(0, KEPT_VIOLATIONS)
        .map(({ invariant, message }) => ({ invariant, message })),
    };
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { kind: 'failed', seed, message };
  }
}
