import type { Consumer } from './group.ts';
import type { DevRun } from './run.ts';
import { openShards, type StreamShard } from './resharding.ts';
import { shortShardId, type ClientRow, type Picture, type ShardCell } from './screen/picture.ts';
import { stateText } from './state-text.ts';
import type { WatchedTable } from './table-watch.ts';

interface PictureParts {
  readonly run: DevRun;
  readonly table: WatchedTable;
  /** By their place in the key space. */
  readonly shards: readonly StreamShard[];
  readonly phase: string;
  readonly chosen: Consumer | undefined;
}

const KEY_SPACE = 2n ** 128n;
/** Enough for a share on a screen. */
const SHARE_STEPS = 1_000_000n;

export function pictureOf(parts: PictureParts): Picture {
  const { run, table, shards, phase, chosen } = parts;
  const { options, tally, group, cluster } = run;
  const clients = group.consumers.map((consumer, index) => rowOf(parts, consumer, index));
  return {
    stream: run.stream,
    profile: options.profile,
    seed: options.seed,
    elapsedMs: run.elapsedMs,
    phase,
    generation: table.generation,
    rebalances: rebalancesOf(group.consumers),
    clients: clients.map((row, index) => ({ ...row, chosen: group.consumers[index] === chosen })),
    shards: openShards(shards).map((shard) => cellOf(parts, shard)),
    closing: shards
      .filter((shard) => shard.closed && tally.outstanding(inStream(run, shard)) > 0)
      .map((shard) => cellOf(parts, shard)),
    produced: tally.produced,
    delivered: tally.delivered,
    repeated: tally.repeated,
    outstanding: tally.outstanding(),
    recordsPerSecond: clients.reduce((sum, row) => sum + row.recordsPerSecond, 0),
    events: run.events,
    endpoints: { kinesis: cluster.kinesis.endpoint, dynamodb: cluster.dynamo.endpoint },
  };
}

/** Generations in which a shard changed hands. */
function rebalancesOf(consumers: readonly Consumer[]): number {
  const generations = consumers.flatMap(({ history }) =>
    history.rebalances
      .filter(({ gained, lost }) => gained.length + lost.length > 0)
      .map(({ generation }) => generation),
  );
  return new Set(generations).size;
}

function rowOf({ run, table, shards }: PictureParts, consumer: Consumer, index: number): ClientRow {
  const { name, history, life } = consumer;
  const nowMs = performance.now();
  const owned = new Set(history.owned().map(({ shardId }) => shardId));
  const inOrder = shards.filter(({ shardId }) => owned.has(shardId));
  const readers = history.snapshot?.shards ?? [];
  const behind = readers.flatMap(({ millisBehindLatest }) => millisBehindLatest ?? []);
  const clientId = history.started?.clientId;
  const watched = clientId === undefined ? undefined : table.clients.get(clientId);
  return {
    name,
    index,
    life: life.kind,
    leads: life.kind !== 'ended' && run.leads(consumer),
    chosen: false,
    state: lifeText(consumer),
    shards: inOrder.map(({ shardId }) => shortShardId(shardId)),
    recordsPerSecond: run.rates.get(consumer)?.perSecond(nowMs) ?? 0,
    behindMs: behind.length === 0 ? null : Math.max(...behind),
    lagRecords: inOrder.reduce(
      (sum, shard) => sum + run.tally.outstanding(inStream(run, shard)),
      0,
    ),
    heartbeatAgeMs: watched === undefined ? null : nowMs - watched.movedAtMs,
    generation: history.snapshot?.generation ?? null,
    rebalances: rebalancesOf([consumer]),
  };
}

function lifeText({ life, history }: Consumer): string {
  switch (life.kind) {
    case 'running':
      return stateText(history.snapshot);
    case 'frozen':
      return 'paused (SIGSTOP)';
    case 'ended':
      if (life.signal === 'SIGKILL') return 'killed';
      return life.code === 0 ? 'left' : `failed: ${history.over?.error?.message ?? life.code}`;
  }
}

function cellOf({ run, table }: PictureParts, shard: StreamShard): ShardCell {
  const owner = table.owners.get(shard.shardId);
  const index = run.group.consumers.findIndex(
    ({ history }) => owner !== undefined && history.started?.clientId === owner,
  );
  const width = shard.lastHashKey - shard.firstHashKey + 1n;
  return {
    id: shortShardId(shard.shardId),
    share: Number((width * SHARE_STEPS) / KEY_SPACE) / Number(SHARE_STEPS),
    owner: index < 0 ? null : { name: run.group.consumers[index]?.name ?? '', index },
  };
}

const inStream = (run: DevRun, { shardId }: StreamShard) => ({ stream: run.stream, shardId });
