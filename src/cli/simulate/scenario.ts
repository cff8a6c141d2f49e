/** From the flags to what is played. */
import { swarm, workload, type Scenario } from '../../simulation/index.ts';
import { areDrawn } from './setup.ts';
import { DEFAULTS, type Amount, type SimulateOptions } from './arguments.ts';

const MINUTE_MS = 60_000;
/**
 * How far wall clocks are apart where no fault sets them: those of hosts with a time server. The Go algorithm compares
 * them; clocks that are minutes apart, as ours are here, would be all that its runs show.
 */
const TIME_SERVER_MS = 20;

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
