import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  type CreateTableCommandInput,
} from '@aws-sdk/client-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import {
  DynamoStateStore,
  type DynamoStateStoreOptions,
} from '../../src/services/dynamodb/state-store.ts';
import { tableDefinition } from '../../src/services/dynamodb/table-definition.ts';
import { systemClock } from '../../src/services/system/clock.ts';
import { localAws, useDynamo } from './servers.ts';

const dynamo = await useDynamo();
/** Where a table stays CREATING for a while, and where it does so until the test is over. */
const slow = await useDynamo({ createTableMs: 300 });
const endless = await useDynamo({ createTableMs: 600_000 });

const stores: DynamoStateStore[] = [];
const clients: DynamoDBClient[] = [];
afterAll(() => {
  for (const store of stores) store.close();
  for (const client of clients) client.destroy();
});

function storeOf(
  tableName: string,
  options: Partial<DynamoStateStoreOptions> = {},
  { endpoint } = dynamo,
): DynamoStateStore {
  const store = new DynamoStateStore({
    clock: systemClock(),
    client: localAws(endpoint),
    tableName,
    requestTimeoutMs: 20_000,
    ...options,
  });
  stores.push(store);
  return store;
}

function adminOf({ endpoint } = dynamo): DynamoDBClient {
  const client = new DynamoDBClient(localAws(endpoint));
  clients.push(client);
  return client;
}

/** What is wrong with a table's key, its definition, and what the message is to say. */
const MISSHAPEN: readonly (readonly [string, Partial<CreateTableCommandInput>, string])[] = [
  [
    'with other names',
    {
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    },
    'found id (S) HASH',
  ],
  [
    'without sort key',
    {
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    },
    'found pk (S) HASH.',
  ],
  [
    'of another type',
    {
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'N' },
      ],
    },
    'found pk (S) HASH, sk (N) RANGE',
  ],
];

describe('opening the table', () => {
  it('that is missing fails with its name, the region and the ways out', async () => {
    const opened = await storeOf('nowhere').open();
    if (opened.kind !== 'failed') throw new Error(opened.kind);
    expect(opened.error.code).toBe('TableMissing');
    for (const words of ['"nowhere"', 'us-east-1', 'create: true', 'create-table', 'table.name']) {
      expect(opened.error.message).toContain(words);
    }
  });

  it('that is missing creates it as defined where told to, and then finds it', async () => {
    expect(await storeOf('made', { create: true }).open()).toEqual({ kind: 'ready' });
    expect(await storeOf('made').open()).toEqual({ kind: 'ready' });
    const { Table } = await adminOf().send(new DescribeTableCommand({ TableName: 'made' }));
    const { KeySchema, LocalSecondaryIndexes } = tableDefinition();
    expect(Table).toMatchObject({ KeySchema, LocalSecondaryIndexes });
    expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
  });

  it('that many create at once succeeds for each', async () => {
    const opened = await Promise.all(
      Array.from({ length: 8 }, async () => storeOf('raced', { create: true }, slow).open()),
    );
    expect(opened).toEqual(opened.map(() => ({ kind: 'ready' })));
  });

  it('that is being created waits until it can be used', async () => {
    const admin = adminOf(slow);
    await admin.send(new CreateTableCommand(tableDefinition('coming')));
    expect(await storeOf('coming', {}, slow).open()).toEqual({ kind: 'ready' });
    const { Table } = await admin.send(new DescribeTableCommand({ TableName: 'coming' }));
    expect(Table?.TableStatus).toBe('ACTIVE');
  });

  it('that is being created waits no longer than its caller', async () => {
    await adminOf(endless).send(new CreateTableCommand(tableDefinition('never')));
    const caller = new AbortController();
    const clock = systemClock();
    // Aborts once it waits between two looks; that wait has no end of its own here.
    const watched = {
      ...clock,
      setTimeout: (callback: () => void, delayMs: number) => {
        if (delayMs > 1_000) return clock.setTimeout(callback, delayMs);
        queueMicrotask(() => caller.abort());
        return undefined;
      },
    };
    const opened = await storeOf('never', { clock: watched }, endless).open({
      signal: caller.signal,
    });
    expect(opened).toMatchObject({ kind: 'unanswered', error: { code: 'StoreUnanswered' } });
  });

  it('without the index of the Go client is fine', async () => {
    const { LocalSecondaryIndexes: _, ...bare } = tableDefinition('bare');
    const AttributeDefinitions = bare.AttributeDefinitions.slice(0, 2);
    await adminOf().send(new CreateTableCommand({ ...bare, AttributeDefinitions }));
    expect(await storeOf('bare').open()).toEqual({ kind: 'ready' });
  });

  it.each(MISSHAPEN)('with a key %s says what is wrong', async (what, fields, found) => {
    const name = what.replaceAll(' ', '-');
    const { LocalSecondaryIndexes: _, ...bare } = tableDefinition(name);
    await adminOf().send(new CreateTableCommand({ ...bare, ...fields }));
    for (const create of [false, true]) {
      const opened = await storeOf(name, { create }).open();
      if (opened.kind !== 'failed') throw new Error(opened.kind);
      expect(opened.error.code).toBe('TableShape');
      expect(opened.error.message).toContain('expected pk (S) HASH, sk (S) RANGE');
      expect(opened.error.message).toContain(found);
    }
  });
});
