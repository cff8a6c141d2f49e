/** The state store on Amazon DynamoDB. */
import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { KinesumerError } from '../../errors.ts';
import type {
  Clock,
  Failure,
  Item,
  Key,
  QueryAnswer,
  ReadAnswer,
  ReadOptions,
  RequestOptions,
  StateStore,
  StoreUsage,
  Write,
  WriteAnswer,
} from '../../machines/ports.ts';
import { faultOf } from '../aws/aws-errors.ts';
import { withDeadline } from '../aws/deadline.ts';
import { attemptFailure } from '../aws/single-attempt.ts';
import { itemOf } from './attribute-values.ts';
import { openClient, type OpenedClient } from './client.ts';
import { isRefusal, storeFailure } from './dynamodb-errors.ts';
import { bareKey, expressionsOf, isItem, keyName, partitionExpressions } from './expressions.ts';
import { DEFAULT_TABLE_NAME } from './table-definition.ts';
import { openTable } from './table-opening.ts';
import { UsageMeter } from './usage-meter.ts';

/** Keys that one BatchGetItem may ask for (DynamoDB developer guide, "Quotas"). */
const BATCH_KEYS = 100;
/** Pages of 1 MB that one query may have; a partition of this protocol has a few at most. */
const QUERY_PAGES = 1_000;
/** A request that takes longer is given up: the protocol sends a new one. */
const REQUEST_TIMEOUT_MS = 1_000;

const COUNTED = { ReturnConsumedCapacity: 'TOTAL' } as const;
const TELLS_OLD = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

export interface DynamoStateStoreOptions {
  /** Times deadlines and the wait for a new table. */
  readonly clock: Clock;
  /** @default 'kinesumer-state-store' */
  readonly tableName?: string;
  /** Whether `open` creates a table that is missing. @default false */
  readonly create?: boolean;
  /**
   * A client of the user's own, which `close` leaves open, or the configuration for one.
   * Either way a request is tried once: retries belong to the protocol.
   * @default the SDK's own defaults over kept-alive connections
   */
  readonly client?: DynamoDBClient | DynamoDBClientConfig;
  /** Used where `client` names no region. @default as the SDK finds it */
  readonly region?: string;
  /** Milliseconds from the call to the answer, each request by itself. @default 1_000 */
  readonly requestTimeoutMs?: number;
}

/**
 * One table of Amazon DynamoDB.
 *
 * @example
 * const store = new DynamoStateStore({ clock: systemClock(), region: 'ap-northeast-2', create: true });
 * const opened = await store.open();
 * if (opened.kind !== 'ready') throw opened.error;
 */
export class DynamoStateStore implements StateStore {
  readonly #clock: Clock;
  readonly #tableName: string;
  readonly #create: boolean;
  readonly #timeoutMs: number;
  readonly #client: OpenedClient;
  readonly #usage = new UsageMeter();

  constructor(options: DynamoStateStoreOptions) {
    this.#clock = options.clock;
    this.#tableName = options.tableName ?? DEFAULT_TABLE_NAME;
    this.#create = options.create ?? false;
    this.#timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#client = openClient(options.client, options.region);
  }

  /** Waits for a table that is being created, for as long as the signal lets it (3 minutes at most). */
  open({ signal }: RequestOptions = {}): Promise<{ readonly kind: 'ready' } | Failure> {
    return openTable({
      tableName: this.#tableName,
      create: this.#create,
      clock: this.#clock,
      documents: this.#client.documents,
      region: () => this.#client.region(),
      send: (request) => this.#send(request, signal),
      signal,
    });
  }

