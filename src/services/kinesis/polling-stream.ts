/** Kinesis by polling: DescribeStreamSummary, ListShards, GetShardIterator, GetRecords. */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';
import type {
  Clock,
  DescribeAnswer,
  FetchAnswer,
  IteratorAnswer,
  ListAnswer,
  ReadFrom,
  RequestOptions,
  ShardRef,
  Stream,
} from '../../machines/ports.ts';
import { closingController, withDeadline } from '../aws/deadline.ts';
import { attemptFailure } from '../aws/single-attempt.ts';
import { openPollingClient, type PollingClient, type PollingClientOptions } from './client.ts';
import { fetchedBatch } from './fetched-batch.ts';
import { iteratorRequest } from './iterator-request.ts';
import {
  isExpired,
  isNotFound,
  streamError,
  streamFailure,
  unreadable,
  type Subject,
} from './kinesis-errors.ts';
import { describeStream, listShards } from './listing.ts';
import { arnOf } from './stream-reference.ts';

const SCAN_TIMEOUT_MS = 2_000;

export interface KinesisPollingStreamOptions extends PollingClientOptions {
  /** Times deadlines. */
  readonly clock: Clock;
  /** Milliseconds from the call to the answer, each request by itself. @default 2_000 */
  readonly scanTimeoutMs?: number;
}

/**
 * Amazon Kinesis Data Streams, read by polling. A stream is given by its name or by its ARN.
 * Every request is tried once: retries belong to the reader.
 *
 * @example
 * const stream = new KinesisPollingStream({ clock: systemClock(), region: 'ap-northeast-2' });
 * const listed = await stream.listShards('orders-stream');
 */
export class KinesisPollingStream implements Stream {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #client: PollingClient;
  readonly #kinesis: KinesisClient;
  readonly #closing = closingController();

  constructor(options: KinesisPollingStreamOptions) {
    this.#clock = options.clock;
    this.#timeoutMs = options.scanTimeoutMs ?? SCAN_TIMEOUT_MS;
    this.#client = openPollingClient(options);
    this.#kinesis = this.#client.kinesis;
  }

  describe(stream: string, { signal }: RequestOptions = {}): Promise<DescribeAnswer> {
    return describeStream(this.#kinesis, stream, (request) => this.#send(request, signal));
  }

  listShards(stream: string, { signal }: RequestOptions = {}): Promise<ListAnswer> {
    return listShards(this.#kinesis, stream, (request) => this.#send(request, signal));
  }

  async openIterator(
    shard: ShardRef,
    from: ReadFrom,
    { signal }: RequestOptions = {},
  ): Promise<IteratorAnswer> {
    const subject = { action: 'GetShardIterator', ...shard };
    try {
      const command = new GetShardIteratorCommand(iteratorRequest(shard, from));
      const answer = await this.#send(
        (abortSignal) => this.#kinesis.send(command, { abortSignal }),
        signal,
      );
      const iterator = answer.ShardIterator;
      return iterator === undefined
        ? unreadable(subject, 'no iterator')
        : { kind: 'iterator', iterator };
    } catch (error) {
      return isNotFound(error) ? gone(subject, error) : streamFailure(error, subject);
    }
  }

  async fetch(
    shard: ShardRef,
    iterator: string,
    limit: number,
    { signal }: RequestOptions = {},
  ): Promise<FetchAnswer> {
    const subject = { action: 'GetRecords', ...shard };
    try {
      const command = new GetRecordsCommand({
        ...arnOf(shard.stream),
        ShardIterator: iterator,
        Limit: limit,
      });
      const answer = await this.#send(
        (abortSignal) => this.#kinesis.send(command, { abortSignal }),
        signal,
      );
      return fetchedBatch(answer) ?? unreadable(subject, 'a record without its fields');
    } catch (error) {
      if (isExpired(error)) return { kind: 'expired' };
      return isNotFound(error) ? gone(subject, error) : streamFailure(error, subject);
    }
  }

  /**
   * Gives up on what is under way and closes the connections. A client of the user's own stays open, and nothing of
   * ours goes on in it. Idempotent.
   */
  close(): void {
    this.#closing.abort();
    this.#client.close();
  }

  async #send<Output>(
    request: (signal: AbortSignal) => Promise<Output>,
    signal: AbortSignal | undefined,
  ): Promise<Output> {
    try {
      const callers = [signal, this.#closing.signal];
      return await withDeadline(this.#clock, this.#timeoutMs, callers, request);
    } catch (error) {
      throw attemptFailure(error);
    }
  }
}

const gone = (subject: Subject, cause: unknown) => ({
  kind: 'gone' as const,
  error: streamError('StreamMissing', subject, 'the shard or its stream is gone', cause),
});
