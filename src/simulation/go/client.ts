/**
 * The algorithm of the Go kinesumer as it behaves by polling, on the same ports: a second protocol for the same world,
 * to be measured beside ours. Written from its behaviour; it is no client for anybody's use.
 *
 * Each client pings its item with its wall clock, lists all clients, and takes the range of the shards that its place
 * gives it; the first one also lists the shards and removes silent clients. There is no owner, no fence, and no
 * condition on any write. A changed range stops all readers; a shard without a checkpoint starts at its tip; closed
 * shards are not read on.
 *
 * Kinder than the original: it tries again where the first look fails (that one gives up), and goes on where it sees
 * no client at all (that one panics). It reads as often, and as much, as ours does here.
 *
 * In the history the fence of a delivery is the term, how often its process had begun to read. Of the checkers only
 * the last part of D1 (every record is delivered; records from before the first look excepted, since it always starts
 * at the tip) and D7 (the order of a key) can judge it, and D4 in part. All others are about owners, fences, plans and
 * maps, which it has not.
 */
import { KinesumerError } from '../../errors.ts';
import { checkpointKey, clientsPk, mapKey } from '../../machines/rules/keys.ts';
import type { ShardRef } from '../../machines/ports.ts';
import type { Batch, Peer, RunParts } from '../peer.ts';
import { Channel } from './channel.ts';
import { insist, sleep } from './patience.ts';
import { Readers, type GoRecord, type ReaderPorts } from './readers.ts';
import {
  aliveOf,
  cachedIds,
  cacheShards,
  CHANNEL_SLOTS,
  deregister,
  openIds,
  outdatedOf,
  ping,
  rangeOf,
  sameIds,
  seatOf,
  SYNC_MS,
  SYNC_TIMEOUT_MS,
} from './rules.ts';

type Ports = Omit<ReaderPorts, 'records'> & {
  readonly clientId: string;
  /** Hears which shards are read, and which not any more. */
  readonly tell: (what: 'shardStart' | 'shardEnd', shard: ShardRef, term: number) => void;
};
type Handler = RunParts['eachBatch'];

