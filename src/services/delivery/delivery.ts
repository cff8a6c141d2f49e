import { invariant, KinesumerError } from '../../errors.ts';
import type { Budget, Delivery, OwnedShard, ShardRef } from '../../machines/ports.ts';
import type { DeliveryGate } from './gate.ts';
import { ShardLane } from './lane.ts';
import { MarkHabit } from './mark-habit.ts';
import { homeOf, type RecordHome, type ShardRecord } from './record.ts';
import type { DeliveryEvent, LanePhase, Sink } from './sink.ts';

export interface DeskDeps {
  readonly gate: DeliveryGate;
  readonly budget: Budget;
  /** Must not throw. */
  readonly tell: (event: DeliveryEvent) => void;
  /** Asks the reader of a shard for a commit at once. Must not throw. */
  readonly askCommit: (shard: OwnedShard) => void;
}

/** A lane as `snapshot()` shows it: plain JSON, no record data. */
export interface LaneSnapshot {
  readonly stream: string;
  readonly shardId: string;
  readonly fence: number;
  readonly phase: LanePhase;
  readonly activity: 'idle' | 'delivering';
  /** Batches that wait for their delivery. */
  readonly pendingBatches: number;
  /** Records fetched and not completed. */
  readonly backlogRecords: number;
  readonly completed: string;
  readonly committed: string;
}

/** Opens the lanes of a client to the consumption that is on. One desk lives as long as its client. */
export class DeliveryDesk implements Delivery {
  readonly #deps: DeskDeps;
  readonly #lanes = new Map<string, ShardLane>();
  /** Every lane that records of this desk can name, closed ones too. */
  readonly #opened = new WeakSet<RecordHome>();
  readonly #habit = new MarkHabit();
  #sink: Sink | null = null;
  /** What lanes start in that are opened from now on. */
  #opening: 'open' | 'paused' = 'open';

  constructor(deps: DeskDeps) {
    this.#deps = deps;
  }

  /** Lanes opened from now on end in `sink`; pauses of an earlier consumption are over. */
  attach(sink: Sink): void {
    this.#sink = sink;
    this.#opening = 'open';
  }

  /** The consumption is over: no lane may be opened until the next {@link attach}. Lanes still there go on. */
  detach(): void {
    this.#sink = null;
  }

  /**
   * An older lane of the shard that is done but was not closed is closed: its marks would name a fence of the past.
   *
   * @throws KinesumerError `InvariantBroken` D9: an older lane of the shard is still delivering
   */
  open(shard: OwnedShard): ShardLane {
    const sink = this.#sink;
    invariant(sink !== null, 'delivery', { opened: shard.shardId, without: 'a consumption' });
    const key = keyOf(shard);
    const older = this.#lanes.get(key);
    if (older !== undefined) {
      invariant(older.activity() === 'idle', 'D9', { shardId: shard.shardId, fence: shard.fence });
      older.abort(
        new KinesumerError('CommitLost', 'The shard was acquired again under a higher fence.', {
          stream: shard.stream,
          shardId: shard.shardId,
        }),
      );
    }
    const lane = new ShardLane(shard, this.#opening, {
      ...this.#deps,
      sink,
      habit: this.#habit,
      onClosed: (closed) => {
        if (this.#lanes.get(key) === closed) this.#lanes.delete(key);
      },
    });
    this.#lanes.set(key, lane);
    this.#opened.add(lane);
    return lane;
  }

  /**
   * Hands out nothing new of these shards; without `shards` of any, also of those gained later.
   * A pause of a single shard ends when the shard changes hands.
   */
  pause(shards?: readonly ShardRef[]): void {
    if (shards === undefined) this.#opening = 'paused';
    for (const lane of this.#select(shards)) lane.pause();
  }

  resume(shards?: readonly ShardRef[]): void {
    if (shards === undefined) this.#opening = 'open';
    for (const lane of this.#select(shards)) lane.resume();
  }

  /**
   * Marks a record that came by this desk; see {@link ShardRecord.mark}.
   *
   * @throws KinesumerError `MarkRefused`: it is no record of this client, or its shard is not owned any more
   */
  markRecord(record: ShardRecord<unknown>): void {
    const home = homeOf(record);
    if (home === null || !this.#opened.has(home)) {
      const error = new KinesumerError(
        'MarkRefused',
        'A mark was refused: it is for no record of this client.',
      );
      this.#deps.tell({ kind: 'markRefused', error });
      throw error;
    }
    record.mark();
  }

  snapshot(): LaneSnapshot[] {
    return [...this.#lanes.values()].map((lane) => ({
      stream: lane.stream,
      shardId: lane.shardId,
      fence: lane.fence,
      phase: lane.phase(),
      activity: lane.activity(),
      pendingBatches: lane.pending(),
      backlogRecords: lane.backlog(),
      completed: lane.completed(),
      committed: lane.committed(),
    }));
  }

  /** The shards whose handlers are at work. */
  busy(): ShardRef[] {
    return [...this.#lanes.values()].flatMap((lane) =>
      lane.activity() === 'delivering' ? [{ stream: lane.stream, shardId: lane.shardId }] : [],
    );
  }

  #select(shards: readonly ShardRef[] | undefined): readonly ShardLane[] {
    if (shards === undefined) return [...this.#lanes.values()];
    return shards.flatMap((shard) => this.#lanes.get(keyOf(shard)) ?? []);
  }
}

/** Stream names hold no slash (AWS: letters, digits, underscore, dot, hyphen). */
function keyOf(shard: ShardRef): string {
  return `${shard.stream}/${shard.shardId}`;
}
