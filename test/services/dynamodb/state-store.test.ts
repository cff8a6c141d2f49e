/** The adapter against answers that no local server gives. */
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock, Failure, Item, Key, Write } from '../../../src/machines/ports.ts';
import {
  DynamoStateStore,
  type DynamoStateStoreOptions,
} from '../../../src/services/dynamodb/state-store.ts';
import { systemClock } from '../../../src/services/system/clock.ts';
import { localAws } from '../../integration/servers.ts';
import {
  awsError,
  countedClock,
  json,
  startFakeAws,
  type FakeAnswer,
  type FakeAws,
  type SeenRequest,
} from '../fake-aws.ts';

const key = { pk: 'p', sk: 's' };
const write: Write = { kind: 'update', key, set: { a: 1 }, when: [] };
const STRONG = { consistent: true } as const;
const ended: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ended.splice(0)) await end();
});

async function fakeStore(
  answer: (request: SeenRequest) => FakeAnswer,
  options: Partial<DynamoStateStoreOptions> = {},
): Promise<{ readonly store: DynamoStateStore; readonly aws: FakeAws }> {
  const aws = await startFakeAws(answer);
  const store = new DynamoStateStore({
    clock: systemClock(),
    client: localAws(aws.endpoint),
    requestTimeoutMs: 10_000,
    ...options,
  });
  ended.push(
    () => store.close(),
    () => aws.stop(),
  );
  return { store, aws };
}

const ERRORS: readonly (readonly [FakeAnswer, Failure['kind'], code: string])[] = [
  [awsError('ThrottlingException'), 'throttled', 'StoreThrottled'],
  [awsError('ProvisionedThroughputExceededException'), 'throttled', 'StoreThrottled'],
  [awsError('RequestLimitExceeded'), 'throttled', 'StoreThrottled'],
  [awsError('InternalServerError', 500), 'unanswered', 'StoreUnanswered'],
  [awsError('ServiceUnavailable', 503), 'unanswered', 'StoreUnanswered'],
  [awsError('TransactionConflictException'), 'unanswered', 'StoreUnanswered'],
  [
    { kind: 'answer', status: 502, body: '<html>Bad Gateway</html>' },
    'unanswered',
    'StoreUnanswered',
  ],
  [{ kind: 'answer', status: 200, body: '{"Item": {"pk"' }, 'unanswered', 'StoreUnanswered'],
  [{ kind: 'reset' }, 'unanswered', 'StoreUnanswered'],
  [awsError('ResourceNotFoundException'), 'failed', 'TableMissing'],
  [awsError('AccessDeniedException'), 'failed', 'AccessDenied'],
  [awsError('UnrecognizedClientException'), 'failed', 'AccessDenied'],
  [awsError('ExpiredTokenException'), 'unanswered', 'CredentialsMissing'],
  [awsError('ValidationException'), 'failed', 'StoreRejected'],
  [awsError('ItemCollectionSizeLimitExceededException'), 'failed', 'StoreRejected'],
  [awsError('SomethingNewException'), 'failed', 'StoreRejected'],
];

describe('an error of DynamoDB', () => {
  it.each(ERRORS)('%j becomes %s (%s) after one attempt', async (answer, kind, code) => {
    const { store, aws } = await fakeStore(() => answer);
    const expected = { kind, error: { code } };
    expect(await store.write(write)).toMatchObject(expected);
    expect(await store.read([key], STRONG)).toMatchObject(expected);
    expect(await store.read([key, { pk: 'p', sk: 't' }], STRONG)).toMatchObject(expected);
    expect(await store.query('p', STRONG)).toMatchObject(expected);
    expect(aws.seen.map(({ action }) => action)).toEqual([
      'UpdateItem',
      'GetItem',
      'BatchGetItem',
      'Query',
    ]);
    expect(store.usage()).toEqual({
      readUnits: 0,
      writeUnits: 0,
      requests: 4,
      throttled: kind === 'throttled' ? 4 : 0,
    });
  });

  it.each([{ kind: 'silence' }, { kind: 'stalledBody' }] as const)(
    'that never comes ($kind) is unanswered at the deadline, and the socket is closed',
    async (answer) => {
      const { store, aws } = await fakeStore(() => answer, { requestTimeoutMs: 100 });
      const expected = { kind: 'unanswered', error: { code: 'StoreUnanswered' } };
      expect(await store.read([key], STRONG)).toMatchObject(expected);
      expect(await store.read([key], STRONG)).toMatchObject(expected);
      expect(aws.connections()).toBe(2);
    },
  );

  it('is unanswered where nobody listens', async () => {
    const { store, aws } = await fakeStore(() => json({}));
    await aws.stop();
    ended.pop();
    expect(await store.write(write)).toMatchObject({ kind: 'unanswered' });
  });

  it('of missing credentials comes from within and sends nothing', async () => {
    const { store, aws } = await fakeStore(() => json({}));
    const { credentials: _, ...anonymous } = localAws(aws.endpoint);
    const without = new DynamoStateStore({ clock: systemClock(), client: anonymous });
    ended.push(() => without.close());
    const expected = { kind: 'unanswered', error: { code: 'CredentialsMissing' } };
    expect(await without.open()).toMatchObject(expected);
    expect(await without.write(write)).toMatchObject(expected);
    expect(aws.seen).toEqual([]);
    expect(await store.read([], STRONG)).toEqual({ kind: 'items', items: [] });
  });
});

