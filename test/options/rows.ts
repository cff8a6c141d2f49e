import { z } from 'zod';
import type { KinesumerOptions } from '../../src/options.ts';
import { logger, nothing, store, stream } from './parsing.ts';

const LONG = 'x'.repeat(1_025);

/** Values that are right and values that are wrong; each wrong one with how a message shows it. */
export interface Row {
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

export const ROWS: Readonly<Record<keyof KinesumerOptions, Row>> = {
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

export const NESTED: Readonly<Record<string, Row>> = {
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
