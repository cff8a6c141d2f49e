/** What many runs add up to. */
import {
  gapsOf,
  mishapsOf,
  type Evidence,
  type GapCause,
  type Protocol,
  type Violation,
} from '../../simulation/index.ts';

export class Tally {
  /** Finished gaps by what caused them, in seconds. */
  readonly gapsS = new Map<GapCause, number[]>();
  /** Gaps that nobody closed. */
  openGaps = 0;
  runs = 0;
  /** Runs that broke an invariant. */
  broken = 0;
  /** Records that were never completed. */
  lost = 0;
  /** Times that a record came again, as it may after a crash. */
  again = 0;
  /** Records that came after a later one of their key. */
  disordered = 0;
  /** Times that two members gave out records of one shard in turns. */
  overlaps = 0;
  events = 0;
  records = 0;
  deliveries = 0;
  virtualS = 0;
  hostS = 0;
  readonly #protocol: Protocol;

  constructor(protocol: Protocol) {
    this.#protocol = protocol;
  }

  add(evidence: Evidence, violations: readonly Violation[], hostMs: number): void {
    this.runs += 1;
    if (violations.length > 0) this.broken += 1;
    const { lost, again, disordered, overlaps } = mishapsOf(evidence);
    for (const records of lost.values()) this.lost += records.length;
    // the Go algorithm tells no end of a shard: it leaves a closed one when nothing is left in it
    const ended = this.#protocol === 'go' ? closedShardsOf(evidence) : new Set<string>();
    this.again += again.length;
    this.disordered += disordered.length;
    this.overlaps += overlaps.length;
    this.events += evidence.events.length;
    this.virtualS += evidence.endMs / 1_000;
    this.hostS += hostMs / 1_000;
    for (const { kind } of evidence.events) {
      if (kind === 'put') this.records += 1;
      if (kind === 'delivered') this.deliveries += 1;
    }
    for (const { shard, cause, fromMs, toMs } of gapsOf(evidence)) {
      if (toMs === Number.POSITIVE_INFINITY) {
        if (lost.has(shard) || !ended.has(shard)) this.openGaps += 1;
        continue;
      }
      const of = this.gapsS.get(cause) ?? [];
      of.push((toMs - fromMs) / 1_000);
      this.gapsS.set(cause, of);
    }
  }

  allGapsS(): readonly number[] {
    return [...this.gapsS.values()].flat();
  }
}

const closedShardsOf = ({ shards }: Evidence): ReadonlySet<string> =>
  new Set(
    Object.entries(shards).flatMap(([stream, listed]) =>
      listed.filter(({ closed }) => closed).map(({ shardId }) => `${stream}/${shardId}`),
    ),
  );