describe('a value that no item can hold', () => {
  const nothing = { deep: [undefined] } as never;

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -(2 ** 60), nothing])(
    '(%j) is refused and not sent',
    async (value) => {
      const { store, aws } = await fakeStore(() => json({}));
      const rejected = { kind: 'failed', error: { code: 'StoreRejected' } };
      const writes: readonly Write[] = [
        { kind: 'put', item: { ...key, value }, when: [] },
        { kind: 'update', key, set: { value }, when: [] },
        { kind: 'update', key, set: {}, add: { value }, when: [] },
        { kind: 'delete', key, when: [{ attribute: 'a', op: '=', value }] },
      ];
      for (const each of writes) expect(await store.write(each)).toMatchObject(rejected);
      expect(aws.seen).toEqual([]);
    },
  );
});

describe('a refused condition', () => {
  it('tells the item that stood, where the server tells it', async () => {
    const Item = {
      pk: { S: 'p' },
      sk: { S: 's' },
      fence: { N: '3' },
      list: { L: [{ S: 'a' }, { BOOL: true }, { NULL: true }] },
      map: { M: { deep: { N: '1.5' } } },
      strange: { SS: ['x'] },
    };
    const { store, aws } = await fakeStore(() =>
      awsError('ConditionalCheckFailedException', 400, { Item }),
    );
    expect(await store.write(write)).toEqual({
      kind: 'refused',
      item: { ...key, fence: 3, list: ['a', true, null], map: { deep: 1.5 }, strange: null },
    });
    expect(aws.seen[0]?.body).toContain('"ReturnValuesOnConditionCheckFailure":"ALL_OLD"');
    expect(store.usage().writeUnits).toBe(1);
  });

  it('tells that it does not know, where the server tells none', async () => {
    const { store } = await fakeStore(() => awsError('ConditionalCheckFailedException'));
    expect(await store.write(write)).toEqual({ kind: 'refused', item: undefined });
  });
});

const TABLE = 'kinesumer-state-store';

/** A server with an item under each key whose sort key begins with `i`, that answers what it is allowed to. */
function batchServer(allowed: (sks: readonly string[], request: number) => readonly string[]) {
  const asked: (readonly string[])[] = [];
  const answer = ({ action, body }: SeenRequest): FakeAnswer => {
    const request = JSON.parse(body) as {
      readonly Key?: WireKey;
      readonly RequestItems?: Readonly<Record<string, { readonly Keys: readonly WireKey[] }>>;
    };
    const keys = request.RequestItems?.[TABLE]?.Keys ?? (request.Key ? [request.Key] : []);
    const sks = keys.map(({ sk }) => sk.S);
    asked.push(sks);
    const read = allowed(sks, asked.length - 1);
    const items = keys
      .filter(({ sk }) => read.includes(sk.S) && sk.S.startsWith('i'))
      .map((each) => ({ ...each, own: each.sk }));
    const capacity = { TableName: TABLE, CapacityUnits: read.length };
    if (action === 'GetItem') {
      if (read.length === 0) return awsError('ProvisionedThroughputExceededException');
      return json({ Item: items[0], ConsumedCapacity: capacity });
    }
    const Keys = keys.filter(({ sk }) => !read.includes(sk.S));
    return json({
      // in no order that was asked for
      Responses: { [TABLE]: items.toReversed() },
      UnprocessedKeys: Keys.length === 0 ? {} : { [TABLE]: { Keys } },
      ConsumedCapacity: [capacity],
    });
  };
  return { asked, answer };
}

