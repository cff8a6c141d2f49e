import { describe, expect, it } from 'vitest';
import { parseArguments, USAGE, type DevOptions } from '../../dev/arguments.ts';

const around = { drawing: 'inPlace', randomSeed: 77 } as const;

function optionsOf(...args: string[]): DevOptions {
  const parsed = parseArguments(args, around);
  if (parsed.kind !== 'run') throw new Error(parsed.kind);
  return parsed.options;
}

describe('the flags of the dev command', () => {
  it('may all be left out', () => {
    expect(optionsOf()).toEqual({
      shards: 4,
      clients: 3,
      rate: 200,
      handlerMs: 0,
      profile: 'fast',
      durationMs: null,
      chaos: false,
      seed: 77,
      drawing: 'inPlace',
      port: 0,
    });
  });

  it('are taken as given', () => {
    const args =
      '--shards 8 --clients 5 --rate 50 --handler 700 --profile frugal --for 2m --chaos --seed 9 --port 4444 --plain';
    expect(optionsOf(...args.split(' '))).toEqual({
      shards: 8,
      clients: 5,
      rate: 50,
      handlerMs: 700,
      profile: 'frugal',
      durationMs: 120_000,
      chaos: true,
      seed: 9,
      drawing: 'lines',
      port: 4_444,
    });
    expect(optionsOf('--for=30s', '--no-draw')).toMatchObject({
      durationMs: 30_000,
      drawing: 'lines',
    });
  });

  it('take the ends of their ranges', () => {
    expect(optionsOf('--shards', '32', '--seed', '4294967295')).toMatchObject({
      shards: 32,
      seed: 4_294_967_295,
    });
    expect(optionsOf('--for', '24m', '--rate', '1000').durationMs).toBe(1_440_000);
  });

  it.each([
    ['--shards', '0'],
    ['--shards', '33'],
    ['--shards', '2.5'],
    ['--shards', ''],
    ['--clients', '10'],
    ['--clients', 'three'],
    ['--rate', '-5'],
    ['--rate', '1e3'],
    ['--profile', 'slow'],
    ['--for', '30'],
    ['--for', '0s'],
    ['--for', '1500m'],
    ['--seed', '4294967296'],
  ])('refuse %s %j with the flag, the value and the usage', (flag, value) => {
    const parsed = parseArguments([`${flag}=${value}`], around);
    if (parsed.kind !== 'refused') throw new Error(parsed.kind);
    expect(parsed.message).toContain(flag);
    expect(parsed.message).toContain(`'${value}'`);
    expect(parsed.message).toContain(USAGE);
  });

  it.each([['--shard'], ['shards'], ['--chaos=yes'], ['--for']])('refuse %s', (argument) => {
    expect(parseArguments([argument], around)).toMatchObject({ kind: 'refused' });
  });

  it('explain themselves', () => {
    expect(parseArguments(['--help'], around)).toEqual({ kind: 'help', text: USAGE });
  });
});
