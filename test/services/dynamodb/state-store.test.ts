/** The adapter against answers that no local server gives. */
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it } from 'vitest';
import type { Failure, Write } from '../../../src/machines/ports.ts';
import {
  DynamoStateStore,
  type DynamoStateStoreOptions,
} from '../../../src/services/dynamodb/state-store.ts';
import { systemClock } from '../../../src/services/system/clock.ts';
import { localAws } from '../../integration/servers.ts';
import {
  awsError,
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

describe('a batch', () => {
  it('with keys left unread is throttled, and its cost is counted', async () => {
    const { store } = await fakeStore(() =>
      json({
        Responses: { 'kinesumer-state-store': [] },
        UnprocessedKeys: {
          'kinesumer-state-store': { Keys: [{ pk: { S: 'p' }, sk: { S: 't' } }] },
        },
        ConsumedCapacity: [{ TableName: 'kinesumer-state-store', CapacityUnits: 2.5 }],
      }),
    );
    const answer = await store.read([key, { pk: 'p', sk: 't' }], STRONG);
    expect(answer).toMatchObject({ kind: 'throttled', error: { code: 'StoreThrottled' } });
    expect(store.usage()).toEqual({ readUnits: 2.5, writeUnits: 0, requests: 1, throttled: 1 });
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
});