type WireKey = Readonly<Record<'pk' | 'sk', { readonly S: string }>>;

/** Fires what is shorter than a request's deadline at once, and notes how long it was. */
function hurriedClock(): { readonly clock: Clock; readonly pausesMs: readonly number[] } {
  const real = systemClock();
  const pausesMs: number[] = [];
  const setTimeout: Clock['setTimeout'] = (callback, delayMs) => {
    if (delayMs >= 10_000) return real.setTimeout(callback, delayMs);
    pausesMs.push(delayMs);
    return real.setTimeout(callback, 0);
  };
  return { clock: { ...real, setTimeout }, pausesMs };
}

describe('a batch', () => {
  const keysOf = (...sks: readonly string[]): readonly Key[] => sks.map((sk) => ({ pk: 'p', sk }));
  const itemsOf = (...sks: readonly string[]): readonly (Item | null)[] =>
    sks.map((sk) => (sk.startsWith('i') ? { pk: 'p', sk, own: sk } : null));
  const someSks = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, n) => `${n % 3 === 0 ? 'none' : 'i'}-${(n * 77) % count}`);

  it('with keys left unread keeps what came and asks at once for those alone, until all are read', async () => {
    const server = batchServer((sks) => sks.slice(0, 3));
    const { clock, pausesMs } = hurriedClock();
    const { store } = await fakeStore(server.answer, { clock });
    const sks = ['i0', 'none1', 'i2', 'i3', 'i2', 'none4', 'i5', 'i6', 'i3'];
    const answer = await store.read(keysOf(...sks), STRONG);
    expect(answer).toEqual({ kind: 'items', items: itemsOf(...sks) });
    expect(server.asked).toEqual([
      ['i0', 'none1', 'i2', 'i3', 'none4', 'i5', 'i6'],
      ['i3', 'none4', 'i5', 'i6'],
      ['i6'],
    ]);
    expect(pausesMs).toEqual([]);
    expect(store.usage()).toEqual({ readUnits: 7, writeUnits: 0, requests: 3, throttled: 0 });
  });

  it('of which nothing is read is throttled, and its cost is counted', async () => {
    const server = batchServer(() => []);
    const { store } = await fakeStore(server.answer);
    const answer = await store.read(keysOf('i0', 'i1'), STRONG);
    expect(answer).toMatchObject({ kind: 'throttled', error: { code: 'StoreThrottled' } });
    expect(store.usage()).toEqual({ readUnits: 0, writeUnits: 0, requests: 1, throttled: 1 });
  });

  it('of which no more is read rests twice before it is throttled, and anew after each progress', async () => {
    // requests 1, 2, 4 and 5 bring nothing, nor does any after 5
    const server = batchServer((sks, request) => sks.slice(0, [2, 0, 0, 1][request] ?? 0));
    const { clock, pausesMs } = hurriedClock();
    const draws = [0, 0.5, 0.25, 0.999];
    const random = { next: () => draws.shift() ?? Number.NaN };
    const { store } = await fakeStore(server.answer, { clock, random });
    const answer = await store.read(keysOf('i0', 'i1', 'i2', 'i3', 'i4'), STRONG);
    expect(answer).toMatchObject({ kind: 'throttled', error: { code: 'StoreThrottled' } });
    expect(server.asked.map((sks) => sks.length)).toEqual([5, 3, 3, 3, 2, 2, 2]);
    expect(pausesMs.map(Math.round)).toEqual([200, 300, 175, 200]);
    expect(store.usage()).toEqual({ readUnits: 3, writeUnits: 0, requests: 7, throttled: 5 });
  });

  it('that is refused for its rate on the way goes on, and one that fails otherwise does not', async () => {
    for (const [error, kind] of [
      ['ProvisionedThroughputExceededException', 'items'],
      ['InternalServerError', 'unanswered'],
    ] as const) {
      const server = batchServer((sks) => sks.slice(0, 2));
      let requests = 0;
      const { clock } = hurriedClock();
      const { store } = await fakeStore(
        (request) => {
          requests += 1;
          return requests === 2
            ? awsError(error, kind === 'items' ? 400 : 500)
            : server.answer(request);
        },
        { clock },
      );
      const answer = await store.read(keysOf('i0', 'i1', 'i2', 'i3'), STRONG);
      expect(answer.kind).toBe(kind);
      expect(requests).toBe(kind === 'items' ? 3 : 2);
    }
  });

  it('of more than 100 keys becomes several, of which few are on the way at once', async () => {
    const server = batchServer((sks) => sks.filter((_, n) => n % 10 > 0 || sks.length < 10));
    const { store } = await fakeStore(server.answer);
    const sks = someSks(1_000);
    const answer = await store.read(keysOf(...sks), STRONG);
    expect(answer).toEqual({ kind: 'items', items: itemsOf(...sks) });
    expect(Math.max(...server.asked.map((some) => some.length))).toBe(100);
    // 800 keys leave 80, which go with the other 200
    expect(server.asked.slice(0, 8).flat()).toEqual(expect.arrayContaining(sks.slice(0, 800)));
    expect(server.asked.slice(8, 11).map((some) => some.length)).toEqual([100, 100, 80]);
  });

  it('ends between two rounds where the store is closed or the caller gave up', async () => {
    for (const who of ['store', 'caller'] as const) {
      const server = batchServer((sks, request) => (request === 0 ? sks.slice(0, 1) : []));
      const caller = new AbortController();
      const real = systemClock();
      let pauses = 0;
      const clock: Clock = {
        ...real,
        setTimeout(callback, delayMs) {
          if (delayMs < 10_000) {
            pauses += 1;
            if (who === 'store') queueMicrotask(() => store.close());
            else queueMicrotask(() => caller.abort());
          }
          return real.setTimeout(callback, 60_000);
        },
      };
      const { store } = await fakeStore(server.answer, { clock });
      const options = { ...STRONG, signal: caller.signal };
      const answer = await store.read(keysOf('i0', 'i1', 'i2'), options);
      expect(answer).toMatchObject({ kind: 'unanswered', error: { code: 'StoreUnanswered' } });
      expect(pauses).toBe(1);
      expect(server.asked).toHaveLength(2);
    }
  });

  it('asks for a key once, though it is wanted twice', async () => {
    const { store, aws } = await fakeStore(() =>
      json({ Item: { pk: { S: 'p' }, sk: { S: 's' }, n: { N: '1' } } }),
    );
    const item = { ...key, n: 1 };
    expect(await store.read([key, key], STRONG)).toEqual({ kind: 'items', items: [item, item] });
    expect(aws.seen.map(({ action }) => action)).toEqual(['GetItem']);
  });
});

