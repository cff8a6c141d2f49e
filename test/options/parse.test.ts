import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { DEFAULTS, PROFILES, RANGES, parseOptions } from '../../src/options.ts';
import { ids, logger, nothing, parse, refusal, timings } from './parsing.ts';
import { NESTED, ROWS } from './rows.ts';

/** The options with one value at a path, and what that value needs beside it. */
function optionsWith(path: string, value: unknown): object {
  const [outer = '', inner] = path.split('.');
  if (inner === undefined) return { [outer]: value };
  const beside = path === 'commit.timeoutMs' ? { intervalMs: 300_000 } : {};
  return { [outer]: { ...beside, [inner]: value } };
}

const cases = (pick: 'right' | 'wrong') =>
  Object.entries({ ...ROWS, ...NESTED }).flatMap(([path, row]) =>
    row[pick].map((value, index) => ({ path, index, value })),
  );

function expectDeeplyFrozen(value: unknown, path: string): void {
  if (typeof value !== 'object' || value === null) return;
  expect(Object.isFrozen(value), `${path} is frozen`).toBe(true);
  for (const [name, inner] of Object.entries(value)) expectDeeplyFrozen(inner, `${path}.${name}`);
}

describe('parseOptions', () => {
  it.each(cases('right'))('takes a right $path (#$index)', ({ path, value }) => {
    expect(() => parse(optionsWith(path, value))).not.toThrow();
  });

  it.each(
    Object.entries({ ...ROWS, ...NESTED }).flatMap(([path, { wrong }]) =>
      wrong.map(([value, shown], index) => ({ path, index, value, shown })),
    ),
  )('refuses a wrong $path (#$index) with its path and $shown', ({ path, value, shown }) => {
    const error = refusal(() => parse(optionsWith(path, value)));
    expect(error.code).toBe('InvalidOption');
    expect(error.message.startsWith(path)).toBe(true);
    expect(error.message).toContain(shown);
    expect(error.message.length).toBeLessThan(300);
  });

  it('names the element of a list that is wrong', () => {
    expect(refusal(() => parse({ streams: ['a', 'b!'] })).message).toMatch(/^streams\[1\] must be/);
  });

  it.each([undefined, null, 0, '', 'orders', [], nothing])('refuses %j as the options', (input) => {
    const error = refusal(() => parseOptions(input, ids));
    expect(error.code).toBe('InvalidOption');
    expect(error.message).toMatch(/^options must be an object/);
  });

  it('takes an option that is undefined as one not given', () => {
    const undefinedOptions = Object.fromEntries(
      Object.keys(ROWS)
        .filter((name) => name !== 'app')
        .map((name) => [name, undefined]),
    );
    expect(parse(undefinedOptions)).toEqual(parse({}));
  });

  it('fills in the defaults', () => {
    const { config, table, decoding } = parse({});
    expect(config).toEqual({
      app: 'orders',
      clientId: 'made-id',
      membership: 'dynamic',
      streams: [],
      profile: 'default',
      timings: PROFILES.default,
      start: { kind: 'latest' },
      assignor: 'sticky-range',
      assignorTolerance: 0,
      scanLimit: 2_000,
      scanTimeoutMs: 2_000,
      scanIntervalMs: 250,
      commit: { auto: true, intervalMs: 5_000, timeoutMs: 2_000 },
      drainTimeoutMs: 20_000,
      highWaterMarkBytes: 134_217_728,
    });
    expect(table).toEqual({ name: 'kinesumer-state-store', create: false });
    expect(decoding).toEqual({ schema: undefined, decode: undefined, onDecodeError: 'fail' });
  });

  it('has defaults that stand in their own ranges', () => {
    for (const name of [
      'scanLimit',
      'scanTimeoutMs',
      'scanIntervalMs',
      'drainTimeoutMs',
    ] as const) {
      expect(DEFAULTS[name]).toBeGreaterThanOrEqual(RANGES[name].min);
      expect(DEFAULTS[name]).toBeLessThanOrEqual(RANGES[name].max);
    }
  });

  it('keeps what it is given', () => {
    const given = {
      clientId: 'pod-0',
      streams: ['b', 'a'],
      region: 'eu-west-1',
      dynamodb: { endpoint: 'http://127.0.0.1:8000' },
      kinesis: {},
      roleArn: 'arn:aws:iam::111122223333:role/reader',
      table: { name: 'other', create: true },
      start: '2026-01-31T12:00:00+09:00',
      commit: { auto: false, intervalMs: 10_000, timeoutMs: 3_000 },
      assignorTolerance: 3,
      profile: 'fast',
      drainTimeoutMs: 0,
      onDecodeError: 'skip',
      inspect: nothing,
      logger,
    } as const;
    const parsed = parse(given);
    expect(parsed.config).toMatchObject({
      clientId: 'pod-0',
      membership: 'static',
      streams: ['b', 'a'],
      start: { kind: 'atTimestamp', timestampMs: Date.UTC(2026, 0, 31, 3) },
      commit: given.commit,
      assignorTolerance: 3,
      profile: 'fast',
      timings: PROFILES.fast,
      drainTimeoutMs: 0,
    });
    expect(parsed.aws.dynamodb).toBe(given.dynamodb);
    expect(parsed.aws.kinesis).toBe(given.kinesis);
    expect(parsed.aws).toMatchObject({ region: given.region, roleArn: given.roleArn });
    expect(parsed.table).toEqual(given.table);
    expect(parsed.logger).toBe(logger);
    expect(parsed.inspect).toBe(nothing);
    expect(parsed.decoding.onDecodeError).toBe('skip');
  });

  it('freezes all that it makes and changes nothing that it is given', () => {
    const given = {
      app: 'orders',
      streams: ['a'],
      table: { name: 'abc' },
      commit: { auto: false },
      profile: { ...timings },
      dynamodb: {},
      logger: { ...logger },
    };
    const before = structuredClone({ ...given, logger: undefined });
    const parsed = parseOptions(given, ids);
    expect({ ...given, logger: undefined }).toEqual(before);
    for (const own of [given, given.streams, given.dynamodb, given.logger, given.profile]) {
      expect(Object.isFrozen(own)).toBe(false);
    }
    expectDeeplyFrozen(parsed.config, 'config');
    expectDeeplyFrozen(parsed.table, 'table');
    for (const own of [parsed, parsed.aws, parsed.decoding]) {
      expect(Object.isFrozen(own)).toBe(true);
    }
  });

  it('asks for a new client id only where none is given', () => {
    let asked = 0;
    const count = () => `id-${(asked += 1)}`;
    expect(parseOptions({ app: 'a', clientId: 'mine' }, count).config.clientId).toBe('mine');
    expect(parseOptions({ app: 'a' }, count).config.clientId).toBe('id-1');
    expect(asked).toBe(1);
  });

  it('takes timings of one’s own as a profile', () => {
    expect(parse({ profile: timings }).config).toMatchObject({ profile: 'custom', timings });
  });

  it('takes a schema, a decoder and a function for what they refuse', () => {
    const schema = z.string();
    const given = { schema, decode: nothing, onDecodeError: () => 'raw' as const };
    const { decoding } = parse(given);
    expect(decoding).toEqual(given);
    expect(decoding.schema).toBe(schema);
  });
});

