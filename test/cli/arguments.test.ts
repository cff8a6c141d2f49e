import { describe, expect, it } from 'vitest';
import { parseArguments, USAGE, type SimulateOptions } from '../../src/cli/simulate/arguments.ts';
import { FAULTS } from '../../src/simulation/swarm-faults.ts';

const parsed = (...args: string[]): SimulateOptions => {
  const result = parseArguments(args);
  if (result.kind !== 'run') throw new Error(result.kind);
  return result.options;
};

const DEFAULTS: SimulateOptions = {
  protocol: 'kinesumer',
  runs: 100,
  seed: 1,
  clients: 4,
  shards: 8,
  streams: 1,
  faults: 'swarm',
  profile: 'default',
  minutes: 2,
  setup: {},
  scenarioPath: null,
  scenarioOutPath: null,
  tracePath: null,
  reportPath: null,
  output: 'text',
  pagePort: null,
};

describe('the flags of kinesumer simulate', () => {
  it('have defaults, and are taken as they are given', () => {
    expect(parsed()).toEqual(DEFAULTS);
    const flags =
      '--protocol go --runs 7 --seed 0 --clients 50 --shards 200 --streams 3 --faults roll --profile fast';
    expect(
      parsed(...`${flags} --minutes 0.5 --trace t --report r --scenario-out s --json`.split(' ')),
    ).toEqual({
      protocol: 'go',
      runs: 7,
      seed: 0,
      clients: 50,
      shards: 200,
      streams: 3,
      faults: 'roll',
      profile: 'fast',
      minutes: 0.5,
      setup: {},
      scenarioPath: null,
      scenarioOutPath: 's',
      tracePath: 't',
      reportPath: 'r',
      output: 'json',
      pagePort: null,
    });
    expect(parsed('--open').pagePort).toBe(0);
    expect(parsed('--open', '--port', '4444').pagePort).toBe(4_444);
  });

  it('say how clients are set up, where no seed draws it', () => {
    const flags = '--faults roll --membership mixed --restart-after 1.5 --handler-ms 0';
    expect(parsed(...`${flags} --commit-ms 5000 --drain-ms 20000`.split(' ')).setup).toEqual({
      membership: 'mixed',
      restartAfterMs: 1_500,
      handlerMs: 0,
      commitIntervalMs: 5_000,
      drainTimeoutMs: 20_000,
    });
    expect(parsed('--faults', 'none', '--handler-ms', '7').setup).toEqual({ handlerMs: 7 });
  });

  it('take a file of scenarios in place of what they would say', () => {
    const beside = '--scenario s --scenario-out o --trace t --report r --json --open --port 1';
    expect(parsed(...beside.split(' '))).toMatchObject({ scenarioPath: 's', scenarioOutPath: 'o' });
    expect(parsed('--scenario', 's', '--scenario-out', 's').scenarioOutPath).toBe('s');
  });

  it('take faults one by one, in the singular too, and leave amounts to the seed', () => {
    const amounts = '--clients any --shards any --streams any --minutes any'.split(' ');
    expect(parsed('--faults', 'delay,loss, pauses,loss,lateWrites', ...amounts)).toEqual({
      ...DEFAULTS,
      faults: ['delays', 'losses', 'pauses', 'lateWrites'],
      clients: 'any',
      shards: 'any',
      streams: 'any',
      minutes: 'any',
    });
    for (const fault of Object.keys(FAULTS)) {
      expect(parsed('--faults', `kills,${fault}`).faults).toContain(fault);
      expect(USAGE).toMatch(new RegExp(`\\b${fault}\\b`));
    }
    // a workload of its own, and a fault among others
    expect(parsed('--faults', 'reshard').faults).toBe('reshard');
    expect(parsed('--faults', 'reshard,kill').faults).toEqual(['reshards', 'kills']);
  });

  it.each([
    [['--protocol', 'kcl'], `--protocol takes kinesumer, go, not 'kcl'`],
    [['--faults', 'delay,rain,loss'], `or a list of delays, losses`],
    [['--faults', 'delay,rain,loss'], `not 'rain'`],
    [['--faults', 'delay,roll'], `not 'roll'`],
    [['--faults', ''], `not ''`],
    [['--seed', 'any'], `not 'any'`],
    [['--runs', '0'], `--runs takes a whole number from 1 to 10000000, not '0'`],
    [['--seed', '-1'], '--seed'],
    [['--seed', '4294967290', '--runs', '7'], '--runs takes no seed beyond 4294967295'],
    [['--clients', '2.5'], `--clients takes a whole number from 1 to 500, not '2.5'`],
    [['--shards', 'many'], `not 'many'`],
    [['--shards', '0x10'], `not '0x10'`],
    [['--faults', 'rain'], `--faults takes swarm, none, roll`],
    [['--profile', 'slow'], `--profile takes default, fast, frugal, not 'slow'`],
    [['--minutes', '1e9'], `--minutes takes a number from 0.1 to 1440, not '1e9'`],
    [['--faults', 'roll', '--membership', 'none'], `--membership takes dynamic, static, mixed`],
    [['--membership', 'static'], '--membership says nothing where faults are drawn'],
    [['--faults', 'kill', '--drain-ms', '1'], '--drain-ms says nothing where faults are drawn'],
    [['--faults', 'leave', '--restart-after', '1'], '--restart-after goes with --faults roll and'],
    [
      ['--faults', 'roll', '--restart-after', '4000'],
      '--restart-after takes a number from 0 to 3600',
    ],
    [['--faults', 'roll', '--commit-ms', '99'], '--commit-ms takes a whole number from 100 to'],
    [['--faults', 'roll', '--handler-ms', '0.5'], '--handler-ms takes a whole number from 0 to'],
    [['--scenario', ''], '--scenario takes the name of a file'],
    [['--scenario', 's', '--seed', '1'], '--seed says nothing where --scenario says all'],
    [['--report', 'b', '--scenario-out', 'b'], '--scenario-out names the file of --report'],
    [['--trace', ''], '--trace takes the name of a file'],
    [['--trace', 'a/../b', '--report', 'b'], '--report names the file of --trace'],
    [['--port', '99999'], `--port takes a whole number from 0 to 65535, not '99999'`],
    [['--port', '4444'], '--port says nothing without --open'],
    [['--open', '--port', 'any'], `not 'any'`],
    [['--unheard'], '--unheard'],
    [['left', 'over'], 'left'],
  ])('are refused where they are wrong: %j', (args, message) => {
    const result = parseArguments(args);
    expect(result).toMatchObject({ kind: 'refused', message: expect.stringContaining(message) });
    expect(result).toMatchObject({ message: expect.stringContaining('kinesumer simulate --help') });
  });

  it('let the last seed be played, once where nothing else is said', () => {
    expect(parsed('--seed', '4294967290', '--runs', '6').runs).toBe(6);
    expect(parsed('--seed', '4294967295')).toMatchObject({ seed: 4_294_967_295, runs: 1 });
  });

  it('explain themselves', () => {
    expect(parseArguments(['--help'])).toEqual({ kind: 'help', text: USAGE });
    // besides them: --help, and --open, of which --port is the value; the setup has five
    const options = Object.keys(DEFAULTS);
    expect(USAGE.match(/^ {2}--\w+/gm)).toHaveLength(options.length + 2 + 4);
  });
});
