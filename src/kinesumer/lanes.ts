/** The lanes of one consumption, by reader, and what is being delivered in each. */
import { invariant } from '../errors.ts';
import type { Delivery, DeliverOutcome, Lane, OwnedShard, ShardRef } from '../machines/ports.ts';

interface OpenLane {
  readonly name: LaneName;
  readonly lane: Lane;
  readonly reader: { send(event: { readonly type: 'COMMIT' | 'DIRTIED' }): void };
  delivering: Promise<DeliverOutcome>;
}

export interface LaneName {
  readonly shard: ShardRef;
  readonly fence: number;
}

const DELIVERED: DeliverOutcome = { kind: 'delivered' };
const keyOf = ({ shard, fence }: LaneName): string => `${shard.stream}/${shard.shardId}/${fence}`;

export class Lanes {
  readonly #delivery: Delivery;
  /** A lane leaves when its reader is through with it, or is gone with its session. */
  readonly #open = new Map<string, OpenLane>();

  constructor(delivery: Delivery) {
    this.#delivery = delivery;
  }

  /** Opens the lane of a reader that was just spawned. */
  open(shard: OwnedShard, reader: OpenLane['reader']): void {
    const lane = this.#delivery.open(shard);
    const name = { shard: { stream: shard.stream, shardId: shard.shardId }, fence: shard.fence };
    this.#open.set(keyOf(name), { name, lane, reader, delivering: Promise.resolve(DELIVERED) });
    lane.onDirty(() => reader.send({ type: 'DIRTIED' }));
  }

  /** The readers whose lanes are open. */
  names(): LaneName[] {
    return [...this.#open.values()].map(({ name }) => name);
  }

  lane(name: LaneName): Lane {
    return this.#entry(name).lane;
  }

  deliver(name: LaneName): Promise<DeliverOutcome> {
    const entry = this.#entry(name);
    entry.delivering = entry.lane.deliver();
    return entry.delivering;
  }

  /** Stops at the next boundary and waits for what is with the user's code, and for marks that may come after it. */
  async drain(name: LaneName, signal: AbortSignal): Promise<DeliverOutcome> {
    const { lane, delivering } = this.#entry(name);
    lane.drain();
    const outcome = await delivering;
    if (outcome.kind !== 'failed') await lane.whenSettled(signal);
    return outcome;
  }

  /** Asks the reader of a shard for a commit at once. */
  askCommit(shard: OwnedShard): void {
    this.#open.get(keyOf({ shard, fence: shard.fence }))?.reader.send({ type: 'COMMIT' });
  }

  /** Takes the lane from the user's code; its reader still writes the last position. */
  cut(name: LaneName, reason: Parameters<Lane['abort']>[0]): void {
    this.#open.get(keyOf(name))?.lane.abort(reason);
  }

  /** The reader is through with its lane. Idempotent. */
  close(name: LaneName, reason: Parameters<Lane['abort']>[0]): void {
    const entry = this.#open.get(keyOf(name));
    if (entry === undefined) return;
    entry.lane.abort(reason);
    this.#open.delete(keyOf(name));
  }

  /** Takes every lane from the user's code; their readers still write the last positions. Idempotent. */
  cutAll(reason: Parameters<Lane['abort']>[0]): void {
    for (const { lane } of this.#open.values()) lane.abort(reason);
  }

  /** The session is gone, and its readers: nothing of it may be handed over or marked any more. */
  closeAll(reason: Parameters<Lane['abort']>[0]): void {
    this.cutAll(reason);
    this.#open.clear();
  }

  /** Commits what every lane has completed; resolves when all of it stands in the store. */
  async commitAll(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ lane }) => lane.commit()));
  }

  #entry(name: LaneName): OpenLane {
    const entry = this.#open.get(keyOf(name));
    invariant(entry !== undefined, 'D9', { lane: keyOf(name) });
    return entry;
  }
}
