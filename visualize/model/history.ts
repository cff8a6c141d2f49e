/** Lag and throughput over time: what the heatmap, the lines and the time to drain are made of. */
import type { Parts } from './shard-facts.ts';
import { shardKey } from './shard-items.ts';
import { TimeColumns } from './time-columns.ts';
import type { HeatView, ThroughputView } from './view.ts';

/** A look at everything is taken this often. */
const SAMPLE_MS = 1_000;
/** Where nothing was heard for longer, what was before that is not known. */
const MAX_SAMPLES = 3_600;
/** The trend is that of so many looks. */
const TREND_SAMPLES = 10;
/** What a process told longer ago says nothing of now. */
const FRESH_MS = 5_000;
/** A lag of less is none: it is what is just being read. */
const AT_TIP_MS = 1_000;

/** The group at a look; null: not known. */
interface Sample {
  readonly atMs: number;
  readonly backlogRecords: number | null;
  readonly behindMs: number | null;
}

export class History {
  readonly #lag: TimeColumns;
  readonly #rates: TimeColumns;
  /** Newest looks, the oldest first. */
  #trend: readonly Sample[];
  #nextMs: number | null;

  constructor(before?: History) {
    this.#lag = before === undefined ? new TimeColumns('max') : before.#lag.clone();
    this.#rates = before === undefined ? new TimeColumns('mean') : before.#rates.clone();
    this.#trend = before === undefined ? [] : before.#trend;
    this.#nextMs = before === undefined ? null : before.#nextMs;
  }

  clone(): History {
    return new History(this);
  }

  /** Takes the looks that are due before something happens at an instant. */
  upTo(atMs: number, parts: Parts): void {
    this.#nextMs ??= (Math.floor(atMs / SAMPLE_MS) + 1) * SAMPLE_MS;
    if (atMs < this.#nextMs) return;
    const earliestMs = (Math.floor(atMs / SAMPLE_MS) - MAX_SAMPLES) * SAMPLE_MS;
    for (let each = Math.max(this.#nextMs, earliestMs); each <= atMs; each += SAMPLE_MS) {
      this.#sample(each, parts);
      this.#nextMs = each + SAMPLE_MS;
    }
  }

  heat(
    stream: string,
    shardIds: readonly { readonly shardId: string; readonly ended: boolean }[],
    fromMs: number,
    toMs: number,
    columns: number,
  ): HeatView {
    const names = shardIds.map(({ shardId }) => shardKey(stream, shardId));
    const values = this.#lag.read(names, fromMs, toMs, columns);
    const rows = shardIds.flatMap(({ shardId, ended }, row) => {
      const behindMs = values[row] ?? [];
      return ended && behindMs.every((each) => each === null) ? [] : [{ shardId, behindMs }];
    });
    return { stream, fromMs, toMs, columnMs: (toMs - fromMs) / columns, rows };
  }

  throughput(
    clients: readonly { readonly clientId: string; readonly colour: number }[],
    fromMs: number,
    toMs: number,
    columns: number,
  ): ThroughputView {
    const names = clients.map(({ clientId }) => clientId);
    const values = this.#rates.read(names, fromMs, toMs, columns);
    const rows = clients.map((client, row) => ({ ...client, recordsPerSecond: values[row] ?? [] }));
    return { fromMs, toMs, columnMs: (toMs - fromMs) / columns, rows };
  }

  /** When what waits now will be read, as it went lately; Infinity: never. null: not known. */
  drainedInMs(now: Omit<Sample, 'atMs'>, nowMs: number): number | null {
    const { backlogRecords, behindMs } = now;
    if (backlogRecords === 0 || (behindMs !== null && behindMs <= AT_TIP_MS)) return 0;
    const known = (sample: Omit<Sample, 'atMs'>): number | null =>
      backlogRecords === null ? sample.behindMs : sample.backlogRecords;
    const first = this.#trend.find((sample) => known(sample) !== null);
    if (first === undefined || nowMs - first.atMs < SAMPLE_MS) return null;
    const [before, left] = [known(first), known(now)];
    if (before === null || left === null) return null;
    const lessPerMs = (before - left) / (nowMs - first.atMs);
    return lessPerMs > 0 ? left / lessPerMs : Number.POSITIVE_INFINITY;
  }

  #sample(atMs: number, parts: Parts): void {
    const { deliveries } = parts;
    const withinMs = atMs - 1;
    const worst = deliveries.isTold
      ? this.#sampleBacklogs(withinMs, atMs, parts)
      : this.#sampleFlows(withinMs, atMs, parts);
    this.#sampleRates(withinMs, parts);
    this.#trend = [...this.#trend, { atMs, ...worst }].slice(-TREND_SAMPLES);
  }

  #sampleBacklogs(withinMs: number, atMs: number, { maps, items, deliveries }: Parts) {
    let backlogRecords = 0;
    let worstMs = 0;
    for (const stream of maps.names()) {
      for (const { shardId, ended } of maps.get(stream)?.shards ?? []) {
        const key = shardKey(stream, shardId);
        if (ended || items.hasEnded(key)) continue;
        const backlog = deliveries.backlogOf(key);
        const oldestMs = backlog?.oldestAtMs ?? null;
        const behindMs = oldestMs === null ? 0 : atMs - oldestMs;
        this.#lag.add(withinMs, key, behindMs);
        backlogRecords += backlog?.records ?? 0;
        worstMs = Math.max(worstMs, behindMs);
      }
    }
    return { backlogRecords, behindMs: worstMs };
  }

  #sampleFlows(withinMs: number, atMs: number, { processes }: Parts) {
    let worstMs: number | null = null;
    for (const key of processes.shardKeys()) {
      for (const { flow } of processes.readersOf(key)) {
        const behindMs = flow?.behindMs ?? null;
        if (flow === null || behindMs === null || atMs - flow.atMs > FRESH_MS) continue;
        this.#lag.add(withinMs, key, behindMs);
        worstMs = Math.max(worstMs ?? 0, behindMs);
      }
    }
    return { backlogRecords: null, behindMs: worstMs };
  }

  #sampleRates(withinMs: number, { deliveries, members, processes }: Parts): void {
    const counts = deliveries.takeCounts();
    for (const { clientId, state, process } of members.all()) {
      const counted = counts.get(clientId);
      const life = process === null ? null : (processes.get(process)?.life ?? null);
      // where single records are told, none is none
      const idle = deliveries.isTold && (state === 'active' || state === 'leaving');
      if (counted === undefined && !(idle && life === 'running')) continue;
      this.#rates.add(withinMs, clientId, ((counted ?? 0) * 1_000) / SAMPLE_MS);
    }
  }
}
