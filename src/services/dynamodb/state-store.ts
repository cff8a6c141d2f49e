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
  Random,
  ReadAnswer,
  ReadOptions,
  RequestOptions,
  StateStore,
  StoreUsage,
  Write,
  WriteAnswer,
} from '../../machines/ports.ts';
import { faultOf } from '../aws/aws-errors.ts';
import { closingController, withDeadline } from '../aws/deadline.ts';
import { attemptFailure } from '../aws/single-attempt.ts';
import { itemOf } from './attribute-values.ts';
import { readInRounds, type BatchAnswer } from './batch-rounds.ts';
import { openClient, type OpenedClient } from './client.ts';
import { isRefusal, storeFailure } from './dynamodb-errors.ts';
import {
  bareKey,
  expressionsOf,
  isItem,
  keyName,
  partitionExpressions,
  storable,
} from './expressions.ts';
import { DEFAULT_TABLE_NAME } from './table-definition.ts';
import { openTable } from './table-opening.ts';
import { UsageMeter } from './usage-meter.ts';

/** Pages of 1 MB that one query may have; a partition of this protocol has a few at most. */
const QUERY_PAGES = 1_000;
/** A request that takes longer is given up: the protocol sends a new one. */
const REQUEST_TIMEOUT_MS = 1_000;

const COUNTED = { ReturnConsumedCapacity: 'TOTAL' } as const;
const TELLS_OLD = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const;

export interface DynamoStateStoreOptions {
  /** Times deadlines and the wait for a new table. */
  readonly clock: Clock;
  /**
   * Spreads the pauses before a table is asked again that throttles, or does not answer when it is opened.
   * @default none: they have their full length
   */
  readonly random?: Pick<Random, 'next'>;
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
  readonly #random: Pick<Random, 'next'> | undefined;
  readonly #tableName: string;
  readonly #create: boolean;
  readonly #timeoutMs: number;
  readonly #client: OpenedClient;
  readonly #usage = new UsageMeter();
  readonly #closing = closingController();

  constructor(options: DynamoStateStoreOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#tableName = options.tableName ?? DEFAULT_TABLE_NAME;
    this.#create = options.create ?? false;
    this.#timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    this.#client = openClient(options.client, options.region);
  }

  /**
   * Waits, for as long as the signal lets it: for credentials 30 s at most; then, where the table throttles
   * or does not answer, it asks again for 10 s; and for a table that is being created 3 minutes. All else,
   * credentials that cannot be had too, fails at once.
   */
  open({ signal }: RequestOptions = {}): Promise<{ readonly kind: 'ready' } | Failure> {
    return openTable({
      tableName: this.#tableName,
      create: this.#create,
      clock: this.#clock,
      random: this.#random,
      documents: this.#client.documents,
      region: () => this.#client.region(),
      credentials: () => this.#client.credentials(),
      send: (request) => this.#send(request, signal),
      signal,
    });
  }

  async read(keys: readonly Key[], options: ReadOptions): Promise<ReadAnswer> {
    const closing = this.#closing.signal;
    // AWS refuses a batch that names a key twice.
    const wanted = new Map(keys.map((key) => [keyName(key), bareKey(key)]));
    const answer = await readInRounds([...wanted.values()], {
      clock: this.#clock,
      random: this.#random,
      ends: options.signal === undefined ? [closing] : [closing, options.signal],
      ask: (some) => this.#ask(some, options),
    });
    if (answer.kind === 'ended') {
      const message = 'The read was aborted, or its store closed, before all of it was answered';
      return { kind: 'unanswered', error: new KinesumerError('StoreUnanswered', message) };
    }
    if (answer.kind !== 'items') return answer;
    const found = new Map(answer.items.map((item) => [keyName(item), item]));
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

  /** Gives up on what is under way and closes the connections; a client of the user's own stays open. Idempotent. */
  close(): void {
    this.#closing.abort();
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
          const command = new PutCommand({ ...shared, Item: storable(write.item) });
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

  /** A batch of one costs what a single read costs. */
  #ask(keys: readonly Key[], options: ReadOptions): Promise<BatchAnswer> {
    const [first, ...others] = keys;
    return first !== undefined && others.length === 0
      ? this.#get(first, options)
      : this.#batchGet(keys, options);
  }

  async #get(key: Key, { consistent, signal }: ReadOptions): Promise<BatchAnswer> {
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
      return { kind: 'read', items: isItem(answer.Item) ? [answer.Item] : [], left: [] };
    } catch (error) {
      return storeFailure(error, 'GetItem', this.#tableName);
    }
  }

  async #batchGet(keys: readonly Key[], { consistent, signal }: ReadOptions): Promise<BatchAnswer> {
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
      // The answer names the table as it was asked for, which may be its ARN.
      const unprocessed = Object.values(answer.UnprocessedKeys ?? {}).flatMap((table) =>
        (table.Keys ?? []).filter(isItem).map(keyName),
      );
      const unread = new Set(unprocessed);
      const left = keys.filter((key) => unread.has(keyName(key)));
      if (left.length === keys.length) {
        // One that brought a part is not counted: it may have been too large, and no sign of a table in need.
        this.#usage.throttled();
        const message = `DynamoDB BatchGetItem left all of ${keys.length} keys unread`;
        return { kind: 'throttled', error: new KinesumerError('StoreThrottled', message) };
      }
      const items = Object.values(answer.Responses ?? {}).flat();
      return { kind: 'read', items: items.filter(isItem), left };
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
      const callers = [signal, this.#closing.signal];
      return await withDeadline(this.#clock, this.#timeoutMs, callers, request);
    } catch (error) {
      const failure = attemptFailure(error);
      if (faultOf(failure) === 'throttled') this.#usage.throttled();
      throw failure;
    }
  }
}

const ACTIONS = { put: 'PutItem', update: 'UpdateItem', delete: 'DeleteItem' } as const;