describe('a misspelt option', () => {
  it.each([
    [{ scanlimit: 1 }, 'scanlimit is not an option; did you mean scanLimit?'],
    [{ cleintId: 'a' }, 'cleintId is not an option; did you mean clientId?'],
    [{ commit: { interval: 1 } }, 'commit.interval is not an option'],
    [
      { commit: { intervallMs: 1 } },
      'commit.intervallMs is not an option; did you mean intervalMs?',
    ],
    [{ table: { nam: 'a' } }, 'table.nam is not an option; did you mean'],
    [{ profile: { ...timings, ttl: 1 } }, 'profile.ttl is not an option'],
    [{ zzz: 1 }, 'zzz is not an option; the options here are app, clientId'],
  ])('is refused with a hint: %j', (options, message) => {
    const error = refusal(() => parse(options));
    expect(error.code).toBe('InvalidOption');
    expect(error.message).toContain(message);
  });
});

describe('a message', () => {
  it('shows no secret', () => {
    const key = 'AKIA' + 'ABCDEFGHIJKLMNOP';
    for (const options of [
      { secretAccessKey: 'hush' },
      { kinesis: 'hush' },
      { dynamodb: 'hush' },
      { region: key },
      { logger: { credentials: 'hush' } },
    ]) {
      const { message } = refusal(() => parse(options));
      expect(message).not.toContain('hush');
      expect(message).not.toContain(key);
    }
  });
});
