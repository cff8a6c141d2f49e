/** One client that is given a thousand more idle shards, and gives them back. Run with --expose-gc. */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { clientsPk } from '../src/machines/rules/keys.ts';
import { answerParent, type Numbers } from './figures/child.ts';
import { largest } from './figures/figure.ts';
import { pass, until } from './figures/group.ts';
import { memoryClient } from './memory-client.ts';

const APP = 'idle';
const FEW = 50;
const MANY = 1_000;
/** Every shard has been at rest for a few polls. */
const SETTLE_MS = 6_000;
/** What was set off meanwhile, and the next heartbeat. */
const AFTERMATH_MS = 4_000;
const HEAP_SAMPLES = 8;
const BYTES_PER_KIB = 1_024;

async function measure(): Promise<Numbers> {
  const { client, table, kinesis } = memoryClient(APP);
  kinesis.createStream('few', FEW);
  kinesis.createStream('many', MANY);
  const owned = new Set<string>();
  client
    .on('shardStart', ({ stream, shardId }) => owned.add(`${stream}/${shardId}`))
    .on('shardEnd', ({ stream, shardId }) => owned.delete(`${stream}/${shardId}`));
  const beats: number[] = [];
  table.onWrite(({ after }) => {
    if (after?.pk === clientsPk(APP)) beats.push(performance.now());
  });
  const running = client.run({ streams: ['few'], eachBatch: () => {} });
  running.catch((error: unknown) => process.stderr.write(`${String(error)}\n`));

  await until('the few are owned', () => owned.size === FEW);
  await pass(SETTLE_MS);
  const heapFew = await heapBytes();

  const acquiring = await watched(beats, async () => {
    await client.refresh(['few', 'many']);
    await until('all are owned', () => owned.size === FEW + MANY);
  });
  await pass(SETTLE_MS);
  const cpuBefore = process.cpuUsage();
  const idle = await watched(beats, () => pass(SETTLE_MS));
  const cpu = process.cpuUsage(cpuBefore);
  const heapMany = await heapBytes();

  const releasing = await watched(beats, async () => {
    await client.refresh(['few']);
    await until('the many are given back', () => owned.size === FEW);
  });
  await pass(SETTLE_MS);
  const heapAfter = await heapBytes();
  await client.close({ abort: true });
  return {
    grownKibPerShard: (heapMany - heapFew) / MANY / BYTES_PER_KIB,
    givenBackKibPerShard: (heapMany - heapAfter) / MANY / BYTES_PER_KIB,
    idleCpuShare: (cpu.user + cpu.system) / 1_000 / (idle.tookMs + AFTERMATH_MS),
    idleDelayMs: idle.delayMs,
    idleDelayP99Ms: idle.delayP99Ms,
    acquireMs: acquiring.tookMs,
    acquireDelayMs: acquiring.delayMs,
    acquireDelayP99Ms: acquiring.delayP99Ms,
    acquireBeatMs: acquiring.beatMs,
    releaseMs: releasing.tookMs,
    releaseDelayMs: releasing.delayMs,
    releaseDelayP99Ms: releasing.delayP99Ms,
    releaseBeatMs: releasing.beatMs,
  };
}

interface Watched {
  readonly tookMs: number;
  readonly delayMs: number;
  readonly delayP99Ms: number;
  /** The longest interval between heartbeats, those before and after included. */
  readonly beatMs: number;
}

async function watched(beats: readonly number[], act: () => Promise<void>): Promise<Watched> {
  const delay: IntervalHistogram = monitorEventLoopDelay({ resolution: 2 });
  const fromMs = performance.now();
  delay.enable();
  await act();
  const tookMs = performance.now() - fromMs;
  await pass(AFTERMATH_MS);
  delay.disable();
  const lastBefore = beats.findLastIndex((at) => at <= fromMs);
  const around = beats.slice(Math.max(0, lastBefore));
  return {
    tookMs,
    delayMs: delay.max / 1e6,
    delayP99Ms: delay.percentile(99) / 1e6,
    beatMs: largest(around.slice(1).map((at, index) => at - (around[index] ?? at))),
  };
}

/** The least of several samples, each right after a collection. */
async function heapBytes(): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let n = 0; n < HEAP_SAMPLES; n += 1) {
    globalThis.gc?.();
    least = Math.min(least, process.memoryUsage().heapUsed);
    await pass(100);
  }
  return least;
}

await answerParent(measure);
