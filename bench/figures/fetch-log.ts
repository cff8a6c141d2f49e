/** Every answered fetch of a group's shards, and what can be told from it. */
import { nextReadDelayMs } from '../../src/machines/rules/read-pace.ts';

export interface Fetch {
  readonly atMs: number;
  /** Name of the client. */
  readonly owner: string;
  readonly fence: number;
  /** When the next fetch was due after this one, by the pace that the library sets itself. */
  readonly nextInMs: number;
}

/** What a 'batch' event says of an answered fetch. */
interface Answer {
  readonly shardId: string;
  readonly fence: number;
  readonly records: number;
  readonly bytes: number;
  readonly millisBehindLatest: number;
}

interface ShardLog {
  readonly fetches: Fetch[];
  emptyReads: number;
}

/** A shard that got another owner. */
export interface Move {
  readonly from: string;
  readonly to: string;
  readonly gapMs: number;
  readonly resumedAtMs: number;
}

export interface Pace {
  readonly shards: number;
  readonly fetches: number;
  readonly missed: number;
  /** The longest interval between two fetches, by what was due then. 1: on time. */
  readonly worstRatio: number;
  readonly longestMs: number;
}

export class FetchLog {
  readonly #shards = new Map<string, ShardLog>();
  readonly #scanIntervalMs: number;
  readonly #roundTripMs: number;

  /** @param roundTripMs the longest that a fetch may take */
  constructor(scanIntervalMs: number, roundTripMs: number) {
    this.#scanIntervalMs = scanIntervalMs;
    this.#roundTripMs = roundTripMs;
  }

  note(owner: string, answer: Answer, atMs: number): void {
    const { shardId, fence, records, bytes, millisBehindLatest } = answer;
    let log = this.#shards.get(shardId);
    if (log === undefined) {
      log = { fetches: [], emptyReads: 0 };
      this.#shards.set(shardId, log);
    }
    const newOwner = log.fetches.at(-1)?.fence !== fence;
    log.emptyReads = records > 0 ? 0 : newOwner ? 1 : log.emptyReads + 1;
    const { emptyReads } = log;
    const scanIntervalMs = this.#scanIntervalMs;
    const nextInMs = nextReadDelayMs({
      records,
      bytes,
      millisBehindLatest,
      emptyReads,
      scanIntervalMs,
    });
    log.fetches.push({ atMs, owner, fence, nextInMs });
  }

  last(shardId: string): Fetch | undefined {
    return this.#shards.get(shardId)?.fetches.at(-1);
  }

  /**
   * The pace over a while of the shards that kept owner and fence all along (`unmoved`), or of the others.
   * A poll is missed when twice the time within which the next fetch was due passed without one.
   */
  pace(fromMs: number, toMs: number, which: 'unmoved' | 'moved'): Pace {
    let shards = 0;
    let fetches = 0;
    let missed = 0;
    let worstRatio = 0;
    let longestMs = 0;
    for (const { fetches: all } of this.#shards.values()) {
      const before = all.findLast((fetch) => fetch.atMs <= fromMs);
      const within = all.filter((fetch) => fetch.atMs > fromMs && fetch.atMs <= toMs);
      const first = before ?? within[0];
      if (first === undefined) continue;
      const unmoved = before !== undefined && within.every((fetch) => fetch.fence === first.fence);
      if (unmoved !== (which === 'unmoved')) continue;
      shards += 1;
      fetches += within.length;
      let previous = first;
      // the end of the while stands for a fetch that may still come: it shows a shard that fell silent
      for (const next of [...within, { atMs: toMs }]) {
        const intervalMs = next.atMs - previous.atMs;
        const ratio = intervalMs / (previous.nextInMs + this.#roundTripMs);
        missed += Math.max(0, Math.floor(ratio) - 1);
        worstRatio = Math.max(worstRatio, ratio);
        longestMs = Math.max(longestMs, intervalMs);
        if ('fence' in next) previous = next;
      }
    }
    return { shards, fetches, missed, worstRatio, longestMs };
  }

  /** Shards that went on under a new fence within a while. */
  moves(fromMs: number, toMs: number): Move[] {
    const moves: Move[] = [];
    for (const { fetches } of this.#shards.values()) {
      for (const [index, to] of fetches.entries()) {
        const from = fetches[index - 1];
        if (from === undefined || to.atMs <= fromMs || to.atMs > toMs) continue;
        if (from.fence === to.fence) continue;
        const gapMs = to.atMs - from.atMs;
        moves.push({ from: from.owner, to: to.owner, gapMs, resumedAtMs: to.atMs });
      }
    }
    return moves;
  }
}
