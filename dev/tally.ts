/** Counts of the run while it goes on; the ledger at the end looks closer. */
import type { ProducedRecord } from './ledger.ts';
import type { ReportOf } from './reports.ts';

interface InShard {
  readonly stream: string;
  readonly shardId: string;
}

export class Tally {
  readonly #delivered = new Set<string>();
  readonly #outstanding = new Map<string, Set<string>>();
  #produced = 0;
  #deliveries = 0;

  accepted(records: readonly ProducedRecord[]): void {
    for (const record of records) {
      this.#produced += 1;
      // The consumer may be told of a record before the producer is told that it was accepted.
      if (this.#delivered.has(recordKey(record, record.sequenceNumber))) continue;
      const shard = shardKey(record);
      const waiting = this.#outstanding.get(shard) ?? new Set();
      waiting.add(record.sequenceNumber);
      this.#outstanding.set(shard, waiting);
    }
  }

  handedOver(report: ReportOf<'deliveries'>): void {
    const waiting = this.#outstanding.get(shardKey(report));
    for (const [sequenceNumber] of report.records) {
      this.#deliveries += 1;
      this.#delivered.add(recordKey(report, sequenceNumber));
      waiting?.delete(sequenceNumber);
    }
  }

  get produced(): number {
    return this.#produced;
  }

  /** Different records. */
  get delivered(): number {
    return this.#delivered.size;
  }

  /** Deliveries beyond the first of a record. */
  get repeated(): number {
    return this.#deliveries - this.#delivered.size;
  }

  /** Accepted by Kinesis and not delivered yet, in one shard or in all. */
  outstanding(shard?: InShard): number {
    if (shard !== undefined) return this.#outstanding.get(shardKey(shard))?.size ?? 0;
    let sum = 0;
    for (const waiting of this.#outstanding.values()) sum += waiting.size;
    return sum;
  }
}

const shardKey = ({ stream, shardId }: InShard): string => `${stream}/${shardId}`;
const recordKey = (at: InShard, sequenceNumber: string): string =>
  `${shardKey(at)}/${sequenceNumber}`;
