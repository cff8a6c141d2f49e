import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';

/** Name of the table where none is given; the Go kinesumer's documentation uses it too. */
export const DEFAULT_TABLE_NAME = 'kinesumer-state-store';

/** Names of the key attributes of every item. */
export const PARTITION_KEY = 'pk';
export const SORT_KEY = 'sk';

/**
 * The state table, as input of CreateTable: the Go kinesumer's table, billed by request.
 * The index is what the Go kinesumer lists its clients by; nothing here reads it, no item of ours stands in it,
 * and a table without it is accepted. It is made because an index of this kind cannot be added later.
 */
export const tableDefinition = (name: string = DEFAULT_TABLE_NAME) =>
  ({
    TableName: name,
    AttributeDefinitions: [
      { AttributeName: PARTITION_KEY, AttributeType: 'S' },
      { AttributeName: SORT_KEY, AttributeType: 'S' },
      { AttributeName: 'last_update', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: PARTITION_KEY, KeyType: 'HASH' },
      { AttributeName: SORT_KEY, KeyType: 'RANGE' },
    ],
    LocalSecondaryIndexes: [
      {
        IndexName: 'index-client-key-last-update',
        KeySchema: [
          { AttributeName: PARTITION_KEY, KeyType: 'HASH' },
          { AttributeName: 'last_update', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  }) satisfies CreateTableCommandInput;
