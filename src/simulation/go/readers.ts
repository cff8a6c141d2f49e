/** The loops that read a client's shards, and the checkpoints that they leave. */
import type { Clock, StateStore, Stream, Write } from '../../machines/ports.ts';
import type { Channel } from './channel.ts';
import { insist, sleep } from './patience.ts';
import { checkpoint, COMMIT_MS, COMMIT_TIMEOUT_MS } from './rules.ts';

/** A record as the application gets it. */
export interface GoRecord {
  readonly stream: string;
  readonly shardId: string;
  /** How often the client had begun to read. */
  readonly term: number;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  readonly data: Uint8Array;
}

export interface ReaderPorts {
  readonly app: string;
  readonly store: StateStore;
  readonly stream: Stream;
  readonly clock: Clock;
  /** From one read of a shard to the next. */
  readonly scanIntervalMs: number;
  readonly scanLimit: number;
  readonly records: Channel<GoRecord>;
}

/** What is remembered of one stream, from one term to the next. */
interface StreamMemory {
  /** Where the next read goes on; null: at the end of a closed shard. */
  readonly iterators: Map<string, string | null>;
  /** Checkpoints as they stood when shards last moved. */
  readonly checkpoints: Map<string, string>;
  /** Marked records. Of shards that went to others too: they are committed on and on. */
  readonly offsets: Map<string, string>;
}

export class Readers {
  readonly #ports: ReaderPorts;
  readonly #streams = new Map<string, StreamMemory>();
  #term = 0;
  #stop = new AbortController();
  #loops: readonly Promise<void>[] = [];

  constructor(ports: ReaderPorts) {
    this.#ports = ports;
  }

  get term(): number {
    return this.#term;
  }

  memory(stream: string): StreamMemory {
    const known = this.#streams.get(stream);
    if (known !== undefined) return known;
    const memory = { iterators: new Map(), checkpoints: new Map(), offsets: new Map() };
    this.#streams.set(stream, memory);
    return memory;
  }

  /** Reads all these shards from now on. */
  start(shards: ReadonlyMap<string, readonly string[]>): void {
    this.#term++;
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#loops = [...shards].flatMap(([stream, ids]) =>
      ids.map((shardId) => this.#read(stream, shardId, this.#term, signal)),
    );
    void this.#commitPeriodically(signal);
  }

  /** Stops every reader of every stream, each at the end of its batch: a slow application holds this up. */
  async pause(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#loops);
  }

  async #read(stream: string, shardId: string, term: number, stop: AbortSignal): Promise<void> {
    const { records, clock, scanIntervalMs } = this.#ports;
    while (!stop.aborted) {
      await sleep(clock, scanIntervalMs);
      const batch = await this.#fetch(stream, shardId);
      for (const { sequenceNumber, partitionKey, data } of batch) {
        await records.put({ stream, shardId, term, sequenceNumber, partitionKey, data });
      }
      const last = batch.at(-1);
      // marked when it entered the channel, whatever becomes of it
      if (last !== undefined) this.memory(stream).offsets.set(shardId, last.sequenceNumber);
    }
    await this.#commit();
  }

  async #fetch(stream: string, shardId: string) {
    const iterator = await this.#iterator(stream, shardId);
    if (iterator === null) return [];
    const { iterators } = this.memory(stream);
    const { stream: kinesis, scanLimit } = this.#ports;
    const answer = await kinesis.fetch({ stream, shardId }, iterator, scanLimit);
    // read again from the checkpoint that was loaded when shards last moved
    if (answer.kind === 'expired') iterators.delete(shardId);
    if (answer.kind !== 'batch') return [];
    iterators.set(shardId, answer.nextIterator);
    return answer.batch.records;
  }

  async #iterator(stream: string, shardId: string): Promise<string | null> {
    const { iterators, checkpoints } = this.memory(stream);
    const next = iterators.get(shardId);
    if (next !== undefined) return next;
    const sequenceNumber = checkpoints.get(shardId);
    const answer = await this.#ports.stream.openIterator(
      { stream, shardId },
      // children of a reshard have no checkpoint either
      sequenceNumber === undefined ? { kind: 'latest' } : { kind: 'after', sequenceNumber },
    );
    if (answer.kind !== 'iterator') return null;
    iterators.set(shardId, answer.iterator);
    return answer.iterator;
  }

  async #commitPeriodically(stop: AbortSignal): Promise<void> {
    for (;;) {
      await sleep(this.#ports.clock, COMMIT_MS, stop);
      if (stop.aborted) return;
      await this.#commit();
    }
  }

  /** Writes every mark there is, moved or not, over whatever stands. */
  async #commit(): Promise<void> {
    const { app, store, clock } = this.#ports;
    const nowMs = clock.wallMs();
    const writes: Write[] = [];
    for (const [stream, { offsets }] of this.#streams) {
      for (const [shardId, sequenceNumber] of offsets) {
        writes.push(checkpoint(app, stream, shardId, sequenceNumber, nowMs));
      }
    }
    await Promise.all(
      writes.map((write) => insist(clock, COMMIT_TIMEOUT_MS, () => store.write(write))),
    );
  }
}
