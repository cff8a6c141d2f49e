import { setTimeout as wait } from 'node:timers/promises';
import type { ShardBatch, ShardRecord } from '../../src/index.ts';
import { parsePayload } from '../payload.ts';
import type { ConsumerConfig, FaultPoint, HandlerFault, ReportedRecord } from '../reports.ts';
import type { Tell } from './reporting.ts';

/** Stands for the user's code: reports what it is given first, then delays, fails or marks as its config says. */
export class ReportingHandler {
  readonly #config: ConsumerConfig;
  readonly #tell: Tell;
  readonly #released = new AbortController();
  #calls = 0;
  #records = 0;

  constructor(config: ConsumerConfig, tell: Tell) {
    this.#config = config;
    this.#tell = tell;
  }

  batch(batch: ShardBatch): Promise<void> {
    return this.#handle(batch, batch.records, async () => {
      const { marking } = this.#config;
      if (marking === 'mark' || marking === 'commit') batch.mark();
      if (marking === 'commit') await batch.commit();
    });
  }

  record(record: ShardRecord, commit: () => Promise<void>): Promise<void> {
    return this.#handle(record, [record], async () => {
      const { marking } = this.#config;
      if (marking === 'mark' || marking === 'commit') record.mark();
      if (marking === 'commit') await commit();
    });
  }

  /** Lets go what a `hold` holds, for good. */
  release(): void {
    this.#released.abort();
  }

  async #handle(
    from: { readonly stream: string; readonly shardId: string; readonly fence: number },
    records: readonly ShardRecord[],
    mark: () => Promise<void>,
  ): Promise<void> {
    this.#calls += 1;
    const call = this.#calls;
    const { stream, shardId, fence } = from;
    const reported = records.map(reportedRecord);
    this.#tell({ kind: 'deliveries', call, stream, shardId, fence, records: reported });
    try {
      const fault = this.#faultOf(shardId, reported);
      if (this.#config.handlerDelayMs > 0) await wait(this.#config.handlerDelayMs);
      if (fault?.kind === 'throw') throw new Error('A fault that was asked for');
      if (fault?.kind === 'hold') await this.#release();
      await mark();
    } catch (error) {
      this.#tell({ kind: 'handled', call, outcome: 'threw' });
      throw error;
    }
    this.#tell({ kind: 'handled', call, outcome: 'done' });
  }

  #faultOf(shardId: string, records: readonly ReportedRecord[]): HandlerFault | undefined {
    const before = this.#records;
    this.#records += records.length;
    return this.#config.faults.find(({ at }) =>
      records.some(([, key, n], index) => hits(at, { nth: before + index + 1, key, n, shardId })),
    );
  }

  #release(): Promise<void> {
    const { signal } = this.#released;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) =>
      signal.addEventListener('abort', () => resolve(), { once: true }),
    );
  }
}

const reportedRecord = (record: ShardRecord): ReportedRecord => {
  const { key, n } = parsePayload(record.data, record.partitionKey);
  return [record.sequenceNumber, key, n];
};

function hits(point: FaultPoint, record: Required<FaultPoint>): boolean {
  const given = Object.entries(point) as [keyof FaultPoint, unknown][];
  if (given.length === 0) return record.nth === 1;
  return given.every(([field, value]) => record[field] === value);
}
