/** What a simulated process runs: a client of the library, or one of another protocol that is measured beside it. */
import type { CloseOptions } from '../options.ts';

/** `go`: the algorithm of the Go kinesumer. */
export const PROTOCOLS = ['kinesumer', 'go'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** The records of one handler call, as far as the handler notes them. */
export interface Batch {
  readonly stream: string;
  readonly shardId: string;
  readonly fence: number;
  readonly records: readonly {
    readonly sequenceNumber: string;
    readonly partitionKey: string;
    text(): string;
  }[];
  /** Says that all of it up to a record is done, or all of it; only of a protocol that knows commits by hand. */
  mark?(upTo?: Batch['records'][number]): void;
  commit?(): Promise<void>;
}

export interface RunParts {
  readonly streams: readonly string[];
  readonly eachBatch: (batch: Batch) => Promise<void>;
}

export interface Peer {
  run(parts: RunParts): Promise<void>;
  refresh(streams: readonly string[]): Promise<void>;
  close(options: CloseOptions): Promise<{ readonly outcome: 'closed' | 'aborted' | 'timedOut' }>;
}
