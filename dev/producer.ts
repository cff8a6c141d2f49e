/** A keyed producer: numbers the records of each key, and keeps the ledger of what Kinesis accepted. */
import { KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { setTimeout as wait } from 'node:timers/promises';
import { localAws } from './consumer/local-aws.ts';
import type { ProducedRecord } from './ledger.ts';
import { payloadOf } from './payload.ts';

const REQUEST_TIMEOUT_MS = 5_000;

export interface ProducerOptions {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** Each gets the whole rate. */
  readonly streams: readonly string[];
  /** Records a second and stream. */
  readonly ratePerSecond: number;
  /**
   * Partition keys of each stream. A request holds at most one record of a key, since PutRecords may refuse single
   * records and so would break the order within the key; so the rate is at most keys × requests a second.
   * @default 100
   */
  readonly keys?: number;
  /** Time between two requests, in ms. @default 250 */
  readonly intervalMs?: number;
  /** Called with what was accepted. */
  readonly onAccepted?: (records: readonly ProducedRecord[]) => void;
  /** Called when a request or a record was refused; it is tried again. */
  readonly onRefused?: (reason: string) => void;
}

export interface Producer {
  /** What Kinesis accepted, in the order of the answers. Grows while the producer runs. */
  readonly accepted: readonly ProducedRecord[];
  /**
   * Records of requests without an answer: they may be in the stream, or not. Their numbers are not used again, so
   * that a delivery of one is told from a duplicate.
   */
  readonly doubtful: readonly Pick<ProducedRecord, 'stream' | 'key' | 'n'>[];
  /** Records a second from now on; 0 pauses. */
  setRate(ratePerSecond: number): void;
  /** Waits for the request under way and ends. Idempotent. */
  stop(): Promise<void>;
}

export function startProducer(options: ProducerOptions): Producer {
  const { endpoint, streams, keys = 100, intervalMs = 250, onAccepted, onRefused } = options;
  const client = new KinesisClient({
    ...localAws(endpoint),
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ requestTimeout: REQUEST_TIMEOUT_MS }),
  });
  const accepted: ProducedRecord[] = [];
  const doubtful: Pick<ProducedRecord, 'stream' | 'key' | 'n'>[] = [];
  const end = new AbortController();
  let ratePerSecond = options.ratePerSecond;

  async function put(stream: string, lanes: readonly KeyLane[]): Promise<void> {
    const records = lanes.map((lane) => ({ key: lane.key, n: lane.nextNumber, lane }));
    let answer;
    try {
      answer = await client.send(
        new PutRecordsCommand({
          StreamName: stream,
          Records: records.map((record) => ({
            PartitionKey: record.key,
            Data: payloadOf(record),
          })),
        }),
      );
    } catch (error) {
      for (const { key, n, lane } of records) {
        doubtful.push({ stream, key, n });
        lane.nextNumber += 1;
      }
      onRefused?.(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      return;
    }
    const taken: ProducedRecord[] = [];
    for (const [index, { key, n, lane }] of records.entries()) {
      const { SequenceNumber, ShardId, ErrorCode } = answer.Records?.[index] ?? {};
      if (SequenceNumber === undefined || ShardId === undefined) {
        onRefused?.(ErrorCode ?? 'a record without an answer');
        continue;
      }
      lane.nextNumber += 1;
      taken.push({
        stream,
        shardId: ShardId,
        sequenceNumber: SequenceNumber,
        key,
        n,
        atMs: Date.now(),
      });
    }
    accepted.push(...taken);
    onAccepted?.(taken);
  }

  async function produce(stream: string): Promise<void> {
    const lanes = Array.from({ length: keys }, (_, index): KeyLane => ({
      key: `key-${index + 1}`,
      nextNumber: 1,
    }));
    let next = 0;
    let owed = 0;
    while (!end.signal.aborted) {
      const startedMs = performance.now();
      owed = Math.min(owed + (ratePerSecond * intervalMs) / 1_000, keys);
      const count = Math.floor(owed);
      owed -= count;
      const chosen = Array.from({ length: count }, () => lanes[next++ % keys]).filter(
        (lane) => lane !== undefined,
      );
      if (chosen.length > 0) await put(stream, chosen);
      const restMs = Math.max(0, intervalMs - (performance.now() - startedMs));
      await wait(restMs, undefined, { signal: end.signal }).catch(() => {});
    }
  }

  const running = Promise.all(streams.map(produce));
  return {
    accepted,
    doubtful,
    setRate(rate) {
      ratePerSecond = rate;
    },
    async stop() {
      end.abort();
      await running;
      client.destroy();
    },
  };
}

interface KeyLane {
  readonly key: string;
  nextNumber: number;
}
