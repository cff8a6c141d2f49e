import { expect, it } from 'vitest';
import { KinesumerError } from '../../src/errors.ts';
import { Events } from '../../src/kinesumer/events.ts';
import { stderrLog } from '../../src/services/system/log.ts';
import { faceWorld, SHARD_1, type FaceOptions, type FaceWorld } from '../face/face-world.ts';

const STREAM = 'orders';
const SECRET = '{"card":"4711-secret"';

/** Everything that a client wrote to the default log while it met a record that does not decode. */
async function loggedOver(
  world: FaceWorld,
  options: FaceOptions<unknown>,
): Promise<{ readonly log: string; readonly seen: number; readonly end: string }> {
  world.kinesis.createStream(STREAM, 1);
  world.kinesis.putRecord({ stream: STREAM, partitionKey: 'k', data: SECRET });
  world.put(STREAM, SHARD_1, 1);
  const { client } = world.member(options);
  let seen = 0;
  let end = 'runs';
  const loop = client.consume([STREAM]);
  const reading = (async () => {
    for await (const _ of loop) seen += 1;
  })().then(
    () => (end = 'ended'),
    (error: { readonly code: string }) => (end = error.code),
  );
  await world.until('the good one, or the end', () => seen === 1 || end !== 'runs');
  await client.close();
  await reading;
  const lines: string[] = [];
  const log = stderrLog((line) => lines.push(line));
  for (const { level, fields, message } of world.logged) log[level](fields, message);
  return { log: lines.join('\n'), seen, end };
}

const read = (data: Uint8Array): unknown => {
  const text = new TextDecoder().decode(data);
  return /^\d+$/.test(text) ? Number(text) : text;
};
const parse = (data: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(data));
/** As some libraries do it: an issue has the input that it is about. */
const quoting = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (input: unknown) =>
      typeof input === 'number'
        ? { value: input }
        : { issues: [{ message: `Expected a number and got ${String(input)}`, input }] },
  },
} as const;

it.each([
  ['a decoder', { decode: parse }],
  ['a schema', { schema: quoting, decode: read }],
])('holds no data of a record that %s quotes in what it throws', async (_, options) => {
  const { log, seen } = await loggedOver(faceWorld(), { ...options, onDecodeError: 'skip' });
  expect(log).toContain('RecordSkipped');
  expect(log).not.toContain('secret');
  expect(seen).toBe(1);
});

it('holds none of a failure to decode that nobody hears, and all of one of the handler', () => {
  const logged: object[] = [];
  const log = (fields: object): void => void logged.push(fields);
  const events = new Events({ debug: log, info: log, warn: log, error: log });
  const cause = new Error(`Unexpected end of ${SECRET}`);
  events.error(new KinesumerError('DecodeFailed', 'a record', { cause, shardId: SHARD_1 }));
  events.error(new KinesumerError('HandlerFailed', 'a handler', { cause }));
  expect(logged).toEqual([
    expect.objectContaining({ code: 'DecodeFailed', shardId: SHARD_1 }),
    expect.objectContaining({ code: 'HandlerFailed', error: expect.objectContaining({ cause }) }),
  ]);
  expect(logged[0]).not.toHaveProperty('error.cause');
});
