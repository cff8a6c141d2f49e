/** Those who write to the group's table besides the group: operators with a console, and clients of the Go library. */
import type { Clock, Item, Key } from '../machines/ports.ts';
import { checkpointsPk, clientsPk, headKey, mapKey } from '../machines/rules/keys.ts';
import type { MemoryKinesis } from '../services/memory/kinesis.ts';
import type { MemoryTable } from '../services/memory/table.ts';
import type { Erased } from './action.ts';
import type { Recorder } from './history.ts';

export interface IntrudersOptions {
  readonly app: string;
  readonly clock: Clock;
  readonly table: MemoryTable;
  readonly kinesis: MemoryKinesis;
  readonly recorder: Recorder;
}

/** How often a client of the Go library writes its sign of life. */
const GO_PERIOD_MS = 5_000;

export class Intruders {
  readonly #options: IntrudersOptions;

  constructor(options: IntrudersOptions) {
    this.#options = options;
  }

  /** @param clientId that of the slot, where a client is to be removed */
  erase(what: Erased, clientId: string | undefined): void {
    const key = this.#keyOf(what, clientId);
    const item = key === null ? null : this.#options.table.get(key);
    if (item === null) return;
    this.#remove(item);
    // Of a stream that was made anew all items go together, as the README has it: by what is left of the one before,
    // shards of the new one would count as read, or as begun where Kinesis knows nothing of them.
    if (what.item === 'map' && this.#isOfAnother(what.stream, item)) {
      const pk = checkpointsPk(this.#options.app, what.stream);
      for (const checkpoint of this.#checkpoints())
        if (checkpoint.pk === pk) this.#remove(checkpoint);
    }
  }

  /** A client of the Go library lives for a while, and is killed then: its item stays. */
  goClient(clientId: string, forMs: number): void {
    const { app, clock } = this.#options;
    const endMs = clock.monotonicMs() + forMs;
    const beat = (): void => {
      if (clock.monotonicMs() > endMs) return;
      const lastUpdate = String(clock.wallMs());
      this.#put({ pk: clientsPk(app), sk: clientId, last_update: lastUpdate });
      clock.setTimeout(beat, GO_PERIOD_MS);
    };
    beat();
  }

  /** One writes a checkpoint as the Go library does, with its own opinion of how far the shard is read. */
  goCommit(pick: number): void {
    const checkpoints = this.#checkpoints();
    const item = checkpoints[pick % checkpoints.length];
    if (item === undefined) return;
    const stream = item.pk.slice(checkpointsPk(this.#options.app, '').length);
    const records = this.#recordsOf(stream, item.sk);
    const record = records[pick % records.length];
    if (record === undefined) return;
    this.#put({ pk: item.pk, sk: item.sk, sequence_number: record.sequenceNumber });
  }

  #recordsOf(stream: string, shardId: string) {
    const exists = this.#options.kinesis.describe(stream).kind === 'described';
    return exists ? (this.#options.kinesis.records(stream).get(shardId) ?? []) : [];
  }

  #isOfAnother(stream: string, map: Item): boolean {
    const described = this.#options.kinesis.describe(stream);
    return described.kind === 'described' && described.createdAtMs !== map['created'];
  }

  #remove({ pk, sk }: Key): void {
    this.#options.recorder.note({ kind: 'erased', pk, sk });
    this.#options.table.remove({ pk, sk });
  }

  #put(item: Item): void {
    this.#options.recorder.note({ kind: 'foreign', pk: item.pk, sk: item.sk });
    this.#options.table.put(item);
  }

  #keyOf(what: Erased, clientId: string | undefined): Key | null {
    const { app } = this.#options;
    switch (what.item) {
      case 'head':
        return headKey(app);
      case 'map':
        return mapKey(app, what.stream);
      case 'client':
        return clientId === undefined ? null : { pk: clientsPk(app), sk: clientId };
      case 'checkpoint': {
        const checkpoints = this.#checkpoints();
        return checkpoints[what.pick % checkpoints.length] ?? null;
      }
    }
  }

  #checkpoints(): readonly Item[] {
    const prefix = checkpointsPk(this.#options.app, '');
    return this.#options.table.items().filter(({ pk }) => pk.startsWith(prefix));
  }
}