export class GoClient implements Peer {
  readonly #ports: Ports;
  readonly #records = new Channel<GoRecord>(CHANNEL_SLOTS);
  readonly #readers: Readers;
  readonly #closing = new AbortController();
  #streams: readonly string[] = [];
  #shards = new Map<string, readonly string[]>();
  #consuming: Promise<void> = Promise.resolve();
  #syncing: Promise<void> = Promise.resolve();

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#readers = new Readers({ ...ports, records: this.#records });
  }

  /** Resolves once it was closed; rejects when the application throws. */
  async run({ streams, eachBatch }: RunParts): Promise<void> {
    this.#streams = streams;
    this.#syncing = this.#loop();
    this.#consuming = this.#consume(eachBatch);
    await this.#consuming;
  }

  refresh(streams: readonly string[]): Promise<void> {
    this.#streams = streams;
    return Promise.resolve();
  }

  /** Readers stop and commit, the application empties the channel, the client item is deleted. */
  async close(): Promise<{ readonly outcome: 'closed' }> {
    this.#closing.abort();
    await Promise.all([this.#readers.pause(), this.#syncing]);
    this.#tell('shardEnd');
    this.#records.close();
    await this.#consuming;
    await sleep(this.#ports.clock, SYNC_TIMEOUT_MS);
    return { outcome: 'closed' };
  }

  // ---------------------------------------------------------------- the group

  /** Looks at the group at each tick; a look that takes longer swallows ticks, as a slow application makes it. */
  async #loop(): Promise<void> {
    const { app, clientId, store, clock } = this.#ports;
    const { signal } = this.#closing;
    let dueMs = clock.monotonicMs();
    while (!signal.aborted) {
      await this.#sync();
      dueMs = Math.max(dueMs + SYNC_MS, clock.monotonicMs());
      await sleep(clock, dueMs - clock.monotonicMs(), signal);
    }
    await insist(clock, SYNC_TIMEOUT_MS, () => store.write(deregister(app, clientId)));
  }

  async #sync(): Promise<void> {
    const { app, clientId, store, clock } = this.#ports;
    await insist(clock, SYNC_TIMEOUT_MS, () => store.write(ping(app, clientId, clock.wallMs())));
    const answer = await insist(clock, SYNC_TIMEOUT_MS, () =>
      store.query(clientsPk(app), { consistent: false }),
    );
    if (answer.kind !== 'items') return;
    const alive = aliveOf(answer.items, clock.wallMs());
    if (alive.length === 0) return;
    const seat = seatOf(alive, clientId);
    for (const stream of this.#streams) await this.#divide(stream, seat, alive.length);
    if (seat === 0) await this.#lead();
  }

  /** Takes the range of its seat; a change stops everything for a moment. */
  async #divide(stream: string, seat: number, clients: number): Promise<void> {
    const { app, store, clock } = this.#ports;
    const shardIds = await this.#listed(stream);
    if (shardIds === null || this.#closing.signal.aborted) return;
    const range = rangeOf(shardIds, seat, clients);
    if (sameIds(range, this.#shards.get(stream) ?? [])) return;

    await this.#readers.pause();
    this.#tell('shardEnd');
    this.#shards.set(stream, range);
    const { iterators, checkpoints } = this.#readers.memory(stream);
    for (const shardId of iterators.keys()) {
      if (!range.includes(shardId)) iterators.delete(shardId);
    }
    const answer = await insist(clock, SYNC_TIMEOUT_MS, () =>
      store.read(
        range.map((shardId) => checkpointKey(app, stream, shardId)),
        { consistent: false },
      ),
    );
    if (answer.kind === 'items') {
      checkpoints.clear();
      for (const item of answer.items) {
        const sequenceNumber = item?.['sequence_number'];
        if (item !== null && typeof sequenceNumber === 'string') {
          checkpoints.set(item.sk, sequenceNumber);
        }
      }
    }
    if (this.#closing.signal.aborted) return;
    this.#readers.start(this.#shards);
    this.#tell('shardStart');
  }

  /** The shards as the leader cached them, or as Kinesis lists them; null: neither answered. */
  async #listed(stream: string): Promise<readonly string[] | null> {
    const { app, store, clock } = this.#ports;
    const cached = await insist(clock, SYNC_TIMEOUT_MS, () =>
      store.read([mapKey(app, stream)], { consistent: true }),
    );
    if (cached.kind !== 'items') return null;
    return cachedIds(cached.items[0] ?? null) ?? this.#listOpen(stream);
  }

  async #listOpen(stream: string): Promise<readonly string[] | null> {
    const listing = await this.#ports.stream.listShards(stream);
    return listing.kind === 'listed' ? openIds(listing.shards) : null;
  }

  async #lead(): Promise<void> {
    const { app, store, clock } = this.#ports;
    for (const stream of this.#streams) {
      const shardIds = await this.#listOpen(stream);
      if (shardIds === null) return;
      await insist(clock, SYNC_TIMEOUT_MS, () => store.write(cacheShards(app, stream, shardIds)));
    }
    const answer = await store.query(clientsPk(app), { consistent: false });
    if (answer.kind !== 'items') return;
    const outdated = outdatedOf(answer.items, clock.wallMs());
    await Promise.all(outdated.map((clientId) => store.write(deregister(app, clientId))));
  }

  // ---------------------------------------------------------------- the application

  /** One loop over the channel; what stands in it of one shard comes as one call. */
  async #consume(handle: Handler): Promise<void> {
    for (;;) {
      const taken = await this.#records.take(
        (a, b) => a.stream === b.stream && a.shardId === b.shardId && a.term === b.term,
      );
      const [first] = taken;
      if (first === undefined) return;
      try {
        await handle(batchOf(first, taken));
      } catch (cause) {
        this.#closing.abort();
        void this.#readers.pause();
        throw new KinesumerError('HandlerFailed', 'The application threw', { cause });
      }
    }
  }

  #tell(what: 'shardStart' | 'shardEnd'): void {
    for (const [stream, shardIds] of this.#shards) {
      for (const shardId of shardIds) {
        this.#ports.tell(what, { stream, shardId }, this.#readers.term);
      }
    }
  }
}

const batchOf = (first: GoRecord, records: readonly GoRecord[]): Batch => ({
  stream: first.stream,
  shardId: first.shardId,
  fence: first.term,
  records: records.map(({ sequenceNumber, partitionKey, data }) => ({
    sequenceNumber,
    partitionKey,
    text: () => new TextDecoder().decode(data),
  })),
});
