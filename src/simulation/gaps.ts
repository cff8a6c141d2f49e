/** How long shards were unread, and why: what a rolling restart, a crash or a reshard costs a group. */
import type { Evidence, HistoryEvent } from './history.ts';

/** What took a shard from its reader. */
export type GapCause =
  /** Given to another member by a plan. */
  | 'moved'
  /** Its member closed. */
  | 'shutdown'
  /** Its member died, or failed. */
  | 'crash'
  /** Its member stood still. */
  | 'pause'
  /** Its member lost its session, or the fence refused it. */
  | 'lost'
  /** A child after its last parent ended. */
  | 'reshard'
  | 'error';

/** A stretch in which nobody read a shard that was to be read. */
export interface Gap {
  /** `stream/shardId`. */
  readonly shard: string;
  readonly cause: GapCause;
  readonly fromMs: number;
  /** Infinity: nobody took it up again. */
  readonly toMs: number;
}

interface Reading {
  readonly fromMs: number;
  toMs: number;
  cause: GapCause;
}

/** Who reads what, as the history goes on. */
class Readers {
  readonly readings = new Map<string, Reading[]>();
  readonly #open = new Map<string, Map<string, Reading>>();

  start(process: string, shard: string, atMs: number): void {
    const reading: Reading = { fromMs: atMs, toMs: Number.POSITIVE_INFINITY, cause: 'error' };
    const before = this.readings.get(shard);
    if (before === undefined) this.readings.set(shard, [reading]);
    else before.push(reading);
    const own = this.#open.get(process) ?? new Map<string, Reading>();
    own.set(shard, reading);
    this.#open.set(process, own);
  }

  end(process: string, shard: string, atMs: number, cause: GapCause): void {
    const own = this.#open.get(process);
    const reading = own?.get(shard);
    if (reading === undefined) return;
    reading.toMs = atMs;
    reading.cause = cause;
    own?.delete(shard);
  }

  /** Everything that a process reads. */
  shardsOf(process: string): string[] {
    return [...(this.#open.get(process)?.keys() ?? [])];
  }

  endAll(process: string, atMs: number, cause: GapCause): string[] {
    const shards = this.shardsOf(process);
    for (const shard of shards) this.end(process, shard, atMs, cause);
    return shards;
  }
}

const CAUSES: Readonly<Record<string, GapCause>> = {
  moved: 'moved',
  shutdown: 'shutdown',
  lost: 'lost',
  error: 'error',
};

/** All gaps of a run, by shard and time. A shard counts as read from the moment its acquire was answered. */
export function gapsOf(evidence: Evidence): readonly Gap[] {
  const readers = new Readers();
  const endedMs = new Map<string, number>();
  const paused = new Map<string, readonly string[]>();
  for (const event of evidence.events) {
    if (event.kind === 'notice') hear(readers, endedMs, event);
    if (event.kind === 'process') live(readers, paused, event);
  }
  const gaps: Gap[] = [];
  for (const [shard, readings] of readers.readings) {
    gaps.push(...between(shard, readings, endedMs.get(shard) ?? Number.POSITIVE_INFINITY));
    const birth = birthOf(evidence, shard, endedMs);
    const first = Math.min(...readings.map(({ fromMs }) => fromMs));
    if (birth !== null && first > birth) {
      gaps.push({ shard, cause: 'reshard', fromMs: birth, toMs: first });
    }
  }
  return gaps;
}

function hear(
  readers: Readers,
  endedMs: Map<string, number>,
  event: Extract<HistoryEvent, { kind: 'notice' }>,
): void {
  const { process, name, shard, detail, atMs } = event;
  if (shard === undefined) return;
  if (name === 'shardStart') readers.start(process, shard, atMs);
  if (name !== 'shardEnd') return;
  readers.end(process, shard, atMs, CAUSES[detail ?? ''] ?? 'error');
  if (detail === 'closed' || detail === 'lapsed') endedMs.set(shard, atMs);
}

function live(
  readers: Readers,
  paused: Map<string, readonly string[]>,
  event: Extract<HistoryEvent, { kind: 'process' }>,
): void {
  const { process, what, atMs } = event;
  switch (what) {
    case 'crashed':
    case 'failed':
      readers.endAll(process, atMs, 'crash');
      break;
    case 'left':
      readers.endAll(process, atMs, 'shutdown');
      break;
    case 'paused':
      paused.set(process, readers.endAll(process, atMs, 'pause'));
      break;
    case 'resumed':
      for (const shard of paused.get(process) ?? []) readers.start(process, shard, atMs);
      paused.delete(process);
      break;
    default:
  }
}

/** The stretches that no reading covers; overlapping ones count once. */
function between(shard: string, readings: readonly Reading[], endMs: number): Gap[] {
  const gaps: Gap[] = [];
  let covered: Reading | null = null;
  for (const reading of [...readings].sort((a, b) => a.fromMs - b.fromMs)) {
    if (covered !== null && reading.fromMs > covered.toMs && covered.toMs < endMs) {
      gaps.push({ shard, cause: covered.cause, fromMs: covered.toMs, toMs: reading.fromMs });
    }
    if (covered === null || reading.toMs > covered.toMs) covered = reading;
  }
  if (covered !== null && covered.toMs < endMs && covered.toMs !== Number.POSITIVE_INFINITY) {
    gaps.push({
      shard,
      cause: covered.cause,
      fromMs: covered.toMs,
      toMs: Number.POSITIVE_INFINITY,
    });
  }
  return gaps;
}

/** When the last of a shard's parents ended; null: it has none, or they did not end here. */
function birthOf(
  evidence: Evidence,
  shard: string,
  endedMs: ReadonlyMap<string, number>,
): number | null {
  const slash = shard.lastIndexOf('/');
  const stream = shard.slice(0, slash);
  const listed = evidence.shards[stream]?.find(({ shardId }) => shardId === shard.slice(slash + 1));
  const parents = [listed?.parentShardId, listed?.adjacentParentShardId].flatMap((id) => id ?? []);
  const ends = parents.map((id) => endedMs.get(`${stream}/${id}`));
  if (ends.length === 0 || ends.includes(undefined)) return null;
  return Math.max(...ends.map((atMs) => atMs ?? 0));
}
