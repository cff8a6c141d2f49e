/** Figure 5: a handler that awaits for a minute, and everything else meanwhile. */
import { clientsPk } from '../../src/machines/rules/keys.ts';
import { PROFILES } from '../../src/options.ts';
import {
  atMost,
  largest,
  milliseconds,
  shown,
  type Effort,
  type Figure,
  type Progress,
  type Row,
} from './figure.ts';
import { Group, STORE_WAY, pass, until } from './group.ts';

const SHARDS = 8;
const PRODUCE_MS = 150;
const STUCK_MS = { full: 60_000, quick: 15_000 } as const satisfies Record<Effort, number>;
const JITTER = 0.1;
/** The timers of a busy process. */
const TIMER_MARGIN_MS = 50;

export async function measureStuckHandler(effort: Effort, progress: Progress): Promise<Figure> {
  const stuckMs = STUCK_MS[effort];
  const delivered = new Map<string, number[]>();
  let stuckShard: string | null = null;
  let waitedFor: Promise<void> | null = null;
  let goOn = (): void => {};
  const group = new Group({
    app: 'stuck',
    profile: 'default',
    shards: SHARDS,
    handle: ({ shardId }) => {
      const times = delivered.get(shardId) ?? [];
      times.push(performance.now());
      delivered.set(shardId, times);
      return shardId === stuckShard ? (waitedFor ?? undefined) : undefined;
    },
  });
  try {
    group.produceEvery(PRODUCE_MS);
    const member = group.join();
    await until('a group of one is balanced', () => group.isBalanced());
    await pass(5_000);
    const [shard] = group.shardIds;
    if (shard === undefined) throw new Error('the stream has no shard');

    const beats: number[] = [];
    group.table.onWrite(({ after }) => {
      if (after?.pk === clientsPk(group.app)) beats.push(performance.now());
    });
    stuckShard = shard;
    waitedFor = new Promise((resolve) => {
      goOn = resolve;
    });
    const fence = member.owned.get(shard);
    const before = delivered.get(shard)?.length ?? 0;
    await until('the handler awaits', () => (delivered.get(shard)?.length ?? 0) > before);
    const fromMs = performance.now();
    progress(`figure 5: a handler awaits for ${stuckMs / 1_000} s`);
    await pass(stuckMs);
    const toMs = performance.now();
    waitedFor = null;
    goOn();
    const meanwhile = beats.filter((at) => at >= fromMs - 5_000 && at <= toMs);
    const intervals = meanwhile.slice(1).map((at, index) => at - (meanwhile[index] ?? at));
    const others = group.shardIds.filter((shardId) => shardId !== shard);
    const longest = largest(
      others.map((shardId) => longestGap(delivered.get(shardId) ?? [], fromMs, toMs)),
    );
    await until(
      'the stuck shard goes on',
      () => (delivered.get(shard)?.at(-1) ?? 0) > toMs,
      10_000,
    );
    const { heartbeatIntervalMs } = PROFILES.default;
    const limitMs = heartbeatIntervalMs * (1 + JITTER) + 2 * STORE_WAY.maxMs + TIMER_MARGIN_MS;
    const kept = member.owned.get(shard) === fence && member.owned.size === SHARDS;
    const rows: Row[] = [
      atMost(
        'longest interval between heartbeats',
        largest(intervals),
        limitMs,
        milliseconds,
        ` (n = ${intervals.length})`,
      ),
      atMost(
        'longest wait of another shard between two deliveries',
        longest,
        2 * (250 + 24),
        milliseconds,
        ` (${others.length} shards)`,
      ),
      {
        what: 'shards kept under their fences, the stuck one goes on after it',
        measured: kept ? 'all' : 'not all',
        target: 'all',
        verdict: kept ? 'reached' : 'NOT REACHED',
      },
      shown(
        'batches handled on the stuck shard meanwhile',
        String(counted(delivered, shard, fromMs, toMs)),
      ),
    ];
    return {
      number: 5,
      title: `Heartbeats on time while a handler awaits for ${stuckMs / 1_000} s`,
      method: [
        `One client with ${SHARDS} shards, profile default, a record in each shard every ${PRODUCE_MS} ms; the handler of one shard awaits.`,
        `Heartbeats are the writes to the client's item; a period of ${heartbeatIntervalMs} ms with 10 % jitter, a way of ${2 * STORE_WAY.maxMs} ms and ${TIMER_MARGIN_MS} ms for the timers are allowed.`,
        'Another shard may wait twice the time within which its next fetch is due (250 ms and the longest way to the stream).',
      ],
      rows,
      notes: [],
    };
  } finally {
    goOn();
    await group.end();
  }
}

function longestGap(times: readonly number[], fromMs: number, toMs: number): number {
  const within = times.filter((at) => at > fromMs && at < toMs);
  const points = [fromMs, ...within, toMs];
  return largest(points.slice(1).map((at, index) => at - (points[index] ?? at)));
}

const counted = (
  delivered: ReadonlyMap<string, readonly number[]>,
  shard: string,
  fromMs: number,
  toMs: number,
): number => (delivered.get(shard) ?? []).filter((at) => at > fromMs && at < toMs).length;