describe('a client of the user', () => {
  it('is tried once, keeps its settings, and stays open when the store is closed', async () => {
    const answers = [awsError('InternalServerError', 500), json({ TableNames: ['still'] })];
    const { aws } = await fakeStore(() => answers.shift() ?? json({}));
    const client = new DynamoDBClient({ ...localAws(aws.endpoint), maxAttempts: 5 });
    ended.push(() => client.destroy());
    const stack = client.middlewareStack.identify();
    const store = new DynamoStateStore({ clock: systemClock(), client });
    expect(await store.write(write)).toMatchObject({
      kind: 'unanswered',
      error: { cause: { name: 'InternalServerError' } },
    });
    expect(aws.seen).toHaveLength(1);
    store.close();
    expect(client.middlewareStack.identify()).toEqual(stack);
    expect(client.config).not.toHaveProperty('translateConfig');
    expect(await client.config.maxAttempts()).toBe(5);
    expect((await client.send(new ListTablesCommand({}))).TableNames).toEqual(['still']);
  });

  it('is rid of what is under way, and of its timers, when the store is closed', async () => {
    const { aws } = await fakeStore(() => ({ kind: 'silence' }));
    const client = new DynamoDBClient(localAws(aws.endpoint));
    ended.push(() => client.destroy());
    const { clock, timers } = countedClock();
    const store = new DynamoStateStore({ clock, client, requestTimeoutMs: 60_000 });
    const seen = aws.nextRequest();
    const read = store.read([key], STRONG);
    await seen;
    store.close();
    expect(await read).toMatchObject({ kind: 'unanswered' });
    expect(timers.size).toBe(0);
    expect(await store.write(write)).toMatchObject({ kind: 'unanswered' });
    expect(aws.seen).toHaveLength(1);
  });
});