  async read(keys: readonly Key[], options: ReadOptions): Promise<ReadAnswer> {
    const [first] = keys;
    if (first === undefined) return { kind: 'items', items: [] };
    const byName = new Map(keys.map((key) => [keyName(key), bareKey(key)]));
    // AWS refuses a batch that names a key twice, and a batch of one costs what a single read costs.
    const wanted = [...byName.values()];
    const pages =
      wanted.length === 1
        ? [await this.#get(first, options)]
        : await Promise.all(
            pagesOf(wanted, BATCH_KEYS).map((page) => this.#batchGet(page, options)),
          );
    const found = new Map<string, Item>();
    for (const page of pages) {
      if (page.kind !== 'items') return page;
      for (const item of page.items) found.set(keyName(item), item);
    }
    return { kind: 'items', items: keys.map((key) => found.get(keyName(key)) ?? null) };
  }

  async query(pk: string, { consistent, signal }: ReadOptions): Promise<QueryAnswer> {
    const items: Item[] = [];
    let from: Record<string, unknown> | undefined;
    try {
      for (let page = 0; page < QUERY_PAGES; page += 1) {
        const command = new QueryCommand({
          TableName: this.#tableName,
          ConsistentRead: consistent,
          ...partitionExpressions(pk),
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
          ...COUNTED,
        });
        const answer = await this.#send(
          (abortSignal) => this.#client.documents.send(command, { abortSignal }),
          signal,
        );
        this.#usage.read(answer.ConsumedCapacity);
        items.push(...(answer.Items ?? []).filter(isItem));
        from = answer.LastEvaluatedKey;
        if (from === undefined) return { kind: 'items', items };
      }
    } catch (error) {
      return storeFailure(error, 'Query', this.#tableName);
    }
    const message = `The partition "${pk}" has more than ${QUERY_PAGES} pages`;
    return { kind: 'failed', error: new KinesumerError('StoreRejected', message) };
  }

  async write(write: Write, { signal }: RequestOptions = {}): Promise<WriteAnswer> {
    try {
      const { item, consumed } = await this.#send(this.#requestOf(write), signal);
      this.#usage.wrote(consumed);
      return { kind: 'applied', item };
    } catch (error) {
      if (!isRefusal(error)) return storeFailure(error, ACTIONS[write.kind], this.#tableName);
      this.#usage.refusedWrite();
      // Absent means one of two things: there was no item, or the server tells none.
      return { kind: 'refused', item: error.Item === undefined ? undefined : itemOf(error.Item) };
    }
  }

  usage(): StoreUsage {
    return this.#usage.total();
  }

  close(): void {
    this.#client.close();
  }

  #requestOf(write: Write) {
    const { documents } = this.#client;
    const shared = {
      TableName: this.#tableName,
      ...expressionsOf(write),
      ...COUNTED,
      ...TELLS_OLD,
    };
    return async (abortSignal: AbortSignal) => {
      switch (write.kind) {
        case 'put': {
          const command = new PutCommand({ ...shared, Item: write.item });
          const answer = await documents.send(command, { abortSignal });
          return { item: write.item, consumed: answer.ConsumedCapacity };
        }
        case 'update': {
          const command = new UpdateCommand({
            ...shared,
            Key: bareKey(write.key),
            ReturnValues: 'ALL_NEW',
          });
          const answer = await documents.send(command, { abortSignal });
          return {
            item: isItem(answer.Attributes) ? answer.Attributes : null,
            consumed: answer.ConsumedCapacity,
          };
        }
        case 'delete': {
          const command = new DeleteCommand({ ...shared, Key: bareKey(write.key) });
          const answer = await documents.send(command, { abortSignal });
          return { item: null, consumed: answer.ConsumedCapacity };
        }
      }
    };
  }

  async #get(key: Key, { consistent, signal }: ReadOptions): Promise<Page> {
    const command = new GetCommand({
      TableName: this.#tableName,
      Key: bareKey(key),
      ConsistentRead: consistent,
      ...COUNTED,
    });
    try {
      const answer = await this.#send(
        (abortSignal) => this.#client.documents.send(command, { abortSignal }),
        signal,
      );
      this.#usage.read(answer.ConsumedCapacity);
      return { kind: 'items', items: isItem(answer.Item) ? [answer.Item] : [] };
    } catch (error) {
      return storeFailure(error, 'GetItem', this.#tableName);
    }
  }

  async #batchGet(keys: readonly Key[], { consistent, signal }: ReadOptions): Promise<Page> {
    const command = new BatchGetCommand({
      RequestItems: { [this.#tableName]: { Keys: keys.map(bareKey), ConsistentRead: consistent } },
      ...COUNTED,
    });
    try {
      const answer = await this.#send(
        (abortSignal) => this.#client.documents.send(command, { abortSignal }),
        signal,
      );
      this.#usage.read(...(answer.ConsumedCapacity ?? []));
      const left = Object.values(answer.UnprocessedKeys ?? {}).flatMap(({ Keys = [] }) => Keys);
      if (left.length > 0) {
        this.#usage.throttled();
        const message = `DynamoDB BatchGetItem left ${left.length} of ${keys.length} keys unread`;
        return { kind: 'throttled', error: new KinesumerError('StoreThrottled', message) };
      }
      // The answer names the table as it was asked for, which may be its ARN.
      const items = Object.values(answer.Responses ?? {}).flat();
      return { kind: 'items', items: items.filter(isItem) };
    } catch (error) {
      return storeFailure(error, 'BatchGetItem', this.#tableName);
    }
  }

  async #send<Output>(
    request: (signal: AbortSignal) => Promise<Output>,
    signal: AbortSignal | undefined,
  ): Promise<Output> {
    this.#usage.sent();
    try {
      return await withDeadline(this.#clock, this.#timeoutMs, signal, request);
    } catch (error) {
      const failure = attemptFailure(error);
      if (faultOf(failure) === 'throttled') this.#usage.throttled();
      throw failure;
    }
  }
}

type Page = { readonly kind: 'items'; readonly items: readonly Item[] } | Failure;

const ACTIONS = { put: 'PutItem', update: 'UpdateItem', delete: 'DeleteItem' } as const;

function pagesOf<Element>(all: readonly Element[], size: number): Element[][] {
  const pages: Element[][] = [];
  for (let from = 0; from < all.length; from += size) pages.push(all.slice(from, from + size));
  return pages;
}
