import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KinesumerError } from '../src/errors.ts';
import {
  DEFAULTS,
  PROFILES,
  RANGES,
  commitTimeoutWithinInterval,
  heartbeatTwicePerTtl,
  heartbeatWithinSelfFence,
  parseCloseOptions,
  parseConsumeOptions,
  parseOptions,
  parseRunOptions,
  parseStreams,
  pollTwicePerTtl,
  selfFenceBelowTtl,
  toleranceOnlyWhenSticky,
  type KinesumerOptions,
} from '../src/options.ts';

const ids = () => 'made-id';
const parse = (options: object) => parseOptions({ app: 'orders', ...options }, ids);

/** The InvalidOption that a call throws. */
function refusal(call: () => unknown): KinesumerError {
  try {
    call();
  } catch (error) {
    if (error instanceof KinesumerError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const nothing = () => undefined;
const store = {
  open: nothing,
  read: nothing,
  query: nothing,
  write: nothing,
  usage: nothing,
  close: nothing,
};
const stream = {
  describe: nothing,
  listShards: nothing,
  openIterator: nothing,
  fetch: nothing,
  close: nothing,
};
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const timings = {
  heartbeatIntervalMs: 30,
  ttlMs: 110,
  selfFenceMs: 90,
  pollIntervalMs: 20,
};
const LONG = 'x'.repeat(1_025);

/** Values that are right and values that are wrong; each wrong one with how a message shows it. */
interface Row {
  readonly right: readonly unknown[];
  readonly wrong: readonly (readonly [value: unknown, shown: string])[];
}

const number = (range: { readonly min: number; readonly max: number }, right: number): Row => ({
  right: [range.min, right, range.max],
  wrong: [
    [range.min - 1, String(range.min - 1)],
    [range.max + 1, String(range.max + 1)],
    [right + 0.5, String(right + 0.5)],
    [-1, '-1'],
    [NaN, 'NaN'],
    [Infinity, 'Infinity'],
    [String(right), `'${right}'`],
    ['', "''"],
    [null, 'null'],
    [5n, '5n'],
    [{}, 'an empty object'],
  ],
});
const flag: Row = {
  right: [true, false],
  wrong: [
    [0, '0'],
    [1, '1'],
    ['', "''"],
    ['true', "'true'"],
    [null, 'null'],
  ],
};
const choice = (...right: readonly string[]): Row => ({
  right,
  wrong: [
    ['', "''"],
    ['other', "'other'"],
    [0, '0'],
    [null, 'null'],
    [['default'], 'an array of 1'],
  ],
});
const callback: Row = {
  right: [nothing],
  wrong: [
    [0, '0'],
    ['', "''"],
    [null, 'null'],
    [{}, 'an empty object'],
  ],
};
const methods = (right: object): Row => ({
  right: [right],
  wrong: [
    [{}, 'an empty object'],
    [{ ...right, [Object.keys(right)[0] ?? '']: 1 }, Object.keys(right).slice(0, 3).join(', ')],
    [0, '0'],
    [false, 'false'],
    ['', "''"],
    [null, 'null'],
    [nothing, 'a function'],
  ],
});
const client: Row = {
  right: [{}, { region: 'eu-west-1' }, { send: nothing }],
  wrong: [
    ['', 'a string of 0 characters'],
    ['hush', 'a string of 4 characters'],
    [0, '0'],
    [null, 'null'],
    [[], 'an array of 0'],
    [nothing, 'a function'],
  ],
};

const ROWS: Readonly<Record<keyof KinesumerOptions, Row>> = {
  app: {
    right: ['a', 'orders/v2', 'x'.repeat(128), '주문'],
    wrong: [
      ['', "''"],
      ['a#b', "'a#b'"],
      ['a\nb', "'a\nb'"],
      ['x'.repeat(129), '(129 characters)'],
      [0, '0'],
      [null, 'null'],
      [undefined, 'undefined'],
    ],
  },
  clientId: {
    right: ['a', 'pod-0', 'x'.repeat(256)],
    wrong: [
      ['', "''"],
      ['a/b', "'a/b'"],
      ['a#b', "'a#b'"],
      ['x'.repeat(257), '(257 characters)'],
      [0, '0'],
      [null, 'null'],
    ],
  },
  streams: {
    right: [
      ['orders'],
      ['a', 'b.c_d-E'],
      ['arn:aws:kinesis:eu-west-1:111122223333:stream/orders'],
      ['arn:aws-cn:kinesis:cn-north-1:111122223333:stream/orders'],
    ],
    wrong: [
      [[], 'an array of 0'],
      [Array.from({ length: 1_001 }, (_, i) => `s${i}`), 'an array of 1001'],
      ['orders', "'orders'"],
      [[''], "''"],
      [[0], '0'],
      [['a', 'a b'], "'a b'"],
      [['a', 'a'], "'a'"],
      [['x'.repeat(129)], '(129 characters)'],
      [['arn:aws:sqs:eu-west-1:111122223333:orders'], "'arn:aws:sqs:"],
      [[undefined], 'undefined'],
      [null, 'null'],
    ],
  },
  region: {
    right: ['eu-west-1', 'us-gov-west-1', 'cn-north-1', 'eusc-de-east-1'],
    wrong: [
      ['', "''"],
      ['Frankfurt', "'Frankfurt'"],
      ['eu-west-1 ', "'eu-west-1 '"],
      [0, '0'],
      [null, 'null'],
    ],
  },
  roleArn: {
    right: ['arn:aws:iam::111122223333:role/reader', 'arn:aws-us-gov:iam::111122223333:role/a/b'],
    wrong: [
      ['', "''"],
      ['reader', "'reader'"],
      ['arn:aws:iam::1:role/reader', "'arn:aws:iam::1:role/reader'"],
      ['arn:aws:iam::111122223333:user/reader', "'arn:aws:iam::111122223333:user/reader'"],
      [0, '0'],
      [null, 'null'],
    ],
  },
  kinesis: client,
  dynamodb: client,
  table: {
    right: [{}, { name: 'abc' }, { create: true }],
    wrong: [
      [0, '0'],
      ['', "''"],
      ['my-table', "'my-table'"],
      [null, 'null'],
      [[], 'an array of 0'],
    ],
  },
  stateStore: methods(store),
  stream: methods(stream),
  scanLimit: number({ min: 1, max: 10_000 }, 2_000),
  scanTimeoutMs: number({ min: 100, max: 60_000 }, 2_000),
  scanIntervalMs: number({ min: 200, max: 60_000 }, 250),
  start: {
    right: [
      'LATEST',
      'TRIM_HORIZON',
      new Date(0),
      '2026-01-31T12:00:00Z',
      '2026-01-31T12:00+09:00',
    ],
    wrong: [
      ['', "''"],
      ['latest', "'latest'"],
      ['2026-01-31', "'2026-01-31'"],
      ['2026-01-31T12:00:00', "'2026-01-31T12:00:00'"],
      ['2026-02-30T12:00:00Z', "'2026-02-30T12:00:00Z'"],
      ['2026-01-31T25:00:00Z', "'2026-01-31T25:00:00Z'"],
      ['1969-12-31T23:59:59Z', "'1969-12-31T23:59:59Z'"],
      [new Date(-1), 'the Date 1969-12-31T23:59:59.999Z'],
      [new Date(NaN), 'an invalid Date'],
      [0, '0'],
      [null, 'null'],
    ],
  },
  commit: {
    right: [{}, { auto: false }, { intervalMs: 1_000 }],
    wrong: [
      [0, '0'],
      [false, 'false'],
      ['', "''"],
      [null, 'null'],
    ],
  },
  assignor: choice('sticky-range', 'range'),
  assignorTolerance: number({ min: 0, max: 10_000 }, 5),
  profile: choice('default', 'fast', 'frugal'),
  drainTimeoutMs: number({ min: 0, max: 3_600_000 }, 20_000),
  highWaterMarkBytes: number({ min: 30 * 1_024 * 1_024, max: 64 * 1_024 ** 3 }, 128 * 1_024 ** 2),
  schema: {
    right: [z.object({ id: z.string() })],
    wrong: [
      [{}, 'an empty object'],
      [{ '~standard': { version: 2, validate: nothing } }, 'an object with ~standard'],
      [{ '~standard': { version: 1 } }, 'an object with ~standard'],
      [nothing, 'a function'],
      [0, '0'],
      ['', "''"],
      [null, 'null'],
    ],
  },
  decode: callback,
  onDecodeError: { ...choice('fail', 'skip', 'raw'), right: ['fail', 'skip', 'raw', nothing] },
  logger: methods(logger),
  inspect: callback,
  signal: {
    right: [new AbortController().signal],
    wrong: [
      [{}, 'an empty object'],
      [new AbortController(), 'an empty object'],
      [0, '0'],
      [null, 'null'],
    ],
  },
};

const NESTED: Readonly<Record<string, Row>> = {
  'table.name': {
    right: ['abc', 'x'.repeat(255), 'a_b.c-D'],
    wrong: [
      ['', "''"],
      ['ab', "'ab'"],
      ['a b c', "'a b c'"],
      [LONG, '(1025 characters)'],
      [0, '0'],
      [null, 'null'],
    ],
  },
  'table.create': flag,
  'commit.auto': flag,
  'commit.intervalMs': number({ min: 100, max: 300_000 }, 5_000),
  'commit.timeoutMs': number({ min: 100, max: 60_000 }, 1_000),
};

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

describe('options that contradict each other', () => {
  it.each([
    [{ stateStore: store, dynamodb: {} }, 'dynamodb', 'stateStore'],
    [{ stateStore: store, table: {} }, 'table', 'stateStore'],
    [{ stream, kinesis: {} }, 'kinesis', 'stream'],
    [{ stream, roleArn: 'arn:aws:iam::111122223333:role/a' }, 'roleArn', 'stream'],
    [
      { kinesis: { send: nothing }, roleArn: 'arn:aws:iam::111122223333:role/a' },
      'roleArn',
      'a ready kinesis client',
    ],
    [{ assignor: 'range', assignorTolerance: 1 }, 'assignorTolerance', "assignor is 'range'"],
    [
      { commit: { intervalMs: 500, timeoutMs: 501 } },
      'commit.timeoutMs',
      'commit.intervalMs (500)',
    ],
    [
      { profile: { ...timings, heartbeatIntervalMs: 56 } },
      'profile.heartbeatIntervalMs',
      'profile.ttlMs (110)',
    ],
    [{ profile: { ...timings, pollIntervalMs: 56 } }, 'profile.pollIntervalMs', 'ttlMs (110)'],
    [{ profile: { ...timings, selfFenceMs: 91 } }, 'profile.selfFenceMs', 'ttlMs (110)'],
    [{ profile: { ...timings, selfFenceMs: 33 } }, 'profile.selfFenceMs', '(30)'],
    [{ profile: { ttlMs: 110 } }, 'profile.heartbeatIntervalMs', 'undefined'],
    [{ profile: { ...timings, ttlMs: 0 } }, 'profile.ttlMs', '0'],
  ])('are refused: %j', (options, path, other) => {
    const { code, message } = refusal(() => parse(options));
    expect(code).toBe('InvalidOption');
    expect(message.startsWith(path)).toBe(true);
    expect(message).toContain(other);
  });

  it('are not made by a default: a short commit interval shortens the timeout', () => {
    expect(parse({ commit: { intervalMs: 500 } }).config.commit.timeoutMs).toBe(500);
  });
});

describe('the relations between timings', () => {
  it.each(Object.entries(PROFILES))('hold in the profile %s', (_name, profile) => {
    expect(selfFenceBelowTtl(profile)).toBe(true);
    expect(heartbeatTwicePerTtl(profile)).toBe(true);
    expect(heartbeatWithinSelfFence(profile)).toBe(true);
    expect(pollTwicePerTtl(profile)).toBe(true);
  });

  it('keep a slow session from outliving a fast observer’s patience', () => {
    const positive = fc.integer({ min: 1, max: 100_000 });
    const rate = fc.double({ min: 0.9, max: 1.1, noNaN: true });
    fc.assert(
      fc.property(positive, positive, rate, rate, (ttlMs, selfFenceMs, own, other) => {
        const profile = { heartbeatIntervalMs: 1, pollIntervalMs: 1, ttlMs, selfFenceMs };
        fc.pre(selfFenceBelowTtl(profile));
        // Real time until each clock has counted its share.
        expect(selfFenceMs / own).toBeLessThanOrEqual((ttlMs / other) * (1 + 1e-9));
      }),
    );
  });

  it('are judged at their edges', () => {
    const edge = { heartbeatIntervalMs: 50, ttlMs: 110, selfFenceMs: 90, pollIntervalMs: 55 };
    expect(selfFenceBelowTtl(edge)).toBe(true);
    expect(selfFenceBelowTtl({ ...edge, selfFenceMs: 91 })).toBe(false);
    expect(heartbeatTwicePerTtl({ ...edge, heartbeatIntervalMs: 55 })).toBe(true);
    expect(heartbeatTwicePerTtl({ ...edge, heartbeatIntervalMs: 56 })).toBe(false);
    expect(pollTwicePerTtl(edge)).toBe(true);
    expect(pollTwicePerTtl({ ...edge, pollIntervalMs: 56 })).toBe(false);
    expect(heartbeatWithinSelfFence({ ...edge, selfFenceMs: 56 })).toBe(true);
    expect(heartbeatWithinSelfFence({ ...edge, selfFenceMs: 55 })).toBe(false);
    expect(commitTimeoutWithinInterval({ intervalMs: 5, timeoutMs: 5 })).toBe(true);
    expect(commitTimeoutWithinInterval({ intervalMs: 5, timeoutMs: 6 })).toBe(false);
    expect(toleranceOnlyWhenSticky({ assignor: 'range', assignorTolerance: 0 })).toBe(true);
    expect(toleranceOnlyWhenSticky({ assignor: 'range', assignorTolerance: 1 })).toBe(false);
    expect(toleranceOnlyWhenSticky({ assignor: 'sticky-range', assignorTolerance: 1 })).toBe(true);
  });
});

describe('parseStreams', () => {
  it('gives a frozen copy in the order given', () => {
    const given = ['b', 'a'];
    const streams = parseStreams(given);
    expect(streams).toEqual(['b', 'a']);
    expect(streams).not.toBe(given);
    expect(Object.isFrozen(streams)).toBe(true);
  });

  it('takes as many streams as the limit says', () => {
    expect(parseStreams(Array.from({ length: 1_000 }, (_, i) => `s${i}`))).toHaveLength(1_000);
  });

  it('refuses an array with holes', () => {
    const holes = ['a'];
    holes[2] = 'c';
    expect(refusal(() => parseStreams(holes)).message).toMatch(/^streams\[1\].*undefined$/);
  });
});

describe('parseConsumeOptions', () => {
  const { signal } = new AbortController();

  it('prefers the streams of the call to those of the client', () => {
    expect(parseConsumeOptions(['a'], { signal }, ['b'])).toEqual({ streams: ['a'], signal });
    expect(parseConsumeOptions(undefined, undefined, ['b'])).toEqual({
      streams: ['b'],
      signal: undefined,
    });
  });

  it.each([
    [undefined, undefined, 'streams must be given here or to createKinesumer'],
    ['orders', undefined, "streams must be an array of 1 to 1000 streams; got 'orders'"],
    [['a'], null, 'options must be an object; got null'],
    [['a'], { signal: 0 }, 'signal must be an AbortSignal; got 0'],
    [['a'], { signl: 0 }, 'signl is not an option; did you mean signal?'],
  ])('refuses %j with %j', (streams, options, message) => {
    expect(refusal(() => parseConsumeOptions(streams, options, [])).message).toContain(message);
  });
});

describe('parseRunOptions', () => {
  it('takes exactly one handler', () => {
    expect(parseRunOptions({ eachBatch: nothing }, ['a'])).toEqual({
      streams: ['a'],
      handler: { kind: 'eachBatch', handle: nothing },
      signal: undefined,
    });
    expect(parseRunOptions({ streams: ['b'], eachRecord: nothing }, ['a'])).toMatchObject({
      streams: ['b'],
      handler: { kind: 'eachRecord', handle: nothing },
    });
  });

  it.each([
    [undefined, 'options must be an object; got undefined'],
    [{}, 'eachBatch or eachRecord must be given'],
    [{ eachBatch: 0 }, 'eachBatch must be a function; got 0'],
    [{ eachRecord: null }, 'eachRecord must be a function; got null'],
    [{ eachBatch: nothing, eachRecord: nothing }, 'must not be given together with eachBatch'],
    [{ eachBatch: nothing, streams: [] }, 'streams must be an array'],
    [{ eachBatch: nothing, signal: {} }, 'signal must be an AbortSignal'],
    [{ onBatch: nothing }, 'onBatch is not an option'],
  ])('refuses %j', (options, message) => {
    const error = refusal(() => parseRunOptions(options, ['a']));
    expect(error.code).toBe('InvalidOption');
    expect(error.message).toContain(message);
  });
});

describe('parseCloseOptions', () => {
  it('takes the drain and 5 s where nothing is said', () => {
    expect(parseCloseOptions(undefined, 20_000)).toEqual({
      timeoutMs: 25_000,
      abort: false,
      leave: false,
    });
  });

  it('takes 0 for a deadline that is now', () => {
    const options = { timeoutMs: 0, abort: true, leave: true };
    expect(parseCloseOptions(options, 20_000)).toEqual(options);
  });

  it.each([
    [null, 'options must be an object; got null'],
    [{ timeoutMs: -1 }, 'timeoutMs must be a whole number of ms from 0 to 3600000; got -1'],
    [{ abort: 0 }, 'abort must be true or false; got 0'],
    [{ leave: '' }, "leave must be true or false; got ''"],
    [{ timeout: 1 }, 'timeout is not an option; did you mean timeoutMs?'],
  ])('refuses %j', (options, message) => {
    expect(refusal(() => parseCloseOptions(options, 0)).message).toContain(message);
  });
});
