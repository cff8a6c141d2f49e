/** Who read which shard from when to when, in true time: heard at the ports, or told by the Go algorithm. */
import type { StateStore, Stream, Write } from '../../src/machines/ports.ts';
import { SHARD_END } from '../../src/machines/rules/positions.ts';
import type { HistoryEvent } from '../../src/simulation/history.ts';

/** A stretch in which one process read a shard. */
export interface Stint {
  readonly shard: string;
  readonly process: string;
  readonly fromMs: number;
  /** Infinity: it reads on. */
  readonly toMs: number;
  readonly end: 'none' | 'released' | 'ended' | 'died';
}

type Open = { -readonly [Key in keyof Stint]: Stint[Key] };

const CHECKPOINTS = /^check_point#[^#]+#(.+)$/;

export class Stints {
  readonly #nowMs: () => number;
  readonly #byShard = new Map<string, Open[]>();
  /** Shards that a process opened an iterator of and has not read from yet. */
  readonly #opened = new Set<string>();
  #started = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  of(shard: string): readonly Stint[] {
    return this.#byShard.get(shard) ?? [];
  }

  all(): readonly Stint[] {
    return [...this.#byShard.values()].flat();
  }

  // ---------------------------------------------------------------- ours: from its requests

  /**
   * What stands between a process and the streams. It reads a shard from the first answered fetch after it opened an
   * iterator: what was on its way when it gave the shard up is no reading.
   *
   * @param nameOf the process that started as so many before it
   */
  wrapStream(stream: Stream, nameOf: (index: number) => string): Stream {
    const index = this.#started++;
    return {
      describe: (name, options) => stream.describe(name, options),
      listShards: (name, options) => stream.listShards(name, options),
      openIterator: async (shard, from, options) => {
        const answer = await stream.openIterator(shard, from, options);
        this.#opened.add(`${nameOf(index)} ${shard.stream}/${shard.shardId}`);
        return answer;
      },
      fetch: async (shard, iterator, limit, options) => {
        const answer = await stream.fetch(shard, iterator, limit, options);
        const name = `${shard.stream}/${shard.shardId}`;
        const isFirst = this.#opened.delete(`${nameOf(index)} ${name}`);
        if (isFirst && answer.kind === 'batch') this.#begin(nameOf(index), name);
        return answer;
      },
      close: () => stream.close(),
    };
  }

  /** What stands between a process and the table: a shard is read until its release, or its end, is sent. */
  wrapStore(store: StateStore, nameOf: (index: number) => string): StateStore {
    // a process opens its way to the table just before that to the streams
    const index = this.#started;
    return {
      open: (options) => store.open(options),
      read: (keys, options) => store.read(keys, options),
      query: (pk, options) => store.query(pk, options),
      write: (write, options) => {
        const left = leftBy(write);
        if (left !== null) this.#finish(nameOf(index), left.shard, left.end);
        return store.write(write, options);
      },
      usage: () => store.usage(),
      close: () => store.close(),
    };
  }

  // ---------------------------------------------------------------- the Go algorithm: from what it tells

  hear(event: HistoryEvent): void {
    if (event.kind !== 'notice' || event.shard === undefined) return;
    if (event.name === 'shardStart') this.#begin(event.process, event.shard, event.atMs);
    if (event.name === 'shardEnd') {
      this.#finish(event.process, event.shard, 'released', event.atMs);
    }
  }

  /** Of any process: it died just now. */
  die(process: string): void {
    for (const [shard, stints] of this.#byShard) {
      if (stints.some((stint) => stint.process === process && stint.end === 'none')) {
        this.#finish(process, shard, 'died');
      }
    }
  }

  #begin(process: string, shard: string, fromMs = this.#nowMs()): void {
    const stints = this.#byShard.get(shard) ?? [];
    this.#byShard.set(shard, stints);
    if (stints.some((stint) => stint.process === process && stint.end === 'none')) return;
    stints.push({ shard, process, fromMs, toMs: Number.POSITIVE_INFINITY, end: 'none' });
  }

  #finish(process: string, shard: string, end: Stint['end'], toMs = this.#nowMs()): void {
    const stint = this.#byShard
      .get(shard)
      ?.find((each) => each.process === process && each.end === 'none');
    if (stint === undefined) return;
    stint.toMs = toMs;
    stint.end = end;
  }
}

/** Which shard a write gives up. */
function leftBy(
  write: Write,
): { readonly shard: string; readonly end: 'released' | 'ended' } | null {
  if (write.kind !== 'update' || write.remove?.includes('lease_owner') !== true) return null;
  const stream = CHECKPOINTS.exec(write.key.pk)?.[1];
  if (stream === undefined) return null;
  const end = write.set['position'] === SHARD_END ? 'ended' : 'released';
  return { shard: `${stream}/${write.key.sk}`, end };
}

/** A shard that another process took up. */
interface Move {
  readonly shard: string;
  readonly fromMs: number;
  /** When the next one read it; Infinity: nobody did. */
  readonly toMs: number;
  readonly end: Stint['end'];
}

/**
 * Shards that were left in a span by a process that is not the next one to read them; what was taken up before it was
 * left has no gap.
 */
export function movesIn(stints: Stints, fromMs: number, toMs: number): readonly Move[] {
  return stints.all().flatMap((stint): readonly Move[] => {
    const { shard, process, end } = stint;
    const wasLeft = end === 'released' || end === 'died';
    if (!wasLeft || stint.toMs < fromMs || stint.toMs > toMs) return [];
    const later = stints.of(shard).filter((each) => each !== stint && each.toMs > stint.toMs);
    const [next] = later.toSorted((a, b) => a.fromMs - b.fromMs);
    if (next?.process === process) return [];
    const readMs = next === undefined ? Number.POSITIVE_INFINITY : next.fromMs;
    return [{ shard, fromMs: stint.toMs, toMs: Math.max(stint.toMs, readMs), end }];
  });
}
