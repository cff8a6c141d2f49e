import { describe, expect, it } from 'vitest';
import { parseArguments, type SimulateOptions } from '../../src/cli/simulate/arguments.ts';
import { replayCommand } from '../../src/cli/simulate/report.ts';
import { scenarioOf } from '../../src/cli/simulate/scenario.ts';
import { swarm } from '../../src/simulation/swarm.ts';
import { workload } from '../../src/simulation/workloads.ts';
import { replayOfSwarm } from '../simulation/failing-run.ts';

const optionsOf = (command: string): SimulateOptions => {
  const words = command.split(' ');
  expect(words.slice(0, 3)).toEqual(['npx', 'kinesumer', 'simulate']);
  const parsed = parseArguments(words.slice(3));
  if (parsed.kind !== 'run') throw new Error(parsed.kind);
  return parsed.options;
};

describe('the command that plays a run again', () => {
  it('plays the very scenario of a swarm that failed', () => {
    for (let seed = 0; seed < 40; seed += 1) {
      const options = optionsOf(replayOfSwarm(seed));
      expect(scenarioOf(options, options.seed)).toEqual(swarm(seed));
    }
  });

  it.each([
    '',
    '--protocol go --faults roll',
    '--faults crash --membership static --restart-after 2.5 --handler-ms 0 --commit-ms 5000 --drain-ms 20000',
    '--faults delay,kill --clients any --shards 3 --streams 2 --profile fast --minutes 0.5',
  ])('plays what the flags say: %s', (flags) => {
    const options = optionsOf(`npx kinesumer simulate ${flags}`.trim());
    const again = optionsOf(replayCommand({ options, seed: 9 }));
    expect(again).toMatchObject({ runs: 1, seed: 9 });
    expect(scenarioOf(again, 9)).toEqual(scenarioOf(options, 9));
  });

  it('leaves to the flags what a workload does not draw', () => {
    const options = optionsOf('npx kinesumer simulate --faults crash --clients any --minutes any');
    expect(scenarioOf(options, 3)).toEqual(
      workload('crash', {
        seed: 3,
        clients: 4,
        shards: 8,
        streams: 1,
        profile: 'default',
        durationMs: 120_000,
        setup: { membership: 'dynamic' },
      }),
    );
  });
});
