/** A group's table and stream that a leader tidies day by day, without actors. */
import type { Clock, Item, Stream, StateStore } from '../../../src/machines/ports.ts';
import { checkpointKey, checkpointsPk } from '../../../src/machines/rules/keys.ts';
import { markEnded } from '../../../src/machines/rules/lineage.ts';
import { SHARD_END } from '../../../src/machines/rules/positions.ts';
import { askForShards } from '../../../src/machines/steps/acquire.ts';
import { endOfShard } from '../../../src/machines/steps/checkpoint.ts';
import { readMaps, surveyStream, writeMap } from '../../../src/machines/steps/maps.ts';
import type { Session } from '../../../src/machines/steps/membership.ts';
import type { World } from '../../../src/machines/steps/step.ts';
import { tidy, type TidyOutcome } from '../../../src/machines/steps/tidy.ts';
import { config, APP, GroupTable } from '../../regressions/group-table.ts';
import { storeWith } from '../../regressions/intercepted-store.ts';
import { shardId, STREAM } from '../group.ts';

export const DAY = 24 * 3_600_000;

const unread = (): never => {
  throw new Error('a tidy went by the clock of its host');
};
/** A tidy has the time of Kinesis and no other. */
const NO_CLOCK: Clock = {
  monotonicMs: unread,
  wallMs: unread,
  setTimeout: unread,
  clearTimeout: unread,
};

const SESSION: Session = { clientId: 'c1', nonce: 'n', id: 'c1/n' };

const streamWith = (stream: Stream, replaced: Partial<Stream>): Stream => ({
  describe: (name, options) => stream.describe(name, options),
  listShards: (name, options) => stream.listShards(name, options),
  openIterator: (shard, from, options) => stream.openIterator(shard, from, options),
  fetch: (shard, iterator, limit, options) => stream.fetch(shard, iterator, limit, options),
  close: () => stream.close(),
  ...replaced,
});

export class TidyWorld {
  readonly group = new GroupTable();
  /** Whoever does the rest of the group's work. */
  readonly world = this.group.world();
  /** The leader's ports. */
  readonly leader: World = { ...this.group.world(), clock: NO_CLOCK };

  /** The leader with some of its requests replaced. */
  meddled(store: Partial<StateStore>, stream: Partial<Stream> = {}): World {
    const { leader } = this;
    return {
      ...leader,
      store: storeWith(leader.store, store),
      stream: streamWith(leader.stream, stream),
    };
  }

  tidy(
    world = this.leader,
    streams = [STREAM],
    told: readonly string[] = [],
  ): Promise<TidyOutcome> {
    return tidy(world, { streams, told }, new AbortController().signal);
  }

  /** What the lister of the stream does each minute. */
  async survey(): Promise<void> {
    const done = await surveyStream(this.world, STREAM, config.start);
    if (done.kind !== 'surveyed') throw new Error(done.kind);
  }

  /** Reads a shard to its end: its item says so, and then the map. */
  async end(n: number): Promise<void> {
    const shard = { stream: STREAM, shardId: shardId(n) };
    const ask = {
      ...shard,
      intent: 'take',
      parents: [],
      highestFenceSeen: 0,
      doubt: null,
    } as const;
    const asked = await askForShards(this.world, {
      session: SESSION,
      asks: [ask],
      throttled: 0,
    });
    const result = asked.kind === 'asked' ? asked.answers[0]?.result : asked;
    if (result?.kind !== 'acquired') throw new Error(result?.kind);
    const { fence, position } = result;
    await endOfShard(this.world, { shard, session: SESSION.id, fence, position, attempt: 0 });
    const read = await readMaps(this.world, [STREAM], true);
    const map = read.kind === 'maps' ? read.maps[STREAM] : null;
    if (!map) throw new Error('no map');
    await writeMap(this.world, markEnded(map, [shard.shardId]), map.version);
  }

  /**
   * A stream in which shard 0 was split into 4 and 5, and those merged to 6: the group has read 0, 4 and 5. Once they
   * pass their retention, 4 and 5 stay in the map for the sake of their child; nobody asks about 0 any more.
   */
  async withOldShard(): Promise<void> {
    await this.survey();
    this.group.kinesis.splitShard(STREAM, shardId(0));
    await this.survey();
    await this.end(0);
    this.group.kinesis.mergeShards(STREAM, shardId(4), shardId(5));
    await this.survey();
    await this.end(4);
    await this.end(5);
  }

  /** Lets a day pass, and then the stream be listed. */
  async day(): Promise<void> {
    this.group.clock.advance(DAY);
    await this.survey();
  }

  item(n: number): Item | null {
    return this.group.table.get(checkpointKey(APP, STREAM, shardId(n)));
  }

  /** The item of an ended shard of which map and listing know nothing. */
  putEnded(n: number, more: object = {}, stream = STREAM): void {
    const key = checkpointKey(APP, stream, shardId(n));
    this.group.table.put({ ...key, fence: 1, position: SHARD_END, ...more });
  }

  /** All items of a stream's shards. */
  items(stream = STREAM): readonly Item[] {
    return this.group.table
      .partition(checkpointsPk(APP, stream))
      .flatMap(({ item }) => (item === null ? [] : [item]));
  }
}
