/** From the flags to what is played. */
import { swarm, workload, type Protocol, type Scenario } from '../../simulation/index.ts';
import { readScenarios } from './scenario-file.ts';
import { areDrawn } from './setup.ts';
import { DEFAULTS, type Amount, type SimulateOptions } from './arguments.ts';

const MINUTE_MS = 60_000;
/**
 * How far wall clocks are apart where no fault sets them: those of hosts with a time server. The Go algorithm compares
 * them; clocks that are minutes apart, as ours are here, would be all that its runs show.
 */
const TIME_SERVER_MS = 20;

/** What is played, run after run. */
export interface Runs {
  readonly count: number;
  readonly protocol: Protocol;
  readonly scenario: (run: number) => Scenario;
}

/** @throws Refusal where they stand in a file that does not hold them */
export async function runsOf(options: SimulateOptions): Promise<Runs> {
  const { scenarioPath, runs: count, seed, protocol } = options;
  if (scenarioPath === null) {
    return { count, protocol, scenario: (run) => scenarioOf(options, seed + run) };
  }
  const scenarios = await readScenarios(scenarioPath);
  const [first] = scenarios;
  return {
    count: scenarios.length,
    protocol: first?.protocol ?? 'kinesumer',
    // there are as many as are counted
    scenario: (run) => scenarios[run] as Scenario,
  };
}

/** The scenario of one seed. */
export function scenarioOf(options: SimulateOptions, seed: number): Scenario {
  const { faults, protocol } = options;
  const scenario = areDrawn(faults)
    ? drawn(options, seed)
    : workload(faults, { ...given(options), seed });
  return protocol === 'kinesumer'
    ? scenario
    : { ...scenario, protocol, wallSkewMs: TIME_SERVER_MS };
}

function drawn({ faults, ...options }: SimulateOptions, seed: number): Scenario {
  const { clients, shards, streams, minutes, profile } = options;
  return swarm(seed, {
    ...(typeof faults === 'string' ? {} : { faults, draw: 'all' }),
    ...(clients === 'any' ? {} : { clients }),
    ...(shards === 'any' ? {} : { shards }),
    ...(streams === 'any' ? {} : { streams }),
    ...(minutes === 'any' ? {} : { faultMs: minutes * MINUTE_MS }),
    profile,
  });
}

/** Where nothing is drawn, `any` is as good as no flag. */
function given({ clients, shards, streams, minutes, profile, setup }: SimulateOptions) {
  const number = (amount: Amount, otherwise: number): number =>
    amount === 'any' ? otherwise : amount;
  return {
    clients: number(clients, DEFAULTS.clients),
    shards: number(shards, DEFAULTS.shards),
    streams: number(streams, DEFAULTS.streams),
    durationMs: number(minutes, DEFAULTS.minutes) * MINUTE_MS,
    profile,
    // as a client of the library is that was given no id
    setup: { membership: 'dynamic', ...setup } as const,
  };
}
